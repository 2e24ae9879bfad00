import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallTree, childrenOf } from '../../src/core/model/callTree.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { calleesOf, callersOf } from '../../src/core/model/neighbours.js';
import type { Profile } from '../../src/core/model/profile.js';
import { sandwichTree } from '../../src/core/model/sandwich.js';
import { asTree, draw, drawCalls, nameOf } from './draw.js';

const funcNamed = (profile: Profile, name: string) =>
  Array.from({ length: profile.functions.length }, (_, func) => func).find((func) => nameOf(profile, func) === name) ?? -1;
const sandwich = (profile: Profile, name: string, side: 'callers' | 'callees', options = {}) =>
  asTree(profile, sandwichTree(profile, { type: profile.defaultType }, funcNamed(profile, name), side, options));

const TEXT = `main main main main load
              a    b    a    rec  rec
              f    f    g    f    f
              x    y    f    rec  rec
              .    .    x    f    .`;

describe.each([true, false])('sandwich of stacks (whole: %s)', (whole) => {
  const profile = draw(TEXT, { weights: [1, 2, 4, 8, 16], whole });

  it('lays all callees over one another, from the outermost call of each stack', () => {
    expect(sandwich(profile, 'f', 'callees')).toEqual(['f 0/31', '  rec 16/24', '    f 8/8', '  x 5/5', '  y 2/2']);
    expect(sandwich(profile, 'rec', 'callees')).toEqual(['rec 0/24', '  f 0/24', '    rec 16/24', '      f 8/8']);
  });

  it('lays all callers over one another, outwards from that call', () => {
    expect(sandwich(profile, 'f', 'callers').map((line) => line.replace(/ [\d.]+\//, ' '))).toEqual([
      'f 31',
      '  rec 24',
      '    load 16',
      '    main 8',
      '  g 4',
      '    a 4',
      '      main 4',
      '  b 2',
      '    main 2',
      '  a 1',
      '    main 1',
    ]);
  });

  it('has the total of the function at its root, and the whole of the view beside it', () => {
    for (const side of ['callers', 'callees'] as const) {
      const tree = sandwichTree(profile, { type: 0, focus: '^main$' }, funcNamed(profile, 'rec'), side);
      expect([tree.total[0], tree.sum]).toEqual([8, 15]);
    }
  });

  it('is empty for a function that is in no stack of the view', () => {
    for (const side of ['callers', 'callees'] as const) {
      expect(sandwichTree(profile, { type: 0, focus: '^load$' }, funcNamed(profile, 'y'), side).length).toBe(0);
    }
  });

  it('never folds the function itself', () => {
    const lib = '@/usr/lib/python3.12/x.py';
    const folded = draw(`run${lib}\n main\n json${lib}\n scan${lib}\n back`, { whole });
    expect(sandwich(folded, 'scan', 'callees', { justMyCode: true })).toEqual(['scan 0/1', '  back 1/1']);
    expect(sandwich(folded, 'back', 'callers', { justMyCode: true }).map((line) => line.trim().split(' ')[0])).toEqual([
      'back',
      'json',
      'main',
    ]);
  });
});

/** As speedscope does it (getInvertedProfileForCallersOf, getProfileForCalleesOf), on stacks written out. */
function speedscope(stacks: readonly { frames: readonly string[]; weight: number }[], name: string, side: 'callers' | 'callees') {
  const sums = new Map<string, number>();
  for (const { frames, weight } of stacks) {
    const at = frames.indexOf(name);
    if (at < 0) continue;
    const walk = side === 'callers' ? frames.slice(0, at + 1).reverse() : frames.slice(at);
    for (let end = 1; end <= walk.length; end++) {
      const path = walk.slice(0, end).join('/');
      sums.set(path, (sums.get(path) ?? 0) + weight);
    }
  }
  return sums;
}

function paths(profile: Profile, tree: CallTree): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (node: number, above: string) => {
    const path = above === '' ? nameOf(profile, tree.func[node]!) : `${above}/${nameOf(profile, tree.func[node]!)}`;
    found.set(path, tree.total[node]!);
    for (const child of childrenOf(tree, node)) visit(child, path);
  };
  for (const root of childrenOf(tree, -1)) visit(root, '');
  return found;
}

const stacks = fc.array(
  fc.record({
    frames: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 7 }),
    weight: fc.integer({ min: 1, max: 50 }),
  }),
  { minLength: 1, maxLength: 12 },
);
const drawn = (given: readonly { frames: readonly string[]; weight: number }[], whole: boolean) => {
  const depth = Math.max(...given.map(({ frames }) => frames.length));
  const rows = Array.from({ length: depth }, (_, row) => given.map(({ frames }) => frames[row] ?? '.').join(' '));
  return draw(rows.join('\n'), { weights: given.map(({ weight }) => weight), whole });
};

