import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { eventType } from '../../src/core/formats/callgrind/events.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { findPythons } from './pythons.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/callgrind');
const open = (name: string) => readProfile(fileSource(join(folder, name)));
const read = (text: string | Uint8Array) => readProfile(bytesSource('unknown', typeof text === 'string' ? Buffer.from(text) : text));

interface Row {
  readonly name: string;
  readonly file: string;
  readonly figures: readonly number[];
}

/** Rows of callgrind_annotate: figures by event, file (the object where there is none), function. */
function annotated(name: string, events: number): Row[] {
  const text = readFileSync(join(folder, name), 'utf8');
  const from = text.indexOf('\n', text.indexOf('file:function'));
  const rows: Row[] = [];
  for (const line of text.slice(from).split('\n')) {
    let rest = line;
    const figures: number[] = [];
    while (figures.length < events) {
      const cell = /^\s*(?:([\d,]+) \(\s*[\d.]+%\)|(\.|0)(?=\s))/.exec(rest);
      if (cell === null) break;
      figures.push(Number((cell[1] ?? '0').replaceAll(',', '')));
      rest = rest.slice(cell[0].length);
    }
    const place = /^\s*(.*?):(.*?)(?: \[(.*)\])?$/.exec(rest);
    if (figures.length < events || place === null) continue;
    rows.push({ figures, name: place[2]!, file: place[1] === '???' ? (place[3] ?? '') : place[1]! });
  }
  return rows;
}

function ours(profile: Profile, events: number): Map<string, { self: number[]; total: number[] }> {
  const found = new Map<string, { self: number[]; total: number[] }>();
  for (let event = 0; event < events; event++) {
    const table = functionTable(profile, { type: 1 + event });
    for (let func = 0; func < profile.functions.length; func++) {
      const name = profile.strings[profile.functions.name[func]!]!;
      const key = `${profile.strings[profile.functions.file[func]!]}\t${name}`;
      const known = found.get(key) ?? { self: Array(events).fill(0), total: Array(events).fill(0) };
      known.self[event]! += Number(table.self[func]);
      known.total[event]! += Number(table.total[func]);
      found.set(key, known);
    }
  }
  return found;
}

/** Functions with an edge to themselves. */
function callsOfItself({ calls, strings, functions }: Profile): Set<string> {
  const { edges } = calls!;
  const found = new Set<string>();
  for (let row = 0; row < edges.length; row++) {
    const func = edges.caller[row]!;
    if (func === edges.callee[row]) found.add(`${strings[functions.file[func]!]}\t${strings[functions.name[func]!]}`);
  }
  return found;
}

/** Names of the functions on both sides of lines `calls=0`. */
function runningCalls(text: string): Set<string> {
  const names = new Map<string, string>();
  const found = new Set<string>();
  let current = '';
  let callee = '';
  for (const line of text.split('\n')) {
    const func = /^(c?)fn=(\(\d+\))(?: (.*))?$/.exec(line);
    if (func?.[3] !== undefined) names.set(func[2]!, func[3]);
    if (func?.[1] === '') current = names.get(func[2]!)!;
    if (func?.[1] === 'c') callee = names.get(func[2]!)!;
    if (line.startsWith('calls=0')) found.add(current).add(callee);
  }
  return found;
}

const sumByName = (rows: Iterable<readonly [string, readonly number[]]>): Map<string, number[]> => {
  const sums = new Map<string, number[]>();
  for (const [name, figures] of rows)
    sums.set(
      name,
      figures.map((value, i) => value + (sums.get(name)?.[i] ?? 0)),
    );
  return sums;
};

