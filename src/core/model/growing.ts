type Numbers = Uint8Array | Uint32Array | Int32Array | Float64Array | BigUint64Array;

/** Bytes that are copied one by one. */
const SHORT = 256;

/** Typed arrays that grow by doubling; `done()` gives a view of what was pushed, without copying. */
abstract class Growing<T extends Numbers> {
  /** Valid until the next push; only the first `length` entries mean anything. */
  array: T;
  length = 0;

  constructor(private readonly make: new (length: number) => T) {
    this.array = new make(64);
  }

  /** Makes room for `more` further entries, which the caller may then write straight into `array`. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.array.length) return;
    const wider = new this.make(Math.max(needed, this.array.length * 2));
    (wider as Uint32Array).set(this.array as Uint32Array);
    this.array = wider;
  }

  done(): T {
    return this.array.subarray(0, this.length) as T;
  }
}

// `push` is written out for each type: one that they shared would see arrays of every kind, and cost several times as much.

export class GrowingBytes extends Growing<Uint8Array> {
  constructor() {
    super(Uint8Array);
  }

  /** Adds a copy of `bytes[from … to)`. */
  append(bytes: Uint8Array, from: number, to: number): void {
    this.reserve(to - from);
    const { array, length } = this;
    // Most are a few bytes, for which a view costs more than they do.
    if (to - from > SHORT) array.set(bytes.subarray(from, to), length);
    else for (let i = from; i < to; i++) array[length + i - from] = bytes[i]!;
    this.length = length + to - from;
  }
}

export class GrowingUint32 extends Growing<Uint32Array> {
  constructor() {
    super(Uint32Array);
  }

  push(value: number): void {
    if (this.length === this.array.length) this.reserve(1);
    this.array[this.length++] = value;
  }
}

export class GrowingInt32 extends Growing<Int32Array> {
  constructor() {
    super(Int32Array);
  }

  push(value: number): void {
    if (this.length === this.array.length) this.reserve(1);
    this.array[this.length++] = value;
  }
}

export class GrowingFloat64 extends Growing<Float64Array> {
  constructor() {
    super(Float64Array);
  }

  push(value: number): void {
    if (this.length === this.array.length) this.reserve(1);
    this.array[this.length++] = value;
  }
}

export class GrowingUint64 extends Growing<BigUint64Array> {
  constructor() {
    super(BigUint64Array);
  }

  push(value: bigint): void {
    if (this.length === this.array.length) this.reserve(1);
    this.array[this.length++] = value;
  }
}
