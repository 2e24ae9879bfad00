import type { Profile } from '../../model/profile.js';
import { END_COLUMN, END_LINE } from './labels.js';
import { unknownName } from './places.js';
import { ProtoWriter } from './protoWriter.js';
import { PROFILE } from './wire.js';

/**
 * Location ids for sums of functions and lines: the profile's own where it has such a plain location, else ones that
 * `writeLocations` adds after them.
 */
export class PlaceBook {
  private readonly ids = new Map<number, number>();
  /** Function and line of each location that was added. */
  readonly added: (readonly [func: number, line: number])[] = [];

  constructor(private readonly profile: Profile) {
    const { locations, lines } = profile;
    for (let i = 0; i < locations.length; i++) {
      const at = locations.firstLine[i]!;
      if (locations.firstLine[i + 1]! - at !== 1 || locations.mapping[i]! >= 0 || (lines.column?.[at] ?? 0) > 0) continue;
      if ((lines.endLine?.[at] ?? 0) > 0 || (lines.endColumn?.[at] ?? 0) > 0 || (locations.address?.[i] ?? 0n) !== 0n) continue;
      const key = keyOf(lines.func[at]!, lines.line[at]!);
      if (!this.ids.has(key)) this.ids.set(key, i + 1);
    }
  }

  line(func: number, line: number): number {
    const key = keyOf(func, line);
    let id = this.ids.get(key);
    if (id === undefined) {
      this.added.push([func, line]);
      id = this.profile.locations.length + this.added.length;
      this.ids.set(key, id);
    }
    return id;
  }

  func(func: number): number {
    return this.line(func, this.profile.functions.startLine[func]!);
  }
}

function keyOf(func: number, line: number): number {
  return func * 2 ** 31 + line;
}

export function writeMappings(out: ProtoWriter, { mappings }: Profile): void {
  const inner = new ProtoWriter();
  for (let i = 0; i < mappings.length; i++) {
    inner.number(1, i + 1);
    inner.number(2, mappings.start[i]!);
    inner.number(3, mappings.limit[i]!);
    inner.number(4, mappings.offset[i]!);
    inner.number(5, mappings.file[i]!);
    inner.number(6, mappings.buildId[i]!);
    // has_functions, has_filenames, has_line_numbers: nobody needs to look for symbols again.
    for (const flag of [7, 8, 9]) inner.number(flag, 1);
    out.block(PROFILE.mapping, inner);
  }
}

export function writeLocations(out: ProtoWriter, profile: Profile, book: PlaceBook): void {
  const { locations, lines, functions, mappings, strings } = profile;
  const inner = new ProtoWriter();
  const row = new ProtoWriter();
  const line = (func: number, at: number, column: number, endLine: number, endColumn: number) => {
    row.number(1, func + 1);
    row.number(2, at);
    row.number(3, column);
    row.number(END_LINE, endLine);
    row.number(END_COLUMN, endColumn);
    inner.block(4, row);
  };
  for (let i = 0; i < locations.length; i++) {
    const mapping = locations.mapping[i]!;
    const address = locations.address?.[i] ?? 0n;
    inner.number(1, i + 1);
    inner.number(2, mapping + 1);
    inner.number(3, address);
    for (let at = locations.firstLine[i]!; at < locations.firstLine[i + 1]!; at++) {
      const func = lines.func[at]!;
      // A name that the reader made up for a bare address is not written.
      const madeUp = address !== 0n && functions.file[func] === 0 && lines.line[at] === 0;
      if (madeUp && strings[functions.name[func]!] === unknownName(mapping < 0 ? undefined : strings[mappings.file[mapping]!])) continue;
      line(func, lines.line[at]!, lines.column?.[at] ?? 0, lines.endLine?.[at] ?? 0, lines.endColumn?.[at] ?? 0);
    }
    out.block(PROFILE.location, inner);
  }
  book.added.forEach(([func, at], i) => {
    inner.number(1, locations.length + i + 1);
    line(func, at, 0, 0, 0);
    out.block(PROFILE.location, inner);
  });
}

export function writeFunctions(out: ProtoWriter, { functions }: Profile): void {
  const inner = new ProtoWriter();
  for (let i = 0; i < functions.length; i++) {
    inner.number(1, i + 1);
    inner.number(2, functions.name[i]!);
    inner.number(3, functions.systemName[i]!);
    inner.number(4, functions.file[i]!);
    inner.number(5, functions.startLine[i]!);
    out.block(PROFILE.function, inner);
  }
}
