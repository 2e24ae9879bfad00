import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Profile } from '../../src/core/model/profile.js';

/** Figures of one frame: self and total. */
export type Figures = Map<string, readonly [number, number]>;

type JudgeFrame = [name: string, file: string, line: number, self: number, total: number];

interface Judgement {
  readonly profiles: readonly {
    readonly name: string;
    readonly unit: string;
    readonly total: number;
    readonly frames: readonly JudgeFrame[];
  }[];
}

const key = (name: string, file: string, line: number) => `${name} ${file}:${line}`;

/** What speedscope's importer made of a fixture (kept beside it), over all its profiles or one of them; `rename` may change or drop a frame (undefined). */
export function judged(path: string, rename: (frame: JudgeFrame) => JudgeFrame | undefined = (frame) => frame, only?: string): Figures {
  const { profiles } = JSON.parse(readFileSync(`${path}.judge.json`, 'utf8')) as Judgement;
  const sums = new Map<string, [number, number]>();
  for (const { name, frames } of profiles) {
    if (only !== undefined && name !== only) continue;
    for (const given of frames) {
      const frame = rename(given);
      if (frame === undefined) continue;
      const [own, file, line, self, total] = frame;
      const sum = sums.get(key(own, file, line)) ?? [0, 0];
      sums.set(key(own, file, line), [sum[0] + self, sum[1] + total]);
    }
  }
  return sums;
}

/** The same of a profile, of one value type: a frame is a function and a line, and counts once per stack. */
export function framesOf(profile: Profile, type = profile.defaultType): Figures {
  const { samples, stacks, locations, lines, functions, strings } = profile;
  const sums = new Map<string, [number, number]>();
  const column = samples.values[type]!;
  for (let i = 0; i < samples.length; i++) {
    const value = Number(column[i]!);
    const seen = new Set<string>();
    for (let stack = samples.stack[i]!; stack >= 0; stack = stacks.prefix[stack]!) {
      const location = stacks.location[stack]!;
      for (let row = locations.firstLine[location]!; row < locations.firstLine[location + 1]!; row++) {
        const func = lines.func[row]!;
        const frame = key(strings[functions.name[func]!]!, strings[functions.file[func]!]!, lines.line[row]!);
        const sum = sums.get(frame) ?? [0, 0];
        if (seen.size === 0) sum[0] += value;
        if (!seen.has(frame)) sum[1] += value;
        seen.add(frame);
        if (value !== 0) sums.set(frame, sum);
      }
    }
  }
  return sums;
}

/** Every frame of either has the same self and total in the other, but for rounding. */
export function expectSame(ours: Figures, judge: Figures): void {
  const scale = Math.max(...Array.from(judge.values(), ([, total]) => total));
  expect(scale).toBeGreaterThan(0);
  for (const frame of new Set([...ours.keys(), ...judge.keys()])) {
    const [self, total] = ours.get(frame) ?? [0, 0];
    const [wantedSelf, wantedTotal] = judge.get(frame) ?? [0, 0];
    expect(Math.abs(self - wantedSelf), `self of ${frame}: ${self}, judge ${wantedSelf}`).toBeLessThanOrEqual(scale * 1e-9);
    expect(Math.abs(total - wantedTotal), `total of ${frame}: ${total}, judge ${wantedTotal}`).toBeLessThanOrEqual(scale * 1e-9);
  }
}
