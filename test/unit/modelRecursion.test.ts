// Recursions as one frame; the judge below does it frame by frame on names.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callTree } from '../../src/core/model/callTree.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';
import { EVERY_FUNCTION, mergeRecursion } from '../../src/core/model/mergeRecursion.js';
import type { Profile } from '../../src/core/model/profile.js';
import { shownProfile } from '../../src/core/model/shown.js';
import { asTree, draw, drawCalls, nameOf } from './draw.js';

/** `name@main.py:line`, outermost first. */
type Stack = readonly string[];
const nameIn = (frame: string) => frame.split('@')[0]!;

/** Takes the outermost call of a chosen function that is called again further in, and all up to its last call, until there is none. */
function judge(stack: Stack, whole: string, direct: string): Stack {
  const chosen = (pattern: string, frame: string) => pattern !== '' && new RegExp(pattern).test(nameIn(frame));
  for (let at = 0; at < stack.length; at++) {
    const last = stack.findLastIndex((frame) => nameIn(frame) === nameIn(stack[at]!));
    if (last > at && chosen(whole, stack[at]!)) return judge([...stack.slice(0, at), ...stack.slice(last)], whole, direct);
  }
  return stack.filter((frame, at) => !(chosen(direct, frame) && at + 1 < stack.length && nameIn(stack[at + 1]!) === nameIn(frame)));
}

/** Path of a stack, as a key beside those of functions and lines. */
const pathOf = (stack: Stack) => `/${stack.map(nameIn).join('/')}`;

/** Figures by function, by line and by path, each once per stack. */
function figures(stacks: readonly Stack[]) {
  const found: Record<string, [self: number, total: number]> = {};
  stacks.forEach((stack, i) => {
    const leaf = stack.at(-1)!;
    const own = [leaf, nameIn(leaf), pathOf(stack)];
    for (const place of new Set([...stack, ...stack.map(nameIn), ...stack.map((_, at) => pathOf(stack.slice(0, at + 1)))])) {
      const [self, total] = found[place] ?? [0, 0];
      found[place] = [self + (own.includes(place) ? 2 ** i : 0), total + 2 ** i];
    }
  });
  return found;
}

/** The same as the model has them. */
function modelled(profile: Profile): ReturnType<typeof figures> {
  const found: ReturnType<typeof figures> = {};
  const { self, total } = functionTable(profile, { type: 0 });
  for (let func = 0; func < self.length; func++) if (total[func] !== 0) found[nameOf(profile, func)] = [self[func]!, total[func]!];
  const lines = lineTable(profile, { type: 0 }).files.get('main.py');
  for (let at = 0; at < (lines?.line.length ?? 0); at++) {
    const line = lines!.line[at]!;
    found[`${'abcd'[Math.floor(line / 10) - 1]}@main.py:${line}`] = [lines!.self[at]!, lines!.total[at]!];
  }
  const tree = callTree(profile, { type: 0 });
  const path: string[] = [];
  for (let node = 0; node < tree.length; node++) {
    path.length = tree.depth[node]!;
    path.push(nameOf(profile, tree.func[node]!));
    found[pathOf(path)] = [tree.self[node]!, tree.total[node]!];
  }
  return found;
}

const drawn = (stacks: readonly Stack[], whole: boolean): Profile => {
  const rows = Array.from({ length: Math.max(...stacks.map((stack) => stack.length)) }, (_, row) =>
    stacks.map((stack) => stack[row] ?? '.').join(' '),
  );
  return draw(rows.join('\n'), { weights: stacks.map((_, i) => 2 ** i), whole });
};

