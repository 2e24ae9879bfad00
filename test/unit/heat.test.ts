import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { heatLines } from '../../src/core/model/heat.js';
import { lineCallees } from '../../src/core/model/lineCallees.js';
import { identityMap, mapLines } from '../../src/core/model/lineMap.js';
import { lineTable } from '../../src/core/model/lines.js';
import type { Profile } from '../../src/core/model/profile.js';
import { beginsDefinition, definitionAbove, definitionEnd, onlyDefinition } from '../../src/core/model/pythonText.js';
import { summarize } from '../../src/core/model/summary.js';
import { packProfile, unpackProfile } from '../../src/core/model/transport.js';

type Stack = readonly (readonly [name: string, file: string, start: number, line: number])[];

/** Stacks root first, with nanoseconds. */
function sampled(samples: readonly (readonly [Stack, number])[], whole = false): Profile {
  const builder = new ProfileBuilder('test');
  builder.valueType({ type: 'wall', unit: 'nanoseconds' });
  for (const [frames, value] of samples) {
    const places = frames.map(([name, file, start, line]) => {
      const text = builder.string(name);
      return builder.place(builder.func(text, text, builder.string(file), start), line);
    });
    if (whole) builder.sampleFrames(places.reverse(), places.length, [value]);
    else
      builder.sample(
        places.reduce((prefix, place) => builder.stack(prefix, place), -1),
        [value],
      );
  }
  return builder.finish();
}

/** cProfile's kind: functions with calls, self and total in seconds, and edges. */
function counted(
  functions: readonly (readonly [name: string, file: string, start: number, calls: number, self: number, total: number])[],
  edges: readonly (readonly [caller: number, callee: number, calls: number, self: number, total: number])[] = [],
): Profile {
  const builder = new ProfileBuilder('test');
  const calls = builder.valueType({ type: 'calls', unit: 'count' });
  const time = builder.valueType({ type: 'time', unit: 'seconds' });
  builder.callTypes(calls, time);
  const index = functions.map(([name, file, start, count, self, total]) => {
    const text = builder.string(name);
    const func = builder.func(text, text, builder.string(file), start);
    builder.functionCalls(func, count, count, self, total);
    return func;
  });
  for (const [caller, callee, count, self, total] of edges) builder.edge(index[caller]!, index[callee]!, count, count, self, total);
  return builder.finish();
}

const A = '/w/a.py';
const main: Stack[number] = ['main', A, 1, 3];

describe('heatLines', () => {
  const profile = sampled([
    [[main, ['f', A, 10, 12]], 60],
    [[main, ['f', A, 10, 12], ['f', A, 10, 12]], 20],
    [[main, ['g', '/w/b.py', 1, 2]], 20],
  ]);
  const table = lineTable(profile, { type: 0 });

  it('shares are of the whole profile, and recursion counts once', () => {
    const heat = heatLines(table, [table.files.get(A)!], identityMap);
    expect(heat).toEqual([
      { line: 3, self: 0, total: 100, share: 0, totalShare: 1, calls: null, samples: 0, stale: false },
      { line: 12, self: 80, total: 80, share: 0.8, totalShare: 0.8, calls: null, samples: 2, stale: false },
    ]);
  });

  it('follows the text: moved, edited and deleted lines', () => {
    const before = Array.from({ length: 12 }, (_, i) => `line_${i + 1}(first, second)`);
    const after = ['# new', '# newer', ...before.slice(0, 2), ...before.slice(3, 11), 'line_12(first, third)'];
    const heat = heatLines(table, [table.files.get(A)!], mapLines(before.join('\n'), after.join('\n')));
    expect(heat.map(({ line, self, stale }) => [line, self, stale])).toEqual([[13, 80, true]]);
  });

  it('puts counted figures on the first line of the function', () => {
    const calls = lineTable(
      counted([
        ['f', A, 10, 5, 1.5, 2],
        ['g', A, 20, 1, 0.5, 2.5],
      ]),
      { type: 1 },
    );
    expect(heatLines(calls, [calls.files.get(A)!], identityMap)).toEqual([
      { line: 10, self: 1.5, total: 2, share: 0.75, totalShare: 1, calls: 5, samples: null, stale: false },
      { line: 20, self: 0.5, total: 2.5, share: 0.25, totalShare: 1, calls: 1, samples: null, stale: false },
    ]);
  });
});