describe('callgrind_annotate finds the same', () => {
  test.each([
    ['native', 1],
    ['plain', 1],
    ['parts', 1],
    ['instr', 13],
  ])('%s: self and inclusive of every function, every event', async (name, events) => {
    const profile = await open(`${name}.callgrind`);
    expect(profile.format).toBe('callgrind');
    expect(profile.warnings).toEqual([]);
    expect(profile.sampleTypes.length).toBe(1 + events);
    const found = ours(profile, events);
    const selfRows = annotated(`${name}.callgrind.judge.self.txt`, events);
    expect(selfRows.length).toBeGreaterThan(20);
    // What was inlined from other files is a row of its own there, and a part of the function here.
    const wanted = sumByName(selfRows.map((row) => [row.name, row.figures]));
    const got = sumByName(Array.from(found, ([key, { self }]) => [key.split('\t')[1]!, self]));
    // It takes the costs of calls that had begun in an earlier part for the caller's own ("calls=0").
    const running = name === 'parts' ? runningCalls(readFileSync(join(folder, `${name}.callgrind`), 'utf8')) : new Set();
    for (const [func, figures] of got) {
      if (!running.has(func)) expect([func, figures]).toEqual([func, wanted.get(func) ?? figures.map(() => 0)]);
    }
    for (const func of wanted.keys()) expect(got.has(func), func).toBe(true);
    const whole = profile.calls!.functions.self.reduce((sum, value) => sum + value, 0);
    const totals = sumByName(
      annotated(`${name}.callgrind.judge.total.txt`, events).map((row) => [`${row.file}\t${row.name}`, row.figures]),
    );
    let compared = 0;
    const again = callsOfItself(profile);
    for (const [key, { total }] of found) {
      const judge = totals.get(key);
      if (judge === undefined) continue;
      // There, a function that calls itself is counted again for every call; here once, and never beyond the whole.
      if (running.has(key.split('\t')[1]!)) continue;
      if (again.has(key)) expect(total[0], key).toBeLessThanOrEqual(Math.min(judge[0]!, whole));
      else if (judge[0]! <= whole) expect([key, total]).toEqual([key, judge]);
      compared++;
    }
    expect(compared).toBeGreaterThan(20);
  });
});

test('lines: own costs and those of calls, in the file that the code came from', async () => {
  const profile = await open('plain.callgrind');
  const source = readFileSync(join(folder, 'native.c'), 'utf8').split('\n');
  const costs = profile.lineCosts.find(({ type }) => type === 1)!;
  const own = new Map<string, number>();
  let sum = 0;
  for (let row = 0; row < costs.length; row++) {
    sum += costs.self[row]!;
    const key = `${basename(profile.strings[costs.file[row]!]!)}:${costs.line[row]}`;
    own.set(key, (own.get(key) ?? 0) + costs.self[row]!);
  }
  const self = profile.calls!.functions.self.reduce((all, value) => all + value, 0);
  // Functions without sources have no lines.
  expect(sum).toBeLessThanOrEqual(self);
  const [hottest] = [...own].toSorted((a, b) => b[1] - a[1]);
  const line = Number(hottest![0].split(':')[1]);
  expect(hottest![0]).toContain('native.c:');
  expect(source[line - 1]).toContain('mixin');
  const main = source.findIndex((text) => text.includes('t += tax(3, n)')) + 1;
  for (let row = 0; row < costs.length; row++) {
    expect(costs.total[row]).toBeLessThanOrEqual(self);
    if (
      costs.line[row] === main &&
      profile.strings[profile.functions.name[costs.func[row]!]!] === 'main' &&
      costs.total[row]! > costs.self[row]!
    ) {
      expect(costs.total[row]! / self).toBeGreaterThan(0.5);
    }
  }
});

test('what is said of the program is kept', async () => {
  const { quality, comments, defaultType, sampleTypes } = await open('instr.callgrind');
  expect(quality).toMatchObject({ engine: 'callgrind', engineVersion: '3.19.0' });
  expect(comments).toContain('cmd: ./native 500');
  expect(sampleTypes[defaultType]).toEqual({ type: 'Ir', unit: 'count' });
});

interface Stat {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly calls: number;
  readonly self: number;
  readonly total: number;
}

