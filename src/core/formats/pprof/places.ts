import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { lineNumber } from '../../model/limits.js';
import { IdTable } from './idTable.js';
import { END_COLUMN, END_LINE } from './labels.js';
import { ENDS, GOES, STAYS } from './prune.js';
import { allNumbers, BLOCK, block, enter, type Integer, integer, numbers, skip, truncated, VARINT } from './wire.js';

/** Strings of the file, and the builder's index of each. */
export interface StringRows {
  readonly strings: readonly string[];
  readonly rowAt: (index: Integer) => number;
}

/** Mappings by id as the builder's indexes, which begin at `base`, and the file of each. */
export interface Mappings {
  readonly table: IdTable;
  readonly base: number;
  readonly files: readonly string[];
}

/** Functions by id, and the builder's index of each. */
export interface Functions {
  readonly table: IdTable;
  readonly rows: Uint32Array;
}

/** Locations by id as the builder's indexes, which begin at `base`; each one's innermost function (for sums), and what pruning does to it (prune.ts). */
export interface Locations {
  readonly table: IdTable;
  readonly base: number;
  readonly firstFunc: Uint32Array;
  /** Line of that function. */
  readonly firstLine: Int32Array;
  readonly fate: Uint8Array | undefined;
}

export function readMappings(reader: Reader, starts: Uint32Array, builder: ProfileBuilder, { strings, rowAt }: StringRows): Mappings {
  const ids: Integer[] = [];
  const files: string[] = [];
  let base = 0;
  const figures = new Array<Integer>(7).fill(0);
  for (const start of starts) {
    allNumbers(reader, enter(reader, start), figures);
    const [, id, from, limit, offset, file, buildId] = figures as [Integer, Integer, Integer, Integer, Integer, Integer, Integer];
    const row = builder.mapping(rowAt(file), rowAt(buildId), BigInt(from), BigInt(limit), BigInt(offset));
    if (ids.length === 0) base = row;
    ids.push(id);
    files.push(strings[file as number]!);
  }
  return { table: new IdTable(ids, base), base, files };
}

export function readFunctions(reader: Reader, starts: Uint32Array, builder: ProfileBuilder, { rowAt }: StringRows): Functions {
  const ids = new Array<Integer>(starts.length).fill(0);
  const rows = new Uint32Array(starts.length);
  const figures = new Array<Integer>(6).fill(0);
  for (let i = 0; i < starts.length; i++) {
    allNumbers(reader, enter(reader, starts[i]!), figures);
    const systemName = rowAt(figures[3]!);
    const name = rowAt(figures[2]!) || systemName;
    ids[i] = figures[1]!;
    rows[i] = builder.func(name, systemName, rowAt(figures[4]!), Number(figures[5]!));
  }
  return { table: new IdTable(ids), rows };
}