describe('lineCallees', () => {
  it('tells what one line called, each stack once', () => {
    const profile = sampled([
      [[main, ['f', A, 10, 12]], 60],
      [[main, ['f', A, 10, 13], ['f', A, 10, 12]], 20],
      [[main, ['g', '/w/b.py', 1, 2]], 15],
      [
        [
          ['main', A, 1, 4],
          ['g', '/w/b.py', 1, 2],
        ],
        5,
      ],
    ]);
    const names = (line: number) =>
      lineCallees(profile, { type: 0 }, [A], line).map(({ func, total }) => [profile.strings[profile.functions.name[func]!], total]);
    expect(names(3)).toEqual([
      ['f', 80],
      ['g', 15],
    ]);
    expect(names(13)).toEqual([['f', 20]]);
    expect(names(12)).toEqual([]);
  });
});

describe('summarize', () => {
  const library: Stack[number] = ['loads', '/usr/lib/python3.12/json/__init__.py', 5, 9];
  const many = (stack: Stack, count: number) => Array.from({ length: count }, () => [stack, 10_000_000] as const);

  it('charges library code to the own function that called it', () => {
    const profile = sampled([...many([main, ['read', '/w/io.py', 7, 8], library], 150), ...many([main], 50)]);
    expect(summarize(profile)).toBe('2.00 s: 75 % in read (io.py:7), 25 % in main (a.py:1)');
  });

  it('says how little a handful of samples can tell', () => {
    expect(summarize(sampled(many([main], 4)))).toBe('40 ms: 100 % in main (a.py:1); only 4 samples, shares are ± 29 %');
  });

  it('says when nothing was sampled', () => {
    expect(summarize(sampled([]))).toMatch(/^Nothing was sampled: .*\. A higher rate sees more, /);
  });

  it('moves the own time of built-in functions to their callers', () => {
    const profile = counted(
      [
        ['f', A, 10, 5, 1, 4],
        ['<built-in method sum>', '~', 0, 5, 3, 3],
      ],
      [[0, 1, 5, 3, 3]],
    );
    expect(summarize(profile)).toBe('4.00 s: 100 % in f (a.py:10)');
  });
});

describe('a profile that travels between threads', () => {
  it.each([false, true])('arrives as it left (whole stacks: %s)', (whole) => {
    const samples = [
      [[main, ['f', A, 10, 12]], 60],
      [[main], 20],
      [[main, ['f', A, 10, 12]], 5],
    ] as const;
    const { packed, transfer } = packProfile(sampled(samples, whole));
    const arrived = unpackProfile(structuredClone(packed, { transfer }));
    const expected = sampled(samples, whole);
    expect(arrived.stacks).toEqual(expected.stacks);
    expect(arrived.samples).toEqual(expected.samples);
    const lines = (profile: Profile) => {
      const table = lineTable(profile, { type: 0 });
      return { ...table, files: [...table.files], rows: table.rows() };
    };
    expect(lines(arrived)).toEqual(lines(expected));
  });
});

describe('definitions in Python text', () => {
  const text = `@cache
@other(1,
       2)
def one(
    a,
):
    """Doc.

not code
    """
    return a


class Two:
    async def three(self):
        def one(): pass
        return one

x = 1`.split('\n');

  it('begin at the first decorator and end with their body', () => {
    expect(beginsDefinition(text[0]!)).toBe(true);
    expect(beginsDefinition(text[18]!)).toBe(false);
    expect(definitionEnd(text, 1)).toBe(11);
    expect(definitionEnd(text, 14)).toBe(17);
    expect(definitionEnd(text, 15)).toBe(17);
    expect(definitionEnd(text, 16)).toBe(16);
    expect(definitionEnd(text, 19)).toBe(19);
  });

  it('are found by name, nearest above or only when there is just one', () => {
    expect(definitionAbove(text, 17, 'one')).toBe(16);
    expect(definitionAbove(text, 11, 'one')).toBe(4);
    expect(definitionAbove(text, 11, 'three')).toBe(0);
    expect(onlyDefinition(text, 'one')).toBe(0);
    expect(onlyDefinition(text, 'three')).toBe(15);
  });
});
