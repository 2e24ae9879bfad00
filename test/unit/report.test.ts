import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { jsonText, shorten } from '../../src/core/report/figures.js';
import { infoJson, infoText } from '../../src/core/report/info.js';
import { linesJson, linesText } from '../../src/core/report/lines.js';
import { listJson, listText } from '../../src/core/report/list.js';
import { peekJson, peekText } from '../../src/core/report/peek.js';
import { topJson, topText } from '../../src/core/report/top.js';
import { treeJson, treeText } from '../../src/core/report/tree.js';
import { resolveView } from '../../src/core/report/view.js';
import { draw } from './draw.js';

const profile = draw(
  `
  main@app.py:9/1   main@app.py:9/1   main@app.py:10/1  main@app.py:10/1
  fib@app.py:3/2    fib@app.py:3/2    work@lib.py:5/4   .
  fib@app.py:4/2    .                 .                 .
`,
  { weights: [5, 3, 1, 2], threads: ['a', 'a', 'b', 'b'] },
);
const whole = resolveView(profile, {});

test('top --json: contract, recursion counted once, every function, largest self first', () => {
  expect(topJson(profile, whole)).toEqual({
    format: 'drawn',
    valueType: { type: 'time', unit: 'count' },
    valueTypes: [{ type: 'time', unit: 'count' }],
    total: 11,
    samples: 4,
    durationNanos: null,
    threads: ['a', 'b'],
    functions: [
      { name: 'fib', file: 'app.py', line: 2, self: 8, total: 8, calls: null },
      { name: 'main', file: 'app.py', line: 1, self: 2, total: 11, calls: null },
      { name: 'work', file: 'lib.py', line: 4, self: 1, total: 1, calls: null },
    ],
  });
});

test('top: order, rows, thread, focus, ignore', () => {
  const names = (spec: object, options = {}) => topJson(profile, resolveView(profile, spec), options).functions.map(({ name }) => name);
  expect(names({}, { sort: 'total' })).toEqual(['main', 'fib', 'work']);
  expect(names({}, { rows: 1 })).toEqual(['fib']);
  expect(names({ thread: 'b' })).toEqual(['main', 'work']);
  expect(names({ focus: '^wo' })).toEqual(['work', 'main']);
  expect(names({ ignore: 'lib' })).toEqual(['fib', 'main']);
  expect(() => names({ thread: 'c' })).toThrow('there is no thread "c"; there are: a, b');
  expect(() => names({ value: 'cpu' })).toThrow('there are: time/count');
  expect(() => names({ focus: '(' })).toThrow('not a regular expression');
});

test('lines --json: per file, lines in order, a recursive line once', () => {
  expect(linesJson(profile, whole)).toEqual({
    valueType: { type: 'time', unit: 'count' },
    total: 11,
    files: [
      {
        file: 'app.py',
        lines: [
          { line: 3, self: 3, total: 8, calls: null },
          { line: 4, self: 5, total: 5, calls: null },
          { line: 9, self: 0, total: 8, calls: null },
          { line: 10, self: 2, total: 3, calls: null },
        ],
      },
      { file: 'lib.py', lines: [{ line: 5, self: 1, total: 1, calls: null }] },
    ],
  });
  expect(linesJson(profile, whole, { rows: 2 }).files).toMatchObject([{ file: 'app.py', lines: [{ line: 3 }, { line: 4 }] }]);
  expect(linesText(profile, whole, { source: (_, line) => (line === 4 ? '\treturn fib' : undefined) })).toContain('    return fib');
});

