import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { parsePerfFrame } from '../../src/core/formats/perfScript/frame.js';
import { parsePerfHeader } from '../../src/core/formats/perfScript/header.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { stackRows } from '../../src/core/model/stackRows.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/perf');
const open = (name: string) => readProfile(fileSource(join(folder, name)));
const read = (text: string | Uint8Array) => readProfile(bytesSource('unknown', typeof text === 'string' ? Buffer.from(text) : text));

/** `name@file:line` of each sample, leaf first, with its values. */
function drawn(profile: Profile): string[] {
  const rows = stackRows(profile);
  return Array.from({ length: profile.samples.length }, (_, i) => {
    const row = rows.ofSample[i]!;
    const frames = Array.from(rows.location.subarray(rows.first[row], rows.first[row + 1]), (location) => {
      const at = profile.locations.firstLine[location]!;
      const func = profile.lines.func[at]!;
      return `${profile.strings[profile.functions.name[func]!]}@${profile.strings[profile.functions.file[func]!]}:${profile.lines.line[at]}`;
    });
    return `${frames.join(' < ')} = ${profile.samples.values.map((column) => column[i]).join(' ')}`;
  });
}

/** Rows of `perf report -t '|'`, by event: the figures, then the object's base name and the symbol. Equal rows add up. */
function report(name: string): Map<string, { figures: number[]; symbol: string; object: string }[]> {
  const events = new Map<string, { figures: number[]; symbol: string; object: string }[]>();
  let rows: { figures: number[]; symbol: string; object: string }[] = [];
  for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
    const event = /of event '([^':]+)/.exec(line);
    if (event !== null) {
      rows = [];
      events.set(event[1]!, rows);
    } else if (line !== '' && !line.startsWith('#')) {
      const cells = line.split('|').map((cell) => cell.trim());
      const symbol = cells.pop()!.replace(/^\[.\] /, '');
      const object = cells.pop()!;
      rows.push({ figures: cells.map((cell) => Number.parseFloat(cell)), symbol, object });
    }
  }
  return events;
}

describe('perf report finds the same', () => {
  test.each(['native', 'events', 'python'])('%s: self and total of every symbol of every event', async (name) => {
    const profile = await open(`${name}.perf.txt`);
    expect(profile.format).toBe('perf-script');
    const self = report(`${name}.perf.txt.judge.self.txt`);
    const total = report(`${name}.perf.txt.judge.total.txt`);
    expect([...self.keys()].toSorted()).toEqual(
      profile.sampleTypes
        .slice(1)
        .map(({ type }) => type)
        .toSorted(),
    );
    for (const [event, rows] of self) {
      const type = profile.sampleTypes.findIndex((each) => each.type === event);
      const table = functionTable(profile, { type });
      const whole = Array.from(profile.samples.values[type]!, Number).reduce((sum, value) => sum + value, 0);
      const ours = new Map<string, { self: number; total: number }>();
      for (let func = 0; func < profile.functions.length; func++) {
        const file = profile.strings[profile.functions.file[func]!]!;
        const symbol = profile.strings[profile.functions.name[func]!]!;
        const key = file.endsWith('.py') ? `py::${symbol}:${file}` : symbol === '[unknown]' ? symbol : `${basename(file)} ${symbol}`;
        const known = ours.get(key) ?? { self: 0, total: 0 };
        ours.set(key, { self: known.self + Number(table.self[func]), total: known.total + Number(table.total[func]) });
      }
      // Without a symbol perf tells addresses apart, which are no functions; trampolines of the compiler have no library.
      const keyOf = ({ symbol, object }: { symbol: string; object: string }) =>
        /^0x[\da-f]+$/.test(symbol)
          ? '[unknown]'
          : symbol.startsWith('py::')
            ? symbol
            : `${object.startsWith('[JIT]') ? '' : object} ${symbol}`;
      const wanted = new Map<string, number>();
      for (const row of rows) wanted.set(keyOf(row), (wanted.get(keyOf(row)) ?? 0) + row.figures[0]!);
      expect(wanted.size).toBeGreaterThan(3);
      for (const [key, value] of wanted) expect([key, ours.get(key)?.self]).toEqual([key, value]);
      for (const [key, { self: value }] of ours) expect([key, wanted.get(key) ?? 0]).toEqual([key, value]);
      for (const row of total.get(event)!) {
        if (keyOf(row) === '[unknown]') continue;
        const share = (100 * (ours.get(keyOf(row))?.total ?? 0)) / whole;
        expect(Math.abs(share - row.figures[0]!), `${keyOf(row)}: ${share} for ${row.figures[0]}`).toBeLessThanOrEqual(0.0051);
      }
    }
  });
});

