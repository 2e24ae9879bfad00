import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { pathOf } from '../../src/core/formats/v8/frames.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';
import { framesOf, judged } from './speedscopeJudge.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/v8');
const open = (text: string | Uint8Array) => readProfile(bytesSource('any', typeof text === 'string' ? Buffer.from(text) : text));
const load = (name: string) => open(readFileSync(join(folder, name)));

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number; readonly columnNumber: number };
  readonly hitCount: number;
  readonly children?: number[];
  readonly positionTicks?: { readonly line: number; readonly ticks: number }[];
}
interface File {
  readonly nodes: Node[];
  readonly samples: number[];
  readonly timeDeltas: number[];
  readonly startTime: number;
  readonly endTime: number;
}

const frame = (name: string, url: string, line: number, column = -1): Node['callFrame'] => ({
  functionName: name,
  url,
  lineNumber: line,
  columnNumber: column,
});
const file = (nodes: object[], samples: number[], timeDeltas: number[], more: object = {}) =>
  JSON.stringify({ nodes, startTime: 1000, endTime: 1100, samples, timeDeltas, ...more });
const TREE = [
  { id: 1, callFrame: frame('(root)', '', -1), hitCount: 0, children: [7, 3] },
  { id: 3, callFrame: frame('', 'file:///app/a%20b.js', 4, 2), hitCount: 2, positionTicks: [{ line: 6, ticks: 1 }, { line: 9, ticks: 1 }] }, // biome-ignore format: one line
  { id: 7, callFrame: frame('f', 'file:///app/a%20b.js', 0, 0), hitCount: 1, children: [9] },
  { id: 9, callFrame: frame('f', 'file:///app/a%20b.js', 0, 0), hitCount: 1 },
];

