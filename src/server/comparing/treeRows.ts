import { ancestorsOf, childrenOf } from '../../core/model/callTree.js';
import { changeNoise } from '../../core/model/changeNoise.js';
import type { Comparison } from '../../core/model/compare.js';
import type { DiffTree } from '../../core/model/diffTree.js';
import { libraryFlags } from '../../core/model/library.js';
import { searchFunctions } from '../../core/model/search.js';
import { MAX_LEVELS } from '../../core/model/treePath.js';
import type { ComparedTreeRow, CompareSort } from '../../protocol/compare.js';
import type { TreeGoal } from '../../protocol/tabs.js';
import { levelsOnWay, noSuchNode } from '../analysis/levelsOnWay.js';
import type { ComparisonQueries } from './queries.js';
import type { ComparisonTables } from './tables.js';

type TreeParams = ComparisonQueries['tree'][0];

/** Both call trees as one, node by node, with what is asked of its nodes. */
interface Compared {
  readonly comparison: Comparison;
  readonly diff: DiffTree;
  /** Half the 95 % interval of the change of each node's total; NaN where it is not known. */
  readonly noise: Float64Array;
  /** Flags (0/1): the node changed by more than noise, or one below it did. */
  readonly clear: Uint8Array;
}

/** Children of a node that one side has at least, a window of them. @throws UserError */
export function comparedLevel(tables: ComparisonTables, params: TreeParams): ComparisonQueries['tree'][1] {
  const compared = comparedTree(tables, params);
  checkNode(compared, params.node);
  const order = childOrder(compared, params, params.node);
  const from = Math.max(0, Math.trunc(params.offset) || 0);
  const rows = order.slice(from, from + Math.max(0, Math.trunc(params.limit) || 0));
  return { rows: rows.map((node) => rowOf(tables, compared, params, node)), count: order.length };
}

/** The way to what is looked for, with a window of every level that it goes through. @throws UserError */
export function comparedPath(tables: ComparisonTables, params: ComparisonQueries['treePath'][0]): ComparisonQueries['treePath'][1] {
  const compared = comparedTree(tables, params);
  checkNode(compared, params.node);
  const path = wayTo(tables, compared, params, params.goal).slice(0, MAX_LEVELS);
  const from = params.goal.kind === 'hot' && params.node >= 0 ? params.node : undefined;
  const levels = levelsOnWay(path, from, params.limit, {
    id: (node: number) => node,
    children: (parent = -1) => childOrder(compared, params, parent),
    rows: (nodes) => nodes.map((node) => rowOf(tables, compared, params, node)),
  });
  return { levels };
}

function comparedTree(tables: ComparisonTables, params: TreeParams | ComparisonQueries['treePath'][0]): Compared {
  const comparison = tables.comparison(params);
  const diff = tables.tree(params, params.inverted, 'next');
  return tables.table(JSON.stringify(['compared tree', params.view, params.normalize, params.inverted]), () => {
    const { baseTotal, nextTotal, baseSpread, nextSpread, tree } = diff;
    const noise = baseTotal.map((before, node) =>
      changeNoise(comparison.base, before, comparison.next, nextTotal[node]!, baseSpread?.[node], nextSpread?.[node]),
    );
    const clear = new Uint8Array(tree.length);
    for (let node = tree.length - 1; node >= 0; node--) {
      if (Math.abs(nextTotal[node]! - baseTotal[node]!) > (noise[node]! || 0)) clear[node] = 1;
      if (clear[node] === 1 && tree.parent[node]! >= 0) clear[tree.parent[node]!] = 1;
    }
    return { comparison, diff, noise, clear };
  });
}

function changeAt({ baseTotal, nextTotal }: DiffTree, node: number): number {
  return Math.abs(nextTotal[node]! - baseTotal[node]!);
}

function wayTo(tables: ComparisonTables, compared: Compared, params: ComparisonQueries['treePath'][0], goal: TreeGoal): number[] {
  const { diff } = compared;
  const { tree } = diff;
  if (goal.kind === 'hot') return hottestChange(compared, params);
  const wanted = goal.kind === 'func' ? flagsOf(tables, compared, [goal.func], []) : searched(tables, compared, goal.search);
  const shown = (node: number) => wanted[tree.func[node]!] === 1 && (params.clearOnly !== true || compared.clear[node] === 1);
  let found = -1;
  if (goal.kind === 'func') {
    for (let node = 0; node < tree.length; node++)
      if (shown(node) && (found < 0 || changeAt(diff, node) > changeAt(diff, found))) found = node;
  } else {
    const { length } = tree;
    const from = goal.backward === true ? Math.max(params.node, 0) : params.node;
    for (let i = 1; i <= length && found < 0; i++) {
      const node = (((goal.backward === true ? from - i : from + i) % length) + length) % length;
      if (shown(node)) found = node;
    }
  }
  return found < 0 ? [] : [...ancestorsOf(tree, found), found];
}

