import { statSync, writeFileSync } from 'node:fs';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';

/** Nanoseconds. */
const MS = 1_000_000;
const PYTHON = '/usr/lib/python3.12';

/** Functions: name, file, first line; no file: the sample program's shop/pricing.py. */
const FUNCTIONS = {
  module: ['<module>', '', 1],
  main: ['main', '', 23],
  quote: ['quote', '', 4],
  rebate: ['rebate', '', 14],
  pay: ['Customer.pay', '', 19],
  genexpr: ['Customer.pay.<locals>.<genexpr>', '', 20],
  load: ['load', `${PYTHON}/json/__init__.py`, 274],
  decode: ['JSONDecoder.decode', `${PYTHON}/json/decoder.py`, 332],
  scan: ['JSONDecoder.raw_decode', `${PYTHON}/json/decoder.py`, 343],
  read: ['TextIOWrapper.read', `${PYTHON}/codecs.py`, 319],
  match: ['Pattern.match', `${PYTHON}/re/__init__.py`, 164],
  run: ['Thread.run', `${PYTHON}/threading.py`, 999],
  send: ['HTTPConnection.send', `${PYTHON}/http/client.py`, 1000],
  hash: ['<built-in method builtins.hash>', '~', 0],
} as const satisfies Record<string, readonly [name: string, file: string, line: number]>;

type Frame = readonly [func: keyof typeof FUNCTIONS, line: number];

const START: Frame = ['module', 36];
/** What ran, for how many milliseconds before and after the change, in which thread, for whom. */
const STACKS: readonly (readonly [frames: readonly Frame[], before: number, after: number, thread: string, tenant: string])[] = [
  [[START, ['main', 24]], 20, 20, 'MainThread', 'acme'],
  [[START, ['main', 25], ['load', 293], ['read', 322]], 60, 60, 'MainThread', 'acme'],
  [[START, ['main', 25], ['load', 293], ['decode', 337], ['scan', 353]], 140, 40, 'MainThread', 'acme'],
  [[START, ['main', 28], ['quote', 8]], 220, 120, 'MainThread', 'acme'],
  [[START, ['main', 28], ['quote', 9]], 900, 500, 'MainThread', 'acme'],
  [[START, ['main', 28], ['quote', 9], ['match', 167]], 130, 90, 'MainThread', 'globex'],
  [[START, ['main', 28], ['quote', 10], ['hash', 0]], 40, 30, 'MainThread', 'globex'],
  [[START, ['main', 29], ['rebate', 15]], 50, 50, 'MainThread', 'globex'],
  [[START, ['main', 29], ['rebate', 15], ['rebate', 15]], 70, 70, 'MainThread', 'globex'],
  [[START, ['main', 29], ['rebate', 15], ['rebate', 15], ['rebate', 15]], 30, 30, 'MainThread', 'globex'],
  [
    [
      ['run', 1012],
      ['pay', 20],
    ],
    80,
    60,
    'worker',
    'globex',
  ],
  [
    [
      ['run', 1012],
      ['pay', 20],
      ['genexpr', 20],
    ],
    160,
    340,
    'worker',
    'acme',
  ],
  [
    [
      ['run', 1012],
      ['send', 1020],
    ],
    0,
    90,
    'worker',
    'acme',
  ],
];

/**
 * Writes what a sampler saw of the sample program: wall and CPU time of two threads, one stack after the other every 10 ms, with the
 * tenant that it worked for, some of it in Python's library.
 * @param source absolute path of shop/pricing.py as it is there
 */
export function writeShopProfile(file: string, source: string, run: 'before' | 'after' = 'after'): void {
  const builder = new ProfileBuilder('pprof');
  builder.valueType({ type: 'wall', unit: 'nanoseconds' });
  builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
  const tenantKey = builder.string('tenant');
  const place = ([name, line]: Frame) => {
    const [text, path, first] = FUNCTIONS[name];
    return builder.place(builder.func(builder.string(text), 0, builder.string(path || source), first), line);
  };
  const clocks = new Map<string, number>();
  for (const [frames, before, after, thread, tenant] of STACKS) {
    let stack = -1;
    for (const frame of frames) stack = builder.stack(stack, place(frame));
    for (let at = 0; at < (run === 'before' ? before : after); at += 10) {
      const time = (clocks.get(thread) ?? 0) + 10 * MS;
      clocks.set(thread, time);
      builder.sample(stack, [10 * MS, frames.at(-1)![0] === 'send' ? 0 : 8 * MS], builder.thread(thread), time);
      builder.label(tenantKey, builder.string(tenant), 0, 0);
    }
  }
  // The text that ran is the one that lies there now.
  const start = BigInt(Math.ceil(statSync(source).mtimeMs) + 1000) * 1_000_000n;
  builder.set({ defaultType: 0, timeNanos: start, durationNanos: Math.max(...clocks.values()) });
  writeFileSync(file, writePprof(builder.finish()));
}