describe.each(['shop.cpuprofile', 'odd.cpuprofile'])('%s', (name) => {
  const raw: File = JSON.parse(readFileSync(join(folder, name), 'utf8'));

  // V8 does not count the samples that it takes when it starts and when it throws compiled code away.
  test('has the hits that V8 counted: of every function, and of every line', async () => {
    const profile = await load(name);
    const hits = new Map<string, number>();
    const lines = new Map<string, number>();
    const extra = new Map<string, number>();
    for (const { id, callFrame, hitCount, positionTicks } of raw.nodes) {
      const own = callFrame.functionName || '(anonymous)';
      const key = `${own} ${pathOf(callFrame.url)}:${callFrame.lineNumber + 1}`;
      const more = raw.samples.filter((sample) => sample === id).length - hitCount;
      expect(more).toBeGreaterThanOrEqual(0);
      hits.set(key, (hits.get(key) ?? 0) + hitCount + more);
      const start = `${pathOf(callFrame.url)}:${callFrame.lineNumber + 1}`;
      extra.set(start, (extra.get(start) ?? 0) + more);
      if (callFrame.lineNumber < 0) continue;
      for (const { line, ticks } of positionTicks ?? []) {
        const place = `${pathOf(callFrame.url)}:${line}`;
        lines.set(place, (lines.get(place) ?? 0) + ticks);
      }
    }
    const table = functionTable(profile, { type: 0 });
    const { functions, strings } = profile;
    for (let func = 0; func < functions.length; func++) {
      const key = `${strings[functions.name[func]!]} ${strings[functions.file[func]!]}:${functions.startLine[func]}`;
      expect(table.self[func], key).toBe(hits.get(key));
      hits.delete(key);
    }
    expect([...hits.values()].filter((count) => count > 0)).toEqual([]);
    for (const found of lineTable(profile, { type: 0 }).files.values()) {
      for (let i = 0; i < found.line.length; i++) {
        const place = `${found.file}:${found.line[i]}`;
        expect(found.self[i], place).toBe((lines.get(place) ?? 0) + (extra.get(place) ?? 0));
        lines.delete(place);
      }
    }
    expect([...lines]).toEqual([]);
    expect([...extra.values()].reduce((sum, more) => sum + more, 0)).toBeLessThan(raw.samples.length / 10);
  });

  test('has the times of speedscope, but for the last sample and garbage collection', async () => {
    const profile = await load(name);
    const ours = new Map<string, [number, number]>();
    const { functions, strings } = profile;
    const table = functionTable(profile, { type: 1 });
    for (let func = 0; func < functions.length; func++) {
      const key = `${strings[functions.name[func]!]!.replace(/^\(anonymous\)$/, '')} ${strings[functions.file[func]!]}:${functions.startLine[func]}`;
      ours.set(key, [table.self[func]!, table.total[func]!]);
    }
    const judge = judged(join(folder, name), (given) => [
      given[0].replace(/^\(anonymous.*/, ''),
      pathOf(given[1]),
      given[2],
      given[3],
      given[4],
    ]);
    // What speedscope moves about.
    const apart = [...judge].filter(([key]) => /^\((?:garbage collector|program)\)/.test(key)).reduce((sum, [, [self]]) => sum + self, 0);
    const end = raw.endTime - raw.startTime - raw.timeDeltas.reduce((sum, delta) => sum + delta, 0);
    expect(judge.size).toBeGreaterThan(10);
    let same = 0;
    for (const [key, [self, total]] of judge) {
      if (/^\(idle\)/.test(key)) continue;
      const [ownSelf, ownTotal] = ours.get(key)!;
      expect(Math.abs(ownSelf - self), `self of ${key}`).toBeLessThanOrEqual(Math.abs(end) + 1e-6);
      expect(Math.abs(ownTotal - total), `total of ${key}`).toBeLessThanOrEqual(Math.abs(end) + apart + 1e-6);
      if (ownSelf === self) same++;
    }
    expect(same).toBeGreaterThanOrEqual(judge.size - 2);
  });
});

test('shop.heapprofile has the bytes of speedscope', async () => {
  const profile = await load('shop.heapprofile');
  const { functions, strings } = profile;
  const table = functionTable(profile, { type: 0 });
  const judge = judged(join(folder, 'shop.heapprofile'), (given) =>
    given[0] === '(root)'
      ? undefined
      : [given[0].replace(/^\(anonymous.*/, '(anonymous)'), pathOf(given[1]), given[2] + 1, given[3], given[4]],
  );
  let count = 0;
  for (let func = 0; func < functions.length; func++) {
    const name = strings[functions.name[func]!]!;
    const [self, total] = judge.get(`${name} ${strings[functions.file[func]!]}:${functions.startLine[func]}`) ?? [0, 0];
    expect([table.self[func], table.total[func]], name).toEqual([self, total]);
    count++;
  }
  expect(count).toBeGreaterThan(10);
  expect([...framesOf(profile).values()].reduce((sum, [self]) => sum + self, 0)).toBe(
    [...judge.values()].reduce((sum, [self]) => sum + self, 0),
  );
});

describe('a CPU profile', () => {
  test('has samples that last until the next, the last until the end', async () => {
    const profile = await open(file(TREE, [7, 9, 3, 3], [10, 20, 30, 25]));
    expect([...profile.samples.values[1]!]).toEqual([20, 30, 25, 15]);
    expect([...profile.samples.time!]).toEqual([10e3, 30e3, 60e3, 85e3]);
    const { lines, functions, strings } = profile;
    expect(
      Array.from({ length: functions.length }, (_, i) => [
        strings[functions.name[i]!],
        strings[functions.file[i]!],
        functions.startLine[i],
      ]),
    ).toEqual([
      ['(anonymous)', '/app/a b.js', 5],
      ['f', '/app/a b.js', 1],
    ]);
    expect([...lines.line].sort()).toEqual([1, 6, 9]);
    expect(lines.column![[...lines.line].indexOf(1)]).toBe(1);
  });

  test('may have a clock that runs backwards', async () => {
    const profile = await open(file(TREE, [7, 9, 3, 7], [10, 20, -5, 45]));
    expect([...profile.samples.values[1]!]).toEqual([20, 0, 40, 30]);
  });

  test('may have its keys in another order', async () => {
    const { nodes, ...rest } = JSON.parse(file(TREE, [7, 9], [10, 20]));
    const profile = await open(JSON.stringify({ ...rest, nodes }));
    expect([...profile.samples.values[1]!]).toEqual([20, 70]);
  });

  test('that is cut shows what there is', async () => {
    const text = file(TREE, [7, 9, 3, 3], [10, 20, 30, 25]);
    const cut = await open(text.slice(0, text.indexOf('"timeDeltas"')));
    expect([cut.samples.length, cut.defaultType, cut.warnings.length]).toEqual([4, 0, 2]);
    await expect(open(text.slice(0, text.indexOf('"samples"')))).rejects.toMatchObject({ name: 'ReadError', code: 'truncated' });
  });

  test('is not believed when its nodes go in a circle or are not there', async () => {
    const circle = [
      { id: 1, callFrame: frame('f', '', 1), children: [2] },
      { id: 2, callFrame: frame('g', '', 1), children: [1] },
    ];
    await expect(open(file(circle, [1], [1]))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(open(file(TREE, [77], [1]))).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('may be deep', async () => {
    const deep = Array.from({ length: 200_000 }, (_, id) => ({ id, callFrame: frame('f', '', 1), children: [id + 1] }));
    const profile = await open(file(deep.reverse(), [199_999], [1]));
    expect(profile.stacks.length).toBe(200_000);
  });
});

describe('a heap profile', () => {
  test('may be deep, and its keys in any order', async () => {
    const depth = 100_000;
    const text = `{"head":${'{"children":['.repeat(depth)}{"callFrame":{"functionName":"leaf"},"selfSize":5}${'],"selfSize":1,"callFrame":{"functionName":"f","lineNumber":3}}'.repeat(depth)}}`;
    expect((await open(`{"head":{"callFrame":{"functionName":"(root)"},"selfSize":0,"children":[]}}`)).samples.length).toBe(0);
    const profile = await open(text.replace('"head":{', '"head":{"callFrame":{},"selfSize":0,'));
    expect(profile.samples.length).toBe(depth + 1);
    expect(Array.from<number | bigint>(profile.samples.values[0]!).reduce<number>((sum, value) => sum + Number(value), 0)).toBe(depth + 5);
  });

  test('that is cut shows what there is', async () => {
    const text = readFileSync(join(folder, 'shop.heapprofile'), 'utf8');
    const cut = await open(text.slice(0, text.length / 2));
    expect(cut.warnings).toHaveLength(1);
    expect(cut.samples.length).toBeGreaterThan(0);
  });
});

test('addresses become paths', () => {
  expect(
    ['file:///a%20b/c.js', 'file:///C:/x/y.js', 'file://server/share/z.js', 'node:fs', 'https://a/b.js', 'file:///100%.js', ''].map(pathOf),
  ).toEqual(['/a b/c.js', 'C:/x/y.js', '//server/share/z.js', 'node:fs', 'https://a/b.js', '/100%.js', '']);
});
