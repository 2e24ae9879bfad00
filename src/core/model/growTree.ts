import { functionRows } from './functionRows.js';
import { GrowingInt32, GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import type { Profile } from './profile.js';
import { stackIndex } from './stackIndex.js';
import { stackRows } from './stackRows.js';

/** A prefix tree of functions, and where in it each distinct stack ends (-1: nowhere). Parents come before children. */
export interface FunctionTree {
  readonly func: Uint32Array;
  readonly parent: Int32Array;
  readonly ofRow: Int32Array;
}

/** Nodes of a tree of functions while it grows. */
class FunctionNodes {
  readonly func = new GrowingUint32();
  readonly parent = new GrowingInt32();
  private readonly index = new Interner();

  /** The node of a function called from the node `above` (-1: from nowhere). */
  child(above: number, own: number): number {
    const { index, func, parent } = this;
    const hash = mix(mix(31, above), own);
    let node = index.first(hash);
    while (node >= 0 && (parent.array[node] !== above || func.array[node] !== own)) node = index.next();
    if (node >= 0) return node;
    node = func.length;
    index.add(node);
    func.push(own);
    parent.push(above);
    return node;
  }
}

/**
 * The stacks of a profile as a tree of functions, whichever way it was read. Only stacks with a weight take part.
 * @param value weight of each stack row @param library see `growTree`
 */
export function functionTree(profile: Profile, value: Float64Array, library: Uint8Array | undefined): FunctionTree {
  const { stackOf } = stackIndex(profile);
  if (stackOf !== undefined) return growTree(profile, stackOf, value, library);
  const { first, place, funcOf } = functionRows(profile, stackRows(profile), library);
  const nodes = new FunctionNodes();
  const ofRow = new Int32Array(value.length).fill(-1);
  for (let row = 0; row < ofRow.length; row++) {
    if (value[row] === 0) continue;
    let node = -1;
    for (let at = first[row + 1]! - 1; at >= first[row]!; at--)
      node = nodes.child(node, funcOf === undefined ? place[at]! : funcOf[place[at]!]!);
    ofRow[row] = node;
  }
  return { func: nodes.func.done(), parent: nodes.parent.done(), ofRow };
}

/**
 * Turns the stacks of a profile that came as a prefix tree into a tree of functions, without writing them out.
 * @param stackOf stack of each row @param value weight of each row: those without take no part. Absent: all do
 * @param library flags per function: folds runs of library frames (see TreeOptions.justMyCode)
 */
export function growTree(
  { stacks, locations, lines }: Profile,
  stackOf: Int32Array,
  value: Float64Array | undefined,
  library: Uint8Array | undefined,
): FunctionTree {
  const { prefix, location } = stacks;
  const used = new Uint8Array(prefix.length);
  for (let row = 0; row < stackOf.length; row++) if (value?.[row] !== 0 && stackOf[row]! >= 0) used[stackOf[row]!] = 1;
  for (let stack = used.length - 1; stack >= 0; stack--) if (used[stack] === 1 && prefix[stack]! >= 0) used[prefix[stack]!] = 1;
  const nodes = new FunctionNodes();
  const { func } = nodes;
  /** Node of each stack, -1 for none. */
  const nodeOf = new Int32Array(prefix.length);
  /** While folding, the outermost function of a stack that has no own frame yet, else -1; such a stack is a root of its own. */
  const entry = library === undefined ? undefined : new Int32Array(prefix.length);
  for (let stack = 0; stack < prefix.length; stack++) {
    if (used[stack] === 0) continue;
    const above = prefix[stack]!;
    let node = above < 0 ? -1 : nodeOf[above]!;
    let outermost = above < 0 || entry === undefined ? -1 : entry[above]!;
    for (let line = locations.firstLine[location[stack]! + 1]! - 1; line >= locations.firstLine[location[stack]!]!; line--) {
      const own = lines.func[line]!;
      if (library === undefined) node = nodes.child(node, own);
      else if (library[own] === 0) {
        node = nodes.child(outermost >= 0 ? -1 : node, own);
        outermost = -1;
      } else if (node < 0 && outermost < 0) outermost = own;
      else if (outermost < 0 && library[func.array[node]!] === 0) node = nodes.child(node, own);
    }
    nodeOf[stack] = node;
    if (entry !== undefined) entry[stack] = outermost;
  }
  const ofRow = new Int32Array(stackOf.length).fill(-1);
  for (let row = 0; row < stackOf.length; row++) {
    const stack = stackOf[row]!;
    if (stack < 0 || value?.[row] === 0) continue;
    ofRow[row] = entry !== undefined && entry[stack]! >= 0 ? nodes.child(-1, entry[stack]!) : nodeOf[stack]!;
  }
  return { func: func.done(), parent: nodes.parent.done(), ofRow };
}