describe.skipIf(findPythons().size === 0 && process.env.CI === undefined)('files of Python tools: pstats', () => {
  const python = [...findPythons().values()].at(-1) ?? 'python3';
  const script = `import json, pstats, sys
stats = pstats.Stats(sys.argv[1]).stats
print(json.dumps([dict(file=f, line=l, name=n, calls=nc, self=tt, total=ct) for (f, l, n), (cc, nc, tt, ct, callers) in stats.items()]))`;
  test.each([
    ['pyprof2calltree.callgrind', 'pyprof2calltree.callgrind.judge.prof', 1e9],
    ['yappi.callgrind', 'yappi.callgrind.judge.pstats', 1e6],
  ])('%s: calls, self and total of every function', async (name, judge, perSecond) => {
    const profile = await open(name);
    const stats = JSON.parse(execFileSync(python, ['-c', script, join(folder, judge)], { encoding: 'utf8' })) as Stat[];
    const { functions, strings, calls } = profile;
    expect(profile.sampleTypes[1]).toEqual({ type: 'time', unit: perSecond === 1e9 ? 'nanoseconds' : 'microseconds' });
    const found = new Map<string, number>();
    for (let func = 0; func < functions.length; func++) {
      found.set(`${strings[functions.file[func]!]}\t${functions.startLine[func]}\t${strings[functions.name[func]!]}`, func);
    }
    let compared = 0;
    for (const stat of stats) {
      const func = found.get(`${stat.file}\t${stat.line}\t${stat.name}`);
      // What neither took time nor called anything is not in the file with a figure.
      if (func === undefined) {
        expect(stat.self * perSecond, JSON.stringify(stat)).toBeLessThan(2);
        continue;
      }
      compared++;
      expect(Math.abs(calls!.functions.self[func]! - stat.self * perSecond), JSON.stringify(stat)).toBeLessThan(1.01);
      // Each edge of the file is rounded down.
      const edges = calls!.edges.caller.filter((_, row) => calls!.edges.callee[row] === func || calls!.edges.caller[row] === func).length;
      // In cycles the file cannot tell; imports are full of them.
      const isCycle = /^(?:even|odd)$/.test(stat.name) || (stat.file !== 'rec.py' && stat.file !== '~');
      if (!isCycle) {
        const total = stat.total * perSecond;
        const called = calls!.edges.callee.includes(func);
        // What was called only from functions that are not in the file has neither a count nor the time of such functions.
        if (called) expect(Math.abs(calls!.functions.total[func]! - total), JSON.stringify(stat)).toBeLessThan(edges + 2);
        else expect(Math.abs(calls!.functions.total[func]! - total * 0.995), JSON.stringify(stat)).toBeLessThan(total * 0.005 + edges + 2);
        // yappi's pstats have the calls that are not recursive where others have all.
        const { calls: all, primitive } = calls!.functions;
        expect(called ? [all[func], primitive[func]] : [0, stat.calls], JSON.stringify(stat)).toContain(stat.calls);
      }
    }
    expect(compared).toBeGreaterThan(name.startsWith('yappi') ? 60 : 10);
  });
});

describe('events', () => {
  test.each([
    ['Ir', 'callgrind-3.19.0', 'Ir', 'count', 1],
    ['Time_(10ns)', 'xdebug 3.2.1', 'time', 'nanoseconds', 10],
    ['Memory_(bytes)', 'xdebug 3.2.1', 'memory', 'bytes', 1],
    ['cpu(ms)', '', 'cpu', 'milliseconds', 1],
    ['Ticks', 'yappi', 'time', 'microseconds', 1],
    ['ns', '', 'time', 'nanoseconds', 1],
    ['__proto__', '', '__proto__', 'count', 1],
    ['samples(count)', '', 'samples', 'count', 1],
  ])('%s of %s', (event, creator, type, unit, scale) => {
    expect(eventType(event, creator)).toEqual({ type, unit, scale });
  });
});

const HEAD = 'positions: line\nevents: Ir Dr\n';

