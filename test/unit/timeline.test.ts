import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { hideFrames } from '../../src/core/model/hideFrames.js';
import { type Profile, ThreadStatus, type ViewSpec } from '../../src/core/model/profile.js';
import { timeline } from '../../src/core/model/timeline.js';
import { LaneStates, timelineActivity, timelineBoxes } from '../../src/core/model/timelineBoxes.js';
import { rangeParts } from '../../src/core/model/timing.js';
import { weigh } from '../../src/core/model/weights.js';
import { nameOf } from './draw.js';

/** One sample: stack root first as letters, when (ns), how long (ns, of rows that last), thread. */
type Drawn = readonly [stack: string, at: number, lasts?: number, thread?: string, status?: number];

function make(rows: readonly Drawn[], { lasting = false, whole = false, period = 0 } = {}): Profile {
  const builder = new ProfileBuilder('drawn');
  builder.valueType({ type: 'samples', unit: 'count' });
  builder.valueType({ type: 'wall', unit: 'nanoseconds' });
  if (lasting) builder.quality({ lasting: true });
  if (period > 0) builder.set({ periodType: { type: 'wall', unit: 'nanoseconds' }, period });
  for (const [stack, at, lasts = 0, thread = '', status] of rows) {
    const places = [...stack].map((name) => {
      const text = builder.string(name);
      return builder.place(builder.func(text, text, 0, 0), 1);
    });
    const index = thread === '' ? -1 : builder.thread(thread);
    const time = Number.isNaN(at) ? undefined : at;
    if (whole) builder.sampleFrames(places.toReversed(), places.length, [1, lasts], index, time);
    else
      builder.sample(
        places.reduce((above, place) => builder.stack(above, place), -1),
        [1, lasts],
        index,
        time,
      );
    if (status !== undefined) builder.status(status);
  }
  return builder.finish();
}

const WALL: ViewSpec = { type: 1 };

/** Boxes as `lane/level name start-end(samples)`, of all lanes and levels unless a window is given. */
function boxesOf(profile: Profile, window: { from?: number; to?: number; quantum?: number } = {}, spec = WALL): string[] {
  const time = timeline(profile, spec, undefined)!;
  const lanes = time.lanes.map((_, lane) => ({ lane, firstRow: 0, lastRow: 99 }));
  const found = timelineBoxes(profile, time, lanes, { from: time.from, to: time.to, quantum: 1e-9, ...window });
  return found.func.map((func, i) => {
    const lane = profile.threads[time.lanes[found.lane[i]!]!.thread] ?? '';
    const many = found.boxes[i] === 1 ? '' : `+${found.boxes[i]! - 1}`;
    return `${lane}/${found.row[i]} ${nameOf(profile, func)}${many} ${found.start[i]}-${found.end[i]} (${found.samples[i]})`;
  });
}

describe.each([
  ['a tree of stacks', false],
  ['whole stacks', true],
])('a timeline of %s', (_, whole) => {
  it('joins neighbours with the same stack up to a level, and parts what a gap parts', () => {
    const rows: Drawn[] = [
      ['ab', 0, 10],
      ['abc', 10, 5],
      ['ad', 15, 5],
      ['ab', 1020, 10],
      ['ab', 2000, 5],
    ];
    expect(boxesOf(make(rows, { lasting: true, whole }))).toEqual([
      '/0 a 0-20 (3)',
      '/0 a 1020-1030 (1)',
      '/0 a 2000-2005 (1)',
      '/1 b 0-15 (2)',
      '/1 d 15-20 (1)',
      '/1 b 1020-1030 (1)',
      '/1 b 2000-2005 (1)',
      '/2 c 10-15 (1)',
    ]);
  });

  it('puts samples in order, one lane a thread, whatever their order in the file', () => {
    const rows: Drawn[] = [
      ['ax', 30, 10, 'two'],
      ['a', 10, 10, 'one'],
      ['a', 0, 10, 'one'],
      ['ax', 20, 10, 'two'],
      ['b', Number.NaN, 10, 'one'],
    ];
    expect(boxesOf(make(rows, { lasting: true, whole }))).toEqual(['two/0 a 20-40 (2)', 'two/1 x 20-40 (2)', 'one/0 a 0-20 (2)']);
  });
});

