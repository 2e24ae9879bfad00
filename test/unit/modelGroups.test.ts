import { describe, expect, it } from 'vitest';
import { callTree } from '../../src/core/model/callTree.js';
import { fileTree } from '../../src/core/model/fileTree.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { type Grouping, groupTable } from '../../src/core/model/groupTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { columnNodes, drawTree, type TreeNode } from '../../src/core/model/treeNodes.js';
import { hotPath, wayToHeaviest, wayToMatch } from '../../src/core/model/treePath.js';
import { functionStacks, treeShape } from '../../src/core/model/treeShape.js';
import { weigh } from '../../src/core/model/weights.js';
import { linesJson } from '../../src/core/report/lines.js';
import { draw, drawCalls, nameOf } from './draw.js';

const LIB = '/usr/lib/python3.12/json/decoder.py';
const profile = draw(
  `main@/w/shop/app.py:3    main@/w/shop/app.py:4      main@/w/shop/app.py:4   main@/w/shop/app.py:9
   pay@/w/shop/bill/pay.py:7 pay@/w/shop/bill/pay.py:7 scan@${LIB}:12          .
   tax@/w/shop/bill/tax.py:2 main@/w/shop/app.py:3      .                      .`,
  { weights: [1, 2, 4, 8] },
);

const rows = (of: Profile, by: Grouping, type = of.defaultType) => {
  const table = groupTable(of, { type }, by);
  const label = (i: number) => (by === 'line' ? `${table.file[i]}:${table.line[i]}` : table.name[i]!);
  return Object.fromEntries(
    Array.from({ length: table.length }, (_, i) => [label(i), `${table.self[i]}/${table.total[i]} of ${table.members[i]}`]),
  );
};

describe('groups of stacks', () => {
  it('count a file and a module once per stack', () => {
    expect(rows(profile, 'file')).toEqual({
      '/w/shop/app.py': '10/15 of 1',
      '/w/shop/bill/pay.py': '0/3 of 1',
      '/w/shop/bill/tax.py': '1/1 of 1',
      [LIB]: '4/4 of 1',
    });
    expect(rows(profile, 'module')).toEqual({ shop: '10/15 of 1', bill: '1/3 of 2', json: '4/4 of 1' });
  });

  it('by line have the figures of `heatline lines --json`', () => {
    const table = groupTable(profile, { type: 0 }, 'line');
    const ours = Array.from({ length: table.length }, (_, i) => [table.file[i], table.line[i], table.self[i], table.total[i]]);
    const { files } = linesJson(profile, { type: 0 });
    const judge = files.flatMap(({ file, lines }) => lines.map(({ line, self, total }) => [file, line, self, total]));
    expect(ours.sort()).toEqual(judge.sort());
    const main = Array.from({ length: profile.functions.length }, (_, func) => func).find((func) => nameOf(profile, func) === 'main')!;
    expect(table.line[table.groupOf[main]!]).toBe(3);
  });
});

describe('groups of calls', () => {
  const counted = drawCalls(
    {
      'main@/w/app.py': { calls: 1, self: 1, total: 20 },
      'a@/w/lib/a.py': { calls: 2, self: 4, total: 19 },
      'b@/w/lib/a.py': { calls: 3, self: 15, total: 15 },
    },
    {
      'main@/w/app.py>a@/w/lib/a.py': { calls: 2, self: 4, total: 19 },
      'a@/w/lib/a.py>b@/w/lib/a.py': { calls: 3, self: 15, total: 15 },
    },
  );

  it('leave out of the total what a group calls of itself, and sum the calls', () => {
    expect(rows(counted, 'file')).toEqual({ '/w/app.py': '1/20 of 1', '/w/lib/a.py': '19/19 of 2' });
    const table = groupTable(counted, { type: 1 }, 'file');
    expect(Array.from(table.calls!)).toEqual([1, 5]);
    expect(nameOf(counted, table.func[1]!)).toBe('b');
  });
});

