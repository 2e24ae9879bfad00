import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';

const folder = join(import.meta.dirname, '../fixtures/profiles');
const read = (text: string | Uint8Array) => readProfile(bytesSource('x', typeof text === 'string' ? Buffer.from(text) : text));
const outcome = async (text: string | Uint8Array): Promise<Profile | ReadError> => {
  try {
    return await read(text);
  } catch (error) {
    if (error instanceof ReadError) return error;
    throw error;
  }
};
const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();

describe('memray', () => {
  /** Sums of equal stacks, innermost frame first, in the judge's shape. */
  function ours({ samples, stacks, locations, lines, functions, strings, threads }: Profile): unknown[] {
    const sums = new Map<string, [number, number]>();
    for (let i = 0; i < samples.length; i++) {
      const frames: unknown[] = [];
      for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
        const line = locations.firstLine[stacks.location[at]!]!;
        const func = lines.func[line]!;
        frames.push([strings[functions.name[func]!], strings[functions.file[func]!], lines.line[line]]);
      }
      const key = JSON.stringify([threads[samples.thread![i]!], frames]);
      const sum = sums.get(key) ?? [0, 0];
      sums.set(key, [sum[0] + Number(samples.values[0]![i]), sum[1] + Number(samples.values[1]![i])]);
    }
    return [...sums].map(([key, sum]) => [...JSON.parse(key), ...sum]);
  }

  test.each(['crates', 'heavy'])('%s.csv has every stack that memray finds in the recording', async (name) => {
    const file = join(folder, 'memray', `${name}.csv`);
    const { stacks } = JSON.parse(readFileSync(`${file}.judge.json`, 'utf8')) as { stacks: [string, unknown[], number, number][] };
    const profile = await readProfile(fileSource(file));
    expect(profile.format).toBe('memray-csv');
    expect(profile.warnings).toEqual([]);
    // The judge calls a thread without a name ''; the file its number.
    expect(sorted(ours(profile))).toEqual(sorted(stacks.map(([thread, ...rest]) => [thread === '' ? 'Thread 0x1' : thread, ...rest])));
    const { labels } = profile.samples;
    expect(profile.strings[labels!.text[0]!]).toBe('MALLOC');
  });

  const header = 'allocator,num_allocations,size,tid,thread_name,stack_trace\r\n';
  test('quotes, bars, empty stacks and cut rows', async () => {
    const rows = [
      'MMAP,1,10,1,0x1,',
      'MALLOC,2,20,1,"0x2 (a ""b"", c)","f;x|y.py;3|g;""z"";p.py;4|h;;0"',
      'MALLOC,3,30,1,0x1,f;x|y.py;3|broken',
      '',
    ];
    const profile = await read(header + rows.join('\r\n'));
    expect(ours(profile)).toEqual([
      ['Thread 0x1', [], 1, 10],
      [
        'a "b", c',
        [
          ['f', 'x|y.py', 3],
          ['g', '"z";p.py', 4],
          ['h', '', 0],
        ],
        2,
        20,
      ],
      [
        'Thread 0x1',
        [
          ['f', 'x|y.py', 3],
          ['broken', '', 0],
        ],
        3,
        30,
      ],
    ]);
    for (const cut of ['MALLOC,4,4', 'MALLOC,4,4,1,0x1,"f;x']) {
      const part = await read(header + rows.join('\r\n') + cut);
      expect(part.samples.length).toBe(3);
      expect(part.warnings.join()).toContain('not whole');
    }
    expect((await read(header)).warnings.join()).toContain('no memory');
    await expect(read(`${header}MALLOC,1\nMALLOC,1,1,1,0x1,f;x;1\n`)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(read(`${header}MALLOC,-1,1e9,1,0x1,f;x;1\n`)).rejects.toMatchObject({ code: 'corrupt' });
    // Bars without end, in quotes or not.
    for (const quote of ['', '"']) {
      const bars = await read(`${header}MALLOC,1,1,1,0x1,${quote}${'|'.repeat(300_000)}${quote}\n`);
      expect(bars.samples.length).toBe(1);
    }
  });

  test('changed bytes give a profile or a ReadError', async () => {
    const bytes = readFileSync(join(folder, 'memray/crates.csv'));
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.constantFrom(...'",|;\n\r\0x9'.split('')));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), fc.nat(bytes.length), async (changes, length) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at] = value.charCodeAt(0);
        await outcome(copy);
        await outcome(bytes.subarray(0, length));
      }),
      { numRuns: 300 },
    );
  });

  test('its recordings are answered with the command that makes a readable file', async () => {
    await expect(read(Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x40]))).rejects.toMatchObject({
      code: 'unknown-format',
      message: expect.stringContaining('python -m memray transform csv -o out.csv FILE'),
    });
  });
});

