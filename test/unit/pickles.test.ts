import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { readPickle } from '../../src/core/formats/pickle/machine.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';
import { findPythons } from './pythons.js';

const fixtures = join(import.meta.dirname, '../fixtures');
const folderOf = (name: string) => join(fixtures, 'profiles', name);
const filesOf = (name: string, end: string) => readdirSync(folderOf(name)).filter((file) => file.endsWith(end));
const judged = (file: string) => JSON.parse(readFileSync(`${file}.judge.json`, 'utf8'));
const text = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
const pythons = findPythons();

describe('line_profiler', () => {
  type Timings = {
    unit: number;
    timings: [key: [file: string, line: number, name: string], rows: [line: number, hits: number, time: number][]][];
  };

  function ours({ lineCosts, functions, strings }: Profile, type: number): unknown[] {
    const costs = lineCosts.find((each) => each.type === type)!;
    return Array.from(costs.line, (line, row) => {
      const func = costs.func[row]!;
      const key = [strings[functions.file[func]!], functions.startLine[func], strings[functions.name[func]!]];
      return [key, line, costs.calls[row], costs.self[row], costs.total[row]];
    });
  }

  test.each(filesOf('line_profiler', '.lprof'))('every line of %s has the hits and the time that line_profiler loads', async (name) => {
    const file = join(folderOf('line_profiler'), name);
    const { unit, timings } = judged(file) as Timings;
    const profile = await readProfile(fileSource(file));
    expect(profile.format).toBe('line-profiler');
    expect(profile.sampleTypes[1]).toEqual({ type: 'time', unit: unit === 1e-9 ? 'nanoseconds' : 'microseconds' });
    const rows = timings.flatMap(([key, lines]) => lines.map(([line, hits, time]) => ({ key, line, hits, time })));
    expect(rows.length).toBeGreaterThan(5);
    expect(text(ours(profile, 1))).toEqual(text(rows.map(({ key, line, hits, time }) => [key, line, hits, time, time])));
    expect(text(ours(profile, 0))).toEqual(text(rows.map(({ key, line, hits }) => [key, line, hits, hits, hits])));
  });

  test.each(filesOf('line_profiler', '.lprof'))('the lines of %s are those that line_profiler prints', async (name) => {
    const file = join(folderOf('line_profiler'), name);
    const printed = readFileSync(`${file}.judge.txt`, 'utf8')
      .split('\n')
      .map((line) => /^ *(\d+) +(\d+) +(\d+\.\d)\b/.exec(line))
      .filter((match) => match !== null)
      .map(([, line, hits, time]) => [Number(line), Number(hits), Number(time)]);
    const profile = await readProfile(fileSource(file));
    const found = ours(profile, 1).map((row) => (row as unknown[]).slice(1, 4));
    expect(text(printed)).toEqual(text(found));
  });

  const script = `
import sys, pickle, types
class LineStats(object):
    def __init__(self):
        self.timings = {("gr\\u00f6\\u00dfe;.py" if sys.version_info > (3,) else "gr\\xc3\\xb6\\xc3\\x9fe;.py", 3, "f"): [(4, 7, 2**60), (5, 1, 1)], ("b.py", 1, "g"): []}
        self.unit = 2.5
for module in ("line_profiler.line_profiler", "line_profiler._line_profiler", "_line_profiler"):
    LineStats.__module__ = module
    parts = module.split(".")
    for i in range(len(parts)):
        sys.modules[".".join(parts[:i + 1])] = types.ModuleType(parts[i])
    sys.modules[module].LineStats = LineStats
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        print("".join("%02x" % b for b in bytearray(pickle.dumps(LineStats(), protocol))))
`;
  const some = [...pythons].filter(([name]) => /^(?:2\.7|3\.6|3\.13|python3)/.test(name));

  test.skipIf(some.length === 0).each(some)('all protocols of Python %s, and all old names of the class', async (_, python) => {
    const all = execFileSync(python, ['-c', script], { encoding: 'utf8' }).trim().split(/\s+/);
    expect(all.length).toBeGreaterThanOrEqual(9);
    for (const hex of all) {
      const profile = await readProfile(bytesSource('x', Buffer.from(hex, 'hex')));
      expect(text(ours(profile, 1)), hex).toEqual(
        text([
          [['größe;.py', 3, 'f'], 4, 7, 2 ** 60 * 2.5, 2 ** 60 * 2.5],
          [['größe;.py', 3, 'f'], 5, 1, 2.5, 2.5],
        ]),
      );
    }
  });
});

