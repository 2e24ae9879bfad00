import { GrowingInt32, GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import type { Profile, ViewSpec } from './profile.js';
import { stackRows } from './stackRows.js';
import type { GrownTree } from './treeOrder.js';
import { weigh } from './weights.js';

/**
 * Grows a tree of functions from the stacks of a view. Inlined lines are frames of their own.
 * @param library flags per function: folds runs of library frames (see TreeOptions.justMyCode)
 */
export function sampleTree(profile: Profile, spec: ViewSpec, inverted: boolean, library: Uint8Array | undefined): GrownTree {
  const rows = stackRows(profile);
  const weights = weigh(profile, spec);
  const { firstLine } = profile.locations;
  const { func: funcOf } = profile.lines;
  const index = new Interner();
  const func = new GrowingUint32();
  const parent = new GrowingInt32();
  const leaf = new Int32Array(rows.length).fill(-1);
  let frames = new Uint32Array(256);
  for (let row = 0; row < rows.length; row++) {
    if (weights.value[row] === 0) continue;
    // Functions of the stack, root first.
    let count = 0;
    for (let at = rows.first[row + 1]! - 1; at >= rows.first[row]!; at--) {
      const location = rows.location[at]!;
      for (let line = firstLine[location + 1]! - 1; line >= firstLine[location]!; line--) {
        if (count === frames.length) {
          const wider = new Uint32Array(count * 2);
          wider.set(frames);
          frames = wider;
        }
        frames[count++] = funcOf[line]!;
      }
    }
    if (library !== undefined) count = foldLibrary(frames, count, library);
    if (inverted) frames.subarray(0, count).reverse();
    let node = -1;
    for (let i = 0; i < count; i++) {
      const own = frames[i]!;
      const above = node;
      const hash = mix(mix(31, above), own);
      node = index.first(hash);
      while (node >= 0 && (parent.array[node] !== above || func.array[node] !== own)) node = index.next();
      if (node >= 0) continue;
      node = func.length;
      index.add(node);
      func.push(own);
      parent.push(above);
    }
    leaf[row] = node;
  }
  const length = func.length;
  const self = new Float64Array(length);
  for (let row = 0; row < rows.length; row++) if (leaf[row]! >= 0) self[leaf[row]!]! += weights.value[row]!;
  const total = self.slice();
  const parents = parent.done();
  for (let node = length - 1; node >= 0; node--) if (parents[node]! >= 0) total[parents[node]!]! += total[node]!;
  return { length, func: func.done(), parent: parents, self, total, calls: undefined, sum: weights.total, estimate: false, cut: false };
}

/** Keeps own frames, and of each run of library frames its first; none before the first own frame. Works in place. */
export function foldLibrary(frames: Uint32Array, count: number, library: Uint8Array): number {
  let from = 0;
  while (from < count && library[frames[from]!] === 1) from++;
  if (from === count) from = 0;
  let kept = 0;
  let inLibrary = false;
  for (let i = from; i < count; i++) {
    const own = frames[i]!;
    const wasInLibrary = inLibrary;
    inLibrary = library[own] === 1;
    if (!(wasInLibrary && inLibrary)) frames[kept++] = own;
  }
  return kept;
}
