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