describe.each([
  ['a tree of stacks', false],
  ['whole stacks', true],
])('recursion in %s', (_, whole) => {
  const profile = draw('m m m m\nf f f g\nf g x f\nf f f x\n. x . g\n. . . h', { weights: [1, 2, 4, 8], whole });

  it('is one frame from its outermost to its innermost call', () => {
    expect(asTree(profile, callTree(mergeRecursion(profile, { mergeRecursion: '^f$' }), { type: 0 }))).toEqual([
      'm 0/15',
      '  g 0/8',
      '    f 0/8',
      '      x 0/8',
      '        g 0/8',
      '          h 8/8',
      '  f 5/7',
      '    x 2/2',
    ]);
  });

  it('of all functions is merged from outside inwards', () => {
    expect(asTree(profile, callTree(mergeRecursion(profile, { mergeRecursion: EVERY_FUNCTION }), { type: 0 }))).toEqual([
      'm 0/15',
      '  g 0/8',
      '    h 8/8',
      '  f 5/7',
      '    x 2/2',
    ]);
  });

  it('that is direct can be merged alone', () => {
    expect(asTree(profile, callTree(mergeRecursion(profile, { mergeDirectRecursion: EVERY_FUNCTION }), { type: 0 }))).toEqual([
      'm 0/15',
      '  g 0/8',
      '    f 0/8',
      '      x 0/8',
      '        g 0/8',
      '          h 8/8',
      '  f 1/7',
      '    x 0/4',
      '      f 4/4',
      '    g 0/2',
      '      f 0/2',
      '        x 2/2',
    ]);
  });

  it('becomes direct when what lies between is hidden', () => {
    const frames = { hide: '^[gx]$', mergeDirectRecursion: '^f$' };
    expect(asTree(profile, callTree(shownProfile(profile, frames), { type: 0 }))).toEqual(['m 0/15', '  f 7/15', '    h 8/8']);
  });

  it('merges inlined calls too, and leaves the line of the innermost one', () => {
    const inlined = draw('f@main.py:1 a@main.py:9\nf@main.py:2<a@main.py:3<f@main.py:4 f@main.py:5<a@main.py:6', {
      weights: [1, 2],
      whole,
    });
    const merged = mergeRecursion(inlined, { mergeRecursion: EVERY_FUNCTION });
    expect(asTree(merged, callTree(merged, { type: 0 }))).toEqual(['a 0/2', '  f 2/2', 'f 1/1']);
    const lines = lineTable(merged, { type: 0 }).files.get('main.py')!;
    expect(Array.from(lines.line, (line, at) => [line, lines.self[at], lines.total[at]])).toEqual([
      [2, 1, 1],
      [5, 2, 2],
      [6, 0, 2],
    ]);
  });

  it('is merged as the judge does it; the whole and all that was spent in a place itself stay', () => {
    const frame = fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.integer({ min: 0, max: 2 }));
    const stack = fc.array(
      frame.map(([func, line]) => `${'abcd'[func]}@main.py:${func * 10 + 10 + line}`),
      { minLength: 1, maxLength: 12 },
    );
    const pattern = fc.constantFrom('', '^a$', '^[ab]$', '^[bcd]$', EVERY_FUNCTION);
    fc.assert(
      fc.property(fc.array(stack, { minLength: 1, maxLength: 6 }), pattern, pattern, (stacks, all, direct) => {
        const before = drawn(stacks, whole);
        const after = mergeRecursion(before, { mergeRecursion: all, mergeDirectRecursion: direct });
        const found = modelled(after);
        expect(found).toEqual(figures(stacks.map((each) => judge(each, all, direct))));
        expect(functionTable(after, { type: 0 }).sum).toBe(2 ** stacks.length - 1);
        expect(functionTable(after, { type: 0 }).self).toEqual(functionTable(before, { type: 0 }).self);
      }),
      { numRuns: 300 },
    );
  });
});

describe('recursion', () => {
  it('keeps samples without a stack, threads and times', () => {
    const profile = draw('f f .\nf . .', { weights: [1, 2, 4], threads: ['p', 'q', 'q'] });
    const merged = mergeRecursion(profile, { mergeRecursion: EVERY_FUNCTION });
    expect(functionTable(merged, { type: 0, thread: 'q' }).sum).toBe(6);
    expect(asTree(merged, callTree(merged, { type: 0 }))).toEqual(['f 3/3']);
  });

  it('is left as it is in call counts, whose tree shows a function once on a path anyway', () => {
    const counted = drawCalls(
      { m: { calls: 1, self: 1, total: 9 }, f: { calls: 8, primitive: 1, self: 8, total: 8 } },
      { 'm>f': { calls: 1, self: 1, total: 8 }, 'f>f': { calls: 7, primitive: 0, self: 7, total: 7 } },
    );
    const [before, after] = [counted, mergeRecursion(counted, { mergeRecursion: EVERY_FUNCTION })].map((profile) =>
      asTree(profile, callTree(profile, { type: counted.defaultType })),
    );
    expect(after).toEqual(before);
    expect(before).toEqual(['m 1/9', '  f 8/8']);
  });

  it('of a very deep stack is merged', () => {
    const names = ['f', ...Array.from({ length: 99 }, (_, i) => `g${i}`)];
    const profile = draw(Array.from({ length: 20_000 }, (_, i) => names[i % names.length]!).join('\n'));
    expect(callTree(mergeRecursion(profile, { mergeRecursion: EVERY_FUNCTION }), { type: 0 }).length).toBe(100);
    expect(callTree(mergeRecursion(profile, { mergeRecursion: '^f$' }), { type: 0 }).length).toBe(100);
  });

  it('says in one sentence what is no regular expression', () => {
    expect(() => mergeRecursion(draw('a'), { mergeRecursion: '(' })).toThrow('is not a regular expression');
  });
});
