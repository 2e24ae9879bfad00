// Trees of several views share what does not depend on weights, and divide it as far as somebody looks: in whatever order that is, each must be
// the tree that the simplest means give, and its nodes must have the same numbers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { flameLayout } from '../../src/core/model/flame.js';
import type { Profile, ViewSpec } from '../../src/core/model/profile.js';
import { sandwichShape } from '../../src/core/model/sandwich.js';
import type { TreeNode, TreeNodes } from '../../src/core/model/treeNodes.js';
import { wayToHeaviest, wayToMatch } from '../../src/core/model/treePath.js';
import { foldedLibrary, functionStacks, treeShape } from '../../src/core/model/treeShape.js';
import { weigh } from '../../src/core/model/weights.js';
import { nameOf } from './draw.js';

interface Sample {
  readonly frames: readonly string[];
  readonly thread: 0 | 1;
  /** One is never below nothing, one may be. */
  readonly values: readonly [number, number];
}

const NAMES = ['a', 'b', 'c', 'lib', 'wait'];
const isLibrary = (name: string) => name === 'lib' || name === 'wait';
const samples = fc.array(
  fc.record<Sample>({
    frames: fc.array(fc.constantFrom(...NAMES), { maxLength: 7 }),
    thread: fc.constantFrom(0, 1),
    values: fc.tuple(fc.nat(4), fc.integer({ min: -3, max: 3 })),
  }),
  { minLength: 1, maxLength: 12 },
);
const specs = fc.record<ViewSpec, 'type'>(
  {
    type: fc.constantFrom(0, 1),
    thread: fc.constantFrom('one', 'two'),
    focus: fc.constantFrom('^a$', '^lib$'),
    ignore: fc.constantFrom('^b$', '^wait$'),
  },
  { requiredKeys: ['type'] },
);

function make(list: readonly Sample[], whole: boolean): Profile {
  const builder = new ProfileBuilder('test');
  builder.valueType({ type: 'time', unit: 'count' });
  builder.valueType({ type: 'change', unit: 'count' });
  const threads = ['one', 'two'].map((name) => builder.thread(name));
  const places = new Map(
    NAMES.map((name, i) => {
      const file = builder.string(isLibrary(name) ? '/usr/lib/python3.12/x.py' : 'main.py');
      return [name, builder.place(builder.func(builder.string(name), 0, file, i + 1), i + 1)];
    }),
  );
  for (const { frames, thread, values } of list) {
    const located = frames.map((name) => places.get(name)!);
    if (whole) builder.sampleFrames(located.toReversed(), located.length, [...values], threads[thread]!);
    else
      builder.sample(
        located.reduce((stack, place) => builder.stack(stack, place), -1),
        [...values],
        threads[thread]!,
      );
  }
  return builder.finish();
}

/** Of each run of library frames only the first, none before own code. */
function fold(frames: readonly string[]): readonly string[] {
  const own = frames.findIndex((name) => !isLibrary(name));
  if (own < 0) return frames.slice(0, 1);
  return frames.slice(own).filter((name, i, rest) => !(isLibrary(name) && i > 0 && isLibrary(rest[i - 1]!)));
}

const has = (frames: readonly string[], source: string) => frames.some((name) => new RegExp(source).test(name));

/** Walks of a view with what they weigh, by the simplest means. */
function walksOf(
  list: readonly Sample[],
  { type, thread, focus, ignore }: ViewSpec,
  way: (frames: readonly string[]) => readonly string[],
) {
  return list
    .filter((one) => thread === undefined || thread === ['one', 'two'][one.thread])
    .filter(({ frames }) => (focus === undefined || has(frames, focus)) && (ignore === undefined || !has(frames, ignore)))
    .map(({ frames, values }) => ({ walk: way(frames), weight: values[type as 0 | 1] }));
}

type Figures = ReadonlyMap<string, readonly [self: number, total: number]>;