describe('a timeline', () => {
  it('shows of rows that overlap the later one, and nothing of what has no length', () => {
    const rows: Drawn[] = [
      ['a', 0, 100],
      ['b', 40, 100],
      ['c', 60, 0],
      ['d', 140, 10],
      ['e', 140, 10],
    ];
    expect(boxesOf(make(rows, { lasting: true }))).toEqual(['/0 a 0-40 (1)', '/0 b 40-140 (1)', '/0 e 140-150 (1)']);
  });

  it('lets a moment last until the next one, but not over a pause', () => {
    const rows: Drawn[] = [
      ['a', 0],
      ['a', 10_000],
      ['b', 20_000],
      ['b', 52_000],
      ['b', 62_000],
      ['c', 900_000],
    ];
    expect(boxesOf(make(rows), {}, { type: 0 })).toEqual(['/0 a 0-20000 (2)', '/0 b 20000-72000 (3)', '/0 c 900000-910000 (1)']);
  });

  it('bridges the pause of a sampler that says how long it was late', () => {
    const rows: Drawn[] = [
      ['a', 10_000, 10_000],
      ['a', 20_000, 10_000],
      ['a', 30_000, 10_000],
      ['b', 500_000, 470_000],
      ['b', 900_000, 10_000],
    ];
    expect(boxesOf(make(rows))).toEqual(['/0 a 10000-500000 (3)', '/0 b 500000-510000 (1)', '/0 b 900000-910000 (1)']);
    const time = timeline(make(rows), WALL, undefined)!;
    expect(timelineActivity(make(rows), time, 1, 91).total.slice(3, 50)).toEqual(
      Array.from({ length: 47 }, () => expect.closeTo(10_000, 3)),
    );
  });

  it('takes the period for what a thread that was seen once was seen for', () => {
    const profile = make([['a', 5e6]], { period: 2e6 });
    expect(boxesOf(profile, {}, { type: 0 })).toEqual(['/0 a 5000000-7000000 (1)']);
    expect(timeline(profile, WALL, undefined)).toMatchObject({ from: 5e6, to: 7e6 });
  });

  it('tells boxes at the edges of a window as long as they are', () => {
    const rows: Drawn[] = [
      ['ab', 0, 1000],
      ['ac', 1000, 1000],
      ['acd', 2000, 1000],
      ['ac', 3000, 1000],
      ['a', 4000, 1000],
    ];
    expect(boxesOf(make(rows, { lasting: true }), { from: 2200, to: 2300 })).toEqual([
      '/0 a 0-5000 (5)',
      '/1 c 1000-4000 (3)',
      '/2 d 2000-3000 (1)',
    ]);
  });

  it('puts narrow boxes together, named by the longest', () => {
    const rows: Drawn[] = Array.from({ length: 40 }, (_, i) => [i % 4 === 0 ? 'ab' : 'ac', i * 1000 + (i % 4 === 1 ? 1 : 0), 1000]);
    expect(boxesOf(make(rows, { lasting: true }), { quantum: 20_000 })).toEqual([
      '/0 a 0-40000 (40)',
      '/1 c+9 0-20000 (20)',
      '/1 c+9 20000-40000 (20)',
    ]);
  });

  it('leaves out what the view leaves out, and says where it was', () => {
    const rows: Drawn[] = [
      ['ab', 0, 10_000, 'one'],
      ['ac', 10_000, 10_000, 'one'],
      ['ab', 20_000, 10_000, 'one'],
      ['b', 0, 30_000, 'two'],
    ];
    const profile = make(rows, { lasting: true });
    expect(boxesOf(profile, {}, { type: 1, focus: 'b', thread: 'one' })).toEqual([
      'one/0 a 0-10000 (1)',
      'one/0 a 20000-30000 (1)',
      'one/1 b 0-10000 (1)',
      'one/1 b 20000-30000 (1)',
    ]);
    expect(boxesOf(profile, {}, { type: 1, ignore: 'c' })).toHaveLength(5);
    expect(timeline(profile, { type: 1, ignore: '.' }, undefined)).toMatchObject({ lanes: [], from: 0, to: 30_000 });
    expect(boxesOf(hideFrames(profile, { hide: '^a$' }))[0]).toBe('one/0 b 0-10000 (1)');
  });

  it('has none where samples have no times', () => {
    expect(timeline(make([['a', Number.NaN]]), WALL, undefined)).toBeUndefined();
  });

  it('says what a thread did', () => {
    const { hasGil, onCpu, wantsGil, unknown, exception, mainThread } = ThreadStatus;
    const states = [hasGil | onCpu | mainThread, hasGil | onCpu, onCpu, onCpu | wantsGil, wantsGil, 0, unknown, unknown | exception];
    const profile = make(
      states.map((status, i) => ['a', i * 10_000, 0, 'one', status]),
      {},
    );
    const time = timeline(profile, { type: 0 }, undefined)!;
    const { states: told } = timelineBoxes(profile, time, [{ lane: 0, firstRow: 0, lastRow: -1 }], { ...time, quantum: 1 });
    expect(told.state.map((state, i) => `${LaneStates[state]} ${told.start[i]}-${told.end[i]}${told.exception[i] ? '!' : ''}`)).toEqual([
      'lock 0-20000',
      'cpu 20000-40000',
      'wantsLock 40000-50000',
      'waiting 50000-60000',
      'unknown 60000-70000',
      'unknown 70000-80000!',
    ]);
  });

  it('spreads figures over time without losing any', () => {
    const rows: Drawn[] = [
      ['a', 0, 30, 'one'],
      ['a', 30, 10, 'one'],
      ['b', 15, 20, 'two'],
    ];
    const profile = make(rows, { lasting: true });
    const time = timeline(profile, WALL, undefined)!;
    expect(timelineActivity(profile, time, 1, 4)).toEqual({ total: [10, 15, 20, 15], ofLane: [40, 20] });
  });

  it('has the boxes that one finds by looking at each sample, however they lie', () => {
    const row = fc.tuple(
      fc.stringMatching(/^[ab]{0,5}$/),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 0, max: 6 }),
      fc.constantFrom('x', 'y'),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), fc.boolean(), fc.nat(40), fc.nat(40), (drawn, whole, a, b) => {
        const rows = drawn.map(([stack, at, lasts, thread]): Drawn => [stack, at * 1000, lasts * 1000, thread]);
        const [from, to] = [Math.min(a, b) * 1000, Math.max(a, b) * 1000 + 1];
        const found = boxesOf(make(rows, { lasting: true, whole }), { from, to });
        expect(found.toSorted()).toEqual(naive(rows, from, to).toSorted());
      }),
    );
  });
});