it("is speedscope's sandwich, whatever the stacks", () => {
  fc.assert(
    fc.property(stacks, fc.boolean(), (given, whole) => {
      const profile = drawn(given, whole);
      const { total } = functionTable(profile, { type: 0 });
      for (let func = 0; func < profile.functions.length; func++) {
        for (const side of ['callers', 'callees'] as const) {
          const tree = sandwichTree(profile, { type: 0 }, func, side);
          expect(new Map([...paths(profile, tree)].sort())).toEqual(new Map([...speedscope(given, nameOf(profile, func), side)].sort()));
          expect(tree.total[0] ?? 0).toBe(total[func]);
        }
      }
    }),
  );
});

it('has the figures of `heatline peek` at its first level, where nothing recurs', () => {
  fc.assert(
    fc.property(stacks, fc.boolean(), (given, whole) => {
      const once = given.map(({ frames, weight }) => ({ frames: [...new Set(frames)], weight }));
      const profile = drawn(once, whole);
      for (let func = 0; func < profile.functions.length; func++) {
        for (const side of ['callers', 'callees'] as const) {
          const tree = sandwichTree(profile, { type: 0 }, func, side);
          const ours = tree.length > 0 ? childrenOf(tree, 0).map((node) => [tree.func[node]!, tree.total[node]!] as const) : [];
          const peek = (side === 'callers' ? callersOf : calleesOf)(profile, { type: 0 }, func).map(
            (one) => [one.func, one.total] as const,
          );
          expect(new Map(ours)).toEqual(new Map(peek));
        }
      }
    }),
  );
});

describe('sandwich of call edges', () => {
  const profile = drawCalls(
    {
      main: { calls: 1, self: 1, total: 20 },
      a: { calls: 2, self: 2, total: 12 },
      b: { calls: 1, self: 1, total: 7 },
      f: { calls: 5, self: 6, total: 16 },
      deep: { calls: 9, self: 10, total: 10 },
    },
    {
      'main>a': { calls: 2, self: 2, total: 12 },
      'main>b': { calls: 1, self: 1, total: 7 },
      'a>f': { calls: 4, self: 4, total: 10 },
      'b>f': { calls: 1, self: 2, total: 6 },
      'f>deep': { calls: 9, self: 10, total: 10 },
    },
  );

  it('gives the function its own edges as they are', () => {
    expect(sandwich(profile, 'f', 'callees')).toEqual(['f 6/16', '  deep 10/10']);
    const callers = sandwichTree(profile, { type: 1 }, funcNamed(profile, 'f'), 'callers');
    expect(asTree(profile, callers)).toEqual(['f 0/16', '  a 0/10', '    main 0/10', '  b 0/6', '    main 0/6']);
    expect(callers.estimate).toBe(true);
    expect(Array.from(callers.calls!.slice(0, 2))).toEqual([5, 4]);
  });

  it('leaves what came from no known caller at the root', () => {
    const lone = drawCalls(
      { a: { calls: 1, self: 1, total: 5 }, f: { calls: 2, self: 9, total: 9 } },
      { 'a>f': { calls: 1, self: 4, total: 4 } },
    );
    expect(sandwich(lone, 'f', 'callers')).toEqual(['f 0/9', '  a 0/4']);
  });

  it('keeps recursion within the total', () => {
    const mutual = drawCalls(
      {
        main: { calls: 1, self: 1, total: 10 },
        even: { calls: 50, primitive: 1, self: 5, total: 9 },
        odd: { calls: 50, primitive: 1, self: 4, total: 9 },
      },
      {
        'main>even': { calls: 1, self: 0.1, total: 9 },
        'even>odd': { calls: 50, self: 4, total: 9 },
        'odd>even': { calls: 49, self: 4.9, total: 8.8 },
      },
    );
    for (const side of ['callers', 'callees'] as const) {
      const tree = sandwichTree(mutual, { type: 1 }, funcNamed(mutual, 'even'), side);
      for (let node = 0; node < tree.length; node++) expect(tree.total[node]).toBeLessThanOrEqual(9 + 1e-9);
      const below = childrenOf(tree, 0).reduce((sum, child) => sum + tree.total[child]!, 0);
      expect(below).toBeLessThanOrEqual(9 + 1e-9);
    }
  });
});
