// Several runs a side, intervals, moved lines and the tree of a comparison.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { changeNoise, spreadOf } from '../../src/core/model/changeNoise.js';
import { compare, type Normalize, type Repeated, wholeNoise } from '../../src/core/model/compare.js';
import { compareLines } from '../../src/core/model/compareLines.js';
import { diffLayout, diffTree } from '../../src/core/model/diffTree.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { mapLines } from '../../src/core/model/lineMap.js';
import type { Profile } from '../../src/core/model/profile.js';
import { sumRuns } from '../../src/core/model/repeatedRuns.js';
import { draw, drawCalls, nameOf } from './draw.js';

/** Numbers between 0 and 1, the same for a seed. */
function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function hitsOf(samples: number, part: number, next: () => number): number {
  let hits = 0;
  for (let i = 0; i < samples; i++) if (next() < part) hits++;
  return hits;
}

/** Normally distributed, by Box and Muller. */
function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

function runs(profiles: readonly Profile[], type = 0): { profile: Profile; repeated: Repeated } {
  const sum = sumRuns(profiles);
  return { profile: sum.profile, repeated: { profiles: sum.runs, specs: sum.runs.map(() => ({ type })), functions: sum.functions } };
}

function comparedRuns(base: readonly Profile[], next: readonly Profile[], normalize: Normalize = 'none') {
  const [before, after] = [runs(base), runs(next)];
  return compare(
    before.profile,
    { type: 0 },
    after.profile,
    { type: 0 },
    { normalize, baseRuns: before.repeated, nextRuns: after.repeated },
  );
}

describe('the interval of a change', () => {
  it('from one run a side holds what is true in 95 of 100 cases, for many samples and for few', () => {
    const next = random(7);
    // Samples and the function's true part of the time, before and after: from a sample or two to nearly all of them.
    const cases = [
      [200, 0.005, 200, 0.01],
      [1000, 0.001, 1000, 0.005],
      [500, 0.02, 500, 0.02],
      [500, 0.05, 400, 0.2],
      [200, 0.5, 250, 0.3],
      [100, 0.97, 100, 0.9],
      [2000, 0.01, 500, 0.01],
    ] as const;
    const trials = 2000;
    for (const [n, p, m, q] of cases) {
      // Both ran for a second: the figures are in seconds, the sides' rates differ.
      const [base, after] = [
        { sum: 1, samples: n, runs: 1 },
        { sum: 1, samples: m, runs: 1 },
      ];
      let held = 0;
      for (let trial = 0; trial < trials; trial++) {
        const [was, now] = [hitsOf(n, p, next) / n, hitsOf(m, q, next) / m];
        if (Math.abs(now - was - (q - p)) <= changeNoise(base, was, after, now)) held++;
      }
      expect(held / trials, `${p} of ${n}, ${q} of ${m}`).toBeGreaterThan(0.938);
    }
  });

  it('from several runs a side holds it too, with equal and with unequal scatter, and with one run on a side', () => {
    const next = random(11);
    const trials = 3000;
    for (const [n, sigma, m, tau] of [
      [3, 1, 3, 1],
      [5, 1, 5, 4],
      [2, 1, 8, 1],
      [10, 2, 4, 1],
      [40, 1, 40, 2],
      [6, 1.5, 1, 1.5],
    ] as const) {
      const [base, after] = [
        { sum: 100, samples: undefined, runs: n },
        { sum: 100, samples: undefined, runs: m },
      ];
      let held = 0;
      for (let trial = 0; trial < trials; trial++) {
        const was = Array.from({ length: n }, () => 20 + sigma * normal(next));
        const now = Array.from({ length: m }, () => 25 + tau * normal(next));
        const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
        const ones = (list: readonly number[]) => list.map(() => 1);
        const noise = changeNoise(base, mean(was), after, mean(now), spreadOf(was, ones(was), 1 / n), spreadOf(now, ones(now), 1 / m));
        if (Math.abs(mean(now) - mean(was) - 5) <= noise) held++;
      }
      // Two runs are too few for Welch's degrees of freedom: changeNoise says so.
      expect(held / trials, `${n} and ${m} runs`).toBeGreaterThan(n === 2 ? 0.9 : 0.935);
      // And it is not so wide that it says nothing.
      expect(held / trials, `${n} and ${m} runs`).toBeLessThan(0.992);
    }
  });

  it("is Welch's: judged by figures worked out by hand", () => {
    // 10, 12, 14 and 20, 21, 22, 25: means 12 and 22; s² 4 and 14/3; se² 4/3 + 7/6 = 2.5; ν = 2.5² / (0.8889 + 0.4537) = 4.66 → 4; t 2.776.
    const was = spreadOf([10, 12, 14], [1, 1, 1], 1 / 3);
    const now = spreadOf([20, 21, 22, 25], [1, 1, 1, 1], 1 / 4);
    expect([was, now]).toEqual([8, 14]);
    const side = (count: number) => ({ sum: 100, samples: undefined, runs: count });
    expect(changeNoise(side(3), 12, side(4), 22, was, now)).toBeCloseTo(2.776 * Math.sqrt(2.5), 9);
    // One run after: its scatter is taken to be that of those before. s² = 4, 2 degrees of freedom: 4.303 × √(4 × 4/3).
    expect(changeNoise(side(3), 12, side(1), 22, was)).toBeCloseTo(4.303 * Math.sqrt(16 / 3), 9);
    expect(changeNoise(side(3), 12, side(4), 22)).toBe(0);
    expect(changeNoise(side(1), 12, side(1), 22)).toBeNaN();
  });

  it('is never smaller than sampling makes it: a few runs may agree by chance', () => {
    const side = { sum: 1, samples: 300, runs: 3 };
    const alone = changeNoise({ ...side, runs: 1 }, 0.1, { ...side, runs: 1 }, 0.2);
    expect(alone).toBeGreaterThan(0.04);
    expect(changeNoise(side, 0.1, side, 0.2, 0, 0)).toBe(alone);
    expect(changeNoise(side, 0.1, side, 0.2, 1, 1)).toBeGreaterThan(alone);
  });
});

