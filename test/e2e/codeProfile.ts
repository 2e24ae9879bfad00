import { statSync, writeFileSync } from 'node:fs';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';

/** Nanoseconds. */
const MS = 1_000_000;

/**
 * Writes a profile of the sample program whose figures are known: 1000 ms of wall time in 100 samples, half as much CPU time, two
 * threads, columns of the hot expression.
 * @param source absolute path of shop/pricing.py as it is there
 */
export function writeCodeProfile(file: string, source: string): void {
  const builder = new ProfileBuilder('pprof');
  builder.valueType({ type: 'wall', unit: 'nanoseconds' });
  builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
  const func = (name: string, line: number) => builder.func(builder.string(name), 0, builder.string(source), line);
  const [module, main, quote, rebate, pay] = [func('<module>', 1), func('main', 23), func('quote', 4), func('rebate', 14), func('pay', 19)];
  const hash = builder.func(builder.string('<built-in method hash>'), 0, builder.string('~'), 0);
  const start = builder.place(module, 36);
  const search = builder.place(quote, 9, 16, 9, 33);
  const rest = builder.place(quote, 9, 37, 9, 52);
  const stacks: readonly (readonly [places: readonly number[], milliseconds: number, thread: string])[] = [
    [[start, builder.place(main, 28), search], 400, 'MainThread'],
    [[start, builder.place(main, 28), rest], 100, 'MainThread'],
    [[start, builder.place(main, 28), builder.place(quote, 8)], 120, 'MainThread'],
    [[start, builder.place(main, 28), builder.place(quote, 10), builder.place(hash, 0)], 30, 'MainThread'],
    [[start, builder.place(main, 29), builder.place(rebate, 15), builder.place(rebate, 15)], 150, 'MainThread'],
    [[start, builder.place(main, 31), builder.place(pay, 20)], 180, 'worker'],
    [[start, builder.place(main, 24)], 20, 'MainThread'],
  ];
  for (const [places, milliseconds, thread] of stacks) {
    let stack = -1;
    for (const place of places) stack = builder.stack(stack, place);
    for (let at = 0; at < milliseconds; at += 10) builder.sample(stack, [10 * MS, 5 * MS], builder.thread(thread));
  }
  // The text that ran is the one that lies there now.
  builder.set({ defaultType: 0, timeNanos: BigInt(Math.ceil(statSync(source).mtimeMs) + 1000) * 1_000_000n, durationNanos: 1000 * MS });
  writeFileSync(file, writePprof(builder.finish()));
}
