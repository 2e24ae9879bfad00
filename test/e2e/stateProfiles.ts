import { statSync, writeFileSync } from 'node:fs';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { type Profile, ThreadStatus } from '../../src/core/model/profile.js';

const MS = 1_000_000;
const { hasGil, onCpu, wantsGil } = ThreadStatus;

/** Places of shop/pricing.py in stacks below `main`, by line. */
function places(builder: ProfileBuilder, source: string): (name: string, first: number, line: number) => number {
  return (name, first, line) => builder.place(builder.func(builder.string(name), 0, builder.string(source), first), line);
}

function finish(builder: ProfileBuilder, source: string, defaultType: number): Profile {
  // The text that ran is the one that lies there now.
  const timeNanos = BigInt(Math.ceil(statSync(source).mtimeMs) + 1000) * 1_000_000n;
  builder.set({ defaultType, timeNanos, durationNanos: 1000 * MS });
  return builder.finish();
}

/**
 * Writes a profile of the sample program with known states: of 1000 ms `quote` runs 200 on line 9, `pay` waits 500 for what is no CPU
 * on line 20, `rebate` 240 for the lock on line 15, and computes 60 without it.
 * @param source absolute path of shop/pricing.py as it is there
 */
export function writeStates(file: string, source: string): void {
  const builder = new ProfileBuilder('pprof');
  builder.valueType({ type: 'samples', unit: 'count' });
  builder.valueType({ type: 'wall', unit: 'nanoseconds' });
  const place = places(builder, source);
  const rows: readonly (readonly [leaf: number, milliseconds: number, status: number])[] = [
    [place('quote', 4, 9), 200, hasGil | onCpu],
    [place('pay', 19, 20), 500, 0],
    [place('rebate', 14, 15), 240, wantsGil],
    [place('rebate', 14, 15), 60, onCpu],
  ];
  const main = builder.stack(-1, place('main', 23, 28));
  for (const [leaf, milliseconds, status] of rows) {
    for (let at = 0; at < milliseconds; at += 2) {
      builder.sample(builder.stack(main, leaf), [1, 2 * MS], builder.thread('MainThread'));
      builder.status(status);
    }
  }
  writeFileSync(file, writePprof(finish(builder, source, 1)));
}

/** Writes what the engine `events` would of 30 exceptions on line 9, 10 on line 15, and a pause of 25 ms on line 20. */
export function writeEvents(file: string, source: string): void {
  const builder = new ProfileBuilder('pprof');
  builder.valueType({ type: 'exceptions', unit: 'count' });
  builder.valueType({ type: 'collections', unit: 'count' });
  builder.valueType({ type: 'gc', unit: 'nanoseconds' });
  builder.quality({ engine: 'events', rows: 'sums' });
  const place = places(builder, source);
  const main = builder.stack(-1, place('main', 23, 28));
  const sample = (leaf: number, values: readonly number[], key: string, text: string) => {
    builder.sample(builder.stack(main, leaf), values, builder.thread('MainThread'));
    builder.label(builder.string(key), builder.string(text), 0, 0);
  };
  sample(place('quote', 4, 9), [30, 0, 0], 'exception', 'KeyError');
  sample(place('rebate', 14, 15), [10, 0, 0], 'exception', 'ValueError');
  sample(place('pay', 19, 20), [0, 1, 25 * MS], 'generation', '2');
  writeFileSync(file, writePprof(finish(builder, source, 0)));
}
