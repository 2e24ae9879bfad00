import type { FrameColumns, Profile } from './profile.js';

/** Stacks as functions: row i is `place[first[i] … first[i + 1] - 1]`, leaf first; `funcOf` gives the function of a place. */
export interface FunctionRows {
  readonly first: Uint32Array;
  readonly place: Uint32Array;
  /** Absent where places are functions already. */
  readonly funcOf: Uint32Array | undefined;
}

/**
 * The functions of whole stacks. As long as every location is one line and nothing is folded, no frame is copied.
 * @param library flags per function: folds runs of library frames (see TreeOptions.justMyCode)
 */
export function functionRows({ locations, lines }: Profile, rows: FrameColumns, library: Uint8Array | undefined): FunctionRows {
  const { firstLine } = locations;
  const single = lines.length === locations.length && firstLine.every((line, location) => line === location);
  if (single && library === undefined) return { first: rows.first, place: rows.location, funcOf: lines.func };
  let frames = single ? rows.location.length : 0;
  for (let at = 0; !single && at < rows.location.length; at++) {
    const location = rows.location[at]!;
    frames += firstLine[location + 1]! - firstLine[location]!;
  }
  const first = new Uint32Array(rows.length + 1);
  const place = new Uint32Array(frames);
  let end = 0;
  for (let row = 0; row < rows.length; row++) {
    const start = end;
    for (let at = rows.first[row]!; at < rows.first[row + 1]!; at++) {
      const location = rows.location[at]!;
      if (single) place[end++] = lines.func[location]!;
      else for (let line = firstLine[location]!; line < firstLine[location + 1]!; line++) place[end++] = lines.func[line]!;
    }
    if (library !== undefined) end = foldLibrary(place, start, end, library);
    first[row + 1] = end;
  }
  return { first, place, funcOf: undefined };
}

/**
 * Folds the stack `frames[start … end - 1]`, leaf first, in place and gives its new end: own frames stay, and of each run of
 * library frames its outermost; none outside the outermost own frame. A stack of library frames only is its outermost one.
 */
export function foldLibrary(frames: Uint32Array, start: number, end: number, library: Uint8Array): number {
  let outermost = end - 1;
  while (outermost >= start && library[frames[outermost]!] === 1) outermost--;
  if (outermost < start) {
    if (end > start) frames[start] = frames[end - 1]!;
    return Math.min(end, start + 1);
  }
  let kept = start;
  for (let at = start; at <= outermost; at++) {
    // Of a run the outermost frame comes last here: it stays when the next one outwards is own code.
    if (library[frames[at]!] === 1 && library[frames[at + 1]!] === 1) continue;
    frames[kept++] = frames[at]!;
  }
  return kept;
}
