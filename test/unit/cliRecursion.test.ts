// Recursion on the command line: merged as `shownProfile` does it, and told where there is none to merge.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cliKit, prof } from './cliKit.js';

const { folder, heatline, json } = cliKit();
const file = join(folder, 'recursive.collapsed');
writeFileSync(file, 'main;walk;walk;visit 1\nmain;walk;visit;walk;leaf 2\nmain;leaf 4\n');

interface Node {
  readonly name: string;
  readonly self: number;
  readonly total: number;
  readonly children: readonly Node[];
}

const text = ({ name, self, total, children }: Node): string =>
  `${name} ${self}/${total}${children.length > 0 ? ` (${children.map(text).join(', ')})` : ''}`;
const tree = (...options: string[]) => (json('tree', file, ...options).roots as Node[]).map(text);

it('merges recursions in trees and tables; the whole and self figures stay', () => {
  expect(tree()).toEqual(['main 0/7 (leaf 4/4, walk 0/3 (visit 0/2 (walk 0/2 (leaf 2/2)), walk 0/1 (visit 1/1)))']);
  expect(tree('--merge-recursion', '^walk$')).toEqual(['main 0/7 (leaf 4/4, walk 0/3 (leaf 2/2, visit 1/1))']);
  expect(tree('--merge-direct-recursion', '.')).toEqual(['main 0/7 (leaf 4/4, walk 0/3 (visit 1/3 (walk 0/2 (leaf 2/2))))']);
  const rows = json('top', file, '--merge-recursion', '.').functions as { name: string; self: number; total: number }[];
  expect(rows.map(({ name, self, total }) => `${name} ${self}/${total}`).sort()).toEqual(['leaf 6/6', 'main 0/7', 'visit 1/1', 'walk 0/3']);
});

it('says that sums hold no recursion to merge, and what is no regular expression', () => {
  const { status, stderr } = heatline('tree', prof, '--merge-recursion', '.');
  expect([status, stderr]).toEqual([
    0,
    'heatline: merging recursion changes nothing here: the file holds sums without stacks, and their tree shows a function once on a path\n',
  ]);
  const wrong = heatline('top', file, '--merge-recursion', '(');
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('"(" is not a regular expression')]);
});