/** @param drops test for names of functions that leave the stacks */
export function readLocations(
  reader: Reader,
  starts: Uint32Array,
  builder: ProfileBuilder,
  mappings: Mappings,
  functions: Functions,
  drops: ((name: string) => boolean) | undefined,
): Locations {
  const ids = new Array<Integer>(starts.length).fill(0);
  const firstFunc = new Uint32Array(starts.length);
  const firstLine = new Int32Array(starts.length);
  let base = 0;
  const fate = drops === undefined ? undefined : new Uint8Array(starts.length);
  const figures: Integer[] = [0, 0, 0, 0];
  const figuresOfLine: Integer[] = [0, 0, 0, 0, 0, 0];
  const plain = new PlainLocation();
  const funcs: number[] = [];
  const lines: number[] = [];
  const columns: number[] = [];
  const endLines: number[] = [];
  const endColumns: number[] = [];
  const ends = [endLines, endColumns] as const;
  let count = 0;
  const addLine = (func: Integer, line: Integer, column: Integer, endLine: Integer, endColumn: Integer) => {
    const row = functions.table.row(func);
    if (row < 0) {
      if (func !== 0) throw missing('function', func, reader.pos);
      return;
    }
    funcs[count] = functions.rows[row]!;
    lines[count] = Number(line);
    columns[count] = Number(column);
    endLines[count] = Number(endLine);
    endColumns[count++] = Number(endColumn);
  };
  for (let i = 0; i < starts.length; i++) {
    const end = enter(reader, starts[i]!);
    count = 0;
    if (plain.read(reader.buf, reader.pos, end)) {
      figures[1] = plain.id;
      figures[2] = plain.mapping;
      figures[3] = plain.address;
      addLine(plain.func, plain.line, 0, 0, 0);
    } else {
      figures.fill(0);
      for (let field = numbers(reader, end, figures); field !== 0; field = numbers(reader, end, figures)) {
        const stop = block(reader);
        if (field === 4) {
          readLine(reader, stop, figuresOfLine);
          addLine(figuresOfLine[1]!, figuresOfLine[2]!, figuresOfLine[3]!, figuresOfLine[4]!, figuresOfLine[5]!);
        }
        reader.pos = stop;
      }
      if (reader.pos > end) throw truncated(end);
    }
    const mapping = mappings.table.row(figures[2]!);
    if (mapping < 0 && figures[2] !== 0) throw missing('mapping', figures[2]!, reader.pos);
    if (count === 0) {
      funcs[0] = builder.func(builder.string(unknownName(mappings.files[mapping - mappings.base])), 0, 0, 0);
      lines[0] = columns[0] = endLines[0] = endColumns[0] = 0;
      count = 1;
    }
    // Most locations have one line: then nothing is cut or grown from one to the next.
    if (funcs.length !== count) funcs.length = lines.length = columns.length = endLines.length = endColumns.length = count;
    if (drops !== undefined && fate !== undefined) {
      // Innermost first: callers that the dropped function is inlined into stay.
      const last = funcs.findLastIndex((func) => drops(builder.functionName(func)));
      const whole = last === funcs.length - 1;
      fate[i] = last < 0 ? STAYS : whole ? GOES : ENDS;
      if (last >= 0 && !whole) for (const column of [funcs, lines, columns, endLines, endColumns]) column.splice(0, last + 1);
    }
    const row = builder.location(mapping, figures[3] === 0 ? 0n : BigInt(figures[3]!), funcs, lines, columns, ends);
    if (i === 0) base = row;
    ids[i] = figures[1]!;
    firstFunc[i] = funcs[0]!;
    firstLine[i] = lineNumber(lines[0]!);
  }
  return { table: new IdTable(ids, base), base, firstFunc, firstLine, fate };
}

/**
 * What nearly all locations are: numbers below 2^28 and one line, which has a function and a number. Read from the buffer
 * itself, since there are more of them than of samples in many small files.
 */
class PlainLocation {
  id = 0;
  mapping = 0;
  address = 0;
  func = 0;
  line = 0;
  private pos = 0;

  /** False for a location that is to be read by other means: the fields then mean nothing. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.id = this.mapping = this.address = this.func = this.line = 0;
    this.pos = start;
    let lines = 0;
    while (this.pos < end) {
      const tag = bytes[this.pos++];
      if (tag === 1 << 3) this.id = this.number(bytes);
      else if (tag === 2 << 3) this.mapping = this.number(bytes);
      else if (tag === 3 << 3) this.address = this.number(bytes);
      else if (tag !== ((4 << 3) | BLOCK) || lines++ > 0 || !this.readLine(bytes)) return false;
    }
    return this.pos === end && lines === 1;
  }

  private readLine(bytes: Uint8Array): boolean {
    const length = this.number(bytes);
    const end = this.pos + length;
    while (this.pos < end) {
      const tag = bytes[this.pos++];
      if (tag === 1 << 3) this.func = this.number(bytes);
      else if (tag === 2 << 3) this.line = this.number(bytes);
      else return false;
    }
    return this.pos === end;
  }

  /** A number of up to four bytes; a longer one ends the reading. */
  private number(bytes: Uint8Array): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[this.pos++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    this.pos = Number.POSITIVE_INFINITY;
    return 0;
  }
}

/** Message Line: function, line and column, as fields 1 to 3, and the ends that we add to it. */
function readLine(reader: Reader, end: number, into: Integer[]): void {
  into.fill(0);
  while (reader.pos < end) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if ((tag & 7) !== VARINT) skip(reader, tag & 7);
    else {
      const value = integer(reader, false);
      if (field < 4) into[field] = value;
      else if (field === END_LINE) into[4] = value;
      else if (field === END_COLUMN) into[5] = value;
    }
  }
  if (reader.pos > end) throw truncated(end);
}

function missing(what: string, id: Integer, offset: number): ReadError {
  return new ReadError('corrupt', `The profile refers to ${what} ${id}, which it does not have.`, offset);
}

/** Name of a frame without symbols, as pprof's own tool shows it: the file it lies in. */
export function unknownName(mappingFile: string | undefined): string {
  return mappingFile === undefined || mappingFile === '' ? '<unknown>' : `[${mappingFile.split(/[\\/]/).at(-1)}]`;
}