describe('tree', () => {
  const json = (options = {}) => JSON.parse([...treeJson(profile, whole, options)].join(''));

  test('is one JSON value with every node', () => {
    const short = (node: { name: string; self: number; total: number; children: never[] }): string =>
      `${node.name} ${node.self}/${node.total}${node.children.length > 0 ? `[${node.children.map(short).join(' ')}]` : ''}`;
    const tree = json();
    expect(tree).toMatchObject({ valueType: { type: 'time', unit: 'count' }, total: 11, estimate: false, inverted: false });
    expect(tree.roots.map(short)).toEqual(['main 2/11[fib 3/8[fib 5/5] work 1/1]']);
    expect(json({ depth: 1 }).roots.map(short)).toEqual(['main 2/11[fib 3/8 work 1/1]']);
    expect(json({ inverted: true }).roots.map(({ name }: { name: string }) => name)).toEqual(['fib', 'main', 'work']);
  });

  test('holds stacks deeper than a recursive writer could', () => {
    const builder = new ProfileBuilder('deep');
    builder.valueType({ type: 'n', unit: 'count' });
    let stack = -1;
    for (let i = 0; i < 20_000; i++) stack = builder.stack(stack, builder.place(builder.func(builder.string(`f${i}`), 0, 0, 1), 1));
    builder.sample(stack, [1]);
    const deep = builder.finish();
    const text = [...treeJson(deep, { type: 0 })].join('');
    expect(text.match(/"children":\[/g)!.length).toBeGreaterThan(100);
    expect(text.match(/\[/g)!.length).toBe(text.match(/\]/g)!.length);
    expect(text.match(/\{/g)!.length).toBe(text.match(/\}/g)!.length);
  });

  test('leaves small parts out of the text, and says so', () => {
    const text = [...treeText(profile, whole, { minShare: 0.2 })].join('');
    expect(text).toContain('    fib (app.py:2)');
    expect(text).not.toContain('work');
    expect(text).toContain('smaller parts are left out');
  });
});

test('list: the lines that each matching function ran, with their source', () => {
  const source = (_: string, line: number) => (line === 3 ? '    if n:' : undefined);
  expect(listJson(profile, whole, '^fib$', source).functions).toEqual([
    {
      name: 'fib',
      file: 'app.py',
      line: 2,
      self: 8,
      total: 8,
      calls: null,
      lines: [
        { line: 3, self: 3, total: 8, source: '    if n:' },
        { line: 4, self: 5, total: 5, source: null },
      ],
    },
  ]);
  const text = [...listText(profile, whole, 'fib', source)].join('');
  expect(text).toMatch(/^ROUTINE =+ fib in app\.py\n +8 +8 \(self, total\) 72\.7 % of 11$/m);
  expect(text).toMatch(/^ +\. +\. +2:\n +3 +8 +3: {4}if n:\n +5 +5 +4:$/m);
});

test('list: the whole function as far as its indentation tells, and parts far away without what lies between', () => {
  const body = ['@deco', 'def f():', '    a()', '', '    b()', '', 'def g():', '    c()'];
  const file = (at: number) => (_: string, line: number) => (line >= at && line < at + body.length ? body[line - at] : undefined);
  const lines = (drawn: string, at: number) =>
    [...listText(draw(drawn), whole, 'f', file(at))]
      .join('')
      .match(/^ +\S+ +\S+ +\d+:|…$/gm)!
      .map((row) => row.trim().split(/\s+/).at(-1));
  expect(lines('f@a.py:3/2', 1)).toEqual(['2:', '3:', '4:', '5:']);
  expect(lines('f@a.py:3/0', 1)).toEqual(['1:', '2:', '3:', '4:', '5:', '6:', '7:', '8:']);
  expect(lines('f@a.py:9003/2', 9001)).toEqual(['2:', '…', ...[3, 4, 5, 6, 7, 8].map((line) => `900${line}:`)]);
});

test('peek: callers and callees, and where each is', () => {
  const [fib] = peekJson(profile, whole, '^fib$').functions;
  expect(fib).toMatchObject({ name: 'fib', self: 8, total: 8 });
  expect(fib!.callers.map(({ name, total }) => [name, total])).toEqual(
    expect.arrayContaining([
      ['main', 8],
      ['fib', 5],
    ]),
  );
  expect(fib!.callees.map(({ name, total }) => [name, total])).toEqual([['fib', 5]]);
  const text = [...peekText(profile, whole, 'work')].join('');
  expect(text).toMatch(/^ +1 100\.0 % \| {3}main \(app\.py:1\)\n +1 +9\.1 % +9\.1 % +1 +9\.1 % +\| work \(lib\.py:4\)$/m);
  expect(peekJson(profile, whole, 'nothing').functions).toEqual([]);
  for (const text of [peekText(profile, whole, 'nothing'), listText(profile, whole, 'nothing', () => undefined)])
    expect([...text].at(-1)).toBe('No function with figures matches nothing.\n');
});

test('figures past 2^53 are strings of all their digits', () => {
  const builder = new ProfileBuilder('big');
  builder.valueType({ type: 'alloc', unit: 'bytes' });
  const place = (name: string) => builder.place(builder.func(builder.string(name), 0, builder.string('x.py'), 1), 1);
  builder.sample(builder.stack(-1, place('f')), [9007199254740993n]);
  builder.sample(builder.stack(-1, place('g')), [2n]);
  const json = topJson(builder.finish(), { type: 0 });
  expect(json.total).toBe('9007199254740995');
  expect(json.functions.map(({ self }) => self)).toEqual(['9007199254740993', 2]);
});

describe('call counts', () => {
  const load = () => readProfile(fileSource(join(import.meta.dirname, '../fixtures/profiles/pstats/python-3.12.prof')));

  test('speak as cProfile does', async () => {
    const counted = await load();
    const spec = resolveView(counted, {});
    const { functions, samples } = topJson(counted, spec, { sort: 'calls' });
    expect(samples).toBe(0);
    expect(functions[0]).toMatchObject({ name: 'fib', calls: 67 });
    expect(functions.length).toBe(counted.functions.length);
    expect(topText(counted, spec)).toMatch(/ncalls\s+tottime\s+%\s+cumtime/);
    expect(topText(counted, spec)).toContain('67/1 ');
    expect([...treeText(counted, spec)][0]).toContain('estimate');
    expect(topJson(counted, resolveView(counted, { value: 'calls', focus: 'fib' })).functions.map(({ name }) => name)).toEqual(['fib']);
  });

  test('info', async () => {
    const counted = await load();
    expect(infoJson(counted)).toMatchObject({
      format: 'pstats',
      valueTypes: [
        { type: 'calls', unit: 'count' },
        { type: 'time', unit: 'seconds' },
      ],
      samples: 0,
      functions: counted.functions.length,
      locations: 0,
      threads: [],
      timeNanos: null,
      durationNanos: null,
      comments: [],
    });
    expect(infoText(counted)).toMatch(/^format +pstats$/m);
  });
});

test('names cannot play tricks with the terminal', () => {
  const builder = new ProfileBuilder('x');
  builder.valueType({ type: 'n', unit: 'count' });
  builder.sample(builder.stack(-1, builder.place(builder.func(builder.string('a\u001b[31m\u202eb\u2028c\u061c'), 0, 0, 1), 1)), [1]);
  const text = topText(builder.finish(), { type: 0 });
  expect(text).toContain('a\\u001b[31m\\u202eb\\u2028c\\u061c');
});

test('what does not fit is cut where it says least', () => {
  const text = 'parse (/srv/shop/lib/parser.py:120)';
  expect(shorten(text, 80)).toBe(text);
  expect(shorten(text, 24)).toBe('parse (…b/parser.py:120)');
  expect(shorten(`${'x'.repeat(40)} (/srv/a.py:1)`, 30)).toBe(`${'x'.repeat(15)}… (/srv/a.py:1)`);
  expect(shorten(text, 3)).toHaveLength(24);
});

test('JSON does not turn a terminal round', () => {
  const text = jsonText({ name: 'a\u202eb\u009bc', ü: 1 });
  expect(text).toBe('{"name":"a\\u202eb\\u009bc","ü":1}');
  expect(JSON.parse(text)).toEqual({ name: 'a\u202eb\u009bc', ü: 1 });
});