describe('tracemalloc', () => {
  interface Held {
    lines: [file: string, line: number, bytes: number, count: number][];
    stacks: [frames: [file: string, line: number][], bytes: number, count: number][];
  }

  /** The reader's figures as tracemalloc's own statistics: by innermost line, and by whole stack (oldest frame first). */
  function ours({ samples, stacks, locations, lines, functions, strings }: Profile): Held {
    const byLine = new Map<string, [number, number]>();
    const byStack = new Map<string, [number, number]>();
    const add = (sums: Map<string, [number, number]>, key: unknown, i: number) => {
      const [bytes, count] = sums.get(JSON.stringify(key)) ?? [0, 0];
      sums.set(JSON.stringify(key), [bytes + Number(samples.values[1]![i]), count + Number(samples.values[0]![i])]);
    };
    for (let i = 0; i < samples.length; i++) {
      const frames: [string, number][] = [];
      for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
        const line = locations.firstLine[stacks.location[at]!]!;
        frames.push([strings[functions.file[lines.func[line]!]!]!, lines.line[line]!]);
      }
      add(byLine, frames[0], i);
      add(byStack, frames.reverse(), i);
    }
    return {
      lines: [...byLine].map(([key, sum]) => [...(JSON.parse(key) as [string, number]), ...sum]),
      stacks: [...byStack].map(([key, sum]) => [JSON.parse(key), ...sum]),
    };
  }

  function same(profile: Profile, expected: Held, name: string) {
    const found = ours(profile);
    expect(text(found.lines), name).toEqual(text(expected.lines));
    expect(text(found.stacks), name).toEqual(text(expected.stacks));
  }

  test.each(filesOf('tracemalloc', '.snapshot'))('every line and stack of %s', async (name) => {
    const file = join(folderOf('tracemalloc'), name);
    const profile = await readProfile(fileSource(file));
    expect(profile.format).toBe('tracemalloc');
    expect(profile.sampleTypes).toEqual([
      { type: 'objects', unit: 'count' },
      { type: 'space', unit: 'bytes' },
    ]);
    const expected = judged(file) as Held;
    expect(expected.lines.length).toBeGreaterThan(5);
    same(profile, expected, name);
  });

  const modern = [...pythons].filter(([name]) => /^(?:3\.6|3\.8|3\.13|python3)/.test(name));
  test.skipIf(modern.length === 0).each(modern)('what Python %s writes, in every protocol, filtered or not', async (_, python) => {
    const folder = mkdtempSync(join(tmpdir(), 'heatline-test-'));
    try {
      const answer = execFileSync(python, [join(fixtures, 'judge_tracemalloc.py'), '--write', folder], {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      });
      const all = JSON.parse(answer) as Record<string, Held>;
      expect(Object.keys(all).length).toBeGreaterThanOrEqual(20);
      for (const [name, expected] of Object.entries(all)) same(await readProfile(fileSource(join(folder, name))), expected, name);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('hostile pickles', () => {
  const outcome = async (bytes: Uint8Array): Promise<Profile | ReadError> => {
    try {
      return await readProfile(bytesSource('x', bytes));
    } catch (error) {
      if (error instanceof ReadError) return error;
      throw error;
    }
  };
  const machine = (text: string | Uint8Array, allowed: string[] = []) =>
    readPickle(typeof text === 'string' ? Buffer.from(text, 'latin1') : text, new Set(allowed), () => Promise.resolve());
  const files = [
    ...filesOf('line_profiler', '.lprof').map((name) => join(folderOf('line_profiler'), name)),
    ...filesOf('tracemalloc', '.snapshot').map((name) => join(folderOf('tracemalloc'), name)),
  ].map((file) => [file.slice(folderOf('').length), readFileSync(file)] as const);

  test.each(files)('%s cut anywhere is a ReadError', async (_, bytes) => {
    const step = bytes.length > 1000 ? 23 : 1;
    for (let length = 0; length < bytes.length; length += step)
      expect(await outcome(bytes.subarray(0, length)), `${length}`).toBeInstanceOf(ReadError);
  });

  test.each(files)('%s with changed bytes is a profile or a ReadError', async (_, bytes) => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at] = value;
        await outcome(copy);
      }),
      { numRuns: 300 },
    );
  });

  test('any bytes are plain data or a ReadError', async () => {
    const instruction = fc.constantFrom(
      ...'(.012BCFGIJKLMNRSTUVX]abcdeghilopqrstu})'.split(''),
      ...Array.from({ length: 0x17 }, (_, i) => String.fromCharCode(0x80 + i)),
    );
    const piece = fc.oneof({ weight: 5, arbitrary: instruction }, fc.constantFrom('\x00', '\x01', '\x02', '1\n', "'a'\n", '\x00\x00\x00'));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        try {
          await machine(`${pieces.join('')}.`, ['a.b']);
        } catch (error) {
          if (!(error instanceof ReadError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('no function is called and no class is looked up: what asks for one is named', async () => {
    const refused = async (text: string, name: string) => {
      const error = await machine(text).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ReadError);
      expect((error as ReadError).message).toContain(name);
      expect((error as ReadError).code).toBe('unsupported');
    };
    await refused("cos\nsystem\n(S'true'\ntR.", '"os.system"');
    await refused("(S'true'\nios\nsystem\n.", '"os.system"');
    await refused('\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.', '"builtins.eval"');
    await refused('\x80\x02c__builtin__\ngetattr\n.', 'getattr');
    await refused('\x80\x02c__proto__\nconstructor\n.', '"__proto__.constructor"');
    await refused(`\x80\x02cline_profiler.line_profiler\nLineStats.__init__\n.`, 'LineStats.__init__');
    // What makers are given must be an allowed class too.
    await expect(machine('ccopy_reg\n_reconstructor\n(c__builtin__\nobject\nc__builtin__\nobject\nNtR.')).rejects.toMatchObject({
      code: 'corrupt',
    });
    await expect(machine("ccopy_reg\n_reconstructor\n(S'x'\ntR.")).rejects.toMatchObject({ code: 'corrupt' });
    // Persistent ids and extension codes lead outside.
    for (const text of ['P1\n.', 'NQ.', '\x80\x02\x82\x01.', '\x80\x05\x97.'])
      await expect(machine(text)).rejects.toMatchObject({ code: 'corrupt' });
    const named = await outcome(Buffer.concat([files[0]![1].subarray(0, -1), Buffer.from('0cos\nsystem\n.')]));
    expect(named).toMatchObject({ code: 'unsupported' });
  });

  test('claimed sizes, depth, cycles and copies of copies stay small', async () => {
    for (const text of [
      '\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.',
      'T\xff\xff\xff\x7f.',
      'X\xff\xff\xff\xff.',
      '\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.',
    ]) {
      await expect(machine(text)).rejects.toMatchObject({ code: 'truncated' });
    }
    await expect(machine('T\xff\xff\xff\xff.')).rejects.toMatchObject({ code: 'corrupt' });
    await expect(machine('\x80\x02\x8b\xff\xff\xff\x7f.')).rejects.toMatchObject({ code: 'corrupt' });
    await expect(machine(`L${'9'.repeat(1_000_000)}L\n.`)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(machine(`Nr\xff\xff\xff\xff.`)).rejects.toMatchObject({ code: 'corrupt' });
    // A million lists in lists; a list in itself.
    await machine(`${'('.repeat(1e6)}${'l'.repeat(1e6)}.`);
    const cycle = (await machine(']\x94h\x00a.')) as unknown[];
    expect(cycle[0]).toBe(cycle);
    const stats = `\x80\x02cline_profiler.line_profiler\nLineStats\n)\x81}(U\x04unitG?\xf0\x00\x00\x00\x00\x00\x00U\x07timings`;
    expect(await outcome(Buffer.from(`${stats}}q\x00(h\x00h\x00uub.`, 'latin1'))).toMatchObject({ code: 'corrupt' });
    // Each list holds the one before twice: 2^60 leaves for whoever walks them.
    const doubling = `]${'\x94'}${Array.from({ length: 60 }, (_, i) => `](h${String.fromCharCode(i)}h${String.fromCharCode(i)}e\x94`).join('')}.`;
    await machine(doubling);
    await expect(machine('2'.repeat(100))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(machine(`N${'2'.repeat(5e6)}.`)).rejects.toMatchObject({ code: 'too-large' });
  });

  test('numbers, texts and containers of all protocols', async () => {
    expect(await machine('(I-5\nI01\nL12345678901234567890L\nF-1.5\nFinf\nJ\xff\xff\xff\xffK\xffM\xff\xffl.')).toEqual([
      -5,
      1,
      12345678901234567890n,
      -1.5,
      Infinity,
      -1,
      255,
      65535,
    ]);
    expect(await machine('\x80\x04(\x8a\x00\x8a\x01\xff\x8a\x02\x00\x80\x8b\x01\x00\x00\x00\x7f\x88\x89Nt.')).toEqual([
      0,
      -1,
      -32768,
      127,
      true,
      false,
      null,
    ]);
    expect(await machine("(S'a\\'b\\n\\xc3\\xb6'\nVx\\u00e4\\U0001f600\nU\x02hiX\x02\x00\x00\x00\xc3\xa4t.")).toEqual([
      "a'b\nö",
      'xä😀',
      'hi',
      'ä',
    ]);
    expect(await machine('G?\xf8\x00\x00\x00\x00\x00\x00.')).toBe(1.5);
    expect(await machine('(K\x01K\x02tp1\n0g1\n.')).toEqual([1, 2]);
    expect(await machine('(K\x01(K\x0210.'.replace('0.', '.'))).toBe(1);
    expect(await machine('\x80\x04(K\x01\x91\x8f(K\x02\x90\x86.')).toEqual([[1], [2]]);
  });
});
