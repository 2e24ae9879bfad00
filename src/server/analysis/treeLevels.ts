import { UserError } from '../../core/errors.js';
import { type CallTree, childrenOf } from '../../core/model/callTree.js';
import { searchFunctions } from '../../core/model/search.js';
import { isSummed } from '../../core/model/summed.js';
import { heaviestNode, hotPath, nextMatch, pathTo } from '../../core/model/treePath.js';
import type { SortKey, TreeRow } from '../../protocol/lsp.js';
import type { Queries } from './queries.js';
import { keyOf, type Tables } from './tables.js';

/** Most rows of each level that come with a way. */
const MAX_WINDOW = 1000;
/** A node with more below it keeps the order of its children: it is asked for window by window. */
const MANY = 1000;

/** Children of a node, a window of them in the order that was asked for. @throws UserError */
export function treeLevel(tables: Tables, params: Queries['tree'][0]): Queries['tree'][1] {
  const { view, node, inverted } = params;
  const tree = tables.tree(view, inverted);
  checkNode(tree, node);
  const order = childOrder(tables, params, tree, node);
  const from = Math.max(0, Math.trunc(params.offset ?? 0));
  const to = params.limit === undefined ? order.length : from + Math.max(0, Math.trunc(params.limit));
  return { rows: rowsOf(tables, params, tree, order.slice(from, to)), total: tree.sum, count: order.length };
}

/** The way to what is looked for, with a window of every level that it goes through. @throws UserError */
export function treePath(tables: Tables, params: Queries['treePath'][0]): Queries['treePath'][1] {
  const { view, inverted, node, goal } = params;
  const tree = tables.tree(view, inverted);
  checkNode(tree, node);
  const path = wayTo(tables, tree, node, goal);
  const limit = Math.min(MAX_WINDOW, Math.max(1, Math.trunc(params.limit) || 1));
  const start = goal.kind === 'hot' ? node : -1;
  const levels = path.map((target, i) => {
    const parent = i === 0 ? start : path[i - 1]!;
    const order = childOrder(tables, params, tree, parent);
    const at = order.indexOf(target);
    const offset = Math.floor(at / limit) * limit;
    return { node: parent, count: order.length, at, offset, rows: rowsOf(tables, params, tree, order.slice(offset, offset + limit)) };
  });
  return { levels, total: tree.sum };
}

function wayTo(tables: Tables, tree: CallTree, node: number, goal: Queries['treePath'][0]['goal']): number[] {
  if (goal.kind === 'hot') return hotPath(tree, node);
  if (goal.kind === 'func') return pathTo(tree, heaviestNode(tree, goal.func));
  const flags = new Uint8Array(tables.profile.functions.length);
  for (const func of searchFunctions(tables.profile, goal.search)) flags[func] = 1;
  return pathTo(tree, nextMatch(tree, node, flags, goal.backward === true));
}

/** Children in order, kept where there are many: they are asked for window by window. */
function childOrder(
  tables: Tables,
  { view, inverted, sort = 'total', descending = true }: Pick<Queries['tree'][0], 'view' | 'inverted' | 'sort' | 'descending'>,
  tree: CallTree,
  node: number,
): readonly number[] {
  const make = () => {
    const children = childrenOf(tree, node);
    return sort === 'total' && descending ? children : children.sort(comparer(tables, tree, sort, descending));
  };
  const end = node < 0 ? tree.length : tree.subtreeEnd[node]!;
  if (end - node < MANY) return make();
  return tables.table(keyOf('children', view, inverted, view.justMyCode === true, node, sort, descending), () => ({ order: make() })).order;
}

/** By the key; on a draw in the order of the tree, largest total first. */
function comparer(tables: Tables, tree: CallTree, sort: SortKey, descending: boolean): (a: number, b: number) => number {
  const { functions, strings } = tables.profile;
  const sign = descending ? -1 : 1;
  const byNumber = (column: Float64Array) => (a: number, b: number) => sign * (column[a]! - column[b]!) || a - b;
  const byText = (column: Uint32Array) => {
    const compare = new Intl.Collator('en', { numeric: true }).compare;
    const text = (node: number) => strings[column[tree.func[node]!]!]!;
    return (a: number, b: number) => sign * compare(text(a), text(b)) || a - b;
  };
  if (sort === 'total') return byNumber(tree.total);
  if (sort === 'self') return byNumber(tree.self);
  if (sort === 'calls') return byNumber(tree.calls ?? tree.total);
  if (sort === 'name') return byText(functions.name);
  if (sort === 'file') return byText(functions.file);
  throw new UserError('bad-request', `A call tree cannot be sorted by "${String(sort)}".`);
}

function rowsOf(tables: Tables, { view }: Pick<Queries['tree'][0], 'view'>, tree: CallTree, nodes: readonly number[]): TreeRow[] {
  // Calls of a node are told only where they were counted; for one drawn from samples nobody knows them.
  const counted = isSummed(tables.profile, view.type);
  return nodes.map((node): TreeRow => {
    const own = counted ? (tree.calls?.[node] ?? null) : null;
    const figures = { self: tree.self[node]!, total: tree.total[node]!, calls: own === null ? null : Math.round(own), primitive: null };
    return { ...tables.row(tree.func[node]!, figures), node, children: countChildren(tree, node) };
  });
}

function countChildren(tree: CallTree, node: number): number {
  let count = 0;
  for (let child = node + 1; child < tree.subtreeEnd[node]!; child = tree.subtreeEnd[child]!) count++;
  return count;
}

/** @throws UserError when the node is not one of this tree; -1 is the whole */
export function checkNode(tree: CallTree, node: number): void {
  if (!Number.isInteger(node) || node < -1 || node >= tree.length) throw new UserError('no-such-node', 'The call tree has no such node.');
}
