import type { TreeLevel } from '../../../src/protocol/tabs.js';

/** Children that are asked for at once. */
export const PAGE = 100;

/** A row of any call tree, with what opening it takes. */
export interface NodeRow {
  readonly node: number;
  readonly func: number;
  readonly name: string;
  readonly library: boolean;
  readonly children: number;
}

/** The children of an open node: how many there are, those that are known, and which of them are open themselves. */
export interface Branch<R extends NodeRow> {
  /** -1: the roots. */
  readonly node: number;
  readonly level: number;
  readonly parent: Branch<R> | undefined;
  /** Its place among the children of `parent`. */
  readonly at: number;
  count: number;
  readonly pages: Map<number, readonly R[]>;
  /** Open children, in order of their places. */
  readonly open: Branch<R>[];
  /** Rows on the screen: the children and all that is open below them. */
  size: number;
}

/** Where a row of the screen stands in the tree. */
export interface Spot<R extends NodeRow> {
  readonly branch: Branch<R>;
  /** Place among its siblings. */
  readonly at: number;
}

const newBranch = <R extends NodeRow>(node: number, parent?: Branch<R>, at = 0, count = 0): Branch<R> => ({
  node,
  level: parent ? parent.level + 1 : 1,
  parent,
  at,
  count,
  pages: new Map(),
  open: [],
  size: count,
});

/**
 * The open part of a call tree as rows of a screen. It holds what was opened and looked at, never all: a node with a million
 * children costs what is seen of them, and a row is found by going down the open nodes above it.
 */
export class Branches<R extends NodeRow> {
  root = newBranch<R>(-1);

  get size(): number {
    return this.root.size;
  }

  rowOf({ branch, at }: Spot<R>): R | undefined {
    return branch.pages.get(Math.floor(at / PAGE))?.[at % PAGE];
  }

  /** The open children of a row; undefined while it is closed. */
  below({ branch, at }: Spot<R>): Branch<R> | undefined {
    const i = place(branch.open, at);
    return branch.open[i]?.at === at ? branch.open[i] : undefined;
  }

  /** The row that stands at this place of the screen. */
  spot(index: number): Spot<R> | undefined {
    if (index < 0 || index >= this.root.size) return undefined;
    let branch = this.root;
    let left = index;
    for (;;) {
      // Rows before an open child: its earlier siblings and what is open below those.
      let passed = 0;
      let inside: Branch<R> | undefined;
      for (const child of branch.open) {
        const head = child.at + passed;
        if (left <= head) break;
        if (left <= head + child.size) {
          inside = child;
          left -= head + 1;
          break;
        }
        passed += child.size;
      }
      if (!inside) return { branch, at: left - passed };
      branch = inside;
    }
  }

  /** Where a row stands on the screen. */
  indexOf({ branch, at }: Spot<R>): number {
    let index = 0;
    for (let place = at, here: Branch<R> | undefined = branch; here; place = here.at, here = here.parent) {
      index += place;
      for (const child of here.open) {
        if (child.at >= place) break;
        index += child.size;
      }
      if (here.parent) index++;
    }
    return index;
  }

  /** Opens a row: its children are not known yet. */
  open(spot: Spot<R>, node: number, count: number): Branch<R> {
    const known = this.below(spot);
    if (known) return known;
    const made = newBranch(node, spot.branch, spot.at, count);
    spot.branch.open.splice(place(spot.branch.open, spot.at), 0, made);
    grow(spot.branch, count);
    return made;
  }

  close(spot: Spot<R>): void {
    const i = place(spot.branch.open, spot.at);
    const below = spot.branch.open[i];
    if (below?.at !== spot.at) return;
    spot.branch.open.splice(i, 1);
    grow(spot.branch, -below.size);
  }

  setCount(branch: Branch<R>, count: number): void {
    const more = count - branch.count;
    branch.count = count;
    grow(branch, more);
  }

  /**
   * Opens what lies on a way and puts in the rows that came with it.
   * @param from children of the node that the way begins at
   * @returns the last row of the way
   */
  follow(from: Branch<R>, levels: readonly TreeLevel<R>[]): Spot<R> | undefined {
    let branch = from;
    let spot: Spot<R> | undefined;
    for (const level of levels) {
      if (spot) branch = this.open(spot, level.node, level.count);
      else this.setCount(branch, level.count);
      branch.pages.set(Math.floor(level.offset / PAGE), level.rows);
      spot = { branch, at: level.at };
    }
    return spot;
  }
}

/** First open child at or after a place. */
function place<R extends NodeRow>(open: readonly Branch<R>[], at: number): number {
  let low = 0;
  let high = open.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (open[middle]!.at >= at) high = middle;
    else low = middle + 1;
  }
  return low;
}

function grow<R extends NodeRow>(branch: Branch<R>, more: number): void {
  for (let at: Branch<R> | undefined = branch; at; at = at.parent) at.size += more;
}
