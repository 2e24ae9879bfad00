import type { ValueColumn } from './profile.js';

/**
 * One column of sums that grows: doubles as long as every sum is exact in them, 64-bit integers from then on.
 * Fractions stay doubles. Sums past 2^63 wrap, as they do in pprof.
 */
export class SumColumn {
  private numbers = new Float64Array(64);
  private integers: BigInt64Array | undefined;
  private magnitude = 0;
  private whole = true;

  /** Looks through a column before it is added: it decides whether doubles still do. */
  prepare(column: ValueColumn): void {
    if (column instanceof BigInt64Array) {
      this.widen();
      return;
    }
    for (let i = 0; i < column.length; i++) {
      const value = column[i]!;
      this.magnitude += Math.abs(value);
      if (!Number.isInteger(value)) this.whole = false;
    }
    if (this.whole && this.magnitude > Number.MAX_SAFE_INTEGER) this.widen();
    if (this.whole || this.integers === undefined) return;
    this.numbers = Float64Array.from(this.integers, Number);
    this.integers = undefined;
  }

  /** Makes room for rows 0 … length - 1; new ones are 0. */
  reserve(length: number): void {
    const now = this.integers?.length ?? this.numbers.length;
    if (length <= now) return;
    const wider = Math.max(length, now * 2);
    if (this.integers === undefined) {
      const numbers = new Float64Array(wider);
      numbers.set(this.numbers);
      this.numbers = numbers;
      return;
    }
    const integers = new BigInt64Array(wider);
    integers.set(this.integers);
    this.integers = integers;
  }

  /** Adds row `from` of a prepared column to row `row`, for which there is room. */
  add(row: number, column: ValueColumn, from: number): void {
    if (this.integers === undefined) this.numbers[row]! += Number(column[from]!);
    else this.integers[row]! += BigInt(column[from]!);
  }

  /** Adds a prepared column: its row i to row `rows[i]`, for which there is room; -1 for nowhere. */
  addColumn(rows: Int32Array, column: ValueColumn): void {
    const { numbers } = this;
    if (this.integers === undefined && column instanceof Float64Array) {
      for (let i = 0; i < rows.length; i++) if (rows[i]! >= 0) numbers[rows[i]!]! += column[i]!;
    } else for (let i = 0; i < rows.length; i++) if (rows[i]! >= 0) this.add(rows[i]!, column, i);
  }

  at(row: number): number | bigint {
    return this.integers === undefined ? this.numbers[row]! : this.integers[row]!;
  }

  private widen(): void {
    if (this.integers !== undefined || !this.whole) return;
    this.integers = BigInt64Array.from(this.numbers, BigInt);
    this.numbers = new Float64Array(0);
  }
}