test('samples keep their times and threads; the event with most samples is shown first', async () => {
  const profile = await open('events.perf.txt');
  expect(profile.sampleTypes).toEqual([
    { type: 'samples', unit: 'count' },
    { type: 'page-faults', unit: 'count' },
    { type: 'cpu-clock', unit: 'nanoseconds' },
  ]);
  expect(profile.defaultType).toBe(2);
  expect(profile.warnings.join()).toContain('2 kinds of events');
  expect(profile.threads).toEqual([expect.stringMatching(/^native \(\d+\)$/)]);
  const time = profile.samples.time!;
  expect(time[0]).toBe(0);
  expect(time.at(-1)).toBeGreaterThan(1e8);
  expect(profile.samples.values[0]!.every((value) => value === 1)).toBe(true);
});

test('lines of sources, no call graph, no times, no events', async () => {
  const lines = await open('lines.perf.txt');
  expect(drawn(lines)[0]).toBe(
    'price@native.c:3 < tax@native.c:5 < tax@native.c:5 < tax@native.c:5 < main@native.c:10 < __libc_start_call_main@libc-start.c:74 = 1 2004008',
  );
  expect(lines.quality).toMatchObject({ engine: 'perf', engineVersion: '6.1.187' });
  expect(lines.comments[1]).toContain('perf record');
  const flat = await open('flat.perf.txt');
  expect(flat.format).toBe('perf-script');
  expect(flat.samples.length).toBe(60);
  expect(drawn(flat).filter((text) => /^price@\/tmp\/till\/native:0 = 1 2004008$/.test(text)).length).toBeGreaterThan(20);
  const bare = await open('bare.perf.txt');
  expect(bare.sampleTypes).toEqual([{ type: 'samples', unit: 'count' }]);
  expect(bare.samples.time).toBeUndefined();
  expect(bare.samples.length).toBeGreaterThan(30);
});

describe('first lines', () => {
  test.each([
    ['java 24636/25607 [000] 4794564.109216: cycles:', ['java', '24636', '25607', 4794564109216000, Number.NaN, 'cycles', '']],
    ['swapper     0 [001] 2.5:     250000 cpu-clock:ppp: ', ['swapper', '', '0', 2.5e9, 250000, 'cpu-clock', '']],
    ['Web Content 12 3 4567 [002] 8.000000001: 10 cycles:u:', ['Web Content 12 3', '', '4567', 8000000001, 10, 'cycles', '']],
    ['V8 Worker 913 72.176760:     257597 cpu_core/cycles/P:', ['V8 Worker', '', '913', 72176760000, 257597, 'cpu_core/cycles/P', '']],
    [
      'sh 9 [000] 1.1: sched:sched_switch: prev_comm=sh prev_pid=9',
      ['sh', '', '9', 1.1e9, Number.NaN, 'sched:sched_switch', 'prev_comm=sh prev_pid=9'],
    ],
    ['a 9 1.5: 10 cycles:   7f12 main+0x1 (/bin/a)', ['a', '', '9', 1.5e9, 10, 'cycles', '7f12 main+0x1 (/bin/a)']],
    ['native 11287', ['native', '', '11287', Number.NaN, Number.NaN, '', '']],
    ['native 13185.412:', ['native', '', '', 13185412000000, Number.NaN, '', '']],
    ['cpu-clock:ppp:', ['', '', '', Number.NaN, Number.NaN, 'cpu-clock', '']],
    [':-1 -1/-1 [001] 5.5: 1 cycles:', [':-1', '-1', '-1', 5.5e9, 1, 'cycles', '']],
  ])('%s', (line, wanted) => {
    expect(Object.values(parsePerfHeader(line)!)).toEqual(wanted);
  });
  test('long lines take no long time', () => {
    for (const text of ['1 '.repeat(1e6), 'a'.repeat(2e6), ' '.repeat(2e6), '1:'.repeat(1e6), '1.1: '.repeat(5e5)])
      parsePerfHeader(`${text}x`);
  });
});