/** Path → [self, total] of all nodes at or below which any stack weighs something. */
function naive(walks: ReturnType<typeof walksOf>): Figures {
  const weights = new Map<string, number>();
  for (const { walk, weight } of walks) weights.set(walk.join('/'), (weights.get(walk.join('/')) ?? 0) + weight);
  const nodes = new Map<string, [number, number]>();
  for (const { walk, weight } of walks) {
    for (let level = 1; level <= walk.length; level++) {
      const key = walk.slice(0, level).join('/');
      const [self, total] = nodes.get(key) ?? [0, 0];
      nodes.set(key, [self + (level === walk.length ? weight : 0), total + weight]);
    }
  }
  // Equal stacks that cancel one another out weigh nothing together.
  const weighty = [...weights].filter(([, weight]) => weight !== 0).map(([path]) => `${path}/`);
  return new Map([...nodes].filter(([path]) => weighty.some((one) => one.startsWith(`${path}/`))));
}

/** All nodes in the tree's order, each with its path. */
function all(profile: Profile, tree: TreeNodes): { readonly path: string; readonly node: TreeNode }[] {
  const found: { path: string; node: TreeNode }[] = [];
  const visit = (node: TreeNode | undefined, above: string) => {
    const children = tree.children(node);
    expect(tree.countChildren(node)).toBe(children.length);
    expect(children.map(({ total }) => total)).toEqual(children.map(({ total }) => total).toSorted((a, b) => b - a));
    for (const child of children) {
      const path = above + nameOf(profile, child.func);
      found.push({ path, node: child });
      visit(child, `${path}/`);
    }
  };
  visit(undefined, '');
  return found;
}

const figures = (nodes: ReturnType<typeof all>): Figures => new Map(nodes.map(({ path, node: { self, total } }) => [path, [self, total]]));
const total = (walks: ReturnType<typeof walksOf>) => walks.reduce((sum, { weight }) => sum + weight, 0);

