// Both call trees as one table of nodes; the judge sums the text of the profiles by path.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ComparedTreeRow, CompareParams, CompareTreeOrder } from '../../src/protocol/compare.js';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import type { TreeGoal } from '../../src/protocol/tabs.js';
import { buildServer, type RunningServer, startServer } from './serverKit.js';

/** Samples by stack, outermost frame first. */
const BEFORE = {
  'main;load;parse': 1800,
  'main;load;read': 400,
  'main;quote': 100,
  'main;quote;find': 6000,
  'main;pay': 300,
  'main;old;parse': 500,
  'worker;send': 50,
};
const AFTER = {
  'main;load;parse': 900,
  'main;load;read': 410,
  'main;quote': 90,
  'main;quote;find': 6030,
  'main;pay': 700,
  'main;pay;parse': 200,
  'worker;send': 55,
};

let folder = '';
let bundle: Awaited<ReturnType<typeof buildServer>>;
let server: RunningServer;
let sides: CompareParams;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'heatline-compare-tree-'));
  bundle = await buildServer();
  server = await startServer(bundle.bundle, folder);
  const open = (name: string, stacks: Record<string, number>): Promise<ProfileInfo> => {
    const file = path.join(folder, `${name}.collapsed`);
    writeFileSync(
      file,
      Object.entries(stacks)
        .map(([stack, count]) => `${stack} ${count}\n`)
        .join(''),
    );
    return server.request('profile/open', { uri: pathToFileURL(file).href });
  };
  const [before, after] = [await open('before', BEFORE), await open('after', AFTER)];
  sides = { view: { profile: after.id, type: 0 }, base: [before.id] };
});
afterAll(async () => {
  await server?.stop();
  bundle?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const ORDER: CompareTreeOrder = { inverted: false, sort: 'total', descending: true };

const children = async (node: number, order: Partial<CompareTreeOrder> = {}) =>
  (await server.request('compare/tree', { ...sides, ...ORDER, ...order, node, offset: 0, limit: 100 })).rows;

/** All nodes by their paths. */
async function everything(order: Partial<CompareTreeOrder> = {}): Promise<Map<string, ComparedTreeRow>> {
  const found = new Map<string, ComparedTreeRow>();
  const visit = async (node: number, above: string) => {
    for (const row of await children(node, order)) {
      const here = above === '' ? row.name : `${above};${row.name}`;
      found.set(here, row);
      const below = await children(row.node, order);
      expect(below.length).toBe(row.children);
      if (below.length > 0) await visit(row.node, here);
    }
  };
  await visit(-1, '');
  return found;
}

/** Self and total by path. */
function judge(stacks: Record<string, number>, inverted: boolean): Map<string, { self: number; total: number }> {
  const found = new Map<string, { self: number; total: number }>();
  for (const [stack, count] of Object.entries(stacks)) {
    const frames = inverted ? stack.split(';').reverse() : stack.split(';');
    frames.forEach((_, at) => {
      const here = frames.slice(0, at + 1).join(';');
      const before = found.get(here) ?? { self: 0, total: 0 };
      const ends = at === frames.length - 1;
      found.set(here, { self: before.self + (ends ? count : 0), total: before.total + count });
    });
  }
  return found;
}

it.each([false, true])('has every node of either tree with the figures of both (inverted: %s)', async (inverted) => {
  const found = await everything({ inverted });
  const [before, after] = [judge(BEFORE, inverted), judge(AFTER, inverted)];
  expect([...found.keys()].sort()).toEqual([...new Set([...before.keys(), ...after.keys()])].sort());
  for (const [here, row] of found) {
    expect([here, row.base.total, row.new.total]).toEqual([here, before.get(here)?.total ?? 0, after.get(here)?.total ?? 0]);
    expect(row.fate).toBe(!before.has(here) ? 'new' : !after.has(here) ? 'gone' : 'both');
    if (!inverted) expect([here, row.base.self, row.new.self]).toEqual([here, before.get(here)?.self ?? 0, after.get(here)?.self ?? 0]);
  }
});

it('knows of each node the noise that the flame graph knows', async () => {
  const found = new Map([...(await everything()).values()].map((row) => [row.node, row]));
  const flame = await server.request('compare/flame', { ...sides, root: -1, minFraction: 0, inverted: false, widths: 'next' });
  expect(flame.node.length).toBeGreaterThan(6);
  flame.node.forEach((node, box) => {
    const row = found.get(node)!;
    expect([row.base.total, row.new.total, row.noise.total]).toEqual([flame.baseTotal[box], flame.newTotal[box], flame.noise[box]]);
    expect(row.noise.total).toBeGreaterThan(0);
  });
});

it('orders children by the size of their change, or as asked, a window at a time', async () => {
  const [main] = await children(-1);
  const names = async (order: Partial<CompareTreeOrder>) => (await children(main!.node, order)).map(({ name }) => name);
  expect(await names({})).toEqual(['load', 'pay', 'old', 'quote']);
  expect(await names({ descending: false })).toEqual(['quote', 'old', 'pay', 'load']);
  expect(await names({ sort: 'newTotal' })).toEqual(['quote', 'load', 'pay', 'old']);
  expect(await names({ sort: 'baseTotal' })).toEqual(['quote', 'load', 'old', 'pay']);
  expect(await names({ sort: 'name', descending: false })).toEqual(['load', 'old', 'pay', 'quote']);
  const window = await server.request('compare/tree', { ...sides, ...ORDER, node: main!.node, offset: 1, limit: 2 });
  expect([window.count, window.rows.map(({ name }) => name)]).toEqual([4, ['pay', 'old']]);
});

it('leaves out on wish what changed no more than noise, but not the ways to what did', async () => {
  const shown = [...(await everything({ clearOnly: true })).keys()].sort();
  expect(shown).toEqual(['main', 'main;load', 'main;load;parse', 'main;old', 'main;old;parse', 'main;pay', 'main;pay;parse']);
});

it('leads to what changed most, to a function and from match to match', async () => {
  const way = async (node: number, goal: TreeGoal, order: Partial<CompareTreeOrder> = {}) => {
    const { levels } = await server.request('compare/treePath', { ...sides, ...ORDER, ...order, node, limit: 1, goal });
    for (const level of levels) expect(level.offset).toBe(level.at);
    return levels.map(({ rows }) => rows[0]!.name).join(';');
  };
  expect(await way(-1, { kind: 'hot' })).toBe('main;load;parse');
  const nodes = await everything();
  const at = (here: string) => nodes.get(here)!.node;
  expect(await way(at('main;pay'), { kind: 'hot' })).toBe('');
  expect(await way(at('main;quote'), { kind: 'hot' })).toBe('');
  expect(await way(-1, { kind: 'func', func: nodes.get('main;load;parse')!.func })).toBe('main;load;parse');
  const matches = new Set<string>();
  for (let node = -1, i = 0; i < 3; i++) {
    const here = await way(node, { kind: 'match', search: 'parse' });
    matches.add(here);
    node = at(here);
  }
  expect([...matches].sort()).toEqual(['main;load;parse', 'main;old;parse', 'main;pay;parse']);
  expect(await way(-1, { kind: 'match', search: 'nobody' })).toBe('');
});

it('refuses nodes that there are not', async () => {
  await expect(children(99)).rejects.toThrow('The call tree has no such node.');
});
