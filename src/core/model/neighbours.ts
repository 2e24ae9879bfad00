import { sumPairs } from './pairs.js';
import type { Profile, ViewSpec } from './profile.js';
import { isSummed, summedFigures } from './summed.js';
import { weigh } from './weights.js';

/** A caller or callee of one function, with the figures of the calls between the two. */
export interface Neighbour {
  readonly func: number;
  /** Of the callee's own time, what was spent in calls by this caller. */
  readonly self: number;
  /** Of the callee's total, what was spent in calls by this caller; once per stack. */
  readonly total: number;
  readonly calls: number | null;
  readonly primitive: number | null;
}

/** Functions that called `func`, largest total first. With counted types from call edges, else from stacks. */
export function callersOf(profile: Profile, spec: ViewSpec, func: number): Neighbour[] {
  return isSummed(profile, spec.type) ? fromEdges(profile, spec.type, func, 'callee') : fromStacks(profile, spec, func, true);
}

/** Functions that `func` called, largest total first. */
export function calleesOf(profile: Profile, spec: ViewSpec, func: number): Neighbour[] {
  return isSummed(profile, spec.type) ? fromEdges(profile, spec.type, func, 'caller') : fromStacks(profile, spec, func, false);
}

function fromEdges(profile: Profile, type: number, func: number, end: 'caller' | 'callee'): Neighbour[] {
  const { edges } = summedFigures(profile, type)!;
  const other = end === 'callee' ? edges.caller : edges.callee;
  const found: Neighbour[] = [];
  for (let edge = 0; edge < edges.length; edge++) {
    if (edges[end][edge] !== func) continue;
    found.push({
      func: other[edge]!,
      self: edges.self[edge]!,
      total: edges.total[edge]!,
      calls: edges.calls[edge]!,
      primitive: edges.primitive[edge]!,
    });
  }
  return found.sort((a, b) => b.total - a.total);
}

function fromStacks(profile: Profile, spec: ViewSpec, func: number, callers: boolean): Neighbour[] {
  const { func: funcOf } = profile.lines;
  const { value } = weigh(profile, spec);
  const needed = Uint8Array.from(funcOf, (own) => (own === func ? 1 : 0));
  const { self, total } = sumPairs(profile, value, needed, (above, below) => {
    const [own, other] = callers ? [funcOf[below]!, funcOf[above]!] : [funcOf[above]!, funcOf[below]!];
    return own === func ? other : -1;
  });
  const counted = edgeCalls(profile, func, callers);
  const found = Array.from(total, ([other, sum]) => {
    const edge = counted?.get(other);
    return { func: other, self: self.get(other) ?? 0, total: sum, calls: edge?.calls ?? null, primitive: edge?.primitive ?? null };
  });
  return found.sort((a, b) => b.total - a.total);
}

/** Exact calls between `func` and its neighbours, for recordings that have samples and counts. */
function edgeCalls(profile: Profile, func: number, callers: boolean): Map<number, { calls: number; primitive: number }> | undefined {
  if (profile.calls === undefined) return undefined;
  const { edges } = profile.calls;
  const found = new Map<number, { calls: number; primitive: number }>();
  for (let edge = 0; edge < edges.length; edge++) {
    if ((callers ? edges.callee : edges.caller)[edge] !== func) continue;
    found.set((callers ? edges.caller : edges.callee)[edge]!, { calls: edges.calls[edge]!, primitive: edges.primitive[edge]! });
  }
  return found;
}

/** Callers and callees of several functions. */
export interface Neighbours {
  readonly callers: ReadonlyMap<number, readonly Neighbour[]>;
  readonly callees: ReadonlyMap<number, readonly Neighbour[]>;
}

/** The same for many functions at once: the profile is gone through once, not once for each. */
export function neighboursOf(profile: Profile, spec: ViewSpec, funcs: readonly number[]): Neighbours {
  const wanted = new Uint8Array(profile.functions.length);
  for (const func of funcs) wanted[func] = 1;
  const callers = new Map<number, Neighbour[]>();
  const callees = new Map<number, Neighbour[]>();
  const put = (caller: number, callee: number, figures: Omit<Neighbour, 'func'>) => {
    if (wanted[callee] === 1) listOf(callers, callee).push({ func: caller, ...figures });
    if (wanted[caller] === 1) listOf(callees, caller).push({ func: callee, ...figures });
  };
  if (isSummed(profile, spec.type)) {
    const { edges } = summedFigures(profile, spec.type)!;
    for (let edge = 0; edge < edges.length; edge++) {
      const [self, total] = [edges.self[edge]!, edges.total[edge]!];
      put(edges.caller[edge]!, edges.callee[edge]!, { self, total, calls: edges.calls[edge]!, primitive: edges.primitive[edge]! });
    }
  } else pairsOf(profile, spec, wanted, put);
  for (const list of [...callers.values(), ...callees.values()]) list.sort((a, b) => b.total - a.total);
  return { callers, callees };
}

/** Every pair of caller and callee in the stacks of which one is wanted. */
function pairsOf(
  profile: Profile,
  spec: ViewSpec,
  wanted: Uint8Array,
  put: (caller: number, callee: number, figures: Omit<Neighbour, 'func'>) => void,
): void {
  const { func: funcOf } = profile.lines;
  const count = profile.functions.length;
  const needed = Uint8Array.from(funcOf, (func) => wanted[func]!);
  const pairs: [caller: number, callee: number][] = [];
  const known = new Map<number, number>();
  const { self, total } = sumPairs(profile, weigh(profile, spec).value, needed, (above, below) => {
    const [caller, callee] = [funcOf[above]!, funcOf[below]!];
    if (wanted[caller] === 0 && wanted[callee] === 0) return -1;
    const key = caller * count + callee;
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, pairs.length);
    return pairs.push([caller, callee]) - 1;
  });
  const counted = new Map<number, number>();
  const edges = profile.calls?.edges;
  for (let edge = 0; edge < (edges?.length ?? 0); edge++) {
    const pair = known.get(edges!.caller[edge]! * count + edges!.callee[edge]!);
    if (pair !== undefined) counted.set(pair, edge);
  }
  for (const [pair, sum] of total) {
    const edge = counted.get(pair);
    const calls = edge === undefined ? null : edges!.calls[edge]!;
    put(...pairs[pair]!, { self: self.get(pair) ?? 0, total: sum, calls, primitive: edge === undefined ? null : edges!.primitive[edge]! });
  }
}

function listOf(lists: Map<number, Neighbour[]>, func: number): Neighbour[] {
  const known = lists.get(func);
  if (known !== undefined) return known;
  const made: Neighbour[] = [];
  lists.set(func, made);
  return made;
}