const TEXT = `main main main
work idle @
`;

function program(work: number, idle: number): Profile {
  return draw(TEXT.replace('@', 'load'), { weights: [work, idle, 5] });
}

describe('several runs a side', () => {
  it('are compared by their means, whatever their number', () => {
    const { functions, base, next } = comparedRuns([program(10, 4), program(14, 4)], [program(30, 4), program(33, 4), program(36, 4)]);
    expect([base.sum, next.sum]).toEqual([21, 42]);
    const at = Array.from(functions.next).findIndex((func) => nameOf(next.profile, func) === 'work');
    expect([functions.baseSelf[at], functions.nextSelf[at]]).toEqual([12, 33]);
    // s² 8 and 9; se² 4 + 3; ν = 49 / (16 + 4.5) = 2.39 → 2.
    expect(functions.noise[at]).toBeCloseTo(4.303 * Math.sqrt(7), 9);
    const idle = Array.from(functions.next).findIndex((func) => nameOf(next.profile, func) === 'idle');
    expect([functions.baseSelf[idle], functions.nextSelf[idle], functions.noise[idle]]).toEqual([4, 4, 0]);
  });

  it('equal the sum that `heatline diff` shows, divided by the runs; a function may be missing in some', () => {
    const runs = [program(10, 4), draw('main\nother', { weights: [7] })];
    const comparison = comparedRuns(runs, [program(3, 3)]);
    const summed = compare(comparison.base.profile, { type: 0 }, comparison.next.profile, { type: 0 });
    expect(Array.from(comparison.functions.baseSelf, (value) => value * 2)).toEqual([...summed.functions.baseSelf]);
    expect(Array.from(comparison.functions.baseTotal, (value) => value * 2)).toEqual([...summed.functions.baseTotal]);
    expect([...comparison.functions.nextSelf]).toEqual([...summed.functions.nextSelf]);
    const at = Array.from(comparison.functions.base).findIndex((func) => func >= 0 && nameOf(comparison.base.profile, func) === 'other');
    // 0 and 7 before, mean 3.5, s² 24.5; one run after: 12.706 × √(24.5 × 3/2).
    expect(comparison.functions.baseSelf[at]).toBe(3.5);
    expect(comparison.functions.noise[at]).toBeCloseTo(12.706 * Math.sqrt(24.5 * 1.5), 6);
  });

  it('made comparable by their totals, a run that did everything twice as long is no scatter', () => {
    const comparison = comparedRuns(
      [program(10, 5), program(20, 10)].map(withoutLoad),
      [program(40, 20), program(10, 5)].map(withoutLoad),
      'total',
    );
    const { functions } = comparison;
    expect(comparison.next.sum).toBeCloseTo(comparison.base.sum, 9);
    for (let row = 0; row < functions.length; row++) {
      expect(functions.nextSelf[row]).toBeCloseTo(functions.baseSelf[row]!, 9);
      expect(functions.noise[row]).toBeCloseTo(0, 9);
    }
  });

  it('give an interval for the whole, and for lines', () => {
    const comparison = comparedRuns([program(10, 4), program(14, 4)], [program(30, 4), program(36, 4)]);
    // 19, 23 and 39, 45: s² 8 and 18; se² 13; ν = 169 / (16 + 81) = 1.74 → 1.
    expect(wholeNoise(comparison)).toBeCloseTo(12.706 * Math.sqrt(13), 9);
    expect(wholeNoise(comparedRuns([program(1, 1)], [program(2, 2)]))).toBeNaN();
    // All stand in line 1 of main.py, which is in every stack.
    const [line] = compareLines(comparison);
    expect(line).toMatchObject({ baseTotal: 21, nextTotal: 42, baseSelf: 21, nextSelf: 42 });
    expect(line!.noise).toBeCloseTo(12.706 * Math.sqrt(13), 9);
  });

  it('give an interval for every box of the tree, as the table has it for its function', () => {
    const comparison = comparedRuns([program(10, 4), program(14, 4)], [program(30, 4), program(33, 4), program(36, 4)]);
    const layout = diffLayout(comparison, diffTree(comparison), -1, 0);
    for (const [box, frame] of layout.frame.entries()) {
      const row = Array.from(comparison.functions.next).indexOf(layout.frames[frame]!.func);
      expect(layout.noise[box]).toBeCloseTo(comparison.functions.totalNoise[row]!, 9);
    }
  });

  it('counted alike in every run have no scatter: any change is one', () => {
    const counts = (self: number) => drawCalls({ f: { calls: self, self, total: self } }, {});
    const { functions } = comparedRuns([counts(3), counts(3)], [counts(4), counts(4)]);
    expect([functions.baseSelf[0], functions.nextSelf[0], functions.noise[0]]).toEqual([3, 4, 0]);
  });
});

