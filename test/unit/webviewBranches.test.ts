import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Branches, type NodeRow, type Spot } from '../../webview-ui/profile/tree/branches.js';

/** All rows in order, by going through everything that is open. */
function written(branches: Branches<NodeRow>): string[] {
  const lines: string[] = [];
  const visit = (branch: Spot<NodeRow>['branch']) => {
    for (let at = 0; at < branch.count; at++) {
      lines.push(`${branch.node}:${at}`);
      const below = branches.below({ branch, at });
      if (below) visit(below);
    }
  };
  visit(branches.root);
  return lines;
}

it('finds rows by their place and places by their row, whatever is opened and closed', () => {
  const step = fc.record({ at: fc.nat(200), count: fc.nat(6), close: fc.boolean() });
  fc.assert(
    fc.property(fc.nat(8), fc.array(step, { maxLength: 40 }), (roots, steps) => {
      const branches = new Branches();
      branches.setCount(branches.root, roots);
      let node = 0;
      for (const { at, count, close } of steps) {
        const spot = branches.spot(at % Math.max(1, branches.size));
        if (!spot) continue;
        if (close) branches.close(spot);
        else branches.open(spot, node++, count);
      }
      const lines = written(branches);
      expect(branches.size).toBe(lines.length);
      lines.forEach((line, index) => {
        const spot = branches.spot(index)!;
        expect(`${spot.branch.node}:${spot.at}`).toBe(line);
        expect(branches.indexOf(spot)).toBe(index);
      });
      expect(branches.spot(lines.length)).toBeUndefined();
      expect(branches.spot(-1)).toBeUndefined();
    }),
  );
});

it('holds a million siblings and ways of thousands of levels without their rows', () => {
  const branches = new Branches();
  branches.setCount(branches.root, 1_000_000);
  const row = { name: 'f' } as NodeRow;
  const level = (node: number, count: number, at: number) => ({
    node,
    count,
    at,
    offset: Math.floor(at / 100) * 100,
    rows: Array(100).fill(row),
  });
  const levels = [level(-1, 1_000_000, 777_777), ...Array.from({ length: 5000 }, (_, i) => level(i, 150, 120))];
  const spot = branches.follow(branches.root, levels)!;
  expect(branches.size).toBe(1_000_000 + 5000 * 150);
  expect(branches.indexOf(spot)).toBe(777_777 + 5000 * 121);
  expect(branches.spot(branches.indexOf(spot))).toEqual(spot);
  expect(branches.rowOf(spot)).toBe(row);
  expect(branches.rowOf({ branch: branches.root, at: 0 })).toBeUndefined();
  branches.close({ branch: branches.root, at: 777_777 });
  expect(branches.size).toBe(1_000_000);
});
