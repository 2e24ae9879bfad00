import { GrowingFloat64, GrowingUint32 } from './growing.js';
import type { CallColumns } from './profile.js';

/** Exact call figures while they are being read: see `CallColumns`. */
export class CallStore {
  private readonly func = new GrowingUint32();
  private readonly figures = new GrowingFloat64();
  private readonly caller = new GrowingUint32();
  private readonly callee = new GrowingUint32();
  private readonly calls = new GrowingFloat64();
  private readonly primitive = new GrowingFloat64();
  private readonly self = new GrowingFloat64();
  private readonly total = new GrowingFloat64();

  constructor(
    readonly callsType: number,
    readonly timeType: number,
  ) {}

  addFunction(func: number, calls: number, primitive: number, self: number, total: number): void {
    this.func.push(func);
    this.figures.reserve(4);
    const { array, length } = this.figures;
    array[length] = calls;
    array[length + 1] = primitive;
    array[length + 2] = self;
    array[length + 3] = total;
    this.figures.length += 4;
  }

  addEdge(caller: number, callee: number, calls: number, primitive: number, self: number, total: number): void {
    this.caller.push(caller);
    this.callee.push(callee);
    this.calls.push(calls);
    this.primitive.push(primitive);
    this.self.push(self);
    this.total.push(total);
  }

  /** @param functions number of functions of the profile */
  done(functions: number): CallColumns {
    const calls = new Float64Array(functions);
    const primitive = new Float64Array(functions);
    const self = new Float64Array(functions);
    const total = new Float64Array(functions);
    for (let i = 0; i < this.func.length; i++) {
      const func = this.func.array[i]!;
      calls[func]! += this.figures.array[4 * i]!;
      primitive[func]! += this.figures.array[4 * i + 1]!;
      self[func]! += this.figures.array[4 * i + 2]!;
      total[func]! += this.figures.array[4 * i + 3]!;
    }
    return {
      callsType: this.callsType,
      timeType: this.timeType,
      functions: { calls, primitive, self, total },
      edges: {
        length: this.caller.length,
        caller: this.caller.done(),
        callee: this.callee.done(),
        calls: this.calls.done(),
        primitive: this.primitive.done(),
        self: this.self.done(),
        total: this.total.done(),
      },
    };
  }
}
