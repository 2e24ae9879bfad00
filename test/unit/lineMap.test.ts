import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapLines } from '../../src/core/model/lineMap.js';

/** Lines of a small "program" in which texts repeat, as blank lines and `return` do. */
const line = fc.oneof(
  fc.constantFrom('', 'return', '    pass', '    total += 1', 'def f():', 'x = 1'),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, ' ')),
);
const source = fc.array(line, { minLength: 1, maxLength: 60 });

describe('mapLines', () => {
  it('shifts every line below by the number of lines inserted above it', () => {
    fc.assert(
      fc.property(source, fc.nat(), fc.integer({ min: 1, max: 20 }), (lines, seed, count) => {
        const at = seed % (lines.length + 1);
        const added = Array.from({ length: count }, (_, i) => `# inserted ${i} §`);
        const map = mapLines(lines.join('\n'), [...lines.slice(0, at), ...added, ...lines.slice(at)].join('\n'));
        for (let i = 0; i < lines.length; i++) {
          expect(map.now(i + 1)).toBe(i < at ? i + 1 : i + 1 + count);
          expect(map.changed(i + 1)).toBe(false);
        }
        for (let i = 0; i < count; i++) expect(map.recorded(at + i + 1)).toBe(0);
      }),
    );
  });

  it('is one to one, keeps its inverse, and says "unchanged" only of equal texts', () => {
    fc.assert(
      fc.property(source, source, (before, after) => {
        const map = mapLines(before.join('\n'), after.join('\r\n'));
        const seen = new Set<number>();
        for (let i = 1; i <= before.length; i++) {
          const now = map.now(i);
          if (now === 0) continue;
          expect(seen.has(now)).toBe(false);
          seen.add(now);
          expect(map.recorded(now)).toBe(i);
          expect(map.changed(i)).toBe(before[i - 1]!.trimEnd() !== after[now - 1]!.trimEnd());
        }
      }),
      { numRuns: 500 },
    );
  });

  it('drops deleted lines and moves up what follows', () => {
    const map = mapLines('a = 1\nb = 2\nc = 3\nd = 4\n', 'a = 1\nd = 4\n');
    expect([1, 2, 3, 4].map((n) => map.now(n))).toEqual([1, 0, 0, 2]);
  });

  it('follows a line that was edited in place, and calls it changed', () => {
    const before = 'def f(rows):\n    total = 0\n    for row in rows:\n        total += row.price * row.count\n    return total\n';
    const after =
      'import math\n\ndef f(rows):\n    total = 0\n    log()\n    for row in rows:\n        total += row.price * row.number * 2\n    return total\n';
    const map = mapLines(before, after);
    expect([1, 2, 3, 4, 5].map((n) => map.now(n))).toEqual([3, 4, 6, 7, 8]);
    expect([1, 2, 3, 4, 5].map((n) => map.changed(n))).toEqual([false, false, false, true, false]);
  });

  it('finds an edited line again beside a new one', () => {
    const map = mapLines(
      'start()\nvalue = compute(left, right)\nend()',
      'start()\ncheck(left)\nvalue = compute(left, right, deep=True)\nend()',
    );
    expect(map.now(2)).toBe(3);
    expect(map.changed(2)).toBe(true);
    expect(map.recorded(2)).toBe(0);
  });

  it('follows a function that was moved to another place', () => {
    const one = 'def one():\n    a = 1\n    return a\n';
    const two = 'def two():\n    b = 2\n    return b\n';
    const three = 'def three():\n    c = 3\n    d = 4\n    e = 5\n    return c\n';
    const map = mapLines(`${one}\n${two}\n${three}`, `${three}\n${one}\n${two}`);
    expect([9, 10, 11, 12, 13].map((n) => map.now(n))).toEqual([1, 2, 3, 4, 5]);
    expect([1, 2, 3].map((n) => map.now(n))).toEqual([7, 8, 9]);
    expect([1, 2, 3, 9, 10].some((n) => map.changed(n))).toBe(false);
  });

  it('takes line ends and trailing white space for no change', () => {
    const map = mapLines('a\nb  \nc', 'a\r\nb\r\nc');
    expect(map.identical).toBe(true);
    expect(map.now(3)).toBe(3);
  });

  it('stays bounded when two long texts have nothing in common', () => {
    const before = Array.from({ length: 5000 }, (_, i) => `old ${i % 7} ${(i * i) % 11}`).join('\n');
    const after = Array.from({ length: 5000 }, (_, i) => `new ${i % 5} ${(i * i) % 13}`).join('\n');
    const map = mapLines(before, after);
    expect(map.identical).toBe(false);
    expect(map.now(5001)).toBe(0);
  });
});
