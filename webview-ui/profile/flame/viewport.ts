/** The part of the root that is on screen: x0..x1 within 0..1. Pure: the view animates between these. */
export interface Viewport {
  readonly x0: number;
  readonly x1: number;
}

export const WHOLE: Viewport = { x0: 0, x1: 1 };
/** Narrowest window on one root. Further in, a click makes a box the new root, and its boxes come fresh from the server. */
const NARROWEST = 1 / 64;

/** Zooms by `factor` (< 1 is in) around the point `at` of the root; stops at the whole and at the narrowest window. */
export function zoomAt(view: Viewport, at: number, factor: number, narrowest = NARROWEST): Viewport {
  const width = view.x1 - view.x0;
  const next = Math.min(1, Math.max(narrowest, width * factor));
  const x0 = at - ((at - view.x0) / width) * next;
  return clamp(x0, next);
}

/** Moves by a fraction of the root; stops at both ends. */
export function panBy(view: Viewport, delta: number): Viewport {
  return clamp(view.x0 + delta, view.x1 - view.x0);
}

/** Part of the way from one view to another, 0..1, for an animation. */
export function between(from: Viewport, to: Viewport, part: number): Viewport {
  return { x0: from.x0 + (to.x0 - from.x0) * part, x1: from.x1 + (to.x1 - from.x1) * part };
}

/** A view with half of its width on either side. */
export function around({ x0, x1 }: Viewport): { readonly from: number; readonly to: number } {
  const beside = (x1 - x0) / 2;
  return { from: Math.max(0, x0 - beside), to: Math.min(1, x1 + beside) };
}

export function isWhole(view: Viewport): boolean {
  return view.x1 - view.x0 >= 1;
}

function clamp(x0: number, width: number): Viewport {
  const left = Math.min(Math.max(0, x0), 1 - width);
  return { x0: left, x1: left + width };
}
