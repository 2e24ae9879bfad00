import { GrowingFloat64 } from './growing.js';
import type { ValueColumn } from './profile.js';

/** One column of values while it grows: doubles, beside the exact values of the few integers that a double cannot hold. */
export class ValueStore {
  private readonly numbers = new GrowingFloat64();
  private readonly exact = new Map<number, bigint>();
  private magnitude = 0;
  private whole = true;

  /** Makes room for so many values at once. */
  expect(values: number): void {
    this.numbers.reserve(values);
  }

  push(value: number | bigint): void {
    // Most values are 0 where a profile has many types.
    if (value === 0) {
      this.numbers.push(0);
      return;
    }
    if (typeof value === 'bigint') {
      const rounded = Number(value);
      if (!Number.isSafeInteger(rounded)) this.exact.set(this.numbers.length, value);
      this.numbers.push(rounded);
      this.magnitude += Math.abs(rounded);
      return;
    }
    if (!Number.isInteger(value)) this.whole = false;
    this.numbers.push(value);
    this.magnitude += Math.abs(value);
  }

  /** Doubles where every sum of them is exact (or they are fractions anyway), else 64-bit integers. */
  done(): ValueColumn {
    const numbers = this.numbers.done();
    if (!this.whole || this.magnitude <= Number.MAX_SAFE_INTEGER) return numbers;
    return BigInt64Array.from(numbers, (value, row) => this.exact.get(row) ?? BigInt(value));
  }
}
