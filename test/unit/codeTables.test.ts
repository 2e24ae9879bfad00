// What the code in the editor asks of a profile: several lines together, who called a line, expressions. Judged by counting samples one by one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { hottestSpans, spanTable } from '../../src/core/model/hotSpans.js';
import { lineCallers } from '../../src/core/model/lineCallers.js';
import { lineSet } from '../../src/core/model/lineSet.js';
import type { Profile } from '../../src/core/model/profile.js';
import { draw, nameOf } from './draw.js';

/** Functions of two files, lines 1 to 6 of each; leaf last. */
interface Sample {
  readonly frames: readonly { readonly name: string; readonly file: string; readonly line: number }[];
  readonly weight: number;
}

const frame = fc.record({
  name: fc.constantFrom('f', 'g', 'h'),
  file: fc.constantFrom('a.py', 'b.py'),
  line: fc.integer({ min: 1, max: 6 }),
});
const samples = fc.array(fc.record({ frames: fc.array(frame, { minLength: 1, maxLength: 6 }), weight: fc.integer({ min: 1, max: 9 }) }), {
  minLength: 1,
  maxLength: 20,
});

function profileOf(list: readonly Sample[], whole: boolean): Profile {
  const rows = Math.max(...list.map(({ frames }) => frames.length));
  const text = Array.from({ length: rows }, (_, row) =>
    list.map(({ frames: { [row]: at } }) => (at ? `${at.name}@${at.file}:${at.line}` : '.')).join(' '),
  ).join('\n');
  return draw(text, { weights: list.map(({ weight }) => weight), whole });
}

describe('lines together', () => {
  it('count each stack once, in trees and in whole stacks', () => {
    fc.assert(
      fc.property(samples, fc.uniqueArray(fc.integer({ min: 1, max: 6 })), fc.boolean(), (list, lines, whole) => {
        const wanted = new Set(lines);
        const here = (at: Sample['frames'][number]) => at.file === 'a.py' && wanted.has(at.line);
        const sum = (test: (sample: Sample) => boolean) => list.filter(test).reduce((all, { weight }) => all + weight, 0);
        expect(lineSet(profileOf(list, whole), { type: 0 }, ['a.py'], wanted)).toEqual({
          self: sum(({ frames }) => here(frames.at(-1)!)),
          total: sum(({ frames }) => frames.some(here)),
          samples: list.filter(({ frames }) => here(frames.at(-1)!)).length,
          sum: sum(() => true),
        });
      }),
      { numRuns: 60 },
    );
  });

  it('are the whole file when none are named', () => {
    const profile = draw('m@a.py:1 m@a.py:1\nf@b.py:2 f@a.py:9', { weights: [3, 4] });
    expect(lineSet(profile, { type: 0 }, ['a.py'])).toMatchObject({ self: 4, total: 7 });
  });

  it('of counted calls have no total', () => {
    const builder = new ProfileBuilder('pstats');
    const type = builder.valueType({ type: 'calls', unit: 'count' });
    const time = builder.valueType({ type: 'tottime', unit: 'seconds' });
    const f = builder.func(builder.string('f'), 0, builder.string('a.py'), 3);
    const g = builder.func(builder.string('g'), 0, builder.string('a.py'), 9);
    builder.callTypes(type, time);
    builder.functionCalls(f, 2, 2, 0.5, 0.75);
    builder.functionCalls(g, 1, 1, 0.25, 0.25);
    expect(lineSet(builder.finish(), { type: time }, ['a.py'], new Set([3, 4]))).toEqual({
      self: 0.5,
      total: null,
      samples: null,
      sum: 0.75,
    });
  });
});

describe('callers of a line', () => {
  it('are the places that called its frame, each stack once a place', () => {
    fc.assert(
      fc.property(samples, fc.boolean(), (list, whole) => {
        const profile = profileOf(list, whole);
        const expected = new Map<string, number>();
        for (const { frames, weight } of list) {
          const places = new Set<string>();
          for (const [at, { file, line }] of frames.entries()) {
            const above = frames[at - 1];
            if (above && file === 'a.py' && line === 2) places.add(`${above.name} ${above.file}:${above.line}`);
          }
          for (const place of places) expected.set(place, (expected.get(place) ?? 0) + weight);
        }
        const found = lineCallers(profile, { type: 0 }, ['a.py'], 2);
        const { strings, functions } = profile;
        expect(
          new Map(found.map(({ func, line, total }) => [`${nameOf(profile, func)} ${strings[functions.file[func]!]}:${line}`, total])),
        ).toEqual(expected);
        expect(found.map(({ total }) => total)).toEqual(found.map(({ total }) => total).sort((a, b) => b - a));
      }),
      { numRuns: 60 },
    );
  });
});

describe('expressions', () => {
  /** `total(a) + slow(b)` on line 4: two expressions, one inside a frame that calls. */
  function columns(): Profile {
    const builder = new ProfileBuilder('drawn');
    builder.valueType({ type: 'time', unit: 'count' });
    const main = builder.func(builder.string('main'), 0, builder.string('a.py'), 1);
    const other = builder.func(builder.string('slow'), 0, builder.string('a.py'), 8);
    const whole = builder.place(main, 4, 5, 4, 23);
    const call = builder.place(main, 4, 16, 4, 23);
    const inner = builder.place(other, 9, 3);
    const add = (places: readonly number[], weight: number) => {
      let stack = -1;
      for (const place of places) stack = builder.stack(stack, place);
      builder.sample(stack, [weight], -1);
    };
    add([whole], 5);
    add([call, inner], 7);
    add([call], 1);
    return builder.finish();
  }

  it('have figures of their own, and the hottest of a line is found by each figure', () => {
    const spans = spanTable(columns(), { type: 0 }).get('a.py')!;
    expect(spans.map(({ column, self, total }) => [column, self, total])).toEqual([
      [5, 5, 5],
      [16, 1, 8],
      [3, 7, 7],
    ]);
    const hottest = (metric: 'self' | 'total') => hottestSpans(spans, metric).map(({ line, column }) => `${line}:${column}`);
    expect(hottest('self')).toEqual(['4:5', '9:3']);
    expect(hottest('total')).toEqual(['4:16', '9:3']);
  });

  it('are none where the profile knows no columns', () => {
    expect(spanTable(draw('m@a.py:1'), { type: 0 }).size).toBe(0);
  });
});
