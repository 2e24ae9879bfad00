import { type ShownChange, shownChange } from '../../../src/core/report/change.js';
import type { Change, CompareFlame } from '../../../src/protocol/compare.js';
import { formatValue } from '../../shared/format.js';

/** A change of self or total as the Diff tab shows it. */
export function changeOf({ base, new: next, noise }: Change, kind: 'self' | 'total', unit: string): ShownChange {
  return shownChange(base[kind], next[kind], unit, noise[kind]);
}

/** Which class (and so which colour) a change has. */
export const LOOKS = { [-1]: 'less', 0: 'same', 1: 'more' } as const;

/** `±36 ms`; '' where nothing is known of the error. */
export function noiseText(noise: number | null, unit: string): string {
  return noise === null || !(noise > 0) ? '' : `±${formatValue(noise < 10 ? noise : Math.round(noise), unit)}`;
}

/** The change of a box of the differential flame graph; undefined for the box of the whole. */
export function changeOfBox(columns: CompareFlame, box: number): Change | undefined {
  // The server leaves the box of the whole out: the picture puts it in before the others.
  const at = columns.root === -1 ? box - 1 : box;
  if (at < 0 || at >= columns.node.length) return undefined;
  return {
    base: { self: columns.baseSelf[at]!, total: columns.baseTotal[at]! },
    new: { self: columns.newSelf[at]!, total: columns.newTotal[at]! },
    noise: { self: null, total: columns.noise[at]! },
  };
}

/** Parts of the larger figure from which on a change is of the second and third step. */
const STEPS = [0.1, 0.35] as const;

/** How strong the colour of a change is, 1..3 with its sign; 0 where it is no more than noise. */
export function stepOf(change: Change): -3 | -2 | -1 | 0 | 1 | 2 | 3 {
  const { base, new: next } = change;
  const { sign } = shownChange(base.total, next.total, '', change.noise.total);
  if (sign === 0) return 0;
  const size = Math.abs(next.total - base.total) / Math.max(Math.abs(base.total), Math.abs(next.total));
  const step = size < STEPS[0] ? 1 : size < STEPS[1] ? 2 : 3;
  return (sign * step) as -3 | -2 | -1 | 1 | 2 | 3;
}
