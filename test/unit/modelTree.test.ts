import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import { ancestorsOf, callTree, childrenOf } from '../../src/core/model/callTree.js';
import { flameLayout } from '../../src/core/model/flame.js';
import { columnNodes } from '../../src/core/model/treeNodes.js';
import { asTree, draw, drawCalls, nameOf } from './draw.js';

describe('call tree of stacks', () => {
  const profile = draw(
    `A A A B A
     B B C A C
     C D . . D`,
    { weights: [1, 2, 4, 8, 16], whole: true },
  );

  it('draws it top-down, largest first', () => {
    expect(asTree(profile, callTree(profile, { type: 0 }))).toEqual([
      'A 0/23',
      '  C 4/20',
      '    D 16/16',
      '  B 0/3',
      '    D 2/2',
      '    C 1/1',
      'B 0/8',
      '  A 8/8',
    ]);
  });

  it('draws it bottom-up', () => {
    expect(asTree(profile, callTree(profile, { type: 0 }, { inverted: true }))).toEqual([
      'D 0/18',
      '  C 0/16',
      '    A 16/16',
      '  B 0/2',
      '    A 2/2',
      'A 0/8',
      '  B 8/8',
      'C 0/5',
      '  A 4/4',
      '  B 0/1',
      '    A 1/1',
    ]);
  });

  it('has depth-first columns that agree with one another', () => {
    const tree = callTree(profile, { type: 0 });
    for (let node = 0; node < tree.length; node++) {
      const children = childrenOf(tree, node);
      expect(children.map((child) => tree.parent[child])).toEqual(children.map(() => node));
      const below = children.reduce((sum, child) => sum + tree.total[child]!, 0);
      expect(tree.self[node]! + below).toBe(tree.total[node]);
      expect(ancestorsOf(tree, node).length).toBe(tree.depth[node]);
    }
    expect(tree.sum).toBe(31);
    expect(tree.estimate).toBe(false);
  });

  it('folds library frames: only the first of each run, none before own code', () => {
    const lib = '@/usr/lib/python3.12/x.py';
    const folded = draw(
      `run${lib}  run${lib}  run${lib}
       boot${lib} main       wait${lib}
       main       json${lib} .
       own        scan${lib} .
       .          back       .
       .          deep${lib} .`,
    );
    expect(asTree(folded, callTree(folded, { type: 0 }, { justMyCode: true }))).toEqual([
      'main 0/2',
      '  own 1/1',
      '  json 0/1',
      '    back 0/1',
      '      deep 1/1',
      'run 1/1',
    ]);
  });
});

