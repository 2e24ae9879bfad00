import { GrowingFloat64, GrowingInt32, GrowingUint32 } from './growing.js';
import type { GrownTree } from './treeOrder.js';

/**
 * Folds the library frames of a finished top-down tree as `foldLibrary` folds those of a stack: of each run of library
 * frames only the first stays, and own code that the library started (imports, runners) moves up to the roots. What folded
 * frames spent themselves goes to the frame that stays; branches that become the same are one. Parents come before children.
 */
export function foldTree(tree: GrownTree, library: Uint8Array): GrownTree {
  const func = new GrowingUint32();
  const parent = new GrowingInt32();
  const self = new GrowingFloat64();
  const total = new GrowingFloat64();
  const calls = new GrowingFloat64();
  /** Where each old node went. */
  const place = new Int32Array(tree.length);
  /** For library frames with nothing but library above them: the function at the root of that run; else -1. */
  const entry = new Int32Array(tree.length).fill(-1);
  const known = new Map<number, number>();
  const width = library.length + 1;
  const put = (above: number, own: number): number => {
    const key = (above + 1) * width + own;
    let at = known.get(key);
    if (at === undefined) {
      at = func.length;
      known.set(key, at);
      func.push(own);
      parent.push(above);
      self.push(0);
      total.push(0);
      calls.push(0);
    }
    return at;
  };
  for (let node = 0; node < tree.length; node++) {
    const own = tree.func[node]!;
    const above = tree.parent[node]!;
    const spent = tree.self[node]!;
    const inLibrary = library[own] === 1;
    if (inLibrary && (above < 0 || entry[above]! >= 0)) {
      // Nothing but library above: what it spent itself is a root of its own, what it started moves up.
      entry[node] = above < 0 ? own : entry[above]!;
      if (spent === 0) continue;
      const root = put(-1, entry[node]!);
      self.array[root]! += spent;
      total.array[root]! += spent;
      calls.array[root]! += tree.calls?.[node] ?? 0;
      continue;
    }
    const folded = inLibrary && library[tree.func[above]!] === 1;
    const at = folded ? place[above]! : put(above < 0 || entry[above]! >= 0 ? -1 : place[above]!, own);
    place[node] = at;
    self.array[at]! += spent;
    if (folded) continue;
    total.array[at]! += tree.total[node]!;
    calls.array[at]! += tree.calls?.[node] ?? 0;
  }
  return {
    ...tree,
    length: func.length,
    func: func.done(),
    parent: parent.done(),
    self: self.done(),
    total: total.done(),
    calls: tree.calls && calls.done(),
  };
}
