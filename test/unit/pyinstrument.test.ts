import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/pyinstrument');
const read = (text: string | Uint8Array) => readProfile(bytesSource('x', typeof text === 'string' ? Buffer.from(text) : text));

type Key = [file: string, line: number, name: string];
interface Judged {
  functions: [Key, self: number, total: number][];
  lines: [file: string, line: number, self: number][];
  shown: [Key, self: number][];
}
const judgedOf = (version: string) => JSON.parse(readFileSync(join(folder, `sessions-${version}.pyisession.judge.json`), 'utf8')) as Judged;

/** Nanoseconds by function, `file:first line:name`, alone and in all, and by line of the innermost frame. */
function sums(profile: Profile) {
  const { samples, stacks, locations, lines, functions, strings, sampleTypes } = profile;
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  const byLine = new Map<string, number>();
  const add = (map: Map<string, number>, key: string, value: number) => map.set(key, (map.get(key) ?? 0) + value);
  for (let i = 0; i < samples.length; i++) {
    const value = Number(samples.values[sampleTypes.length - 1]![i]);
    const keys: string[] = [];
    for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
      const line = locations.firstLine[stacks.location[at]!]!;
      const func = lines.func[line]!;
      const file = strings[functions.file[func]!]!;
      if (keys.length === 0) add(byLine, `${file}:${lines.line[line]}`, value);
      keys.push(`${file}:${functions.startLine[func]}:${strings[functions.name[func]!]}`);
    }
    if (keys.length > 0) add(self, keys[0]!, value);
    for (const key of new Set(keys)) add(total, key, value);
  }
  return { self, total, byLine };
}

const text = ([file, line, name]: Key) => `${file}:${line}:${name}`;
/** Figures are equal to the digits that the format has. */
function same(found: Map<string, number>, expected: readonly (readonly [string, number])[], nanos: number) {
  const wanted = new Map(expected.filter(([, seconds]) => seconds * 1e9 > nanos));
  expect(
    [...found]
      .filter(([, value]) => value > nanos)
      .map(([key]) => key)
      .sort(),
  ).toEqual([...wanted.keys()].sort());
  for (const [key, seconds] of wanted) expect(Math.abs(found.get(key)! - seconds * 1e9), key).toBeLessThan(nanos);
}

test.each(['4.6', '5.1'])(
  'a session of version %s has every function and line as in pyinstrument, in order, with its thread',
  async (version) => {
    const judged = judgedOf(version);
    const profile = await readProfile(fileSource(join(folder, `sessions-${version}.pyisession`)));
    expect(profile.format).toBe('pyisession');
    const { self, total, byLine } = sums(profile);
    const functions = judged.functions.filter(([[file]]) => file !== '<thread>');
    expect(functions.length).toBeGreaterThan(20);
    same(
      self,
      functions.map(([key, own]) => [text(key), own] as const),
      100,
    );
    same(
      total,
      functions.map(([key, , all]) => [text(key), all] as const),
      100,
    );
    same(
      byLine,
      judged.lines.map(([file, line, own]) => [`${file}:${line}`, own] as const),
      100,
    );
    expect(profile.threads).toEqual(['MainThread']);
    expect([...profile.samples.time!]).toEqual([...profile.samples.time!].sort((a, b) => a - b));
    expect(profile.quality.engine).toBe('pyinstrument');
    // Only version 5 says its interval.
    if (version === '5.1') expect(profile).toMatchObject({ period: 5e6, quality: { rateAsked: 200 } });
    const { functions: columns, strings } = profile;
    const price = Array.from(columns.name, (name) => strings[name]).indexOf('price');
    expect(strings[columns.systemName[price]!]).toBe('Shop.price');
  },
);

test('JSON has every function as pyinstrument shows it', async () => {
  const profile = await readProfile(fileSource(join(folder, 'sessions-5.1.json')));
  expect(profile.format).toBe('pyinstrument');
  const judged = judgedOf('5.1');
  // Six digits after the point, of a frame and of its children.
  same(
    sums(profile).self,
    judged.shown.map(([key, own]) => [text(key), own] as const),
    20_000,
  );
});

test('JSON of version 3 adds up to its root', async () => {
  const file = join(folder, 'sessions-3.4.json');
  interface Node {
    function: string;
    file_path: string;
    line_no: number;
    time: number;
    children: Node[];
  }
  const { root_frame: root } = JSON.parse(readFileSync(file, 'utf8')) as { root_frame: Node };
  const expected = new Map<string, number>();
  const walk = (node: Node) => {
    const below = node.children.filter((child) => child.function !== '[self]');
    const key = `${node.file_path}:${node.line_no}:${node.function}`;
    expected.set(key, (expected.get(key) ?? 0) + node.time - below.reduce((sum, child) => sum + child.time, 0));
    below.forEach(walk);
  };
  walk(root);
  const { self, total } = sums(await readProfile(fileSource(file)));
  same(self, [...expected], 20_000);
  expect(Math.max(...total.values()) / 1e9).toBeCloseTo(root.time, 4);
});

describe('hostile files', () => {
  const files = ['sessions-5.1.pyisession', 'sessions-5.1.json', 'sessions-3.4.json'].map(
    (name) => [name, readFileSync(join(folder, name))] as const,
  );
  const outcome = async (bytes: string | Uint8Array) => {
    try {
      return await read(bytes);
    } catch (error) {
      if (error instanceof ReadError) return error;
      throw error;
    }
  };

  test.each(files)('%s with changed or missing bytes is a profile or a ReadError', async (_, bytes) => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.constantFrom(...'{}[]",:\\0x\0\xff'.split('')));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(bytes.length), async (changes, length) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at] = value.charCodeAt(0);
        await outcome(copy);
        expect(await outcome(bytes.subarray(0, Math.min(length, bytes.length - 5)))).toBeInstanceOf(ReadError);
      }),
      { numRuns: 60 },
    );
  });

  test('depth, nothing, and values of other kinds', async () => {
    const head = '{"start_time": 1, "duration": 2, "sample_count": 1, "root_frame": ';
    const frame = '{"function":"__proto__","file_path":"f","line_no":1,"time":1,"children":[';
    const deep = (await outcome(`${head}${frame.repeat(200_000)}${']}'.repeat(200_000)}}`)) as Profile;
    expect(deep.functions.length).toBe(1);
    expect(deep.samples.length).toBe(1);
    expect(await outcome(head + frame.repeat(200_000))).toMatchObject({ code: 'truncated' });
    expect(((await outcome(`${head}null}`)) as Profile).warnings.join()).toContain('no samples');
    const odd = '{"function":[],"file_path":{},"line_no":"x","time":1e999,"children":[1,null,[],{"time":"x","children":7}]}}';
    expect(await outcome(`${head}${odd}`)).not.toBeInstanceOf(ReadError);
    const session = (records: string) => `{"start_time": 1, "sample_count": 1, "start_call_stack": [], "frame_records": ${records}}`;
    expect(((await outcome(session('[]'))) as Profile).warnings.join()).toContain('no samples');
    const records =
      '[[["a\\u0000f.py\\u00003\\u0001l4\\u0001cC"],0.5],[],[[],1e999],[["\\u0001l99999999999"],-1],7,[{},"x"],[["a",1,null],0.25]]';
    const profile = (await outcome(session(records))) as Profile;
    // What is no time is none; what is no record is left out.
    expect([...profile.samples.values[1]!]).toEqual([5e8, 0, 0, 0, 0, 2.5e8]);
    expect([...profile.lines.line]).toEqual([4, 0, 0]);
  });
});
