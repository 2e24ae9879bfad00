import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlameFrame } from '../../src/core/model/flame.js';
import { packFrames } from '../../src/core/model/frameColumns.js';
import type { FlameColumns } from '../../src/protocol/lsp.js';
import {
  boxAt,
  boxByPath,
  callersOf,
  childrenOf,
  indexBoxes,
  stepFrom,
  visibleRange,
  widestOf,
} from '../../webview-ui/profile/flame/boxes.js';

interface Shape {
  weight: number;
  children: Shape[];
}

const weight = fc.integer({ min: 0, max: 9 });
/** Trees of up to five levels. */
const shapes = fc.memo(
  (levels): fc.Arbitrary<Shape> =>
    fc.record({ weight, children: levels <= 1 ? fc.constant([]) : fc.array(shapes(levels - 1), { maxLength: 3 }) }),
);
const shape = shapes(5);

const sum = (node: Shape): number => node.weight + node.children.reduce((total, child) => total + sum(child), 0);

/** The columns that a server gives for the whole: no box for the root, depth-first. */
function columnsOf(roots: readonly Shape[]): FlameColumns {
  const whole = roots.reduce((total, node) => total + sum(node), 0);
  const columns = {
    depth: [] as number[],
    x: [] as number[],
    w: [] as number[],
    self: [] as number[],
    node: [] as number[],
    frame: [] as number[],
  };
  const frames: FlameFrame[] = [];
  const add = (nodes: readonly Shape[], depth: number, start: number) => {
    let x = start;
    for (const node of nodes) {
      const total = sum(node);
      if (total === 0) continue;
      columns.depth.push(depth);
      columns.x.push(x / whole);
      columns.w.push(total / whole);
      columns.self.push(node.weight);
      columns.node.push(columns.node.length);
      columns.frame.push(frames.length);
      frames.push({ func: frames.length, name: `f${frames.length}`, file: 'a.py', line: 1, library: false, package: 'a' });
      add(node.children, depth + 1, x);
      x += total;
    }
  };
  add(roots, 0, 0);
  return { root: -1, rootValue: whole, ...columns, frames: packFrames(frames), path: [], maxDepth: 0, treeIsEstimate: false };
}

const text = (columns: FlameColumns) => {
  const boxes = indexBoxes(columns, false, 0);
  return Array.from(
    boxes.depth,
    (depth, box) => `${'  '.repeat(depth)}${boxes.frames[boxes.frame[box]!]!.name} ${boxes.w[box]!.toFixed(2)}`,
  );
};
const leaf = (weight: number): Shape => ({ weight, children: [] });

describe('boxes of the flame graph', () => {
  it('puts the missing root on top of all', () => {
    const columns = columnsOf([{ weight: 1, children: [leaf(3)] }, leaf(4)]);
    expect(text(columns)).toEqual(['all 1.00', '  f0 0.50', '    f1 0.38', '  f2 0.50']);
  });

  it('takes a root that is there as it is', () => {
    const columns: FlameColumns = { ...columnsOf([{ weight: 1, children: [leaf(3)] }]), root: 0 };
    expect(text(columns)).toEqual(['f0 1.00', '  f1 0.75']);
    expect(indexBoxes({ ...columns, depth: [], x: [], w: [], self: [], node: [], frame: [] }, false, 0, 'gone').count).toBe(1);
  });

  it('walks to caller, widest callee and neighbours', () => {
    const boxes = indexBoxes(
      columnsOf([
        { weight: 0, children: [leaf(3), leaf(5)] },
        { weight: 1, children: [leaf(2)] },
      ]),
      false,
      0,
    );
    const name = (box: number) => (box < 0 ? undefined : boxes.frames[boxes.frame[box]!]!.name);
    const at = (func: number) => widestOf(boxes, func);
    expect(name(stepFrom(boxes, 0, 'callee'))).toBe('f0');
    expect(name(stepFrom(boxes, at(0), 'callee'))).toBe('f2');
    expect(name(stepFrom(boxes, at(2), 'next'))).toBe('f4');
    expect(name(stepFrom(boxes, at(4), 'previous'))).toBe('f2');
    expect(name(stepFrom(boxes, at(4), 'caller'))).toBe('f3');
    expect([stepFrom(boxes, 0, 'caller'), stepFrom(boxes, at(4), 'next'), stepFrom(boxes, at(4), 'callee'), widestOf(boxes, 99)]).toEqual([
      -1, -1, -1, -1,
    ]);
    expect(callersOf(boxes, at(2)).map(name)).toEqual(['all', 'f0']);
    expect(name(boxByPath(boxes, [0, 2]))).toBe('f2');
    expect(name(boxByPath(boxes, [3, 99]))).toBe('f3');
  });

  it('finds by binary search what a walk over all boxes finds', () => {
    fc.assert(
      fc.property(
        fc.array(shape, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (roots, a, b) => {
          fc.pre(roots.some((root) => sum(root) > 0));
          const boxes = indexBoxes(columnsOf(roots), false, 0);
          const [x0, x1] = [Math.min(a, b), Math.max(a, b)];
          const all = Array.from({ length: boxes.count }, (_, box) => box);
          boxes.rows.forEach((row, depth) => {
            expect(Array.from(row)).toEqual(all.filter((box) => boxes.depth[box] === depth));
            const [from, to] = visibleRange(boxes, depth, x0, x1);
            const seen = all.filter((box) => boxes.depth[box] === depth && boxes.x[box]! + boxes.w[box]! > x0 && boxes.x[box]! < x1);
            expect(Array.from(row.slice(from, to))).toEqual(seen);
            const under = all.find((box) => boxes.depth[box] === depth && boxes.x[box]! <= a && a < boxes.x[box]! + boxes.w[box]!);
            if (under !== undefined) expect(boxes.x[boxAt(boxes, depth, a)]).toBeLessThanOrEqual(a);
            else expect(boxAt(boxes, depth, a) < 0 || boxes.x[boxAt(boxes, depth, a)]! + boxes.w[boxAt(boxes, depth, a)]! === a).toBe(true);
          });
          for (const box of all) {
            expect(childrenOf(boxes, box)).toEqual(all.filter((other) => boxes.parent[other] === box));
            const inside = childrenOf(boxes, box).reduce((total, child) => total + boxes.w[child]!, 0);
            expect(inside).toBeLessThanOrEqual(boxes.w[box]! + 1e-9);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('hits a box thinner than a pixel within the slack only', () => {
    const boxes = indexBoxes(columnsOf([leaf(1), leaf(9999)]), false, 0);
    expect(boxes.frames[boxes.frame[boxAt(boxes, 1, 0.00005)]!]!.name).toBe('f0');
    const gap = indexBoxes(columnsOf([{ weight: 5000, children: [leaf(5)] }]), false, 0);
    expect(boxAt(gap, 2, 0.5)).toBe(-1);
    expect(boxAt(gap, 2, 0.0015, 0.001)).toBeGreaterThan(0);
    expect(boxAt(gap, 9, 0.5)).toBe(-1);
  });
});
