import { GrowingInt32, GrowingUint32, GrowingUint64 } from '../../../model/growing.js';
import { MappingStore } from '../../../model/mappingStore.js';
import type { Places } from '../../../model/profile.js';
import type { GrowingRows } from '../../../model/stackStore.js';
import { KeyTable } from './keyTable.js';
import { RunTexts } from './texts.js';
import { UNUSUAL } from './unusual.js';

/** What is kept for the next files at most: texts in bytes, and frames of stacks. */
const MOST_TEXT = 2 ** 25;
const MOST_FRAMES = 2 ** 24;

/** A location while it is being read: its lines, innermost first, in numbers of the run. */
export class Lines {
  count = 0;
  readonly func: number[] = [];
  readonly line: number[] = [];
  readonly column: number[] = [];

  add(func: number, line: number, column: number): void {
    this.func[this.count] = func;
    this.line[this.count] = line;
    this.column[this.count++] = column;
  }
}

/** Texts, functions, mappings, locations and whole stacks of many files, each once. A number stays what it is from file to file. */
export class RunPlaces {
  readonly texts = new RunTexts();
  private readonly funcIndex = new KeyTable();
  private readonly funcName = new GrowingUint32();
  private readonly funcSystemName = new GrowingUint32();
  private readonly funcFile = new GrowingUint32();
  private readonly funcStart = new GrowingInt32();
  /** The last file that had each function. */
  private readonly funcSeen = new GrowingUint32();

  private readonly mappings = new MappingStore();
  private readonly mappingIndex = new Map<string, number>();

  /** Places by function, line and column, and other locations by what they have of these, and where they are. */
  private readonly placeIndex = new KeyTable();
  private readonly locationIndex = new Map<string, number>();
  private readonly mapping = new GrowingInt32();
  private readonly address = new GrowingUint64();
  private readonly firstLine = new GrowingUint32();
  private readonly lineFunc = new GrowingUint32();
  private readonly lineNumber = new GrowingInt32();
  private readonly lineColumn = new GrowingInt32();

  private readonly stackIndex = new KeyTable();
  /** Stacks as `FrameColumns` has them. */
  readonly rows: GrowingRows = { first: new GrowingUint32(), frame: new GrowingUint32() };
  private columns: Places | undefined;
  private file = 0;

  constructor() {
    this.firstLine.push(0);
  }

  /** Too much is kept for files that may never repeat it: others are to begin anew. */
  get isFull(): boolean {
    return this.texts.size > MOST_TEXT || this.rows.frame.length > MOST_FRAMES;
  }

  /** Functions of another file follow. */
  nextFile(): void {
    this.file++;
  }

  /** As `ProfileBuilder` has them: the first systemName of a file stays for that file. */
  func(name: number, systemName: number, file: number, start: number): number {
    const { funcIndex } = this;
    let row = funcIndex.find(name, file, start);
    if (row < 0) {
      row = this.funcName.length;
      funcIndex.put(name, file, start, row);
      this.funcName.push(name);
      this.funcSystemName.push(systemName);
      this.funcFile.push(file);
      this.funcStart.push(start);
      this.funcSeen.push(this.file);
    } else if (this.funcSeen.array[row] !== this.file) {
      this.funcSeen.array[row] = this.file;
      this.funcSystemName.array[row] = systemName;
    }
    return row;
  }

  addMapping(file: number, buildId: number, start: number, limit: number, offset: number): number {
    const key = `${file} ${buildId} ${start} ${limit} ${offset}`;
    let row = this.mappingIndex.get(key);
    if (row === undefined) {
      row = this.mappings.add(file, buildId, BigInt(start), BigInt(limit), BigInt(offset));
      this.mappingIndex.set(key, row);
    }
    return row;
  }

  /** A location with one line and nothing else. */
  place(func: number, line: number, column: number): number {
    const { placeIndex } = this;
    let row = placeIndex.find(func, line, column);
    if (row >= 0) return row;
    row = this.mapping.length;
    placeIndex.put(func, line, column, row);
    this.addLine(func, line, column);
    this.addLocation(-1, 0);
    return row;
  }

  location(mapping: number, address: number, { count, func, line, column }: Lines): number {
    if (mapping < 0 && address === 0 && count === 1) return this.place(func[0]!, line[0]!, column[0]!);
    let key = `${mapping} ${address}`;
    for (let i = 0; i < count; i++) key += ` ${func[i]} ${line[i]} ${column[i]}`;
    let row = this.locationIndex.get(key);
    if (row !== undefined) return row;
    row = this.mapping.length;
    this.locationIndex.set(key, row);
    for (let i = 0; i < count; i++) this.addLine(func[i]!, line[i]!, column[i]!);
    this.addLocation(mapping, address);
    return row;
  }

  private addLine(func: number, line: number, column: number): void {
    this.lineFunc.push(func);
    this.lineNumber.push(line);
    this.lineColumn.push(column);
  }

  /** Of the lines that were added last. */
  private addLocation(mapping: number, address: number): void {
    this.mapping.push(mapping);
    this.address.push(BigInt(address));
    this.firstLine.push(this.lineFunc.length);
  }

  /** The row of a whole stack. @param frames the first `length` of them, leaf first @param hash of all of these */
  stack(hash: number, frames: Uint32Array, length: number): number {
    const { stackIndex } = this;
    const { first, frame } = this.rows;
    const leaf = length === 0 ? 0 : frames[0]!;
    let row = stackIndex.find(hash, leaf, length);
    if (row < 0) {
      row = first.length;
      stackIndex.put(hash, leaf, length, row);
      first.push(frame.length);
      frame.reserve(length);
      frame.array.set(frames.subarray(0, length), frame.length);
      frame.length += length;
      return row;
    }
    const known = frame.array;
    for (let i = 0, at = first.array[row]!; i < length; i++, at++) if (known[at] !== frames[i]) throw UNUSUAL;
    return row;
  }

  /** All of them so far. @param main the mapping that the file at hand has first, -1 for none */
  places(main: number): Places {
    const { columns } = this;
    const isSame =
      columns?.functions.length === this.funcName.length &&
      columns.locations.length === this.mapping.length &&
      columns.mappings.length === this.mappings.length &&
      columns.mappings.main === main;
    if (columns !== undefined && isSame) return columns;
    this.columns = {
      strings: this.texts.strings,
      functions: {
        length: this.funcName.length,
        name: this.funcName.done(),
        systemName: this.funcSystemName.done(),
        file: this.funcFile.done(),
        startLine: this.funcStart.done(),
      },
      locations: {
        length: this.mapping.length,
        mapping: this.mapping.done(),
        address: this.address.done(),
        firstLine: this.firstLine.done(),
      },
      lines: {
        length: this.lineFunc.length,
        func: this.lineFunc.done(),
        line: this.lineNumber.done(),
        column: this.lineColumn.done(),
        endLine: undefined,
        endColumn: undefined,
      },
      mappings: { ...this.mappings.done(), main },
    };
    return this.columns;
  }
}
