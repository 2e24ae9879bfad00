import type { ProfileBuilder } from './builder.js';
import { GrowingUint32 } from './growing.js';
import { Interner, mix } from './interner.js';
import type { PlaceMap } from './mergePlaces.js';
import type { CallColumns } from './profile.js';
import { SumColumn } from './sumColumn.js';

/** Figures of calls, primitive calls, self and total; then self and total of each further cost. */
const OWN = 4;
const NOBODY = 0xffff_ffff;

/** Exact call figures of many profiles: those of a function and of an edge caller → callee add up, as `pstats.Stats.add` does. */
export class MergeCalls {
  private readonly index = new Interner();
  /** Ends of each edge; a function's own figures are the edge from NOBODY. */
  private readonly caller = new GrowingUint32();
  private readonly callee = new GrowingUint32();
  private readonly sums: SumColumn[];

  /** @param types merged indexes: the count, its time, and further costs */
  constructor(readonly types: readonly number[]) {
    this.sums = Array.from({ length: OWN + 2 * (types.length - 2) }, () => new SumColumn());
  }

  /** @param types merged indexes of the profile's own types, in the order of `callTypesOf` */
  add({ functions, edges, costs }: CallColumns, types: readonly number[], places: PlaceMap): void {
    const place = (type: number) => this.types.indexOf(types[type]!);
    const known = costs.filter((_, i) => place(i + 2) >= 2);
    const targets = [0, 1, 2, 3, ...costs.flatMap((_, i) => (place(i + 2) < 2 ? [] : [2 * place(i + 2), 2 * place(i + 2) + 1]))];
    const ofFunctions = [functions.calls, functions.primitive, functions.self, functions.total];
    const ofEdges = [edges.calls, edges.primitive, edges.self, edges.total];
    for (const cost of known) {
      ofFunctions.push(cost.functions.self, cost.functions.total);
      ofEdges.push(cost.edges.self, cost.edges.total);
    }
    const sums = targets.map((target) => this.sums[target]!);
    for (let i = 0; i < sums.length; i++) {
      sums[i]!.prepare(ofFunctions[i]!);
      sums[i]!.prepare(ofEdges[i]!);
    }
    for (let func = 0; func < functions.calls.length; func++) {
      // Dense columns: functions that were never traced stand there with nothing.
      if (ofFunctions.every((column) => column[func] === 0)) continue;
      const row = this.row(NOBODY, places.func(func));
      for (let i = 0; i < sums.length; i++) sums[i]!.add(row, ofFunctions[i]!, func);
    }
    for (let edge = 0; edge < edges.length; edge++) {
      const row = this.row(places.func(edges.caller[edge]!), places.func(edges.callee[edge]!));
      for (let i = 0; i < sums.length; i++) sums[i]!.add(row, ofEdges[i]!, edge);
    }
  }

  /** Hands everything to the builder, which knows the value types. */
  pour(builder: ProfileBuilder): void {
    const { types, sums } = this;
    builder.callTypes(types[0]!, types[1]!, ...types.slice(2));
    for (let row = 0; row < this.caller.length; row++) {
      const caller = this.caller.array[row]!;
      const callee = this.callee.array[row]!;
      const [calls, primitive, self, total] = [0, 1, 2, 3].map((i) => Number(sums[i]!.at(row))) as [number, number, number, number];
      if (caller === NOBODY) builder.functionCalls(callee, calls, primitive, self, total);
      else builder.edge(caller, callee, calls, primitive, self, total);
      for (let cost = 2; cost < types.length; cost++) {
        const [own, all] = [Number(sums[2 * cost]!.at(row)), Number(sums[2 * cost + 1]!.at(row))];
        if (caller === NOBODY) builder.functionCost(callee, types[cost]!, own, all);
        else builder.edgeCost(caller, callee, types[cost]!, own, all);
      }
    }
  }

  private row(caller: number, callee: number): number {
    const { index } = this;
    let row = index.first(mix(mix(53, caller), callee));
    while (row >= 0 && (this.caller.array[row] !== caller || this.callee.array[row] !== callee)) row = index.next();
    if (row >= 0) return row;
    row = this.caller.length;
    index.add(row);
    this.caller.push(caller);
    this.callee.push(callee);
    for (const sum of this.sums) sum.reserve(row + 1);
    return row;
  }
}

/** Value types of a profile that its call figures are of: the count, its time, and further costs. */
export function callTypesOf({ callsType, timeType, costs }: CallColumns): number[] {
  return [callsType, timeType, ...costs.map(({ type }) => type)];
}