describe('files', () => {
  const divided = (of: Profile) => {
    const { nodes, part } = fileTree(of, functionTable(of, { type: 0 }));
    const tree = drawTree(nodes, Number.POSITIVE_INFINITY);
    return { tree, parts: Array.from(tree.func, part) };
  };
  const { tree, parts } = divided(profile);
  const lines = parts.map(
    ({ kind, frame }, node) => `${'  '.repeat(tree.depth[node]!)}${kind} ${frame.name} ${tree.self[node]}/${tree.total[node]}`,
  );

  it('divide self time by package, folder, file and function', () => {
    expect(lines).toEqual([
      'folder shop 0/11',
      '  file app.py 0/10',
      '    function main 10/10',
      '  folder bill 0/1',
      '    file tax.py 0/1',
      '      function tax 1/1',
      'package json 0/4',
      '  file decoder.py 0/4',
      '    function scan 4/4',
    ]);
  });

  it('add up to the whole, function by function', () => {
    const { self, sum } = functionTable(profile, { type: 0 });
    expect(tree.sum).toBe(sum);
    for (let node = 0; node < tree.length; node++) {
      const { kind, frame } = parts[node]!;
      if (kind === 'function') expect(tree.total[node]).toBe(self[frame.func]);
    }
  });

  it('join folders that are alone in theirs', () => {
    const made = divided(draw('a@/w/deep/down/under/a.py:1 b@/w/x/b.py:1'));
    const names = made.parts.map(({ frame }) => frame.name);
    expect(names).toEqual(['w', 'deep/down/under', 'a.py', 'a', 'x', 'b.py', 'b']);
  });

  it('name a library of one file by that file, without the folders around it', () => {
    const made = divided(draw('a@/usr/lib/python3.12/threading.py:1 b@/usr/lib/python3.12/json/decoder.py:1'));
    const parts = made.parts.map(({ kind, frame }) => `${kind} ${frame.name} ${frame.file}`);
    expect(parts).toEqual([
      'package threading /usr/lib/python3.12/threading.py',
      'file threading.py /usr/lib/python3.12/threading.py',
      'function a /usr/lib/python3.12/threading.py',
      'package json /usr/lib/python3.12/json',
      'file decoder.py /usr/lib/python3.12/json/decoder.py',
      'function b /usr/lib/python3.12/json/decoder.py',
    ]);
  });

  it('keep a script that was named without its folder beside the other files', () => {
    const made = divided(draw('a@run.py:1 b@/home/me/shop/a.py:1 c@/home/me/shop/bill/b.py:1'));
    expect(made.parts.map(({ frame }) => frame.name)).toEqual(['shop', 'run.py', 'a', 'a.py', 'b', 'bill', 'b.py', 'c']);
  });

  it('take names of any system and none', () => {
    const odd = draw(String.raw`a@\w\x.py:1 b@\w\v\y.py:1 c@~:1 d@/z.py:1 e@x.py:1`);
    const made = divided(odd);
    expect(made.tree.total.reduce((sum, total, node) => (made.tree.depth[node] === 0 ? sum + total : sum), 0)).toBe(5);
  });
});

const deep = draw(
  `main main main main other
   a    a    b    a    x
   f    f    f    g    f
   x    y    .    .    .`,
  { weights: [8, 2, 5, 1, 3] },
);
const shape = treeShape(deep, functionStacks(deep, undefined), false);

describe.each([
  ['drawn', columnNodes(callTree(deep, { type: 0 }))],
  ['asked node by node', shape.weigh(weigh(deep, { type: 0 }), 0)],
])('ways through a tree that is %s', (_, tree) => {
  const names = (path: readonly TreeNode[]) => path.map(({ func }) => nameOf(deep, func));
  const func = (name: string) => Array.from(deep.functions.name.keys()).find((one) => nameOf(deep, one) === name)!;

  it('lead to the hot spot, from the whole or from a node', () => {
    expect(names(hotPath(tree, undefined))).toEqual(['main', 'a', 'f', 'x']);
    const b = wayToHeaviest(tree, func('b'), deep.functions.length).at(-1);
    expect(names(hotPath(tree, b))).toEqual(['f']);
    expect(hotPath(tree, hotPath(tree, undefined).at(-1))).toEqual([]);
  });

  it('lead to the largest node of a function, and to matches one after the other', () => {
    expect(names(wayToHeaviest(tree, func('f'), deep.functions.length))).toEqual(['main', 'a', 'f']);
    expect(wayToHeaviest(tree, 99, 100)).toEqual([]);
    const flags = new Uint8Array(deep.functions.length);
    flags[func('x')] = 1;
    const first = wayToMatch(tree, [], flags, false);
    const second = wayToMatch(tree, first, flags, false);
    expect([names(first), names(second)]).toEqual([
      ['main', 'a', 'f', 'x'],
      ['other', 'x'],
    ]);
    expect(names(wayToMatch(tree, second, flags, false))).toEqual(names(first));
    expect(names(wayToMatch(tree, second, flags, true))).toEqual(names(first));
    expect(names(wayToMatch(tree, [], flags, true))).toEqual(names(second));
    expect(wayToMatch(tree, [], new Uint8Array(deep.functions.length), false)).toEqual([]);
  });
});

it('the hot path ends where a node spends more itself than its largest child', () => {
  const own = draw('main main\n a .', { weights: [1, 9] });
  expect(hotPath(columnNodes(callTree(own, { type: 0 })), undefined).length).toBe(1);
});
