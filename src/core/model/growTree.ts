import { GrowingInt32, GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import type { Profile } from './profile.js';

/** A prefix tree of functions, and where in it each distinct stack ends (-1: nowhere). Parents come before children. */
export interface FunctionTree {
  readonly func: Uint32Array;
  readonly parent: Int32Array;
  readonly ofRow: Int32Array;
}

/**
 * Turns the stacks of a profile that came as a prefix tree into a tree of functions, without writing them out. Only stacks
 * with a weight take part.
 * @param stackOf stack of each row @param value weight of each row
 * @param library flags per function: folds runs of library frames (see TreeOptions.justMyCode)
 */
export function growTree(
  { stacks, locations, lines }: Profile,
  stackOf: Int32Array,
  value: Float64Array,
  library: Uint8Array | undefined,
): FunctionTree {
  const { prefix, location } = stacks;
  const used = new Uint8Array(prefix.length);
  for (let row = 0; row < stackOf.length; row++) if (value[row] !== 0 && stackOf[row]! >= 0) used[stackOf[row]!] = 1;
  for (let stack = used.length - 1; stack >= 0; stack--) if (used[stack] === 1 && prefix[stack]! >= 0) used[prefix[stack]!] = 1;
  const index = new Interner();
  const func = new GrowingUint32();
  const parent = new GrowingInt32();
  const child = (above: number, own: number): number => {
    const hash = mix(mix(31, above), own);
    let node = index.first(hash);
    while (node >= 0 && (parent.array[node] !== above || func.array[node] !== own)) node = index.next();
    if (node >= 0) return node;
    node = func.length;
    index.add(node);
    func.push(own);
    parent.push(above);
    return node;
  };
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
      if (library === undefined) node = child(node, own);
      else if (library[own] === 0) {
        node = child(outermost >= 0 ? -1 : node, own);
        outermost = -1;
      } else if (node < 0 && outermost < 0) outermost = own;
      else if (outermost < 0 && library[func.array[node]!] === 0) node = child(node, own);
    }
    nodeOf[stack] = node;
    if (entry !== undefined) entry[stack] = outermost;
  }
  const ofRow = new Int32Array(stackOf.length).fill(-1);
  for (let row = 0; row < stackOf.length; row++) {
    const stack = stackOf[row]!;
    if (stack < 0 || value[row] === 0) continue;
    ofRow[row] = entry !== undefined && entry[stack]! >= 0 ? child(-1, entry[stack]!) : nodeOf[stack]!;
  }
  return { func: func.done(), parent: parent.done(), ofRow };
}
