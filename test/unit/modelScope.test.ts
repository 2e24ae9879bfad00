// Stacks through a node: the call tree says how much they are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callTree } from '../../src/core/model/callTree.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';
import type { Profile } from '../../src/core/model/profile.js';
import { draw, nameOf } from './draw.js';

/** Weight of the stacks through each node beside the node's total. */
function scopes(profile: Profile, inverted: boolean, justMyCode: boolean): (readonly [way: string, scoped: number, total: number])[] {
  const tree = callTree(profile, { type: 0 }, { inverted, justMyCode });
  return Array.from({ length: tree.length }, (_, node) => {
    const path: number[] = [];
    for (let at = node; at >= 0; at = tree.parent[at]!) path.unshift(tree.func[at]!);
    const { sum } = functionTable(profile, { type: 0, scope: { path, inverted, justMyCode } });
    return [path.map((func) => nameOf(profile, func)).join(' '), sum, tree.total[node]!] as const;
  });
}

describe.each([
  ['a tree of stacks', false],
  ['whole stacks', true],
])('a node of %s', (_, whole) => {
  it('has the stacks that the call tree counts there, upright and inverted, folded or not', () => {
    const frame = fc.constantFrom(
      'a',
      'b',
      'c',
      'x@/usr/lib/python3.12/x.py',
      'y@/usr/lib/python3.12/y.py',
      'a<x@/usr/lib/python3.12/x.py',
    );
    const stacks = fc.array(fc.array(frame, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(stacks, fc.boolean(), fc.boolean(), (all, inverted, justMyCode) => {
        const depth = Math.max(...all.map((stack) => stack.length));
        const rows = Array.from({ length: depth }, (_, row) => all.map((stack) => stack[row] ?? '.').join(' '));
        const profile = draw(rows.join('\n'), { weights: all.map((_, i) => 2 ** i), whole });
        for (const [way, scoped, total] of scopes(profile, inverted, justMyCode)) expect([way, scoped]).toEqual([way, total]);
      }),
      { numRuns: 200 },
    );
  });

  it('scopes lines to the stacks through it, together with a focus', () => {
    const profile = draw(
      'main@main.py:1 main@main.py:2 main@main.py:2\nquote@main.py:5 quote@main.py:5 pay@main.py:9\nhash@main.py:7 . hash@main.py:7',
      {
        weights: [1, 2, 4],
        whole,
      },
    );
    const func = (name: string) =>
      Array.from({ length: profile.functions.length }, (_, at) => at).find((at) => nameOf(profile, at) === name)!;
    const scope = { path: [func('main'), func('quote')], inverted: false, justMyCode: false };
    const lines = (focus?: string) => {
      const { line, self, total } = lineTable(profile, { type: 0, scope, ...(focus ? { focus } : {}) }).files.get('main.py')!;
      return Array.from(line, (at, i) => [at, self[i], total[i]]);
    };
    expect(lines()).toEqual([
      [1, 0, 1],
      [2, 0, 2],
      [5, 2, 3],
      [7, 1, 1],
    ]);
    expect(lines('hash')).toEqual([
      [1, 0, 1],
      [5, 0, 1],
      [7, 1, 1],
    ]);
  });

  it('that is in no stack has none', () => {
    const profile = draw('a\nb', { whole });
    for (const path of [[1, 0], [0, 1, 0], [1]])
      expect(functionTable(profile, { type: 0, scope: { path, inverted: false, justMyCode: false } }).sum).toBe(0);
  });
});
