import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/core/model/profile.js';
import type { GroupBy, SortKey } from '../../src/protocol/lsp.js';
import { fileList } from '../../src/server/analysis/fileList.js';
import { functionList } from '../../src/server/analysis/functionList.js';
import { Tables } from '../../src/server/analysis/tables.js';
import { textOrder } from '../../src/server/analysis/textOrder.js';
import { treeLevel, treePath } from '../../src/server/analysis/treeLevels.js';
import { draw, drawCalls } from './draw.js';

const list = (
  profile: Profile,
  sort: SortKey,
  more: { group?: GroupBy; find?: number; offset?: number; limit?: number; search?: string } = {},
) =>
  functionList(new Tables(profile), {
    view: { profile: 'p', type: profile.defaultType },
    sort,
    descending: true,
    search: '',
    offset: 0,
    limit: 100,
    group: 'function',
    ...more,
  });

const counted = drawCalls(
  {
    'main@/w/app.py': { calls: 1, self: 1, total: 20 },
    'deep@/w/lib/a.py': { calls: 100, primitive: 1, self: 10, total: 10 },
    'flat@/w/lib/a.py': { calls: 2, self: 9, total: 9 },
  },
  {
    'main@/w/app.py>deep@/w/lib/a.py': { calls: 1, self: 1, total: 10 },
    'main@/w/app.py>flat@/w/lib/a.py': { calls: 2, self: 9, total: 9 },
  },
);

describe('functions', () => {
  it('are sorted by what pstats prints: tottime per call, cumtime per call from outside', () => {
    const names = (sort: SortKey) => list(counted, sort).rows.map(({ name }) => name);
    expect(names('selfPerCall')).toEqual(['flat', 'main', 'deep']);
    expect(names('totalPerCall')).toEqual(['main', 'deep', 'flat']);
  });

  it('are found at their place in any order, and so are their groups', () => {
    for (const sort of ['self', 'total', 'calls', 'name', 'file'] as const) {
      for (const group of ['function', 'file', 'module'] as const) {
        const { rows, count } = list(counted, sort, { group });
        expect(rows).toHaveLength(count);
        for (const [at, { func }] of rows.entries())
          expect(list(counted, sort, { group, find: func, limit: 0 })).toMatchObject({ at, rows: [] });
      }
    }
    const files = list(counted, 'self', { group: 'file' }).rows;
    expect(files.map(({ file, self, total, calls, members, name }) => [file, self, total, calls, members, name])).toEqual([
      ['/w/lib/a.py', 19, 19, 102, 2, '/w/lib/a.py'],
      ['/w/app.py', 1, 20, 1, 1, '/w/app.py'],
    ]);
    expect(list(counted, 'self', { find: 0, search: 'flat' }).at).toBe(-1);
  });

  it('refuse an order or a group that there is none of', () => {
    expect(() => list(counted, 'colour' as SortKey)).toThrow('cannot be sorted');
    expect(() => list(counted, 'self', { group: 'thread' as GroupBy })).toThrow('no groups');
  });
});

it('many texts are in one order, whatever they are', () => {
  const letters = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'A', '/', '_', '1', 'é', '語'), maxLength: 16 }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(letters, (texts) => {
      // The order for many is asked for by claiming that there are many.
      const at = (index: number) => `/w/${texts[index % texts.length]!}`;
      const compare = textOrder(50_001, at);
      for (let a = 0; a < texts.length; a++) {
        for (let b = 0; b < texts.length; b++) {
          expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) + 0);
          expect(compare(a, b) === 0).toBe(at(a).toLowerCase() === at(b).toLowerCase());
        }
      }
    }),
    { numRuns: 3 },
  );
});

describe('levels of the call tree', () => {
  const tables = new Tables(draw(`root root root root\n${'a b c d'}\n x . . x`, { weights: [4, 3, 2, 1] }));
  const view = { profile: 'p', type: 0 };

  it('come in windows of the order that was asked for', () => {
    const root = treeLevel(tables, { view, node: -1, inverted: false }).rows[0]!;
    const names = (sort: SortKey, descending: boolean, offset = 0, limit?: number) =>
      treeLevel(tables, { view, node: root.node, inverted: false, sort, descending, offset, ...(limit === undefined ? {} : { limit }) });
    expect(names('total', true).rows.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
    expect(names('name', true).rows.map(({ name }) => name)).toEqual(['d', 'c', 'b', 'a']);
    expect(names('self', true, 1, 2)).toMatchObject({ count: 4, total: 10, rows: [{ name: 'c' }, { name: 'a' }] });
    expect(() => names('selfPerCall', true)).toThrow('cannot be sorted');
  });

  it('have the window that a way goes through', () => {
    const { levels } = treePath(tables, {
      view,
      node: -1,
      inverted: false,
      sort: 'name',
      descending: false,
      limit: 2,
      goal: { kind: 'match', search: '/^d$/' },
    });
    expect(levels.map(({ node, count, at, offset, rows }) => [node, count, at, offset, rows.map(({ name }) => name)])).toEqual([
      [-1, 1, 0, 0, ['root']],
      [0, 4, 3, 2, ['c', 'd']],
    ]);
  });
});

it('files are listed by the self of their lines, and found by their functions', () => {
  const tables = new Tables(draw('main@/w/a.py:3 main@/w/a.py:4 f@/usr/lib/python3.12/re.py:9', { weights: [1, 2, 9] }));
  const ask = (more = {}) => fileList(tables, { view: { profile: 'p', type: 0 }, offset: 0, limit: 9, ...more });
  expect(ask().rows.map(({ file, self, lines, library }) => [file, self, lines, library])).toEqual([
    ['/usr/lib/python3.12/re.py', 9, 1, true],
    ['/w/a.py', 3, 2, false],
  ]);
  const main = ask().rows[1]!.func;
  expect(ask({ find: main })).toMatchObject({ at: 1, line: 1 });
  expect(ask({ search: 'RE.PY' })).toMatchObject({ count: 1 });
  expect(ask({ view: { profile: 'p', type: 0, justMyCode: true } })).toMatchObject({ count: 1, rows: [{ file: '/w/a.py' }] });
});
