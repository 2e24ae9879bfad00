import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { measures } from '../../src/core/formats/jfr/events.js';
import { bytesSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';
import { functions } from './describeProfile.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/jfr');
const recording = readFileSync(join(folder, 'shop.jfr'));
const open = (bytes: Uint8Array) => readProfile(bytesSource('unknown', bytes));

/** Value type, thread and stack (methods with descriptors and lines, root first) → sum. */
function sums(profile: Profile): Map<string, number> {
  const { samples, stacks, locations, lines, functions, strings } = profile;
  const found = new Map<string, number>();
  for (const [type, { type: name }] of profile.sampleTypes.entries()) {
    for (let i = 0; i < samples.length; i++) {
      const value = Number(samples.values[type]![i]!);
      if (value === 0) continue;
      const frames: string[] = [];
      for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
        const line = locations.firstLine[stacks.location[at]!]!;
        frames.unshift(`${strings[functions.systemName[lines.func[line]!]!]}:${lines.line[line]}`);
      }
      const key = `${name}\t${profile.threads[samples.thread![i]!] ?? '-'}\t${frames.join(';')}`;
      found.set(key, (found.get(key) ?? 0) + value);
    }
  }
  return found;
}

it('has every stack, thread and figure that the JDK prints', async () => {
  const wanted = new Map<string, number>();
  for (const row of readFileSync(join(folder, 'shop.jfr.judge.txt'), 'utf8').trimEnd().split('\n')) {
    const [event, value, thread, stack] = row.split('\t') as [string, string, string, string];
    const key = `${measures.get(event)!.type}\t${thread}\t${stack}`;
    wanted.set(key, (wanted.get(key) ?? 0) + Number(value));
  }
  const profile = await open(recording);
  const found = sums(profile);
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  expect(wanted.size).toBeGreaterThan(20);
  for (const [key, value] of wanted) {
    // jfr prints durations to the nanosecond, each rounded.
    const tolerance = /^(?:lock|park|sleep)/.test(key) ? 100 : 0;
    expect(Math.abs(found.get(key)! - value), key).toBeLessThanOrEqual(tolerance);
  }
  expect(profile.sampleTypes.map(({ type }) => type)).toEqual(['samples', 'allocated', 'allocated in TLABs', 'lock', 'sleep']);
  expect(profile.sampleTypes[profile.defaultType]!.type).toBe('samples');
  expect(profile.warnings).toEqual([]);
  const times = Array.from(profile.samples.time!);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...times)).toBeLessThanOrEqual(profile.durationNanos!);
});

it('names methods with their parameters, and the file that javac takes', async () => {
  const names = functions(await open(recording), 0).map(({ name }) => name);
  expect(names).toContain('Shop.tax(long) (Shop.java)');
  expect(names).toContain('java.lang.Thread.run() (java/lang/Thread.java)');
});

it('joins recordings that follow one another, each with constants of its own', async () => {
  const twice = await open(Buffer.concat([recording, recording]));
  const once = sums(await open(recording));
  expect(sums(twice)).toEqual(new Map(Array.from(once, ([key, value]) => [key, 2 * value])));
  const cut = await open(Buffer.concat([recording, recording.subarray(0, 50_000)]));
  expect(sums(cut)).toEqual(once);
  expect(cut.warnings).toEqual(['The recording is cut off: its last part is missing.']);
});

it('shows the parts before a damaged one', async () => {
  const damaged = Uint8Array.from(recording);
  // The size of its first event.
  damaged.set([0xff, 0xff, 0xff, 0x7f], 68);
  const profile = await open(Buffer.concat([recording, damaged]));
  expect(sums(profile)).toEqual(sums(await open(recording)));
  expect(profile.warnings).toEqual(['Part 2 of 2 of the recording is damaged; what comes after its damage is missing.']);
  await expect(open(damaged)).rejects.toMatchObject({ code: 'corrupt', offset: 68 });
});

it('says what is wrong', async () => {
  const changed = (at: number, ...bytes: number[]) => {
    const copy = Uint8Array.from(recording);
    copy.set(bytes, at);
    return open(copy);
  };
  await expect(open(recording.subarray(0, 1000))).rejects.toMatchObject({ code: 'truncated' });
  await expect(changed(5, 1)).rejects.toMatchObject({ code: 'unsupported', offset: 4 });
  await expect(changed(67, 0)).rejects.toMatchObject({ code: 'unsupported', offset: 64 });
  await expect(changed(24, 0x7f, 0xff, 0xff, 0xff)).rejects.toMatchObject({ code: 'corrupt', offset: 24 });
  await expect(changed(8, 0x7f, 0xff, 0xff, 0xff)).rejects.toMatchObject({ code: 'truncated' });
});
