// The same stacks may come as a prefix tree or whole: every table must say the same of both, and neither way may cost more than it has to.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { type CallTree, callTree, type TreeOptions } from '../../src/core/model/callTree.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { lineCallees } from '../../src/core/model/lineCallees.js';
import { lineTable } from '../../src/core/model/lines.js';
import { calleesOf, callersOf, neighboursOf } from '../../src/core/model/neighbours.js';
import type { Profile } from '../../src/core/model/profile.js';
import { searchFunctions, totalOf } from '../../src/core/model/search.js';
import { stackRows } from '../../src/core/model/stackRows.js';
import { summarize } from '../../src/core/model/summary.js';
import { draw, nameOf } from './draw.js';

const LIBRARY = '@/usr/lib/python3.12/x.py:3/1';
const frame = fc.constantFrom('a', 'b', 'c@other.py:7/2', `lib${LIBRARY}`, `wait${LIBRARY}`, 'd<a', `e@main.py:5/1<lib${LIBRARY}`);
const stacks = fc.array(fc.tuple(fc.array(frame, { minLength: 1, maxLength: 7 }), fc.nat(5)), { minLength: 1, maxLength: 9 });
type Stacks = readonly (readonly [string[], number])[];

function make(list: Stacks, whole: boolean): Profile {
  const depth = Math.max(...list.map(([frames]) => frames.length));
  const text = Array.from({ length: depth }, (_, level) => list.map(([frames]) => frames[level] ?? '.').join(' ')).join('\n');
  return draw(text, { weights: list.map(([, weight]) => weight), whole });
}

/** Frames of a stack, root first; inlined ones in their order. */
const names = (frames: readonly string[]) =>
  frames.flatMap((one) =>
    one
      .split('<')
      .reverse()
      .map((part) => part.split('@')[0]!),
  );
const isLibrary = (name: string) => name === 'lib' || name === 'wait';

function fold(frames: readonly string[]): string[] {
  const own = frames.findIndex((name) => !isLibrary(name));
  if (own < 0) return frames.slice(0, 1);
  return frames.slice(own).filter((name, i, rest) => !(isLibrary(name) && i > 0 && isLibrary(rest[i - 1]!)));
}

/** Path → [self, total], by the simplest means. */
function naive(list: Stacks, { inverted, justMyCode }: TreeOptions): Map<string, [number, number]> {
  const nodes = new Map<string, [number, number]>();
  for (const [frames, weight] of list) {
    if (weight === 0) continue;
    const path = justMyCode ? fold(names(frames)) : names(frames);
    if (inverted) path.reverse();
    for (let level = 1; level <= path.length; level++) {
      const key = path.slice(0, level).join('/');
      const node = nodes.get(key) ?? [0, 0];
      nodes.set(key, [node[0] + (level === path.length ? weight : 0), node[1] + weight]);
    }
  }
  return nodes;
}

function paths(profile: Profile, tree: CallTree): Map<string, [number, number]> {
  const nodes = new Map<string, [number, number]>();
  const path: string[] = [];
  for (let node = 0; node < tree.length; node++) {
    path.length = tree.depth[node]!;
    path.push(nameOf(profile, tree.func[node]!));
    nodes.set(path.join('/'), [tree.self[node]!, tree.total[node]!]);
  }
  expect(nodes.size).toBe(tree.length);
  return nodes;
}

