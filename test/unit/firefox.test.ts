import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { parentsFirst } from '../../src/core/formats/shared/parentsFirst.js';
import { bytesSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/firefox');
const text = (name: string) => readFileSync(join(folder, name), 'utf8');
const open = (content: string) => readProfile(bytesSource('any', Buffer.from(content)));
const load = (name: string) => open(text(name));

/** Each sample: its frames as `name|file|first line|line|column`, its values and its time. */
const rows = ({ samples, stacks, locations, lines, functions, strings, threads }: Profile) =>
  Array.from({ length: samples.length }, (_, i) => {
    const frames: string[] = [];
    for (let stack = samples.stack[i]!; stack >= 0; stack = stacks.prefix[stack]!) {
      const row = locations.firstLine[stacks.location[stack]!]!;
      const func = lines.func[row]!;
      frames.unshift(
        [
          strings[functions.name[func]!],
          strings[functions.file[func]!],
          functions.startLine[func],
          lines.line[row],
          lines.column?.[row] ?? 0,
        ].join('|'),
      );
    }
    return {
      frames,
      values: samples.values.map((column) => Number(column[i])),
      time: samples.time?.[i],
      thread: threads[samples.thread![i]!],
    };
  });

test("Python's gecko file has the stacks that its own collapsed output has", async () => {
  const profile = await load('tachyon-threads.json');
  const counts = new Map<string, number>();
  for (const { frames, thread, values } of rows(profile)) {
    const stack = frames.map((frame) => {
      const [name, file, , line] = frame.split('|');
      return file === '~' ? name! : `${file}:${name}:${line}`;
    });
    const key = [`tid:${/\d+/.exec(thread!)![0]}`, ...stack].join(';');
    counts.set(key, (counts.get(key) ?? 0) + values[0]!);
  }
  const judge = new Map<string, number>();
  for (const line of text('tachyon-threads.json.judge.txt').trim().split('\n')) {
    const space = line.lastIndexOf(' ');
    judge.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  expect(judge.size).toBeGreaterThan(10);
  expect(new Map([...counts].sort())).toEqual(new Map([...judge].sort()));
});

test("samply's file has the stacks, samples and CPU time that its tables say", async () => {
  const profile = await readProfile(bytesSource('any', readFileSync(join(folder, 'samply-till.json.gz'))));
  expect(profile.warnings).toEqual([
    expect.stringMatching(/^Most functions are only addresses.*samply record --presymbolicate.*samply load/),
  ]);
  const [samples, cpu] = ['samples', 'cpu'].map((name) => profile.sampleTypes.findIndex(({ type }) => type === name));
  const sums = new Map<string, [number, number]>();
  for (const { frames, values } of rows(profile)) {
    const key = frames.map((frame) => frame.split('|')[0]).join('\t');
    const sum = sums.get(key) ?? [0, 0];
    sums.set(key, [sum[0] + values[samples!]!, sum[1] + values[cpu!]!]);
  }
  const judge = text('samply-till.json.gz.judge.txt')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(judge.length).toBeGreaterThan(10);
  expect(sums).toEqual(new Map(judge.map(([, count, micros, ...frames]) => [frames.join('\t'), [Number(count), Number(micros) * 1000]])));
});

describe('the Gecko format', () => {
  test('has strings per thread, rows by a schema, and processes inside', async () => {
    const profile = await load('hand-gecko.json');
    const main = '(root)||0|0|0';
    const js = 'main|https://shop.example/app.js|10|12|7';
    const price = 'price|/srv/a b.js|25|30|9';
    expect(rows(profile)).toEqual([
      { frames: [main, js, price], values: [1, 1e6], time: 1.5e6, thread: 'GeckoMain [process 10]' },
      { frames: [main, js, price], values: [1, 1e6], time: 2.5e6, thread: 'GeckoMain [process 10]' },
      { frames: [main, js], values: [1, 1e6], time: 3.5e6, thread: 'GeckoMain [process 10]' },
      { frames: [main, js, 'malloc|libc.so.6|0|0|0'], values: [1, 1e6], time: 5.5e6, thread: 'GeckoMain [process 10]' },
      { frames: ['0x7f001234||0|0|0'], values: [1, 1e6], time: 102e6, thread: 'GeckoMain [process 20]' },
    ]);
    expect([profile.timeNanos, profile.sampleTypes]).toEqual([
      1_700_000_000_000_000_000n,
      [
        { type: 'samples', unit: 'count' },
        { type: 'wall', unit: 'nanoseconds' },
      ],
    ]);
  });
});

describe('the processed format', () => {
  test('has tables that threads share, offsets to parents, original places and CPU time', async () => {
    const profile = await load('hand-processed.json');
    const main = 'main|/src/shop.rs|1|3|0';
    expect(profile.sampleTypes.map(({ type, unit }) => `${type}/${unit}`)).toEqual([
      'samples/count',
      'cpu/nanoseconds',
      'wall/nanoseconds',
    ]);
    expect(rows(profile)).toEqual([
      { frames: [main, 'parse|/src/shop.rs|35|77|5', 'inlined|/src/shop.rs|8|9|2'], values: [1, 0, 2e6], time: 1e6, thread: 'worker (8)' },
      { frames: ['0x1234||0|0|0'].toSpliced(0, 0, main), values: [1, 1_500_000, 2e6], time: 3e6, thread: 'worker (8)' },
      {
        frames: [main, 'parse|/src/shop.rs|35|77|5', 'inlined|/src/shop.rs|8|9|2'],
        values: [1, 900_000, 2e6],
        time: 7.5e6,
        thread: 'worker (8)',
      },
      { frames: [main], values: [1, 0, 2e6], time: 1e6, thread: 'worker (9)' },
      { frames: [main, '0x1234||0|0|0'], values: [4, 0, 8e6], time: 3e6, thread: 'worker (9)' },
    ]);
  });

  test('may have its keys in any order', async () => {
    const { meta, threads, shared } = JSON.parse(text('hand-processed.json'));
    const turned = { shared: Object.fromEntries(Object.entries(shared).reverse()), threads, meta };
    expect(rows(await open(JSON.stringify(turned)))).toEqual(rows(await load('hand-processed.json')));
  });

  test('of older versions has file names and strings of the thread', async () => {
    const { meta, threads, shared } = JSON.parse(text('hand-processed.json'));
    const { stringArray, sources: _, sourceLocationTable: __, ...tables } = shared;
    tables.stackTable = { frame: [0, 1, 2, 3], prefix: [null, 0, 1, 0], length: 4 };
    tables.funcTable.fileName = [4, 4, null, null];
    delete tables.funcTable.source;
    delete tables.frameTable.originalLocation;
    const old = { meta: { ...meta, preprocessedProfileVersion: 30 }, threads: [{ ...threads[0], ...tables, stringArray }] };
    expect(rows(await open(JSON.stringify(old)))[0]!.frames).toEqual([
      'main|/src/shop.rs|1|3|0',
      'parse|/src/shop.rs|35|40|0',
      'inlined|libshop.so|8|9|2',
    ]);
  });

  test('weighs by bytes or traced time where the thread says so', async () => {
    const file = JSON.parse(text('hand-processed.json'));
    for (const thread of file.threads) thread.samples.weightType = 'bytes';
    file.threads[0].samples.weight = [10, -20, 30, 40];
    const bytes = await open(JSON.stringify(file));
    expect(bytes.sampleTypes).toEqual([{ type: 'memory', unit: 'bytes' }]);
    expect(rows(bytes).map(({ values }) => values[0])).toEqual([10, -20, 40, 1, 4]);
    for (const thread of file.threads) thread.samples.weightType = 'tracing-ms';
    expect((await open(JSON.stringify(file))).sampleTypes.at(-1)).toEqual({ type: 'wall', unit: 'nanoseconds' });
  });

  test('that is cut shows what there is', async () => {
    const whole = text('tachyon-threads.json');
    const cut = await open(whole.slice(0, whole.indexOf('"sources"')));
    expect([cut.samples.length, cut.warnings]).toEqual([
      (await load('tachyon-threads.json')).samples.length,
      ['The file ends too early: what is shown is the part before.'],
    ]);
    await expect(open(whole.slice(0, whole.length / 2))).rejects.toMatchObject({ name: 'ReadError', code: 'truncated' });
    const { meta, threads, shared } = JSON.parse(whole);
    const turned = JSON.stringify({ meta, shared, threads });
    expect((await open(turned.slice(0, turned.length / 2))).samples.length).toBeGreaterThan(0);
  });

  test('is not believed when tables refer to what is not there, or in a circle', async () => {
    for (const change of [
      (shared: { stackTable: { frame: number[] } }) => shared.stackTable.frame.fill(99),
      (shared: { frameTable: { func: number[] } }) => shared.frameTable.func.fill(-1),
      (shared: { stackTable: object }) => Object.assign(shared.stackTable, { prefix: [1, 2, 0, 0], prefixOffset: 'none' }),
      (shared: { stackTable: object }) => Object.assign(shared.stackTable, { prefix: [1e12, 2, 0, 0], prefixOffset: null }),
    ]) {
      const file = JSON.parse(text('hand-processed.json'));
      change(file.shared);
      await expect(open(JSON.stringify(file))).rejects.toMatchObject({ code: 'corrupt' });
    }
  });
});

test('parents are visited first, however deep and in whatever order', () => {
  const deep = 1_000_000;
  const seen: number[] = [];
  parentsFirst(
    Int32Array.from({ length: deep }, (_, row) => (row + 1 < deep ? row + 1 : -1)),
    deep,
    (row) => seen.push(row),
  );
  expect([seen.length, seen[0], seen.at(-1)]).toEqual([deep, deep - 1, 0]);
});
