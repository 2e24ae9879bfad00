import { foldLibrary } from './functionRows.js';
import { GrowingUint32 } from './growing.js';
import { libraryFlags } from './library.js';
import type { Profile, TreeScope } from './profile.js';
import { stackIndex } from './stackIndex.js';

/**
 * Flags (0/1) per stack row: the stack goes through the node that the scope leads to, in the call tree as `callTree` draws it.
 * A path that no stack takes leaves none.
 */
export function scopedRows(profile: Profile, scope: TreeScope): Uint8Array {
  const library = scope.justMyCode ? libraryFlags(profile) : undefined;
  if (scope.inverted) return fromLeaves(profile, scope.path, library);
  const step = follow(scope.path, library);
  const { length, stackOf } = stackIndex(profile);
  const { locations, lines } = profile;
  const flags = new Uint8Array(length);
  const into = (location: number, before: number): number => {
    let state = before;
    for (let line = locations.firstLine[location + 1]! - 1; line >= locations.firstLine[location]! && state >= 0; line--)
      state = step(state, lines.func[line]!);
    return state;
  };
  if (stackOf !== undefined) {
    const { prefix, location } = profile.stacks;
    const states = new Int32Array(prefix.length);
    for (let stack = 0; stack < states.length; stack++) {
      const above = prefix[stack]! < 0 ? 0 : states[prefix[stack]!]!;
      states[stack] = above < 0 ? above : into(location[stack]!, above);
    }
    for (let row = 0; row < length; row++) if (stackOf[row]! >= 0 && states[stackOf[row]!] === scope.path.length) flags[row] = 1;
    return flags;
  }
  const { first, location } = profile.frames!;
  for (let row = 0; row < length; row++) {
    let state = 0;
    for (let at = first[row + 1]! - 1; at >= first[row]! && state >= 0; at--) state = into(location[at]!, state);
    if (state === scope.path.length) flags[row] = 1;
  }
  return flags;
}

/**
 * How far a stack follows a path from its outermost frame inwards: functions of the path that were met, -1 when it went another way.
 * @param library flags per function: their runs are folded as `functionRows` folds them
 */
function follow(path: readonly number[], library: Uint8Array | undefined): (met: number, func: number) => number {
  const { length } = path;
  if (library === undefined) return (met, func) => (met === length ? met : path[met] === func ? met + 1 : -1);
  // Of a stack without own code its outermost frame is left, and nothing else begins with library code.
  if (library[path[0]!] === 1) return (met, func) => (library[func] === 0 || length > 1 ? -1 : met === 1 || func === path[0] ? 1 : -1);
  return (met, func) => {
    if (met === length) return met;
    const folded = library[func] === 1 && (met === 0 || library[path[met - 1]!] === 1);
    return folded ? met : path[met] === func ? met + 1 : -1;
  };
}

function fromLeaves(profile: Profile, path: readonly number[], library: Uint8Array | undefined): Uint8Array {
  const { length, stackOf } = stackIndex(profile);
  const flags = new Uint8Array(length);
  const stack = new GrowingUint32();
  for (let row = 0; row < length; row++) {
    stack.length = 0;
    if (stackOf === undefined) pushRow(profile, row, stack);
    else pushStack(profile, stackOf[row]!, stack);
    const end = library === undefined ? stack.length : foldLibrary(stack.array, 0, stack.length, library);
    if (end >= path.length && path.every((func, at) => stack.array[at] === func)) flags[row] = 1;
  }
  return flags;
}

/** Functions of a whole stack, innermost first. */
function pushRow({ frames, locations, lines }: Profile, row: number, into: GrowingUint32): void {
  for (let at = frames!.first[row]!; at < frames!.first[row + 1]!; at++) {
    const location = frames!.location[at]!;
    for (let line = locations.firstLine[location]!; line < locations.firstLine[location + 1]!; line++) into.push(lines.func[line]!);
  }
}

/** The same of a prefix tree's stack, -1 for the empty one. */
function pushStack({ stacks, locations, lines }: Profile, leaf: number, into: GrowingUint32): void {
  for (let stack = leaf; stack >= 0; stack = stacks.prefix[stack]!) {
    const location = stacks.location[stack]!;
    for (let line = locations.firstLine[location]!; line < locations.firstLine[location + 1]!; line++) into.push(lines.func[line]!);
  }
}