describe('call tree of call edges', () => {
  it('is exact where every function has one caller', () => {
    const profile = drawCalls(
      {
        main: { calls: 1, self: 1, total: 10 },
        a: { calls: 2, self: 2, total: 6 },
        b: { calls: 3, self: 3, total: 3 },
        c: { calls: 1, self: 4, total: 4 },
      },
      { 'main>a': { calls: 2, self: 2, total: 6 }, 'main>b': { calls: 3, self: 3, total: 3 }, 'a>c': { calls: 1, self: 4, total: 4 } },
    );
    const tree = callTree(profile, { type: 1 });
    expect(tree.estimate).toBe(true);
    expect(asTree(profile, tree)).toEqual(['main 1/10', '  a 2/6', '    c 4/4', '  b 3/3']);
    expect(Array.from(tree.calls!)).toEqual([1, 2, 1, 3]);
    expect(asTree(profile, callTree(profile, { type: 0 }))).toEqual(['main 1/7', '  a 2/3', '    c 1/1', '  b 3/3']);
  });

  it('folds library frames as stacks are folded', () => {
    const library = (name: string) => `${name}@/usr/lib/python3.12/${name}.py`;
    const [run, exec, json, scan] = ['run', 'exec', 'json', 'scan'].map(library) as [string, string, string, string];
    const profile = drawCalls(
      {
        [run]: { calls: 1, self: 1, total: 20 },
        [exec]: { calls: 1, self: 0, total: 19 },
        main: { calls: 1, self: 2, total: 19 },
        [json]: { calls: 1, self: 3, total: 17 },
        [scan]: { calls: 1, self: 4, total: 14 },
        back: { calls: 5, self: 10, total: 10 },
      },
      {
        [`${run}>${exec}`]: { calls: 1, self: 0, total: 19 },
        [`${exec}>main`]: { calls: 1, self: 2, total: 19 },
        [`main>${json}`]: { calls: 1, self: 3, total: 17 },
        [`${json}>${scan}`]: { calls: 1, self: 4, total: 14 },
        [`${scan}>back`]: { calls: 5, self: 10, total: 10 },
      },
    );
    const folded = callTree(profile, { type: 1 }, { justMyCode: true });
    expect(asTree(profile, folded)).toEqual(['main 2/19', '  json 7/17', '    back 10/10', 'run 1/1']);
    const inverted = callTree(profile, { type: 1 }, { justMyCode: true, inverted: true });
    expect(asTree(profile, inverted)).toEqual([
      'back 10/10',
      '  json 0/10',
      '    main 0/10',
      'json 7/7',
      '  main 0/7',
      'main 2/2',
      'run 1/1',
    ]);
    expect(inverted.estimate).toBe(true);
  });

  it('divides a shared function among its callers', () => {
    const profile = drawCalls(
      {
        x: { calls: 1, self: 0, total: 2 },
        y: { calls: 1, self: 0, total: 6 },
        shared: { calls: 8, self: 4, total: 8 },
        deep: { calls: 8, self: 4, total: 4 },
      },
      {
        'x>shared': { calls: 2, self: 1, total: 2 },
        'y>shared': { calls: 6, self: 3, total: 6 },
        'shared>deep': { calls: 8, self: 4, total: 4 },
      },
    );
    expect(asTree(profile, callTree(profile, { type: 1 }))).toEqual([
      'y 0/6',
      '  shared 3/6',
      '    deep 3/3',
      'x 0/2',
      '  shared 1/2',
      '    deep 1/1',
    ]);
    expect(asTree(profile, callTree(profile, { type: 1 }, { inverted: true })).slice(0, 3)).toEqual(['shared 4/4', '  y 0/3', '  x 0/1']);
  });

  it('folds recursion, direct and mutual, and ends', () => {
    const profile = drawCalls(
      {
        main: { calls: 1, self: 1, total: 10 },
        even: { calls: 50, primitive: 1, self: 5, total: 9 },
        odd: { calls: 50, primitive: 1, self: 4, total: 9 },
      },
      {
        'main>even': { calls: 1, self: 0.1, total: 9 },
        'even>odd': { calls: 50, self: 4, total: 9 },
        'odd>even': { calls: 49, self: 4.9, total: 8.8 },
        'even>even': { calls: 2, self: 0.1, total: 1 },
      },
    );
    const tree = callTree(profile, { type: 1 });
    expect(asTree(profile, tree)).toEqual(['main 1/10', '  even 5/9', '    odd 4/4']);
    for (let node = 0; node < tree.length; node++) {
      const below = childrenOf(tree, node).reduce((sum, child) => sum + tree.total[child]!, 0);
      expect(below).toBeLessThanOrEqual(tree.total[node]! + 1e-9);
    }
  });

  it('bounds the tree of a dense graph', () => {
    const functions: Record<string, { calls: number; self: number; total: number }> = {};
    const edges: typeof functions = {};
    for (let i = 0; i < 40; i++) {
      functions[`f${i}`] = { calls: 10, self: 1, total: 40 - i };
      for (let j = i + 1; j < 40; j++) edges[`f${i}>f${j}`] = { calls: 1, self: 0.1, total: 1 };
    }
    const tree = callTree(drawCalls(functions, edges), { type: 1 });
    expect(tree.length).toBeLessThanOrEqual(100_000);
    expect(tree.cut).toBe(true);
  });
});

