import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
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

describe('JSON lines', () => {
  const bytes = readFileSync(join(folder, 'pricing.jsonl'));
  const read = (text: string | Uint8Array) => readProfile(bytesSource('x', typeof text === 'string' ? Buffer.from(text) : text));

  test.each(['pricing.jsonl', 'threads-native.jsonl'])(
    '%s: every line has the samples of the binary profile it was made from',
    async (name) => {
      const binary = { 'pricing.jsonl': 'pricing.bin', 'threads-native.jsonl': 'threads-native-zstd.bin' }[name]!;
      const judged = JSON.parse(readFileSync(join(folder, `${binary}.judge.json`), 'utf8')) as Judged;
      const sums = new Map<string, [self: number, total: number]>();
      for (const [, , , stack] of judged.samples) {
        const frames = judged.stacks[stack]!.map((frame) => judged.frames[frame]!).filter(
          ([file]) => !file.endsWith('_sync_coordinator.py'),
        );
        const keys = frames.map(([file, line, , , , func]) => `${file}:${func}:${line}`);
        for (const key of new Set(keys)) {
          const sum = sums.get(key) ?? [0, 0];
          sums.set(key, [sum[0] + (key === keys[0] ? 1 : 0), sum[1] + 1]);
        }
      }
      const { lineCosts, functions, strings, sampleTypes } = await readProfile(fileSource(join(folder, name)));
      expect(sampleTypes).toEqual([
        { type: 'samples', unit: 'count' },
        { type: 'wall', unit: 'nanoseconds' },
      ]);
      const [counts, times] = lineCosts;
      expect(counts!.length).toBe(sums.size);
      let inexact = 0;
      for (let row = 0; row < counts!.length; row++) {
        const func = counts!.func[row]!;
        const key = `${strings[functions.file[func]!]}:${strings[functions.name[func]!]}:${counts!.line[row]}`;
        const [self, total] = sums.get(key)!;
        expect(counts!.self[row], key).toBe(self);
        expect(times!.self[row], key).toBe(self * 1e6);
        // Two positions of one line in a stack (rebate calls itself twice) can't be told from two samples.
        expect(counts!.total[row], key).toBeGreaterThanOrEqual(total);
        if (counts!.total[row] !== total) inexact++;
      }
      expect(inexact).toBeLessThanOrEqual(1);
    },
  );

  test('what is cut is said to be cut; what is damaged is refused', async () => {
    const lines = bytes.toString().trimEnd().split('\n');
    expect((await read(bytes)).warnings).toEqual([]);
    expect((await read(lines.slice(0, -1).join('\n'))).warnings.join()).toContain('not whole');
    expect((await read(bytes.subarray(0, bytes.length - 80))).warnings.join()).toContain('not whole');
    await expect(read([lines[0], 'nonsense', ...lines.slice(1)].join('\n'))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(read([lines[0], ...lines.slice(2)].join('\n'))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(read([lines[0]!.replace('"v":0', '"v":1'), ...lines.slice(1)].join('\n'))).rejects.toMatchObject({ code: 'unsupported' });
    expect(
      (await read(`\ufeff${lines.join('\r\n')}\n{"type":"news","run_id":${lines[0]!.match(/"run_id":("\w+")/)![1]}}`)).warnings,
    ).toEqual([]);
    await expect(read(`${lines[0]}\n${'['.repeat(1e6)}\n${lines[1]}`)).rejects.toMatchObject({ code: 'corrupt' });
  });
});
