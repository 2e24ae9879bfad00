import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isWhole, panBy, type Viewport, WHOLE, zoomAt } from '../../webview-ui/profile/flame/viewport.js';

const steps = fc.array(
  fc.oneof(
    fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), factor: fc.double({ min: 0.1, max: 10, noNaN: true }) }),
    fc.record({ delta: fc.double({ min: -2, max: 2, noNaN: true }) }),
  ),
);

it('never leaves the picture and never zooms out past it, whatever is done', () => {
  fc.assert(
    fc.property(steps, (all) => {
      let view: Viewport = WHOLE;
      for (const step of all) view = 'at' in step ? zoomAt(view, step.at, step.factor) : panBy(view, step.delta);
      expect(view.x0).toBeGreaterThanOrEqual(0);
      expect(view.x1).toBeLessThanOrEqual(1 + 1e-12);
      expect(view.x1 - view.x0).toBeGreaterThanOrEqual(1 / 64 - 1e-12);
    }),
  );
});

it('keeps what is under the pointer where it is', () => {
  const view = zoomAt(WHOLE, 0.3, 0.5);
  expect((0.3 - view.x0) / (view.x1 - view.x0)).toBeCloseTo(0.3, 12);
  expect(isWhole(view)).toBe(false);
  expect(isWhole(zoomAt(view, 0.3, 100))).toBe(true);
});