describe('flame graph', () => {
  const profile = draw(
    `A A A B
     B B C A
     C D . .`,
    { weights: [1, 2, 4, 93] },
  );
  const tree = callTree(profile, { type: 0 });
  const boxes = (layout: ReturnType<typeof flameLayout>) =>
    layout.node.map((_, i) => {
      const name = layout.frames[layout.frame[i]!]!.name;
      return `${'  '.repeat(layout.depth[i]!)}${name} ${layout.x[i]!.toFixed(2)}+${layout.w[i]!.toFixed(2)}`;
    });

  it('lays the boxes out, root by root, children inside their parents', () => {
    expect(boxes(flameLayout(profile, columnNodes(tree), -1, 0))).toEqual([
      'B 0.00+0.93',
      '  A 0.00+0.93',
      'A 0.93+0.07',
      '  C 0.93+0.04',
      '  B 0.97+0.03',
      '    D 0.97+0.02',
      '    C 0.99+0.01',
    ]);
  });

  it('leaves out what is narrower than asked for', () => {
    const layout = flameLayout(profile, columnNodes(tree), -1, 0.03);
    expect(boxes(layout)).toEqual(['B 0.00+0.93', '  A 0.00+0.93', 'A 0.93+0.07', '  C 0.93+0.04', '  B 0.97+0.03']);
    expect(layout.maxDepth).toBe(1);
    expect(layout.rootValue).toBe(100);
  });

  it('leaves out what no screen shows where boxes are very many, and nothing that one does', () => {
    const builder = new ProfileBuilder('drawn');
    builder.valueType({ type: 'time', unit: 'count' });
    const place = (name: string) => builder.place(builder.func(builder.string(name), 0, 0, 0), 0);
    const wide = place('wide');
    let deep = builder.stack(-1, wide);
    for (let i = 0; i < 40_000; i++) deep = builder.stack(deep, wide);
    builder.sample(deep, [1_000_000]);
    const narrow = builder.stack(-1, place('narrow'));
    for (let i = 0; i < 50_000; i++) builder.sample(builder.stack(narrow, place(`f${i}`)), [i < 1000 ? 100 : 10]);
    const made = builder.finish();
    const layout = flameLayout(made, columnNodes(callTree(made, { type: 0 })), -1, 1e-9);
    // The deep stack is as wide as two thirds of the picture.
    expect(layout.node.length).toBe(40_002);
    const below = flameLayout(made, columnNodes(callTree(made, { type: 0 })), layout.node.at(-1)!, 1e-9);
    expect(below.w.filter((width) => width < 0.5)).toHaveLength(1000);
    const part = { from: 0, to: 1, minFraction: 1e-9 };
    expect(flameLayout(made, columnNodes(callTree(made, { type: 0 })), -1, 0.5, part).node).toEqual(layout.node);
  });

  it('has narrower boxes in a part of the picture, where they are in the whole one', () => {
    const part = { from: 0.975, to: 0.985, minFraction: 0.01 };
    const layout = flameLayout(profile, columnNodes(tree), -1, 0.5, part);
    // Of two narrow siblings only the one that reaches into the part; what is wide enough is there everywhere.
    expect(boxes(layout)).toEqual(['B 0.00+0.93', '  A 0.00+0.93', 'A 0.93+0.07', '  B 0.97+0.03', '    D 0.97+0.02']);
    expect(boxes(flameLayout(profile, columnNodes(tree), -1, 0, { from: 0, to: 1, minFraction: 0.5 }))).toEqual(
      boxes(flameLayout(profile, columnNodes(tree), -1, 0)),
    );
  });

  it('zooms: the root is the box of depth 0, and its ancestors are named', () => {
    const node = Array.from(tree.func).findIndex((func, at) => nameOf(profile, func) === 'B' && tree.depth[at] === 1);
    const layout = flameLayout(profile, columnNodes(tree), node, 0.01);
    expect(boxes(layout)).toEqual(['B 0.00+1.00', '  D 0.00+0.67', '  C 0.67+0.33']);
    expect(layout.path.map(({ name }) => name)).toEqual(['A']);
    expect(layout.rootValue).toBe(3);
  });
});
