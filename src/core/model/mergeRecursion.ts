import { GrowingInt32, GrowingUint32 } from './growing.js';
import type { FrameColumns, LocationColumns, Profile } from './profile.js';
import { type OtherStacks, restack } from './restack.js';
import { functionMatcher } from './weights.js';

/** The expression that chooses all functions. */
export const EVERY_FUNCTION = '.';

/** Regular expressions on function names and files: which recursions are shown as one frame. */
export interface MergedRecursion {
  /** From the outermost to the innermost call, with all that was called between them. */
  readonly mergeRecursion?: string | undefined;
  /** Only calls of a function by itself, one right below the other. */
  readonly mergeDirectRecursion?: string | undefined;
}

/** What is done with a function's recursion. */
const KEEP = 0;
const DIRECT = 1;
const WHOLE = 2;

/**
 * The profile with each recursion of the chosen functions as one frame, which is the innermost call: what a function or a line
 * took itself stays, and so does the whole; functions that only stood between two calls lose their total there. Stacks are gone
 * through from their outermost frame inwards, so that of two recursions that overlap the one that begins first is merged. Call
 * counts without stacks stay as they are.
 * @throws UserError for what is no regular expression
 */
export function mergeRecursion(profile: Profile, { mergeRecursion: whole, mergeDirectRecursion: direct }: MergedRecursion): Profile {
  if (!whole && !direct) return profile;
  const kinds = new Uint8Array(profile.functions.length);
  if (direct) for (const [func, flag] of functionMatcher(profile, direct).entries()) if (flag === 1) kinds[func] = DIRECT;
  if (whole) for (const [func, flag] of functionMatcher(profile, whole).entries()) if (flag === 1) kinds[func] = WHOLE;
  const { func } = profile.lines;
  const stacks = profile.frames === undefined ? inTree(profile, func, kinds) : inRows(profile.frames, profile.locations, func, kinds);
  return restack(profile, { locations: oneByLine(profile), lines: profile.lines, stacks });
}

/** Each line, inlined ones too, is a location of its own: merging may leave some lines of a location and take others. */
function oneByLine({ locations, lines }: Profile): LocationColumns {
  const mapping = new Int32Array(lines.length);
  const address = locations.address && new BigUint64Array(lines.length);
  const firstLine = new Uint32Array(lines.length + 1);
  for (let location = 0; location < locations.length; location++) {
    for (let line = locations.firstLine[location]!; line < locations.firstLine[location + 1]!; line++) {
      mapping[line] = locations.mapping[location]!;
      if (address !== undefined) address[line] = locations.address![location]!;
      firstLine[line + 1] = line + 1;
    }
  }
  return { length: lines.length, mapping, address, firstLine };
}

function inRows(rows: FrameColumns, { firstLine }: LocationColumns, func: Uint32Array, kinds: Uint8Array): OtherStacks['stacks'] {
  const first = new Uint32Array(rows.length + 1);
  const kept = new GrowingUint32();
  /** The stack so far, outermost first, and where each function was put into it last. */
  let stack = new Uint32Array(64);
  const placeOf = new Uint32Array(kinds.length);
  for (let row = 0; row < rows.length; row++) {
    let depth = 0;
    for (let at = rows.first[row + 1]! - 1; at >= rows.first[row]!; at--) {
      const location = rows.location[at]!;
      for (let line = firstLine[location + 1]! - 1; line >= firstLine[location]!; line--) {
        const own = func[line]!;
        const kind = kinds[own];
        if (kind !== KEEP) {
          const place = kind === DIRECT ? depth - 1 : placeOf[own]!;
          // A place may be that of an earlier stack, or of a frame that went with another recursion.
          if (place >= 0 && place < depth && func[stack[place]!] === own) depth = place;
          placeOf[own] = depth;
        }
        if (depth === stack.length) stack = wider(stack);
        stack[depth++] = line;
      }
    }
    kept.reserve(depth);
    const { array, length } = kept;
    for (let at = 0; at < depth; at++) array[length + at] = stack[depth - 1 - at]!;
    kept.length = length + depth;
    first[row + 1] = kept.length;
  }
  return { rows: { length: rows.length, first, location: kept.done() }, ofSample: rows.ofSample };
}

function wider(stack: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const twice = new Uint32Array(stack.length * 2);
  twice.set(stack);
  return twice;
}

function inTree({ stacks, samples, locations }: Profile, func: Uint32Array, kinds: Uint8Array): OtherStacks['stacks'] {
  const prefix = new GrowingInt32();
  const location = new GrowingUint32();
  /** The nearest frame, itself or outwards, of a function whose recursion is merged as a whole; -1 for none. */
  const nearest = new GrowingInt32();
  const placeOf = new Int32Array(stacks.length);
  /** The frame that calls a further one: outside of the recursion that this one ends. */
  const callerOf = (above: number, own: number): number => {
    if (kinds[own] === KEEP || above < 0) return above;
    if (kinds[own] === DIRECT) return func[location.array[above]!] === own ? prefix.array[above]! : above;
    for (let at = nearest.array[above]!; at >= 0; ) {
      const caller = prefix.array[at]!;
      if (func[location.array[at]!] === own) return caller;
      at = caller < 0 ? -1 : nearest.array[caller]!;
    }
    return above;
  };
  for (let stack = 0; stack < stacks.length; stack++) {
    let node = stacks.prefix[stack]! < 0 ? -1 : placeOf[stacks.prefix[stack]!]!;
    const place = stacks.location[stack]!;
    for (let line = locations.firstLine[place + 1]! - 1; line >= locations.firstLine[place]!; line--) {
      const own = func[line]!;
      const caller = callerOf(node, own);
      node = prefix.length;
      prefix.push(caller);
      location.push(line);
      nearest.push(kinds[own] === WHOLE ? node : caller < 0 ? -1 : nearest.array[caller]!);
    }
    placeOf[stack] = node;
  }
  return {
    tree: { length: prefix.length, prefix: prefix.done(), location: location.done() },
    ofSample: samples.stack.map((stack) => (stack < 0 ? -1 : placeOf[stack]!)),
  };
}
