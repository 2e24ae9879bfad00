import { GrowingInt32, GrowingUint32, GrowingUint64 } from './growing.js';
import { Interner, mix } from './interner.js';
import { checkRoom, lineNumber } from './limits.js';
import type { Places } from './profile.js';

/** Locations and their lines while they are being read; see `LocationColumns` and `LineColumns`. Indexes were checked by the caller. */
export class PlaceStore {
  private readonly index = new Interner();
  private readonly mapping = new GrowingInt32();
  private readonly address = new GrowingUint64();
  private readonly first = new GrowingUint32();
  private anyAddress = false;
  private readonly func = new GrowingUint32();
  private readonly line = new GrowingInt32();
  private readonly column = new GrowingInt32();
  private anyColumn = false;
  private readonly endLine = new GrowingInt32();
  private readonly endColumn = new GrowingInt32();
  private anyEnd = false;

  /** How many locations there are. */
  get length(): number {
    return this.mapping.length;
  }

  /** The plain location with one line, if it was interned, else -1. */
  find(func: number, line: number, column: number, endLine: number, endColumn: number): number {
    const hash = mix(mix(mix(mix(23, func), line), column), mix(endLine, endColumn));
    const { index } = this;
    for (let row = index.first(hash); row >= 0; row = index.next()) {
      const first = this.first.array[row]!;
      if (
        this.func.array[first] === func &&
        this.line.array[first] === line &&
        this.column.array[first] === column &&
        this.endLine.array[first] === endLine &&
        this.endColumn.array[first] === endColumn
      )
        return row;
    }
    return -1;
  }

  /** Interns the location that was added last, which `find` has just looked for. */
  intern(): void {
    this.index.add(this.length - 1);
  }

  /** @param ends lines and columns where the expressions end @throws ReadError for too many */
  add(
    mapping: number,
    address: bigint,
    funcs: ArrayLike<number>,
    lines: ArrayLike<number>,
    columns: ArrayLike<number> | undefined,
    ends: readonly [lines: ArrayLike<number>, columns: ArrayLike<number>] | undefined,
  ): number {
    checkRoom('places', this.length);
    this.mapping.push(mapping);
    this.address.push(address);
    if (address !== 0n) this.anyAddress = true;
    this.first.push(this.func.length);
    for (let i = 0; i < funcs.length; i++) {
      const column = columns?.[i] ?? 0;
      this.func.push(funcs[i]!);
      this.line.push(lineNumber(lines[i] ?? 0));
      this.column.push(lineNumber(column));
      this.endLine.push(lineNumber(ends?.[0][i] ?? 0));
      this.endColumn.push(lineNumber(ends?.[1][i] ?? 0));
      if (column !== 0) this.anyColumn = true;
      if (ends !== undefined && (ends[0][i] !== 0 || ends[1][i] !== 0)) this.anyEnd = true;
    }
    return this.length - 1;
  }

  /** The columns; to be called once, at the end. */
  done(): Pick<Places, 'locations' | 'lines'> {
    this.first.push(this.func.length);
    return {
      locations: {
        length: this.length,
        mapping: this.mapping.done(),
        address: this.anyAddress ? this.address.done() : undefined,
        firstLine: this.first.done(),
      },
      lines: {
        length: this.func.length,
        func: this.func.done(),
        line: this.line.done(),
        column: this.anyColumn ? this.column.done() : undefined,
        endLine: this.anyEnd ? this.endLine.done() : undefined,
        endColumn: this.anyEnd ? this.endColumn.done() : undefined,
      },
    };
  }
}