/** Everything scales together when there is no fixed part. */
function withoutLoad(profile: Profile): Profile {
  const builder = new ProfileBuilder('drawn');
  builder.valueType({ type: 'time', unit: 'count' });
  const table = functionTable(profile, { type: 0 });
  for (const name of ['work', 'idle']) {
    const func = Array.from(profile.functions.name).findIndex((text) => profile.strings[text] === name);
    const place = builder.place(builder.func(builder.string(name), 0, builder.string('main.py'), 1), 1);
    builder.sample(builder.stack(-1, place), [table.self[func]!], -1);
  }
  return builder.finish();
}

describe('lines found again through the recorded sources', () => {
  const old = 'def f():\n    alpha()\n    beta()\n    gamma()\n\ndef g():\n    delta()\n';
  const now =
    'def f():\n    fresh = new_way(1)\n    beta()\n    more(2, 3)\n    alpha()\n\ndef g():\n    prepare(with_more)\n    delta()\n';

  it('even where they moved inside their function', () => {
    const base = draw('f@m.py:2/1 f@m.py:3/1 f@m.py:4/1 g@m.py:7/6', { weights: [10, 20, 30, 40] });
    const next = draw('f@m.py:2/1 f@m.py:3/1 f@m.py:5/1 g@m.py:9/7', { weights: [31, 21, 11, 41] });
    const map = mapLines(old, now);
    const moved = new Map([['m.py', Int32Array.from({ length: 9 }, (_, line) => map.now(line))]]);
    const rows = (lines: ReturnType<typeof compareLines>) =>
      lines.map(({ line, wasLine, isGone, baseSelf, nextSelf }) => `${wasLine}→${isGone ? 'gone' : line} ${baseSelf}→${nextSelf}`).sort();
    const comparison = compare(base, { type: 0 }, next, { type: 0 });
    expect(rows(compareLines(comparison, moved))).toEqual(['0→2 0→31', '2→5 10→11', '3→3 20→21', '4→gone 30→0', '7→9 40→41']);
    // Without the sources the distance from the function's first line is all there is.
    expect(rows(compareLines(comparison))).toEqual(['0→5 0→11', '0→9 0→41', '2→2 10→31', '3→3 20→21', '4→4 30→0', '7→8 40→0']);
  });

  it('a deleted line is gone, though another line has its number now', () => {
    const base = draw('f@m.py:2/1 f@m.py:3/1', { weights: [10, 20] });
    const next = draw('f@m.py:2/1', { weights: [21] });
    const map = mapLines('def f():\n    slow_way()\n    b()\n', 'def f():\n    b()\n');
    const moved = new Map([['m.py', Int32Array.from({ length: 5 }, (_, line) => map.now(line))]]);
    const lines = compareLines(compare(base, { type: 0 }, next, { type: 0 }), moved);
    expect(lines.map(({ line, wasLine, isGone, baseSelf, nextSelf }) => [wasLine, line, isGone, baseSelf, nextSelf])).toEqual([
      [2, 2, true, 10, 0],
      [3, 2, false, 20, 21],
    ]);
  });
});