/** The same by hand: per thread and level, runs of samples that touch and have the same stack up to there. */
function naive(rows: readonly Drawn[], from: number, to: number): string[] {
  const found: string[] = [];
  for (const thread of new Set(rows.map((row) => row[3]!))) {
    const own = rows.filter((row) => row[3] === thread && row[2]! > 0).sort((a, b) => a[1] - b[1]);
    const shown = own.map(([stack, at, lasts], i) => ({
      stack,
      start: at,
      end: Math.min(at + lasts!, Math.max(at, own[i + 1]?.[1] ?? 1e9)),
    }));
    for (let level = 0; level < 5; level++) {
      for (let i = 0; i < shown.length; ) {
        const first = shown[i]!;
        let last = i;
        const goesOn = (next: typeof first | undefined) =>
          next !== undefined && next.start - shown[last]!.end <= 0 && next.stack.slice(0, level + 1) === first.stack.slice(0, level + 1);
        while (first.stack.length > level && goesOn(shown[last + 1])) last++;
        const end = shown[last]!.end;
        if (first.stack.length > level && end > first.start && end > from && first.start < to)
          found.push(`${thread}/${level} ${first.stack[level]} ${first.start}-${end} (${last - i + 1})`);
        i = last + 1;
      }
    }
  }
  return found;
}

describe('a stretch of time', () => {
  const rows: Drawn[] = [
    ['ab', 0, 100],
    ['ac', 100, 100],
    ['ab', 200, 100],
    ['d', Number.NaN, 100],
  ];
  const totals = (profile: Profile, spec: ViewSpec) => {
    const table = functionTable(profile, spec);
    return Object.fromEntries(
      [...table.total].flatMap((total, func) => (total === 0 ? [] : [[nameOf(profile, func), [table.self[func], total]]])),
    );
  };

  it('takes of rows that last what lies in it, and counts whole where they begin', () => {
    const profile = make(rows, { lasting: true });
    expect(totals(profile, { type: 1, range: { from: 50, to: 250 } })).toEqual({ a: [0, 200], b: [100, 100], c: [100, 100] });
    expect(totals(profile, { type: 0, range: { from: 50, to: 250 } })).toEqual({ a: [0, 2], b: [1, 1], c: [1, 1] });
    expect(weigh(profile, { type: 1, range: { from: 120, to: 130 } })).toMatchObject({ total: 10, samples: 1 });
  });

  it('takes moments whole: those from its begin, not those at its end', () => {
    const profile = make(rows);
    expect(totals(profile, { type: 1, range: { from: 100, to: 200 } })).toEqual({ a: [0, 100], c: [100, 100] });
    expect(weigh(profile, { type: 1, range: { from: 0, to: Number.POSITIVE_INFINITY } }).total).toBe(300);
    expect([...rangeParts(profile, { from: 200, to: 201 }, 1)]).toEqual([0, 0, 1, 0]);
  });

  it('adds up: any way to divide time gives the whole', () => {
    const drawn = fc.array(fc.tuple(fc.constantFrom('a', 'ab'), fc.nat(1000), fc.nat(300)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(drawn, fc.array(fc.nat(1400), { maxLength: 6 }), fc.boolean(), fc.constantFrom(0, 1), (made, cuts, lasting, type) => {
        const profile = make(made, { lasting });
        const edges = [0, ...cuts.toSorted((a, b) => a - b), 2000];
        const sum = edges.slice(1).reduce((all, to, i) => all + weigh(profile, { type, range: { from: edges[i]!, to } }).total, 0);
        expect(sum).toBeCloseTo(weigh(profile, { type }).total, 6);
      }),
    );
  });

  it('is exact for figures past 2^53', () => {
    const builder = new ProfileBuilder('drawn');
    builder.valueType({ type: 'wall', unit: 'nanoseconds' });
    const name = builder.string('a');
    const stack = builder.stack(-1, builder.place(builder.func(name, name, 0, 0), 1));
    for (let i = 0; i < 4; i++) builder.sample(stack, [2n ** 53n + 1n], -1, i * 10);
    const profile = builder.finish();
    expect(weigh(profile, { type: 0, range: { from: 10, to: 30 } }).exactTotal).toBe(2n ** 54n + 2n);
  });
});