describe('trees of views that share their shape', () => {
  it('are those that the simplest means give, whoever looked before', () => {
    fc.assert(
      fc.property(
        samples,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.tuple(specs, fc.nat(6)), { minLength: 1, maxLength: 4 }),
        (list, whole, inverted, folded, looks) => {
          const profile = make(list, whole);
          const stacks = functionStacks(profile, folded ? foldedLibrary(profile) : undefined);
          const shape = treeShape(profile, stacks, inverted);
          const way = (frames: readonly string[]) =>
            inverted ? (folded ? fold(frames) : frames).toReversed() : folded ? fold(frames) : frames;
          const trees = looks.map(([spec, least]) => {
            const tree = shape.weigh(weigh(profile, spec), 0);
            // A first look, at the large parts only.
            let node = tree.children(undefined, least)[0];
            while (node !== undefined) node = tree.children(node, least)[0];
            return tree;
          });
          for (const [i, tree] of trees.entries()) {
            const spec = looks[i]![0];
            const walks = walksOf(list, spec, way);
            const nodes = all(profile, tree);
            expect(figures(nodes)).toEqual(naive(walks));
            expect(tree.sum).toBe(total(walks));
            expect(tree.cut).toBe(false);
            for (const { path, node } of nodes) {
              const found = tree.way(node.id)!;
              expect(found.map(({ func }) => nameOf(profile, func)).join('/')).toBe(path);
              const { id, total, self, depth } = found.at(-1)!;
              expect([id, total, self, depth]).toEqual([node.id, node.total, node.self, node.depth]);
            }
            const fresh = treeShape(profile, stacks, inverted).weigh(weigh(profile, spec), 0);
            expect(all(profile, fresh).map(({ path, node }) => `${node.id} ${path}`)).toEqual(
              nodes.map(({ path, node }) => `${node.id} ${path}`),
            );
          }
          expect(shape.bytes).toBeGreaterThan(0);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('leave out what is below a share of the whole, and say so', () => {
    fc.assert(
      fc.property(samples, fc.boolean(), fc.boolean(), fc.constantFrom(0.1, 0.3, 0.6), (list, whole, inverted, share) => {
        const profile = make(list, whole);
        const tree = treeShape(profile, functionStacks(profile, undefined), inverted).weigh(weigh(profile, { type: 0 }), share);
        const every = naive(walksOf(list, { type: 0 }, (frames) => (inverted ? frames.toReversed() : frames)));
        const wanted = new Map([...every].filter(([, [, total]]) => total >= share * tree.sum));
        expect(figures(all(profile, tree))).toEqual(wanted);
        expect(tree.cut).toBe(wanted.size < every.size);
      }),
      { numRuns: 200 },
    );
  });

  it('of a sandwich too', () => {
    fc.assert(
      fc.property(
        samples,
        fc.boolean(),
        fc.constantFrom('callers', 'callees'),
        fc.constantFrom(...NAMES),
        specs,
        specs,
        (list, whole, side, name, first, second) => {
          const profile = make(list, whole);
          const func = profile.functions.name.findIndex((_, one) => nameOf(profile, one) === name);
          const shape = sandwichShape(profile, functionStacks(profile, undefined), func, side);
          for (const spec of [first, second]) {
            const walks = walksOf(list, spec, (frames) => {
              const at = frames.indexOf(name);
              if (at < 0) return [];
              return side === 'callers' ? frames.slice(0, at + 1).toReversed() : frames.slice(at);
            });
            expect(figures(all(profile, shape.weigh(weigh(profile, spec), 0)))).toEqual(naive(walks.filter(({ walk }) => walk.length > 0)));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are searched in their order, without looking where nothing is', () => {
    fc.assert(
      fc.property(
        samples,
        fc.boolean(),
        specs,
        fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 }),
        (list, whole, spec, wanted) => {
          const profile = make(list, whole);
          const tree = treeShape(profile, functionStacks(profile, undefined), false).weigh(weigh(profile, spec), 0);
          const flags = Uint8Array.from(profile.functions.name, (_, func) => (wanted.includes(nameOf(profile, func)) ? 1 : 0));
          const nodes = all(profile, tree).map(({ node }) => node);
          const matches = nodes.filter(({ func }) => flags[func] === 1);
          const ids = (steps: number, backward: boolean) => {
            const found: number[] = [];
            for (let way: readonly TreeNode[] = []; found.length < steps; found.push(way.at(-1)?.id ?? -1))
              way = wayToMatch(tree, way, flags, backward);
            return found;
          };
          const expected = matches.length === 0 ? [-1] : [...matches, matches[0]!].map(({ id }) => id);
          expect(ids(expected.length, false)).toEqual(expected);
          const back = matches.toReversed();
          expect(ids(expected.length, true)).toEqual(matches.length === 0 ? [-1] : [...back, back[0]!].map(({ id }) => id));
          for (const name of wanted) {
            const func = profile.functions.name.findIndex((_, one) => nameOf(profile, one) === name);
            const largest = nodes
              .filter((node) => node.func === func)
              .reduce((most, node) => Math.max(most, node.total), Number.NEGATIVE_INFINITY);
            const first = nodes.find((node) => node.func === func && node.total === largest);
            expect(wayToHeaviest(tree, func, flags.length).at(-1)?.id).toBe(first?.id);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('have no node of another number', () => {
    const profile = make(
      [
        { frames: ['a', 'b'], thread: 0, values: [1, 0] },
        { frames: ['a', 'c', 'a'], thread: 1, values: [2, 0] },
      ],
      true,
    );
    const shape = treeShape(profile, functionStacks(profile, undefined), false);
    const tree = shape.weigh(weigh(profile, { type: 0 }), 0);
    const ids = new Set(all(profile, tree).map(({ node }) => node.id));
    for (const id of [-2, 0.5, Number.NaN, 1e18, ...Array.from({ length: 20 }, (_, one) => one)]) {
      if (!ids.has(id)) expect(tree.way(id)).toBeUndefined();
    }
    const other = shape.weigh(weigh(profile, { type: 0, thread: 'two' }), 0);
    const b = all(profile, tree).find(({ path }) => path === 'a/b')!.node;
    expect(other.way(b.id)).toBeUndefined();
    expect(flameLayout(profile, tree, b.id, 0).path.map(({ name }) => name)).toEqual(['a']);
  });
});
