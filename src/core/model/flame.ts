import { libraryFlags, packageOf } from './library.js';
import type { Profile } from './profile.js';
import type { TreeNode, TreeNodes } from './treeNodes.js';

/** A frame as the flame graph names it. */
export interface FlameFrame {
  readonly func: number;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly library: boolean;
  readonly package: string;
}

/** Boxes as columns, depth-first; `x` and `w` are fractions of the root, 0..1; `self` in the type's unit. */
export interface FlameLayout {
  readonly root: number;
  readonly rootValue: number;
  readonly depth: number[];
  readonly x: number[];
  readonly w: number[];
  readonly self: number[];
  readonly node: number[];
  readonly frame: number[];
  readonly frames: FlameFrame[];
  readonly path: { readonly node: number; readonly name: string }[];
  /** Depth of the deepest box. */
  readonly maxDepth: number;
  readonly treeIsEstimate: boolean;
}

/** Boxes that are this part of a picture wide are always in it; narrower ones only while there are no more than so many boxes. */
const SEEN = 1 / 4096;
const MOST_BOXES = 2 ** 15;

/**
 * Lays out the boxes under `root` that are at least `minFraction` of it wide; the root itself is the box of depth 0 (-1:
 * the roots are). Costs as much as there are boxes. Where these would be very many, those are left out that no
 * screen shows at once: what a picture takes on its way and in a page is bounded.
 */
export function flameLayout(profile: Profile, tree: TreeNodes, root: number, minFraction: number): FlameLayout {
  const library = libraryFlags(profile);
  return layoutBoxes((func) => frameOf(profile, library, func), tree, root, minFraction);
}

/** The same for functions that may be of several profiles: whoever asks says what a function of the tree is called. */
export function layoutBoxes(frameOf: (func: number) => FlameFrame, tree: TreeNodes, root: number, minFraction: number): FlameLayout {
  for (let fraction = minFraction; ; fraction = Math.min(SEEN, Math.max(2 * fraction, SEEN / MOST_BOXES))) {
    const layout = layoutWithin(frameOf, tree, root, fraction, fraction < SEEN ? MOST_BOXES : Number.POSITIVE_INFINITY);
    if (layout !== undefined) return layout;
  }
}

/** Undefined where there are more boxes than `most`. */
function layoutWithin(
  frameOf: (func: number) => FlameFrame,
  tree: TreeNodes,
  root: number,
  minFraction: number,
  most: number,
): FlameLayout | undefined {
  const way = root < 0 ? undefined : tree.way(root);
  const top = way?.at(-1);
  const rootValue = top?.total ?? tree.sum;
  const depthOfRoot = top?.depth ?? 0;
  const depth: number[] = [];
  const x: number[] = [];
  const w: number[] = [];
  const self: number[] = [];
  const nodes: number[] = [];
  const frame: number[] = [];
  const frames = new FrameList(frameOf);
  let maxDepth = 0;
  /** Where the next box of a depth begins. */
  const cursor: number[] = [0];
  // Boxes have to be wider than nothing.
  const least = Math.max(minFraction * rootValue, Number.MIN_VALUE);
  /** What is to be laid out, the next one last. */
  const pending: TreeNode[] = [];
  const open = (nodes: readonly TreeNode[]): void => {
    for (let i = nodes.length - 1; i >= 0; i--) pending.push(nodes[i]!);
  };
  if (rootValue > 0) open(top === undefined ? tree.children(undefined, least) : [top]);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (nodes.length >= most) return undefined;
    const width = node.total / rootValue;
    const level = node.depth - depthOfRoot;
    const left = cursor[level]!;
    cursor[level] = left + width;
    cursor[level + 1] = left;
    depth.push(level);
    x.push(left);
    w.push(width);
    nodes.push(node.id);
    frame.push(frames.index(node.func));
    if (level > maxDepth) maxDepth = level;
    open(tree.children(node, least));
    // What ends in a node is found sooner once its children are.
    self.push(node.self);
  }
  return {
    root: top === undefined ? -1 : root,
    rootValue,
    depth,
    x,
    w,
    self,
    node: nodes,
    frame,
    frames: frames.list,
    path: way?.slice(0, -1).map(({ id, func }) => ({ node: id, name: frameOf(func).name })) ?? [],
    maxDepth,
    treeIsEstimate: tree.estimate,
  };
}

/** A function of a profile as a frame. @param library the profile's `libraryFlags` */
export function frameOf(profile: Profile, library: Uint8Array, func: number): FlameFrame {
  const { functions, strings } = profile;
  const file = strings[functions.file[func]!]!;
  const name = strings[functions.name[func]!]!;
  return { func, name, file, line: functions.startLine[func]!, library: library[func] === 1, package: packageIn(profile, func, name) };
}

const known = new WeakMap<Profile, Map<number, string>>();

/** The package of a function: that of its file, found once; without a file that which its name tells. */
function packageIn(profile: Profile, func: number, name: string): string {
  const { functions, strings } = profile;
  const file = functions.file[func]!;
  let packages = known.get(profile);
  if (packages === undefined) {
    packages = new Map();
    known.set(profile, packages);
  }
  let found = packages.get(file);
  if (found === undefined) {
    const path = strings[file]!;
    found = packageOf(path, name);
    if (path !== '' && path !== '~') packages.set(file, found);
  }
  return found;
}

/** Frames, numbered as they are met. */
class FrameList {
  readonly list: FlameFrame[] = [];
  private readonly known = new Map<number, number>();

  constructor(private readonly frameOf: (func: number) => FlameFrame) {}

  index(func: number): number {
    const known = this.known.get(func);
    if (known !== undefined) return known;
    this.known.set(func, this.list.length);
    return this.list.push(this.frameOf(func)) - 1;
  }
}
