import { ancestorsOf, type CallTree } from './callTree.js';
import { libraryFlags, packageOf } from './library.js';
import type { Profile } from './profile.js';

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

/**
 * Lays out the boxes under `root` that are at least `minFraction` of it wide; the root itself is the box of depth 0 (-1:
 * the roots are). Costs as much as there are boxes: siblings come largest first, so the first narrow one ends its row.
 */
export function flameLayout(profile: Profile, tree: CallTree, root: number, minFraction: number): FlameLayout {
  const library = libraryFlags(profile);
  return layoutBoxes((func) => frameOf(profile, library, func), tree, root, minFraction);
}

/** The same for functions that may be of several profiles: whoever asks says what a function of the tree is called. */
export function layoutBoxes(frameOf: (func: number) => FlameFrame, tree: CallTree, root: number, minFraction: number): FlameLayout {
  const within = root >= 0 && root < tree.length;
  const rootValue = within ? tree.total[root]! : tree.sum;
  const depthOfRoot = within ? tree.depth[root]! : 0;
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
  const end = within ? tree.subtreeEnd[root]! : tree.length;
  for (let node = within ? root : 0; node < end && rootValue > 0; ) {
    const width = tree.total[node]! / rootValue;
    const level = tree.depth[node]! - depthOfRoot;
    if (width < minFraction || width <= 0) {
      const parent = tree.parent[node]!;
      // The siblings that follow are narrower still.
      node = node === root || parent < 0 ? end : tree.subtreeEnd[parent]!;
      continue;
    }
    const left = cursor[level]!;
    cursor[level] = left + width;
    cursor[level + 1] = left;
    depth.push(level);
    x.push(left);
    w.push(width);
    self.push(tree.self[node]!);
    nodes.push(node);
    frame.push(frames.index(tree.func[node]!));
    if (level > maxDepth) maxDepth = level;
    node++;
  }
  const path = within ? ancestorsOf(tree, root).map((node) => ({ node, name: frameOf(tree.func[node]!).name })) : [];
  return {
    root: within ? root : -1,
    rootValue,
    depth,
    x,
    w,
    self,
    node: nodes,
    frame,
    frames: frames.list,
    path,
    maxDepth,
    treeIsEstimate: tree.estimate,
  };
}

/** A function of a profile as a frame. @param library the profile's `libraryFlags` */
export function frameOf({ functions, strings }: Profile, library: Uint8Array, func: number): FlameFrame {
  const file = strings[functions.file[func]!]!;
  const name = strings[functions.name[func]!]!;
  return { func, name, file, line: functions.startLine[func]!, library: library[func] === 1, package: packageOf(file, name) };
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
