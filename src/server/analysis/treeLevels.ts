import { UserError } from '../../core/errors.js';
import { searchFunctions } from '../../core/model/search.js';
import { isSummed } from '../../core/model/summed.js';
import type { TreeNode, TreeNodes } from '../../core/model/treeNodes.js';
import { hotPath, wayToHeaviest, wayToMatch } from '../../core/model/treePath.js';
import type { SortKey, TreeRow } from '../../protocol/lsp.js';
import { levelsOnWay, noSuchNode } from './levelsOnWay.js';
import type { Queries } from './queries.js';
import { keyOf, type Tables } from './tables.js';

/** Of a node with more children their order is kept: they are asked for window by window. */
const MANY = 1000;
/** About what a node takes. */
const NODE_BYTES = 100;

/** Children of a node, a window of them in the order that was asked for. @throws UserError */
export function treeLevel(tables: Tables, params: Queries['tree'][0]): Queries['tree'][1] {
  const tree = tables.tree(params.view, params.inverted);
  const order = childOrder(tables, params, tree, nodeAt(tree, params.node));
  const from = Math.max(0, Math.trunc(params.offset ?? 0));
  const to = params.limit === undefined ? order.length : from + Math.max(0, Math.trunc(params.limit));
  return { rows: rowsOf(tables, params, tree, order.slice(from, to)), total: tree.sum, count: order.length };
}

/** The way to what is looked for, with a window of every level that it goes through. @throws UserError */
export function treePath(tables: Tables, params: Queries['treePath'][0]): Queries['treePath'][1] {
  const { view, inverted, node, goal } = params;
  const tree = tables.tree(view, inverted);
  const from = wayOf(tree, node);
  const path = wayTo(tables, tree, from, goal);
  const levels = levelsOnWay(path, goal.kind === 'hot' ? from.at(-1) : undefined, params.limit, {
    id: ({ id }: TreeNode) => id,
    children: (parent) => childOrder(tables, params, tree, parent),
    rows: (nodes) => rowsOf(tables, params, tree, nodes),
  });
  return { levels, total: tree.sum };
}

function wayTo(tables: Tables, tree: TreeNodes, from: readonly TreeNode[], goal: Queries['treePath'][0]['goal']): TreeNode[] {
  if (goal.kind === 'hot') return hotPath(tree, from.at(-1));
  const functions = tables.profile.functions.length;
  if (goal.kind === 'func') return wayToHeaviest(tree, goal.func, functions);
  const flags = new Uint8Array(functions);
  for (const func of searchFunctions(tables.profile, goal.search)) flags[func] = 1;
  return wayToMatch(tree, from, flags, goal.backward === true);
}

/** Children in order, kept where there are many: they are asked for window by window. */
function childOrder(
  tables: Tables,
  { view, inverted, sort = 'total', descending = true }: Pick<Queries['tree'][0], 'view' | 'inverted' | 'sort' | 'descending'>,
  tree: TreeNodes,
  node: TreeNode | undefined,
): readonly TreeNode[] {
  const make = () => {
    const children = tree.children(node);
    return sort === 'total' && descending ? children : children.toSorted(comparer(tables, sort, descending));
  };
  if (tree.countChildren(node) < MANY) return make();
  return tables.table(keyOf('children', view, inverted, view.justMyCode === true, node?.id ?? -1, sort, descending), () => {
    const order = make();
    return { order, bytes: order.length * NODE_BYTES };
  }).order;
}

/** By the key; on a draw in the order of the tree, largest total first. */
function comparer(tables: Tables, sort: SortKey, descending: boolean): (a: TreeNode, b: TreeNode) => number {
  const { functions, strings } = tables.profile;
  const sign = descending ? -1 : 1;
  const byNumber = (key: (node: TreeNode) => number) => (a: TreeNode, b: TreeNode) => sign * (key(a) - key(b));
  const byText = (column: Uint32Array) => {
    const compare = new Intl.Collator('en', { numeric: true }).compare;
    const text = ({ func }: TreeNode) => strings[column[func]!]!;
    return (a: TreeNode, b: TreeNode) => sign * compare(text(a), text(b));
  };
  if (sort === 'total') return byNumber(({ total }) => total);
  if (sort === 'self') return byNumber(({ self }) => self);
  if (sort === 'calls') return byNumber(({ calls, total }) => calls ?? total);
  if (sort === 'name') return byText(functions.name);
  if (sort === 'file') return byText(functions.file);
  throw new UserError('bad-request', `A call tree cannot be sorted by "${String(sort)}".`);
}

function rowsOf(tables: Tables, { view }: Pick<Queries['tree'][0], 'view'>, tree: TreeNodes, nodes: readonly TreeNode[]): TreeRow[] {
  // Calls of a node are told only where they were counted; for one drawn from samples nobody knows them.
  const counted = isSummed(tables.profile, view.type);
  return nodes.map((node): TreeRow => {
    const calls = counted && node.calls !== undefined ? Math.round(node.calls) : null;
    const figures = { self: node.self, total: node.total, calls, primitive: null };
    return { ...tables.row(node.func, figures), node: node.id, children: tree.countChildren(node) };
  });
}

/** The node with its ancestors, outermost first; of -1, which is the whole, nothing. @throws UserError when the tree has no such node */
export function wayOf(tree: TreeNodes, node: number): readonly TreeNode[] {
  const way = node === -1 ? [] : tree.way(node);
  if (way === undefined) throw noSuchNode();
  return way;
}

/** The node; undefined for the whole. @throws UserError as `wayOf` */
function nodeAt(tree: TreeNodes, node: number): TreeNode | undefined {
  return wayOf(tree, node).at(-1);
}