describe('Scalene', () => {
  interface Line {
    lineno: number;
    n_malloc_mb: number;
    n_mallocs: number;
  }

  function byLine(profile: Profile, type: string): Map<number, number> {
    const index = profile.sampleTypes.findIndex((each) => each.type === type);
    const costs = profile.lineCosts.find((each) => each.type === index);
    const sums = new Map<number, number>();
    if (costs !== undefined) for (let row = 0; row < costs.length; row++) sums.set(costs.line[row]!, costs.self[row]!);
    return sums;
  }

  test.each(['heavy', 'heavy-cpu'])('%s.json: every line as Scalene prints it', async (name) => {
    const file = join(folder, 'scalene', `${name}.json`);
    const printed = readFileSync(`${file}.judge.txt`, 'utf8');
    const profile = await readProfile(fileSource(file));
    expect(profile.format).toBe('scalene');
    expect(profile.sampleTypes[profile.defaultType]).toEqual({ type: 'cpu', unit: 'nanoseconds' });
    const seconds = profile.durationNanos! / 1e9;
    expect(printed.replace(/\s/g, '')).toMatch(/Line│Python│native│/);
    let some = 0;
    for (const row of printed.split('\n')) {
      const [line = '', ...cells] = row.split('│');
      if (!/^ +\d+ $/.test(line)) continue;
      const shares = cells.slice(0, 3).map((cell) => Number(/(\d+)%/.exec(cell)?.[1] ?? 0));
      const found = ['python', 'native', 'system'].map((type) => (100 * (byLine(profile, type).get(Number(line)) ?? 0)) / 1e9 / seconds);
      // Shares below one per cent are not printed.
      for (const [i, share] of shares.entries())
        expect(Math.abs(found[i]! - share), `line ${line}`).toBeLessThanOrEqual(share === 0 ? 1 : 0.5);
      const whole = (byLine(profile, 'cpu').get(Number(line)) ?? 0) / 1e7 / seconds;
      expect(whole).toBeCloseTo(
        found.reduce((sum, value) => sum + value, 0),
        9,
      );
      if (whole > 1) some++;
    }
    expect(some).toBeGreaterThan(3);
    // All of the run is on its lines.
    const total = [...byLine(profile, 'cpu').values()].reduce((sum, value) => sum + value, 0);
    expect(total / 1e9).toBeCloseTo(seconds, 6);
    const names = Array.from(profile.functions.name, (id) => profile.strings[id]);
    expect(names).toEqual(expect.arrayContaining(['python_work', 'native_work', 'hold', 'wait']));
  });

  test('version 1.5 does not name the function of a line: its indentation does', async () => {
    const profile = await readProfile(fileSource(join(folder, 'scalene/heavy-1.5.json')));
    const costs = profile.lineCosts.find((each) => each.type === profile.defaultType)!;
    const found = Array.from(costs.line, (line, row) => {
      const func = costs.func[row]!;
      return `${line} ${profile.strings[profile.functions.name[func]!]} ${profile.functions.startLine[func]}`;
    });
    expect(found).toEqual(['9 python_work 6', '14 native_work 13', '18 Box.hold 17', '27 wait 26']);
  });

  test('memory is bytes', async () => {
    const file = join(folder, 'scalene/heavy.json');
    const parsed = JSON.parse(readFileSync(file, 'utf8')) as { files: Record<string, { lines: Line[] }> };
    const lines = Object.values(parsed.files).flatMap((each) => each.lines);
    const profile = await readProfile(fileSource(file));
    const held = lines.filter((line) => line.n_malloc_mb > 0);
    expect(held.length).toBeGreaterThan(0);
    expect(byLine(profile, 'alloc_space')).toEqual(new Map(held.map((line) => [line.lineno, line.n_malloc_mb * 2 ** 20])));
    expect(byLine(profile, 'allocations')).toEqual(
      new Map(lines.filter((line) => line.n_mallocs > 0).map((line) => [line.lineno, line.n_mallocs])),
    );
    expect(profile.sampleTypes.map(({ type, unit }) => `${type}/${unit}`)).toContain('alloc_space/bytes');
  });

  test('changed bytes, odd values and nothing', async () => {
    const bytes = readFileSync(join(folder, 'scalene/heavy-cpu.json'));
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.constantFrom(...'{}[]",:\\0x\0'.split('')));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(bytes.length), async (changes, length) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at] = value.charCodeAt(0);
        await outcome(copy);
        await outcome(bytes.subarray(0, length));
      }),
      { numRuns: 60 },
    );
    const odd =
      '{"alloc_samples":1,"files":{"__proto__":{"lines":[{"lineno":-5,"n_sys_percent":50},7,{"lineno":"x","n_malloc_mb":1e999}],"functions":[{}]},"b":3},"elapsed_time_sec":2}';
    const profile = await read(odd);
    expect([...byLine(profile, 'cpu').values()]).toEqual([1e9]);
    expect((await read('{"alloc_samples":0,"files":{}}')).warnings.join()).toContain('no line');
  });
});
