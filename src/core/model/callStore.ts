import { GrowingFloat64, GrowingUint32 } from './growing.js';
import type { CallColumns, CallCostColumns } from './profile.js';

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

  private readonly costs: readonly CostStore[];

  constructor(
    readonly callsType: number,
    readonly timeType: number,
    moreTypes: readonly number[],
  ) {
    this.costs = moreTypes.map((type) => new CostStore(type));
  }

  /** True when the figures of this value type are kept here. */
  holds(type: number): boolean {
    return type === this.callsType || type === this.timeType || this.costs.some((cost) => cost.type === type);
  }

  private cost(type: number): CostStore {
    const found = this.costs.find((cost) => cost.type === type);
    if (found === undefined) throw new Error('callTypes did not name this value type');
    return found;
  }

  addFunctionCost(func: number, type: number, self: number, total: number): void {
    const cost = this.cost(type);
    cost.func.push(func);
    cost.functionSelf.push(self);
    cost.functionTotal.push(total);
  }

  /** A further cost of the edge added last, which must be this one; several add up. */
  addEdgeCost(caller: number, callee: number, type: number, self: number, total: number): void {
    const edge = this.caller.length - 1;
    if (edge < 0 || this.caller.array[edge] !== caller || this.callee.array[edge] !== callee) throw new Error('edgeCost follows its edge');
    this.cost(type).addToEdge(edge, self, total);
  }

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
      costs: this.costs.map((cost) => cost.done(functions, this.caller.length)),
    };
  }
}

/** One further cost while it is being read. */
class CostStore {
  readonly func = new GrowingUint32();
  readonly functionSelf = new GrowingFloat64();
  readonly functionTotal = new GrowingFloat64();
  private readonly edgeSelf = new GrowingFloat64();
  private readonly edgeTotal = new GrowingFloat64();

  constructor(readonly type: number) {}

  addToEdge(edge: number, self: number, total: number): void {
    this.fillTo(edge + 1);
    this.edgeSelf.array[edge]! += self;
    this.edgeTotal.array[edge]! += total;
  }

  private fillTo(edges: number): void {
    while (this.edgeSelf.length < edges) {
      this.edgeSelf.push(0);
      this.edgeTotal.push(0);
    }
  }

  done(functions: number, edges: number): CallCostColumns {
    this.fillTo(edges);
    const self = new Float64Array(functions);
    const total = new Float64Array(functions);
    for (let i = 0; i < this.func.length; i++) {
      self[this.func.array[i]!]! += this.functionSelf.array[i]!;
      total[this.func.array[i]!]! += this.functionTotal.array[i]!;
    }
    return { type: this.type, functions: { self, total }, edges: { self: this.edgeSelf.done(), total: this.edgeTotal.done() } };
  }
}
