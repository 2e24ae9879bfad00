/** Typed arrays that grow by doubling; `done()` gives a view of what was pushed, without copying. */
type Numbers = Uint32Array | Int32Array | Float64Array | BigUint64Array;
type Element<T extends Numbers> = T extends BigUint64Array ? bigint : number;

export interface Growing<T extends Numbers> {
  /** Valid until the next push; only the first `length` entries mean anything. */
  array: T;
  length: number;
  push(value: Element<T>): void;
  /** Makes room for `more` further entries, which the caller may then write straight into `array`. */
  reserve(more: number): void;
  done(): T;
}

/** Makes one class per element type, so that each keeps its own, monomorphic machine code. */
function growing<T extends Numbers>(make: new (length: number) => T): new () => Growing<T> {
  return class {
    array = new make(64);
    length = 0;

    push(value: Element<T>): void {
      if (this.length === this.array.length) this.reserve(1);
      (this.array as unknown as { [index: number]: Element<T> })[this.length++] = value;
    }

    reserve(more: number): void {
      const needed = this.length + more;
      if (needed <= this.array.length) return;
      const wider = new make(Math.max(needed, this.array.length * 2));
      (wider as Uint32Array).set(this.array as Uint32Array);
      this.array = wider;
    }

    done(): T {
      return this.array.subarray(0, this.length) as T;
    }
  };
}

export const GrowingUint32 = growing<Uint32Array>(Uint32Array);
export const GrowingInt32 = growing<Int32Array>(Int32Array);
export const GrowingFloat64 = growing<Float64Array>(Float64Array);
export const GrowingUint64 = growing<BigUint64Array>(BigUint64Array);
