import type { FlameFrame, FlamePart } from '../../src/core/model/flame.js';
import { packFrames } from '../../src/core/model/frameColumns.js';
import type { FlameColumns, FunctionRow } from '../../src/protocol/lsp.js';

/** A made-up profile for the harness: a call tree with figures in nanoseconds. Deterministic. */
export interface Node {
  readonly id: number;
  readonly frame: number;
  readonly parent: Node | undefined;
  readonly children: Node[];
  self: number;
  total: number;
}
export type Frame = FlameFrame;
export interface Made {
  readonly frames: readonly Frame[];
  readonly nodes: readonly Node[];
  readonly root: Node;
}

/** One stack a line: `main;quote;casefold 12`; `lib!` before a name makes it a library frame, `file:line` comes from `places`. */
export function treeFromText(lines: readonly string[], places: Record<string, string>): Made {
  const maker = new Maker();
  for (const line of lines) {
    const cut = line.lastIndexOf(' ');
    let at = maker.root;
    for (const word of line.slice(0, cut).split(';')) {
      const library = word.startsWith('lib!');
      const name = library ? word.slice(4) : word;
      const [file = '', row = '0'] = (Object.hasOwn(places, name) ? places[name]! : '').split(/:(?=\d+$)/);
      at = maker.child(at, maker.frame(name, file, Number(row), library));
    }
    at.self += Number(line.slice(cut + 1));
  }
  return maker.finish();
}

const PACKAGES = ['shop', 'billing', 'search', 'api', 'render'];
const LIBRARIES = ['django', 'sqlalchemy', 'json', 'requests'];
const VERBS = ['load', 'parse', 'render', 'fetch', 'apply', 'resolve', 'encode', 'check', 'merge', 'walk', 'score', 'dispatch'];
const NOUNS = ['order', 'item', 'row', 'page', 'token', 'price', 'user', 'query', 'node', 'template', 'header', 'cache'];

/** About `size` nodes under a realistic entry: import machinery, a main loop, deep library calls, thin tails. */
export function bigTree(size: number, seed = 7): Made {
  const random = generator(seed);
  const maker = new Maker();
  const entry = maker.child(maker.root, maker.frame('<module>', '/home/ada/shop/app.py', 1, false));
  let imports = maker.root;
  for (let depth = 0; depth < 24; depth++) {
    const names = ['_find_and_load', '_find_and_load_unlocked', '_load_unlocked', 'exec_module', '_call_with_frames_removed'];
    imports = maker.child(
      depth === 0 ? entry : imports,
      maker.frame(names[depth % 5]!, '<frozen importlib._bootstrap>', 100 + (depth % 5), true),
    );
    imports.self += 4e5 * random();
  }
  const open: { node: Node; weight: number; depth: number }[] = [
    { node: maker.child(entry, maker.frame('main', '/home/ada/shop/app.py', 40, false)), weight: 9e8, depth: 0 },
  ];
  while (open.length > 0 && maker.nodes.length < size) {
    const at = open.splice(Math.floor(random() ** 2 * open.length), 1)[0]!;
    const count = 1 + Math.floor(random() * 5);
    let left = at.weight * (0.8 + 0.2 * random());
    at.node.self += at.weight - left;
    for (let i = 0; i < count; i++) {
      const weight = i === count - 1 ? left : left * random() ** 1.5;
      left -= weight;
      const library = at.depth > 5 && random() < 0.55;
      const pack = (library ? LIBRARIES : PACKAGES)[Math.floor(random() * (library ? LIBRARIES : PACKAGES).length)]!;
      const noun = NOUNS[Math.floor(random() * NOUNS.length)]!;
      const name = `${VERBS[Math.floor(random() * VERBS.length)]}_${noun}`;
      const file = library ? `/usr/lib/python3/site-packages/${pack}/${noun}.py` : `/home/ada/shop/${pack}/${noun}s.py`;
      const child = maker.child(at.node, maker.frame(name, file, 1 + Math.floor(random() * 400), library));
      if (weight < 2000 || at.depth > 38) child.self += weight;
      else open.push({ node: child, weight, depth: at.depth + 1 });
    }
  }
  for (const rest of open) rest.node.self += rest.weight;
  return maker.finish();
}