test('names by number, relative lines, inlined files, calls, jumps, hexadecimal figures', async () => {
  const profile = await read(
    [
      '# callgrind format',
      'version: 1',
      'positions: instr line',
      'events: Ir Dr',
      'ob=(1) /bin/x',
      'fl=(1) /src/a.c',
      'fn=(1) main',
      '0x10 16 0x10 4',
      '+4 +1 5',
      'fi=(2) /src/b.h',
      '* 3 7 1',
      'fe=(1)',
      'jump=3 0x20 99',
      '* * ',
      'cob=(2) /lib/y.so',
      'cfi=(3) /src/y.c',
      'cfn=(2) helper',
      'calls=2 0x90 40',
      '+1 20 100 10',
      'cfn=(3) near',
      'calls=1 0 0',
      '* * 30',
      'ob=(2)',
      'fl=(3)',
      'fn=(2)',
      '0x90 40 100 10',
      'ob=(1)',
      'fl=(1)',
      'fn=(3)',
      '5 -5 30',
    ].join('\n'),
  );
  const found = ours(profile, 2);
  expect(Object.fromEntries(found)).toEqual({
    '/src/a.c\tmain': { self: [28, 5], total: [158, 15] },
    '/src/y.c\thelper': { self: [100, 10], total: [100, 10] },
    '/src/a.c\tnear': { self: [30, 0], total: [30, 0] },
  });
  const costs = profile.lineCosts.find(({ type }) => type === 1)!;
  const lines = Array.from(
    costs.line,
    (line, row) => `${basename(profile.strings[costs.file[row]!]!)}:${line} ${costs.self[row]}/${costs.total[row]}`,
  );
  expect(lines.toSorted()).toEqual(
    ['a.c:35 30/30', 'a.c:16 16/16', 'a.c:17 5/5', 'a.c:20 0/130', 'b.h:3 7/7', 'y.c:40 100/100'].toSorted(),
  );
  expect(Array.from(profile.calls!.edges.calls)).toEqual([2, 1]);
});

test('a function that calls itself counts once', async () => {
  const profile = await read(
    `${HEAD}fl=a.c\nfn=main\n1 1 0\ncfn=f\ncalls=1 5\n2 100 0\n\nfn=f\n5 40 0\ncfn=f\ncalls=9 5\n6 500 0\n7 60 0\n`,
  );
  expect(ours(profile, 1).get('a.c\tf')).toEqual({ self: [100], total: [100] });
  expect(ours(profile, 1).get('a.c\tmain')).toEqual({ self: [1], total: [101] });
  const f = Array.from({ length: profile.functions.length }, (_, i) => profile.strings[profile.functions.name[i]!]).indexOf('f');
  expect([profile.calls!.functions.calls[f], profile.calls!.functions.primitive[f]]).toEqual([10, 1]);
});

describe('bad files', () => {
  test.each([
    ['no events', '# callgrind format\nversion: 1\nfoo: 1\n', 'corrupt'],
    ['functions before events', '# callgrind format\nfn=main\n', 'corrupt'],
    ['a version to come', '# callgrind format\nversion: 2\nevents: Ir\n', 'unsupported'],
    ['nothing counted', `${HEAD}fl=a\nfn=b\n`, 'empty'],
    ['too many events', `# callgrind format\nevents: ${'x '.repeat(5000)}\n`, 'corrupt'],
    ['prose after the header', `${HEAD}fl=a\nfn=b\n1 5 5\n${'no figures; here\n'.repeat(50)}`, 'corrupt'],
  ])('%s', async (_, text, code) => {
    await expect(read(text)).rejects.toMatchObject({ code });
  });

  test('more than can be kept is refused', async () => {
    const events = Array.from({ length: 60 }, (_, i) => `e${i}`).join(' ');
    const functions = Array.from({ length: 500_000 }, (_, i) => `fn=${i}\n1 1\n`).join('');
    await expect(read(`events: ${events}\nfl=a\n${functions}`)).rejects.toMatchObject({ code: 'too-large' });
  });

  test('odd names, numbers without names, `__proto__`', async () => {
    const profile = await read(`${HEAD}fl=__proto__\nfn=constructor\n1 5 5\nfn=(77)\n1 2\nfn=(5\n1 99999999999999999999 1\nfn=(6) \n1 1\n`);
    expect(profile.functions.length).toBe(3);
  });

  test('a file that was cut says so', async () => {
    const whole = readFileSync(join(folder, 'native.callgrind'));
    const profile = await read(whole.subarray(0, whole.length >> 1));
    expect(profile.warnings.join()).toContain('may not be whole');
  });

  test('cut and changed anywhere', async () => {
    for (const name of ['native.callgrind', 'yappi.callgrind', 'instr.callgrind']) {
      const whole = readFileSync(join(folder, name));
      for (let i = 0; i < 100; i++) {
        const bytes = Buffer.from(whole.subarray(0, i % 2 === 0 ? whole.length : (i * 7919) % whole.length));
        if (bytes.length > 0) for (let k = 0; k <= i % 7; k++) bytes[(i * 104729 + k * 7919) % bytes.length] = (i * 31 + k * 17) & 0xff;
        await read(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(ReadError));
      }
    }
  });
});