/** The child that changed most each time, until a node's own change is larger than that, or what is left is no more than noise. */
function hottestChange({ diff, noise }: Compared, { node }: { readonly node: number }): number[] {
  const { tree, baseSelf, nextSelf } = diff;
  const path: number[] = [];
  for (let at = node; path.length < MAX_LEVELS; ) {
    let best = -1;
    for (const child of childrenOf(tree, at)) if (best < 0 || changeAt(diff, child) > changeAt(diff, best)) best = child;
    if (best < 0 || !(changeAt(diff, best) > (noise[best]! || 0))) break;
    if (at >= 0 && Math.abs(nextSelf[at]! - baseSelf[at]!) > changeAt(diff, best)) break;
    path.push(best);
    at = best;
  }
  return path;
}

/** Flags per function of the tree, by functions of the first new run and of the base. */
function flagsOf({ own }: ComparisonTables, { comparison }: Compared, next: readonly number[], base: readonly number[]): Uint8Array {
  const added = comparison.next.profile.functions.length;
  const flags = new Uint8Array(added + comparison.base.profile.functions.length);
  const wanted = new Set(next);
  for (let func = 0; func < added; func++) if (wanted.has(own[func]!)) flags[func] = 1;
  for (const func of base) flags[added + func] = 1;
  return flags;
}

function searched(tables: ComparisonTables, compared: Compared, search: string): Uint8Array {
  const { base, next } = compared.comparison;
  const flags = flagsOf(tables, compared, [], searchFunctions(base.profile, search));
  for (const func of searchFunctions(next.profile, search)) flags[func] = 1;
  return flags;
}

/** Children that are shown, in order: by the size of the change unless another one is asked for; on a draw in the order of the tree. */
function childOrder({ comparison, diff, clear }: Compared, params: TreeParams | ComparisonQueries['treePath'][0], node: number): number[] {
  const all = childrenOf(diff.tree, node);
  const children = params.clearOnly === true ? all.filter((child) => clear[child] === 1) : all;
  const { sort, descending } = params;
  const sign = descending ? -1 : 1;
  if (sort === 'name' || sort === 'file') {
    const { compare } = new Intl.Collator('en', { numeric: true });
    const texts = new Map(children.map((child) => [child, placeOf(comparison, diff.tree.func[child]!)[sort]]));
    return children.sort((a, b) => sign * compare(texts.get(a)!, texts.get(b)!) || a - b);
  }
  const key = keyOf(diff, sort);
  return children.sort((a, b) => sign * (key(a) - key(b)) || a - b);
}

function keyOf(diff: DiffTree, sort: Exclude<CompareSort, 'name' | 'file'>): (node: number) => number {
  const { baseSelf, baseTotal, nextSelf, nextTotal } = diff;
  switch (sort) {
    case 'self':
      return (node) => Math.abs(nextSelf[node]! - baseSelf[node]!);
    case 'total':
      return (node) => changeAt(diff, node);
    case 'baseSelf':
      return (node) => baseSelf[node]!;
    case 'newSelf':
      return (node) => nextSelf[node]!;
    case 'baseTotal':
      return (node) => baseTotal[node]!;
    case 'newTotal':
      return (node) => nextTotal[node]!;
  }
}

/** Side and number of a function of the tree. */
function sideOf({ base, next }: Comparison, func: number) {
  const added = next.profile.functions.length;
  return func < added ? { profile: next.profile, own: func, isGone: false } : { profile: base.profile, own: func - added, isGone: true };
}

function placeOf(comparison: Comparison, func: number) {
  const { profile, own } = sideOf(comparison, func);
  const { functions, strings } = profile;
  return { name: strings[functions.name[own]!]!, file: strings[functions.file[own]!]!, line: functions.startLine[own]! };
}

function rowOf(tables: ComparisonTables, compared: Compared, params: { readonly clearOnly?: boolean }, node: number): ComparedTreeRow {
  const { comparison, diff, noise, clear } = compared;
  const { tree, baseSelf, baseTotal, nextSelf, nextTotal } = diff;
  const func = tree.func[node]!;
  const { profile, own, isGone } = sideOf(comparison, func);
  const children = childrenOf(tree, node);
  return {
    node,
    children: params.clearOnly === true ? children.filter((child) => clear[child] === 1).length : children.length,
    func: isGone ? -1 : tables.own[own]!,
    ...placeOf(comparison, func),
    library: libraryFlags(profile)[own] === 1,
    fate: nextTotal[node] === 0 && nextSelf[node] === 0 ? 'gone' : baseTotal[node] === 0 && baseSelf[node] === 0 ? 'new' : 'both',
    base: { self: baseSelf[node]!, total: baseTotal[node]! },
    new: { self: nextSelf[node]!, total: nextTotal[node]! },
    noise: { self: null, total: Number.isNaN(noise[node]!) ? null : noise[node]! },
  };
}

/** @throws UserError when the node is not one of this tree; -1 is the whole */
function checkNode({ diff: { tree } }: Compared, node: number): void {
  if (!Number.isInteger(node) || node < -1 || node >= tree.length) throw noSuchNode();
}