class Maker {
  readonly frames: Frame[] = [];
  readonly nodes: Node[] = [];
  readonly root: Node = { id: -1, frame: -1, parent: undefined, children: [], self: 0, total: 0 };
  private readonly known = new Map<string, number>();

  frame(name: string, file: string, line: number, library: boolean): number {
    const key = `${name}\n${file}\n${library}`;
    let index = this.known.get(key);
    if (index === undefined) {
      index = this.frames.length;
      this.known.set(key, index);
      const parts = file.split('/');
      const pack = file.startsWith('<') ? file : (parts.at(-2) ?? '');
      this.frames.push({ func: index, name, file, line, library, package: pack });
    }
    return index;
  }

  child(parent: Node, frame: number): Node {
    const found = parent.children.find((node) => node.frame === frame);
    if (found) return found;
    const node: Node = { id: this.nodes.length, frame, parent, children: [], self: 0, total: 0 };
    this.nodes.push(node);
    parent.children.push(node);
    return node;
  }

  finish(): Made {
    // Children were made after their parents, so one pass from the end sums all subtrees.
    for (const node of [...this.nodes].reverse()) {
      node.total += node.self;
      (node.parent ?? this.root).total += node.total;
    }
    const sort = (node: Node) => node.children.sort((a, b) => b.total - a.total);
    sort(this.root);
    this.nodes.forEach(sort);
    return { frames: this.frames, nodes: this.nodes, root: this.root };
  }
}

/** Boxes under a node as the server gives them. */
export function layout(made: Made, rootId: number, minFraction: number, part?: FlamePart): FlameColumns {
  const root = rootId < 0 ? made.root : made.nodes[rootId]!;
  const columns = {
    depth: [] as number[],
    x: [] as number[],
    w: [] as number[],
    self: [] as number[],
    node: [] as number[],
    frame: [] as number[],
  };
  const add = (node: Node, depth: number, x: number) => {
    const w = root.total > 0 ? node.total / root.total : 0;
    const inPart = part !== undefined && x < part.to && x + w > part.from;
    if (w < (inPart ? Math.min(part.minFraction, minFraction) : minFraction)) return;
    columns.depth.push(depth);
    columns.x.push(x);
    columns.w.push(w);
    columns.self.push(node.self);
    columns.node.push(node.id);
    columns.frame.push(node.frame);
    let left = x;
    for (const child of node.children) {
      add(child, depth + 1, left);
      left += child.total / root.total;
    }
  };
  if (root !== made.root) add(root, 0, 0);
  else {
    let left = 0;
    for (const child of root.children) {
      add(child, 0, left);
      left += child.total / root.total;
    }
  }
  const path: { node: number; name: string }[] = [];
  for (let at = root.parent; at && at !== made.root; at = at.parent) path.unshift({ node: at.id, name: made.frames[at.frame]!.name });
  return {
    root: rootId,
    rootValue: root.total,
    ...columns,
    frames: packFrames(made.frames),
    path,
    maxDepth: columns.depth.reduce((most, depth) => Math.max(most, depth), 0),
    treeIsEstimate: false,
  };
}

/** Rows per function; a function counts once per stack. */
export function functionRows(made: Made): FunctionRow[] {
  const rows = made.frames.map((frame) => ({
    ...frame,
    self: 0,
    total: 0,
    calls: 1 + (frame.func % 1200),
    primitive: 1 + (frame.func % 1200),
  }));
  for (const node of made.nodes) {
    rows[node.frame]!.self += node.self;
    let outer = node.parent;
    while (outer && outer.frame !== node.frame) outer = outer.parent;
    if (!outer) rows[node.frame]!.total += node.total;
  }
  return rows;
}

/** Time under the outermost match of each stack. */
export function matching(made: Made, funcs: ReadonlySet<number>): number {
  let total = 0;
  const visit = (node: Node) => {
    if (funcs.has(node.frame)) total += node.total;
    else node.children.forEach(visit);
  };
  made.root.children.forEach(visit);
  return total;
}

/** Mulberry32: small, seeded, the same everywhere. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
