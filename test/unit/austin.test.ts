import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { stackRows } from '../../src/core/model/stackRows.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/austin');
const files = readdirSync(folder).filter((name) => /\.(?:austin|mojo)$/.test(name));
const read = (content: string | Uint8Array, name = 'unknown') =>
  readProfile(bytesSource(name, typeof content === 'string' ? Buffer.from(content) : content));

interface Judged {
  readonly samples: number;
  readonly threads: number;
  readonly totals: Record<string, number>;
  readonly functions: Record<string, Record<string, [number, number]>>;
  readonly lines: Record<string, number>;
}

function judged(profile: Profile): Judged {
  const totals: Judged['totals'] = {};
  const found: Judged['functions'] = {};
  const lines: Judged['lines'] = {};
  const rows = stackRows(profile);
  for (const [type, { type: name }] of profile.sampleTypes.entries()) {
    if (name === 'samples') continue;
    const column = profile.samples.values[type]!;
    totals[name] = 0;
    for (let i = 0; i < column.length; i++) {
      const value = Number(column[i]);
      totals[name] += value;
      const row = rows.ofSample[i]!;
      if (rows.first[row] === rows.first[row + 1]) continue;
      const at = profile.locations.firstLine[rows.location[rows.first[row]!]!]!;
      const func = profile.lines.func[at]!;
      const file = profile.strings[profile.functions.file[func]!]!;
      const key = [name, profile.lines.line[at], profile.lines.column?.[at] ?? 0, profile.lines.endColumn?.[at] ?? 0, file].join('\t');
      lines[key] = (lines[key] ?? 0) + value;
    }
    const table = functionTable(profile, { type });
    for (let func = 0; func < profile.functions.length; func++) {
      const key = `${profile.strings[profile.functions.name[func]!]}\t${profile.strings[profile.functions.file[func]!]}`;
      found[key] ??= {};
      found[key][name] = [Number(table.self[func]), Number(table.total[func])];
    }
  }
  return { samples: profile.samples.length, threads: profile.threads.length, totals, functions: found, lines };
}

describe("Austin's own library finds the same", () => {
  const withJudge = files.filter((name) => !name.includes('-1.0'));
  test('there are files of every kind', () => {
    expect(withJudge.length).toBeGreaterThanOrEqual(11);
  });
  test.each(withJudge)('%s: every function, line and column', async (name) => {
    const profile = await readProfile(fileSource(join(folder, name)));
    expect(profile.format).toBe(name.endsWith('mojo') ? 'austin-mojo' : 'austin');
    const judge = JSON.parse(readFileSync(join(folder, `${name}.judge.json`), 'utf8')) as Judged;
    expect(judged(profile)).toEqual(judge);
    expect(profile.warnings).toEqual([]);
    expect((await readProfile(bytesSource('unknown', readFileSync(join(folder, name))))).format).toBe(profile.format);
  });
});

test('what Austin says of itself is kept', async () => {
  const { quality, durationNanos, period, threads, lines, samples } = await readProfile(fileSource(join(folder, 'processes-4.0.mojo')));
  expect(quality).toMatchObject({ engine: 'austin', engineVersion: '4.0.0', rateAsked: 100, errors: 0 });
  expect(period).toBe(10000);
  expect(durationNanos).toBeGreaterThan(5e8);
  expect(threads.filter((name) => /\[process \d+\]$/.test(name)).length).toBeGreaterThan(0);
  expect(lines.column).toBeDefined();
  const time = samples.time!;
  expect(time.every((at, i) => i === 0 || at >= time[i - 1]!)).toBe(true);
  expect(time.at(-1)! / durationNanos!).toBeGreaterThan(0.8);
  expect(time.at(-1)! / durationNanos!).toBeLessThan(1.05);
});