describe('whole stacks and prefix trees', () => {
  it('give the tree that the simplest means give, either way up, folded or not', () => {
    fc.assert(
      fc.property(stacks, fc.boolean(), fc.boolean(), fc.boolean(), (list, whole, inverted, justMyCode) => {
        const profile = make(list, whole);
        const tree = callTree(profile, { type: 0 }, { inverted, justMyCode });
        expect(paths(profile, tree)).toEqual(naive(list, { inverted, justMyCode }));
        expect(tree.cut).toBe(false);
        for (let node = 0; node < tree.length; node++) {
          const end = tree.subtreeEnd[node]!;
          expect(end === tree.length || tree.depth[end]! <= tree.depth[node]!).toBe(true);
          expect(tree.parent[node]!).toBeLessThan(node);
          // Siblings come largest first.
          if (end < tree.length && tree.parent[end] === tree.parent[node]) expect(tree.total[end]!).toBeLessThanOrEqual(tree.total[node]!);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('leave out small and deep parts, and nothing else', () => {
    fc.assert(
      fc.property(stacks, fc.boolean(), fc.boolean(), fc.integer({ min: 1, max: 8 }), (list, whole, inverted, depth) => {
        const profile = make(list, whole);
        const all = callTree(profile, { type: 0 }, { inverted });
        const some = callTree(profile, { type: 0 }, { inverted, minShare: 0.3, depth });
        const wanted = new Map(
          [...paths(profile, all)].filter(([path, [, total]]) => total >= 0.3 * all.sum && path.split('/').length <= depth),
        );
        expect(paths(profile, some)).toEqual(wanted);
        expect(some.cut).toBe(wanted.size < all.length);
      }),
      { numRuns: 300 },
    );
  });

  it('agree in every other table', () => {
    fc.assert(
      fc.property(stacks, (list) => {
        const [tree, whole] = [make(list, false), make(list, true)];
        const tables = (profile: Profile) => {
          const spec = { type: 0 };
          const { self, total, samples, sum } = functionTable(profile, spec);
          const row = ({ func, self, total }: { func: number; self?: number; total: number }) =>
            `${nameOf(profile, func)} ${self} ${total}`;
          const all = neighboursOf(profile, spec, [...self.keys()]);
          for (const func of self.keys()) {
            expect(all.callers.get(func) ?? []).toEqual(callersOf(profile, spec, func));
            expect(all.callees.get(func) ?? []).toEqual(calleesOf(profile, spec, func));
            expect(neighboursOf(profile, spec, [func]).callees.get(func) ?? []).toEqual(calleesOf(profile, spec, func));
          }
          return {
            functions: Array.from(self, (own, func) => [nameOf(profile, func), own, total[func], samples![func]]),
            sum,
            lines: [...lineTable(profile, spec).files.values()].map((file) => Object.values(file).map((column) => [...column])),
            callers: Array.from(self, (_, func) => callersOf(profile, spec, func).map(row).sort()),
            callees: Array.from(self, (_, func) => calleesOf(profile, spec, func).map(row).sort()),
            ofLine: lineCallees(profile, spec, ['main.py'], 1).map(row).sort(),
            found: totalOf(profile, spec, searchFunctions(profile, 'lib')),
            focused: [
              functionTable(profile, { type: 0, focus: '^lib$', ignore: '^c$' }).sum,
              functionTable(profile, { type: 0, focus: '^b$' }).sum,
            ],
            summary: summarize(profile),
          };
        };
        expect(tables(tree)).toEqual(tables(whole));
      }),
      { numRuns: 300 },
    );
  });

  it('are exact beyond 2^53 in both', () => {
    const weights = [2n ** 60n + 1n, 2n ** 60n + 2n, 1n];
    for (const whole of [false, true]) {
      const { exact } = functionTable(draw('a a b\na b a', { weights, whole }), { type: 0 });
      expect([...exact!.total]).toEqual([2n ** 61n + 4n, 2n ** 60n + 3n]);
      expect([...exact!.self]).toEqual([2n ** 60n + 2n, 2n ** 60n + 2n]);
    }
  });
});

describe('a stack a million calls deep, with a sample at every call', () => {
  const builder = new ProfileBuilder('test');
  builder.valueType({ type: 'time', unit: 'count' });
  const places = [0, 1, 2].map((i) =>
    builder.place(builder.func(builder.string(`f${i}`), 0, builder.string('deep.py'), 10 * i), 10 * i + 1),
  );
  let stack = -1;
  const DEPTH = 1_000_000;
  for (let i = 0; i < DEPTH; i++) {
    stack = builder.stack(stack, places[i % 3]!);
    builder.sample(stack, [1]);
  }
  const profile = builder.finish();
  const spec = { type: 0 };

  it('is tabled without writing its stacks out, which would take terabytes', () => {
    const { self, total } = functionTable(profile, spec);
    expect([...self]).toEqual([333_334, 333_333, 333_333]);
    expect([...total]).toEqual([DEPTH, DEPTH - 1, DEPTH - 2]);
    expect([...lineTable(profile, spec).files.get('deep.py')!.total]).toEqual([DEPTH, DEPTH - 1, DEPTH - 2]);
    expect(callersOf(profile, spec, 1)).toEqual([{ func: 0, self: 333_333, total: DEPTH - 1, calls: null, primitive: null }]);
    expect(calleesOf(profile, { ...spec, focus: 'f2' }, 2)[0]).toMatchObject({ func: 0, total: DEPTH - 3 });
    expect(summarize(profile)).toContain('33 % in f0');
    expect(() => stackRows(profile)).toThrow('too deep');
  });

  it('is drawn whole top-down, and bottom-up as far as it goes', () => {
    const tree = callTree(profile, spec);
    expect([tree.length, tree.total[0], tree.depth[DEPTH - 1], tree.cut]).toEqual([DEPTH, DEPTH, DEPTH - 1, false]);
    const inverted = callTree(profile, spec, { inverted: true, minShare: 0.01 });
    expect([inverted.total[0], inverted.cut]).toEqual([333_334, true]);
  });
});