describe('frames', () => {
  test.each([
    ['12b6 price+0x26 (/tmp/a b/native)', 'price', '/tmp/a b/native', 0],
    ['ffffffff8103ce3b native_write_msr_safe ([kernel.kallsyms])', 'native_write_msr_safe', '[kernel.kallsyms]', 0],
    [
      '7f std::f<int (*)(char)>::g(int const&, a (*)(b))+0x1d (/usr/lib/x.so)',
      'std::f<int (*)(char)>::g(int const&, a (*)(b))',
      '/usr/lib/x.so',
      0,
    ],
    ['7f operator()+0x1 (/memfd:x (deleted))', 'operator()', '/memfd:x (deleted)', 0],
    ['7f [unknown] ([unknown])', '[unknown]', '', 0],
    ['7f [unknown] (/usr/lib/x.so)', '[unknown]', '/usr/lib/x.so', 0],
    ['7f f', 'f', '', 0],
    ['7f', '[unknown]', '', 0],
    ['7f py::Cart.fill:/srv/a b.py+0xa (/tmp/perf-7204.map)', 'Cart.fill', '/srv/a b.py', 0],
    ['7f Lcom/foo/Bar;::baz+0x10 (/tmp/perf-12.map)', 'com/foo/Bar.baz', '', 0],
    ['7f LazyCompile:*work /srv/app.js:12:3+0x1 (/tmp/perf-12.map)', 'work', '/srv/app.js', 12],
    ['7f JS:~ file:///a.mjs:4:9 (/tmp/perf-12.map)', '(anonymous)', 'file:///a.mjs', 4],
    ['7f Builtin:ArrayMap (/tmp/perf-12.map)', 'ArrayMap', '', 0],
  ])('%s', (text, name, file, startLine) => {
    expect(parsePerfFrame(text)).toMatchObject({ name, file, startLine, inlined: false });
  });
  test('what is none', () => {
    for (const text of ['', 'native 5', 'prev_comm=x', '--', '12345678901234567 f']) expect(parsePerfFrame(text)).toBeUndefined();
  });

  test('inlined functions are in the library of the frame they are in', async () => {
    const profile = await read('a 1 1.0: 5 cycles:\n\t 12 inner (inlined)\n\t 12 middle (inlined)\n\t 12 outer+0x1 (/lib/x.so)\n\n');
    expect(drawn(profile)).toEqual(['inner@/lib/x.so:0 < middle@/lib/x.so:0 < outer@/lib/x.so:0 = 1 5']);
  });
});

test('tracepoints, records of other kinds, stacks without a symbol and samples without a stack', async () => {
  const profile = await read(
    [
      'sh 9 [000] 1.1: PERF_RECORD_MMAP2 9/9: [0x1(0x2) @ 0 fe:00]: r-xp /bin/sh',
      'sh 9 [000] 1.2: sched:sched_switch: prev_comm=sh prev_pid=9 ==> next_comm=x',
      '\tffffffff8 schedule+0x1 ([kernel.kallsyms])',
      '',
      'sh 9 [000] 1.3: sched:sched_switch: prev_comm=sh prev_pid=9 ==> next_comm=x',
    ].join('\r\n'),
  );
  expect(profile.sampleTypes).toEqual([{ type: 'samples', unit: 'count' }]);
  expect(drawn(profile)).toEqual(['schedule@[kernel.kallsyms]:0 = 1', ' = 1']);
});

test('other texts are not taken for it', async () => {
  for (const text of [
    'Chapter 1 Introduction:\nChapter 2 More:\nChapter 3 End:\n',
    'def f():\n    return 5\n',
    '# ========\n# a comment\n',
    'key 1:\n  deadbeef\nother:\n  - x\n  - y\n  - z\n',
  ])
    await expect(read(text)).rejects.toMatchObject({ code: 'unknown-format' });
});

describe('bad files', () => {
  const whole = readFileSync(join(folder, 'events.perf.txt'));
  test('cut anywhere', async () => {
    for (let size = 1; size < whole.length; size += 331) {
      await read(whole.subarray(0, size)).catch((error: unknown) => expect(error).toBeInstanceOf(ReadError));
    }
    const cut = await read(whole.subarray(0, whole.length - 700));
    expect(cut.samples.length).toBeGreaterThan(50);
  });
  test('changed bytes', async () => {
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(whole);
      for (let k = 0; k <= i % 7; k++) bytes[(i * 7919 + k * 104729) % bytes.length] = (i * 31 + k * 17) & 0xff;
      await read(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(ReadError));
    }
  });
  test('many kinds of events', async () => {
    const text = Array.from({ length: 5000 }, (_, i) => `a 1 ${i}.0: 2 e${'x'.repeat(i % 300)}:\n\t 12 f (/x)\n\n`).join('');
    const profile = await read(text);
    expect(profile.sampleTypes.length).toBe(17);
    expect(profile.samples.length).toBe(5000);
  });
});

test('every fixture is one of perf', async () => {
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.perf.txt')))
    expect((await read(readFileSync(join(folder, name)))).format).toBe('perf-script');
});