test('Austin 1: lines in parts of their own, or in parentheses; memory in KiB', async () => {
  const text = [
    'Thread 7f1;main (a b.py);L3;f (<frozen x>);L12 100',
    'Thread 7f1;main (a b.py);L4 50',
    'Thread 7f2 25',
    'Thread 7f1;main (a b.py);L3;f (<frozen x>);L12 10',
  ].join('\n');
  const profile = await read(text);
  expect(profile.sampleTypes.map(({ type }) => type)).toEqual(['samples', 'wall']);
  expect(judged(profile)).toMatchObject({
    samples: 4,
    threads: 2,
    totals: { wall: 185 },
    functions: { 'main\ta b.py': { wall: [50, 160] }, 'f\t<frozen x>': { wall: [110, 110] } },
  });
  const full = await read('Process 7;Thread 1f;f (x.py:3) 100 8 0\nProcess 7;Thread 1f;f (x.py:4) 20 0 4\n');
  expect(judged(full).totals).toEqual({ cpu: 120, wall: 120, allocated: 8192, freed: 4096 });
  expect(full.threads).toEqual(['thread (1f)']);
  for (const name of files.filter((file) => file.includes('-1.0'))) {
    const old = await readProfile(fileSource(join(folder, name)));
    const found = judged(old);
    expect(Object.keys(found.functions).filter((key) => /\t(?:till|fork)\.py$/.test(key)).length, name).toBeGreaterThan(1);
    expect(
      Object.keys(found.functions).some((key) => /\(|L\d+$|;/.test(key)),
      name,
    ).toBe(false);
    expect(old.warnings).toEqual([]);
  }
});

test('without a header; marks, odd names, the kernel, several processes and interpreters', async () => {
  const profile = await read(
    [
      'P4;T0:9;/a;b.py:f:3;:GC: 10',
      'P4;T0:9;/a;b.py:f:3;:INVALID: 5',
      'P4;T1:9;C:\\x y.py:g:1;kernel:vfs_read:0 7',
      'P5;T0x1f;<string>:<module>:1 1',
    ].join('\n'),
  );
  expect(profile.format).toBe('austin');
  expect(judged(profile).functions).toEqual({
    'f\t/a;b.py': { wall: [5, 15] },
    'GC\t': { wall: [10, 10] },
    'g\tC:\\x y.py': { wall: [0, 7] },
    'vfs_read\t[kernel]': { wall: [7, 7] },
    '<module>\t<string>': { wall: [1, 1] },
  });
  expect(profile.threads).toEqual(['thread (9)', 'thread (9) [interpreter 1]', 'thread (1f) [process 5]']);
  expect(profile.quality.errors).toBe(1);
});

test('deep first stacks are recognised though their line is longer than the head', async () => {
  const deep = Array.from({ length: 900 }, (_, i) => `/srv/app/module.py:level_${i}:${i}`).join(';');
  expect((await read(`P1;T0:1;${deep} 5\nP1;T0:1;${deep} 6\n`)).format).toBe('austin');
  expect((await read(`${deep.replaceAll(':', '_')} 5\n`)).format).toBe('collapsed');
  const pySpy = Array.from({ length: 900 }, (_, i) => `f${i} (/srv/app/module.py:${i})`).join(';');
  expect((await read(`thread (1): a b;${pySpy} 5\n`)).format).toBe('pyspy-raw');
});

describe('bad files', () => {
  const mojo = readFileSync(join(folder, 'full-4.0.mojo'));
  const text = readFileSync(join(folder, 'full-3.7.austin'));

  test('cut anywhere: the beginning with a warning, or an error', async () => {
    for (const whole of [mojo, text]) {
      let most = 0;
      for (let size = 1; size < whole.length; size += 97) {
        try {
          const profile = await read(whole.subarray(0, size));
          expect(profile.samples.length).toBeGreaterThanOrEqual(most);
          most = profile.samples.length;
        } catch (error) {
          expect(error).toBeInstanceOf(ReadError);
          expect(most).toBeLessThan(3);
        }
      }
      expect(most).toBeGreaterThan(50);
    }
  });

  test('changed bytes give a profile or a ReadError', async () => {
    for (const whole of [mojo, text]) {
      for (let i = 0; i < 400; i++) {
        const bytes = Buffer.from(whole);
        for (let k = 0; k <= i % 5; k++) bytes[4 + ((i * 7919 + k * 104729) % (bytes.length - 4))] = (i * 31 + k * 17) & 0xff;
        await read(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(ReadError));
      }
    }
  });

  const event = (...bytes: (number | string)[]) =>
    Buffer.concat(bytes.map((b) => (typeof b === 'string' ? Buffer.from(`${b}\0`) : Buffer.from([b]))));
  const start = Buffer.from('MOJ\x03');
  const stack = event(2, 5, 0, '1f');

  test.each<[string, Buffer, string]>([
    ['a version to come', Buffer.from('MOJ\x04'), 'unsupported'],
    ['no sample', start, 'empty'],
    ['an unknown event', Buffer.concat([start, stack, Buffer.from([99])]), 'corrupt'],
    ['a number without end', Buffer.concat([start, Buffer.from([2, ...Array(20).fill(0xff)])]), 'corrupt'],
    ['a text without end', Buffer.concat([start, Buffer.from([1, 65, 65])]), 'truncated'],
  ])('%s', async (_, bytes, code) => {
    await expect(read(bytes)).rejects.toMatchObject({ code });
  });

  test('frames that nobody named are unknown, and samples that repeat take what their thread had', async () => {
    const profile = await read(
      Buffer.concat([
        start,
        event(2, 5, 0, '1f', 11, 7, 'x.py', 11, 8, 'f', 11, 9, 'lib.so', 3, 1, 7, 8, 3, 3, 5, 9, 3, 2, 9, 8, 0, 0, 0, 0),
        event(5, 1, 5, 2, 9, 10),
        event(2, 5, 0, '1f', 5, 1, 13, 9, 20),
        event(2, 6, 0, '2f', 5, 1, 9, 1, 6, 'do_sys', 13),
      ]),
    );
    expect(judged(profile)).toMatchObject({
      functions: {
        'f\tx.py': { wall: [20, 30] },
        'f\tlib.so': { wall: [10, 10] },
        '<unknown>\t': { wall: [0, 1] },
        'do_sys\t[kernel]': { wall: [1, 1] },
      },
      lines: { 'wall\t3\t5\t9\tx.py': 20 },
    });
    expect(profile.warnings.join()).toContain('1 frames');
  });

  test('a small file cannot repeat frames without end', async () => {
    const many = Buffer.concat(Array.from({ length: 2000 }, () => Buffer.from([5, 1])));
    const again = Buffer.concat(Array.from({ length: 5000 }, () => Buffer.concat([stack, Buffer.from([13])])));
    await expect(read(Buffer.concat([start, stack, many, again]))).rejects.toMatchObject({ code: 'too-large' });
  });
});
