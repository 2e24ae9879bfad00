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

/** A part of a picture, as fractions of its root, in which narrower boxes are laid out as well. */
export interface FlamePart {
  readonly from: number;
  readonly to: number;
  readonly minFraction: number;
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
 * @param part boxes that reach into it may be narrower
 */
export function flameLayout(profile: Profile, tree: TreeNodes, root: number, minFraction: number, part?: FlamePart): FlameLayout {
  const library = libraryFlags(profile);
  return layoutBoxes((func) => frameOf(profile, library, func), tree, root, minFraction, part);
}

/** The same for functions that may be of several profiles: whoever asks says what a function of the tree is called. */
export function layoutBoxes(
  frameOf: (func: number) => FlameFrame,
  tree: TreeNodes,
  root: number,
  minFraction: number,
  part?: FlamePart,
): FlameLayout {
  const coarser = (fraction: number, seen: number) => Math.max(fraction, Math.min(seen, Math.max(2 * fraction, seen / MOST_BOXES)));
  // A part is looked at as wide as a screen.
  const seenInPart = SEEN * (part === undefined ? 1 : Math.max(0, part.to - part.from));
  let fraction = minFraction;
  let inPart = part?.minFraction ?? minFraction;
  for (;;) {
    const most = fraction < SEEN || inPart < seenInPart ? MOST_BOXES : Number.POSITIVE_INFINITY;
    const layout = layoutWithin(frameOf, tree, root, fraction, part && { ...part, minFraction: inPart }, most);
    if (layout !== undefined) return layout;
    fraction = coarser(fraction, SEEN);
    inPart = coarser(inPart, seenInPart);
  }
}

/** Undefined where there are more boxes than `most`. */
function layoutWithin(
  frameOf: (func: number) => FlameFrame,
  tree: TreeNodes,
  root: number,
  minFraction: number,
  part: FlamePart | undefined,
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
  // Boxes have to be wider than nothing.
  const leastOf = (fraction: number) => Math.max(fraction * rootValue, Number.MIN_VALUE);
  const least = leastOf(minFraction);
  const leastInPart = part === undefined ? least : Math.min(least, leastOf(part.minFraction));
  const inPart = (from: number, to: number) => part !== undefined && from < part.to && to > part.from;
  const leastIn = (from: number, to: number) => (inPart(from, to) ? leastInPart : least);
  /** What is to be laid out and where it begins, the next one last. */
  const pending: TreeNode[] = [];
  const begins: number[] = [];
  const open = (nodes: readonly TreeNode[], from: number): void => {
    const first = pending.length;
    let left = from;
    for (const node of nodes) {
      const right = left + node.total / rootValue;
      if (node.total >= least || inPart(left, right)) {
        pending.push(node);
        begins.push(left);
      }
      left = right;
    }
    reverseFrom(pending, first);
    reverseFrom(begins, first);
  };
  if (rootValue > 0) open(top === undefined ? tree.children(undefined, leastIn(0, 1)) : [top], 0);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (nodes.length >= most) return undefined;
    const width = node.total / rootValue;
    const level = node.depth - depthOfRoot;
    const left = begins.pop()!;
    depth.push(level);
    x.push(left);
    w.push(width);
    nodes.push(node.id);
    frame.push(frames.index(node.func));
    if (level > maxDepth) maxDepth = level;
    open(tree.children(node, leastIn(left, left + width)), left);
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

/** Turns the end of a list round, from a place on. */
function reverseFrom(list: unknown[], first: number): void {
  for (let low = first, high = list.length - 1; low < high; low++, high--) [list[low], list[high]] = [list[high], list[low]];
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
