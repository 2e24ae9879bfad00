import type { CallColumns, LineCostColumns, Profile } from './profile.js';

/**
 * Figures of a value type that the file holds as sums, not as stacks: per function and, where the format knows them, per
 * call edge. All dense by function, or by row of `edges`, in the unit of the value type.
 */
export interface SummedFigures {
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** Absent for formats that count no calls. */
  readonly calls: Float64Array | undefined;
  /** Calls that began while the function was not running yet; absent as `calls` are. */
  readonly primitive: Float64Array | undefined;
  /** Caller → callee with the exact calls, and self and total of this value type; empty where only lines are known. */
  readonly edges: CallColumns['edges'];
  /** True for the type that counts the calls themselves. */
  readonly isCallCount: boolean;
}

const NO_EDGES: CallColumns['edges'] = {
  length: 0,
  caller: new Uint32Array(0),
  callee: new Uint32Array(0),
  calls: new Float64Array(0),
  primitive: new Float64Array(0),
  self: new Float64Array(0),
  total: new Float64Array(0),
};

const known = new WeakMap<Profile, Map<number, SummedFigures | undefined>>();

/** The summed figures of a value type; undefined for a type that was sampled as stacks. */
export function summedFigures(profile: Profile, type: number): SummedFigures | undefined {
  let ofProfile = known.get(profile);
  if (ofProfile === undefined) {
    ofProfile = new Map();
    known.set(profile, ofProfile);
  }
  if (!ofProfile.has(type)) ofProfile.set(type, fromCalls(profile, type) ?? fromLines(profile, type));
  return ofProfile.get(type);
}

/** True when the figures of this value type are sums of functions or lines, not stacks. */
export function isSummed(profile: Profile, type: number): boolean {
  return summedFigures(profile, type) !== undefined;
}

/** The sums per line of a value type; undefined where none are kept. */
export function lineCostsOf(profile: Profile, type: number): LineCostColumns | undefined {
  return profile.lineCosts.find((costs) => costs.type === type);
}

function fromCalls({ calls }: Profile, type: number): SummedFigures | undefined {
  if (calls === undefined) return undefined;
  const { functions, edges } = calls;
  if (type === calls.callsType) {
    return {
      self: functions.calls,
      total: functions.calls,
      calls: functions.calls,
      primitive: functions.primitive,
      edges: { ...edges, self: edges.calls, total: edges.calls },
      isCallCount: true,
    };
  }
  const { primitive } = functions;
  if (type === calls.timeType)
    return { self: functions.self, total: functions.total, calls: functions.calls, primitive, edges, isCallCount: false };
  const cost = calls.costs.find((other) => other.type === type);
  if (cost === undefined) return undefined;
  return { ...cost.functions, calls: functions.calls, primitive, edges: { ...edges, ...cost.edges }, isCallCount: false };
}

/** A function's figures from its lines. Its total can be told only as what its lines took together: at most the whole. */
function fromLines(profile: Profile, type: number): SummedFigures | undefined {
  const costs = lineCostsOf(profile, type);
  if (costs === undefined) return undefined;
  const self = new Float64Array(profile.functions.length);
  const total = new Float64Array(profile.functions.length);
  let sum = 0;
  for (let row = 0; row < costs.length; row++) {
    self[costs.func[row]!]! += costs.self[row]!;
    total[costs.func[row]!]! += costs.total[row]!;
    sum += costs.self[row]!;
  }
  for (let func = 0; func < total.length; func++) total[func] = Math.max(self[func]!, Math.min(sum, total[func]!));
  const counted = profile.calls?.functions;
  return { self, total, calls: counted?.calls, primitive: counted?.primitive, edges: NO_EDGES, isCallCount: false };
}
