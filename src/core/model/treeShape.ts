import { Division, type Walks } from './division.js';
import { type FunctionRows, functionRows } from './functionRows.js';
import { GrowingUint32 } from './growing.js';
import { GrownNodes, GrownShape } from './grownNodes.js';
import { type FunctionTree, growTree } from './growTree.js';
import { libraryFlags } from './library.js';
import type { Profile } from './profile.js';
import { stackIndex } from './stackIndex.js';
import { stackDepths, stackRows } from './stackRows.js';
import type { TreeNodes } from './treeNodes.js';
import { WalkTree } from './walkTree.js';
import type { Weights } from './weights.js';

/** A view in which fewer than one in so many walks weigh anything divides these alone: the others would be looked at in vain. */
const FEW = 4;

/** The stacks of a profile as functions, in the form in which they came. */
export interface FunctionStacks {
  readonly rows: FunctionRows | undefined;
  readonly tree: FunctionTree | undefined;
  /** Bytes that are held beside the profile's own columns. */
  readonly bytes: number;
}

/** What call trees of a profile have in common, whatever stacks weigh in a view. It grows where trees are looked at. */
export interface TreeShape {
  /** Bytes that are held beside the stacks. */
  readonly bytes: number;
  /** @param minShare nodes below this share of the whole are left out; none are when there are negative figures */
  weigh(weights: Pick<Weights, 'value' | 'total'>, minShare: number): TreeNodes & { readonly bytes: number };
}

/**
 * Flags of what is folded where only own code is shown (see TreeOptions.justMyCode); undefined where nothing is.
 * @param own a function that is not folded, whatever it is
 */
export function foldedLibrary(profile: Profile, own = -1): Uint8Array | undefined {
  const flags = libraryFlags(profile);
  if (!flags.includes(1)) return undefined;
  return flags[own] === 1 ? flags.map((flag, func) => (func === own ? 0 : flag)) : flags;
}

/** @param library flags per function: folds runs of library frames (see TreeOptions.justMyCode) */
export function functionStacks(profile: Profile, library: Uint8Array | undefined): FunctionStacks {
  const { stackOf } = stackIndex(profile);
  if (stackOf !== undefined) {
    const tree = growTree(profile, stackOf, undefined, library);
    return { rows: undefined, tree, bytes: tree.func.byteLength + tree.parent.byteLength + tree.ofRow.byteLength };
  }
  const written = stackRows(profile);
  const rows = functionRows(profile, written, library);
  return { rows, tree: undefined, bytes: rows.place === written.location ? 0 : rows.place.byteLength + rows.first.byteLength };
}

/** The call tree of all stacks. Inlined lines are frames of their own. @param inverted see TreeOptions */
export function treeShape(profile: Profile, { rows, tree }: FunctionStacks, inverted: boolean): TreeShape {
  const functions = profile.functions.length;
  if (rows !== undefined) {
    const { first } = rows;
    const length = new Uint32Array(first.length - 1);
    const start = new Uint32Array(first.length - 1);
    for (let row = 0; row < length.length; row++) {
      length[row] = first[row + 1]! - first[row]!;
      // Leaf first; of an empty stack nobody asks where it starts.
      start[row] = inverted ? first[row]! : Math.max(0, first[row + 1]! - 1);
    }
    return walkShape({ ...rows, start, length, functions, step: inverted ? 1 : -1, next: undefined }, undefined);
  }
  if (!inverted) return grownShape(tree!);
  const { func, parent } = tree!;
  const { start, walkOf } = endsOf(tree!);
  const depths = stackDepths(parent);
  const length = start.map((node) => depths[node]!);
  return walkShape({ start, length, place: func, funcOf: undefined, functions, step: 0, next: parent }, walkOf);
}

/** Stacks that end in the same node are one walk outwards. */
function endsOf({ parent, ofRow }: FunctionTree): { readonly start: Uint32Array; readonly walkOf: Int32Array } {
  const ofNode = new Int32Array(parent.length).fill(-1);
  const start = new GrowingUint32();
  for (const node of ofRow) {
    if (node < 0 || ofNode[node]! >= 0) continue;
    ofNode[node] = start.length;
    start.push(node);
  }
  return { start: start.done(), walkOf: ofRow.map((node) => (node < 0 ? -1 : ofNode[node]!)) };
}

/**
 * Trees of walks.
 * @param walkOf walk of each stack row, -1 for none: walks weigh what their rows do. Absent: row i is walk i
 * @param ofPart shares are those of the walks' own weight, not of the whole view
 */
export function walkShape(walks: Walks, walkOf: Int32Array | undefined, ofPart = false): TreeShape {
  const division = new Division(walks);
  return {
    get bytes() {
      return division.bytes + (walkOf?.byteLength ?? 0);
    },
    weigh({ value, total }, minShare) {
      const weight = walkOf === undefined ? value : gathered(value, walkOf, walks.start.length);
      const minimum = minimumOf(weight, minShare, ofPart ? undefined : total);
      const used = weight.reduce((count, own) => (own === 0 ? count : count + 1), 0);
      if (used * FEW > weight.length) return new WalkTree(division, { value: weight, sum: total, minimum });
      const few = fewWalks(walks, weight, used);
      return new WalkTree(new Division(few.walks), { value: few.value, sum: total, minimum }, true);
    },
  };
}

/** The walks that weigh something. */
function fewWalks(walks: Walks, weight: Float64Array, used: number): { readonly walks: Walks; readonly value: Float64Array } {
  const start = new Uint32Array(used);
  const length = new Uint32Array(used);
  const value = new Float64Array(used);
  let count = 0;
  for (let walk = 0; walk < weight.length; walk++) {
    if (weight[walk] === 0) continue;
    start[count] = walks.start[walk]!;
    length[count] = walks.length[walk]!;
    value[count++] = weight[walk]!;
  }
  return { walks: { ...walks, start, length }, value };
}

/** Trees of a prefix tree. @param ofPart see `walkShape` */
export function grownShape(tree: FunctionTree, ofPart = false): TreeShape {
  const shape = new GrownShape(tree);
  return {
    bytes: shape.bytes + tree.ofRow.byteLength,
    weigh({ value, total }, minShare) {
      const weight = gathered(value, tree.ofRow, tree.parent.length);
      return new GrownNodes(shape, { value: weight, sum: total, minimum: minimumOf(weight, minShare, ofPart ? undefined : total) });
    },
  };
}

/** Weights of rows, given to what they belong to. */
function gathered(value: Float64Array, of: Int32Array, length: number): Float64Array {
  const sums = new Float64Array(length);
  for (let row = 0; row < of.length; row++) if (of[row]! >= 0) sums[of[row]!]! += value[row]!;
  return sums;
}

/** @param whole absent: all of the weights */
function minimumOf(weight: Float64Array, minShare: number, whole: number | undefined): number {
  if (minShare === 0 || weight.some((own) => own < 0)) return 0;
  return minShare * (whole ?? weight.reduce((sum, own) => sum + own, 0));
}
