import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/tachyon');
const binaries = readdirSync(folder).filter((name) => name.endsWith('.bin'));

interface Judged {
  info: {
    sample_count: number;
    sample_interval_us: number;
    start_time_us: number;
    duration_sec: number;
    sample_rate: number;
    error_rate: number;
    missed_samples: number;
  };
  frames: [file: string, line: number, endLine: number, column: number, endColumn: number, name: string][];
  stacks: number[][];
  samples: [thread: number, time: number, status: number, stack: number][];
}

/** Frames of a stack, leaf first, as text that says all there is. */
function stackText(profile: Profile, stack: number): string[] {
  const { stacks, locations, lines, functions, strings } = profile;
  const frames: string[] = [];
  for (let at = stack; at >= 0; at = stacks.prefix[at]!) {
    const line = locations.firstLine[stacks.location[at]!]!;
    const func = lines.func[line]!;
    const position = [lines.line[line], lines.endLine?.[line] ?? 0, lines.column?.[line] ?? 0, lines.endColumn?.[line] ?? 0];
    frames.push(`${strings[functions.file[func]!]}|${strings[functions.name[func]!]}|${position.join(',')}`);
  }
  return frames;
}

describe.each(binaries)('%s', (name) => {
  const judged = JSON.parse(readFileSync(join(folder, `${name}.judge.json`), 'utf8')) as Judged;
  const reading = readProfile(fileSource(join(folder, name)));

  test('has every sample that CPython finds, with time, status, thread and positions', async () => {
    const profile = await reading;
    const frames = judged.frames.map(([file, line, endLine, column, endColumn, func]) => {
      const position = column < 0 ? [line, 0, 0, 0] : [line, endLine, column + 1, endColumn + 1];
      return file.endsWith('_sync_coordinator.py') ? undefined : `${file}|${func}|${position.join(',')}`;
    });
    const stacks = judged.stacks.map((stack) => stack.map((frame) => frames[frame]).filter((frame) => frame !== undefined));
    const main = new Set(judged.samples.filter(([, , status]) => status & 32).map(([thread]) => thread));
    const expected = judged.samples
      .map(([thread, time, status, stack]) =>
        JSON.stringify([
          main.has(thread) ? 'MainThread' : `Thread ${thread}`,
          (time - judged.info.start_time_us) * 1000,
          status,
          stacks[stack]!,
        ]),
      )
      .filter((text) => !text.endsWith(',[]]'));
    const { samples, threads } = profile;
    const ours = Array.from({ length: samples.length }, (_, i) =>
      JSON.stringify([threads[samples.thread![i]!], samples.time![i], samples.status![i], stackText(profile, samples.stack[i]!)]),
    );
    // Nothing is left out silently: the rest is the tool's own start.
    expect(judged.samples.length).toBe(judged.info.sample_count);
    expect(ours.sort()).toEqual(expected.sort());
  });

  test('folds to what `replay --collapsed` says', async () => {
    const profile = await reading;
    const sums = new Map<string, number>();
    const { samples, threads, stacks, locations, lines, functions, strings } = profile;
    const numbers = new Map(judged.samples.map(([thread, , status]) => [status & 32 ? 'MainThread' : `Thread ${thread}`, thread]));
    for (let i = 0; i < samples.length; i++) {
      const frames: string[] = [];
      for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
        const line = locations.firstLine[stacks.location[at]!]!;
        const func = lines.func[line]!;
        const file = strings[functions.file[func]!]!;
        const text = strings[functions.name[func]!]!;
        frames.push(file === '~' ? text : `${file.replace(/^.*\//, '')}:${text}:${lines.line[line]}`);
      }
      const key = [`tid:${numbers.get(threads[samples.thread![i]!]!)}`, ...frames.reverse()].join(';');
      sums.set(key, (sums.get(key) ?? 0) + Number(samples.values[0]![i]));
    }
    const ours = [...sums].map(([stack, count]) => `${stack} ${count}`).sort();
    expect(ours).toEqual(
      readFileSync(join(folder, `${name}.judge.txt`), 'utf8')
        .split('\n')
        .filter(Boolean)
        .sort(),
    );
  });

  test('says what the recorder says of itself', async () => {
    const { quality, durationNanos, period, format } = await reading;
    const { info } = judged;
    expect(format).toBe('tachyon');
    expect(period).toBe(info.sample_interval_us * 1000);
    expect(durationNanos).toBeCloseTo(info.duration_sec * 1e9, 3);
    expect(quality).toMatchObject({ engine: 'tachyon', python: '3.15.2', rateAsked: 1000, rateGot: info.sample_rate });
    expect(quality.missed).toBeCloseTo(info.missed_samples / 100, 12);
    expect(quality.errors).toBe(Math.round((info.error_rate / 100) * info.sample_rate * info.duration_sec));
  });
});
