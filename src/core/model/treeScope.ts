import { foldLibrary } from './functionRows.js';
import { GrowingUint32 } from './growing.js';
import { libraryFlags } from './library.js';
import type { Profile, TreeScope } from './profile.js';
import { stackIndex } from './stackIndex.js';

/**
 * Flags (0/1) per stack row: the stack goes through the node that the scope leads to, in the call tree as `callTree` draws it.
 * A path that no stack takes leaves none.
 */
export function scopedRows(profile: Profile, { path, inverted, justMyCode }: TreeScope): Uint8Array {
  const library = justMyCode ? libraryFlags(profile) : undefined;
  const { length, stackOf } = stackIndex(profile);
  const flags = new Uint8Array(length);
  const stack = new GrowingUint32();
  for (let row = 0; row < length; row++) {
    stack.length = 0;
    if (stackOf === undefined) pushRow(profile, row, stack);
    else pushStack(profile, stackOf[row]!, stack);
    const end = library === undefined ? stack.length : foldLibrary(stack.array, 0, stack.length, library);
    if (end < path.length) continue;
    let at = 0;
    while (at < path.length && stack.array[inverted ? at : end - 1 - at] === path[at]) at++;
    if (at === path.length) flags[row] = 1;
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