describe('the tree of a comparison', () => {
  const base = draw('main@/o/a.py:3/1 main@/o/a.py:3/1 main@/o/a.py:3/1\nwork@/o/a.py:12/10 gone@/o/a.py:22/20 .', { weights: [50, 7, 3] });
  const next = draw('main@/n/a.py:3/1 main@/n/a.py:3/1 main@/n/a.py:3/1\nwork@/n/a.py:17/15 fresh@/n/a.py:22/20 .', {
    weights: [80, 9, 3],
  });
  const comparison = compare(base, { type: 0 }, next, { type: 0 });

  it('has the paths of both sides, with the figures of both', () => {
    const layout = diffLayout(comparison, diffTree(comparison, { widths: 'base' }), -1, 0);
    const boxes = layout.node.map(
      (_, i) => `${layout.frames[layout.frame[i]!]!.name} ${layout.baseTotal[i]}→${layout.nextTotal[i]} w${(layout.w[i]! * 60).toFixed(0)}`,
    );
    expect(boxes).toEqual(['main 60→92 w60', 'work 50→80 w50', 'gone 7→0 w7']);
    const after = diffLayout(comparison, diffTree(comparison), -1, 0);
    expect(after.node.map((_, i) => `${after.frames[after.frame[i]!]!.name} ${after.baseSelf[i]}→${after.nextSelf[i]}`)).toEqual([
      'main 3→3',
      'work 50→80',
      'fresh 0→9',
    ]);
    expect(layout.frames.map(({ func }) => func)).toEqual([0, 1, -4]);
  });

  it('adds up to what the tables say, whatever the stacks', () => {
    const stacks = fc.array(
      fc.tuple(fc.array(fc.constantFrom('a', 'b', 'c', 'd@other.py:3/1'), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 9 })),
      { minLength: 1, maxLength: 8 },
    );
    const make = (list: readonly (readonly [string[], number])[]) => {
      const depth = Math.max(...list.map(([frames]) => frames.length));
      const text = Array.from({ length: depth }, (_, level) => list.map(([frames]) => frames[level] ?? '.').join(' ')).join('\n');
      return draw(text, { weights: list.map(([, weight]) => weight) });
    };
    fc.assert(
      fc.property(stacks, stacks, fc.boolean(), (before, after, inverted) => {
        const [was, now] = [make(before), make(after)];
        const both = compare(was, { type: 0 }, now, { type: 0 });
        const { tree, ...columns } = diffTree(both, { inverted, widths: 'base' });
        const sum = (column: Float64Array) => column.reduce((total, own) => total + own, 0);
        if (!inverted) expect([sum(columns.baseSelf), sum(columns.nextSelf)]).toEqual([both.base.sum, both.next.sum]);
        const roots = Array.from(tree.parent.keys()).filter((node) => tree.parent[node]! < 0);
        expect(roots.reduce((total, node) => total + columns.baseTotal[node]!, 0)).toBe(both.base.sum);
        expect(roots.reduce((total, node) => total + columns.nextTotal[node]!, 0)).toBe(both.next.sum);
        expect([...tree.total]).toEqual([...columns.baseTotal]);
      }),
      { numRuns: 200 },
    );
  });
});
