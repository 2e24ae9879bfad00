import type { TreeNode, TreeNodes } from './treeNodes.js';

/** Levels that one way may have: who wants to go further asks again from its end. */
export const MAX_LEVELS = 2000;

/**
 * The hot path from a node (undefined: the whole) inwards: the largest child each time, until a node spends more itself than
 * its largest child takes. Without the node itself.
 */
export function hotPath(tree: TreeNodes, from: TreeNode | undefined): TreeNode[] {
  const path: TreeNode[] = [];
  for (let at = from; path.length < MAX_LEVELS; ) {
    const child: TreeNode | undefined = tree.children(at, Number.MIN_VALUE)[0];
    if (child === undefined || (at !== undefined && at.self > child.total)) break;
    path.push(child);
    at = child;
  }
  return path;
}

/** The way to the node of a function with the largest total, empty when the function is not in the tree. On a draw the first. */
export function wayToHeaviest(tree: TreeNodes, func: number, functions: number): TreeNode[] {
  const flags = new Uint8Array(functions);
  flags[func] = 1;
  const leads = tree.leadingTo(flags);
  let best: TreeNode | undefined;
  let way: TreeNode[] = [];
  const larger = (node: TreeNode) => best === undefined || node.total > best.total;
  // What is not larger has nothing larger below it.
  const walk = new Preorder(tree, [], (node) => (node.func === func || leads(node)) && (tree.signed || larger(node)));
  for (let node = walk.next(); node !== undefined; node = walk.next()) {
    if (node.func !== func || !larger(node)) continue;
    best = node;
    way = walk.way();
  }
  return way.slice(0, MAX_LEVELS);
}

/** The way to the next node (or the one before) in the tree's order whose function is flagged; it starts over at the end. Empty for none. */
export function wayToMatch(tree: TreeNodes, from: readonly TreeNode[], flags: Uint8Array, backward: boolean): TreeNode[] {
  const leads = tree.leadingTo(flags);
  for (const start of from.length === 0 ? [from] : [from, []]) {
    const walk = new Preorder(tree, start, (node) => flags[node.func] === 1 || leads(node));
    const step = () => (backward ? walk.previous() : walk.next());
    for (let node = step(); node !== undefined; node = step()) if (flags[node.func] === 1) return walk.way().slice(0, MAX_LEVELS);
  }
  return [];
}

interface Level {
  readonly siblings: readonly TreeNode[];
  at: number;
}

/** Goes through a tree in its order, forwards or backwards. */
class Preorder {
  private readonly levels: Level[] = [];

  /** @param from the way to the node to go on from; empty: the beginning, or the end @param choose others are left out, with all below them */
  constructor(
    private readonly tree: TreeNodes,
    from: readonly TreeNode[],
    private readonly choose: (node: TreeNode) => boolean,
  ) {
    for (const { id } of from) {
      const siblings = tree.children(this.node);
      this.levels.push({ siblings, at: siblings.findIndex((one) => one.id === id) });
    }
  }

  next(): TreeNode | undefined {
    const { levels } = this;
    levels.push({ siblings: this.tree.children(this.node), at: -1 });
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      do level.at++;
      while (level.at < level.siblings.length && !this.choose(level.siblings[level.at]!));
      if (level.at < level.siblings.length) return this.node;
      levels.pop();
    }
    return undefined;
  }

  /** A node comes before what is below it: backwards, after that. */
  previous(): TreeNode | undefined {
    const { levels } = this;
    if (levels.length === 0) this.openBackwards();
    for (let level = levels.at(-1)!; ; level = this.openBackwards()) {
      do level.at--;
      while (level.at >= 0 && !this.choose(level.siblings[level.at]!));
      if (level.at < 0) break;
    }
    levels.pop();
    return this.node;
  }

  way(): TreeNode[] {
    return this.levels.map(({ siblings, at }) => siblings[at]!);
  }

  private get node(): TreeNode | undefined {
    const level = this.levels.at(-1);
    return level?.siblings[level.at];
  }

  private openBackwards(): Level {
    const siblings = this.tree.children(this.node);
    const level = { siblings, at: siblings.length };
    this.levels.push(level);
    return level;
  }
}
