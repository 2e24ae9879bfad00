import { expect, test } from 'vitest';
import { compare, type Normalize } from '../../src/core/model/compare.js';
import { compareLines } from '../../src/core/model/compareLines.js';
import type { Profile } from '../../src/core/model/profile.js';
import { chooseTypes } from '../../src/core/report/compared.js';
import { diffJson, diffText, isNoise, movedText } from '../../src/core/report/diff.js';
import { diffMarkdown } from '../../src/core/report/diffMarkdown.js';
import { judge, parseRule } from '../../src/core/report/failOn.js';
import { draw, drawCalls } from './draw.js';

function compared(base: Profile, next: Profile, normalize?: Normalize) {
  const [before, after] = chooseTypes(base, next, undefined);
  return compare(base, { type: before }, next, { type: after }, normalize ? { normalize } : {});
}

/** `name file:line self→self total→total moved`. */
function rows(base: Profile, next: Profile, normalize?: Normalize): string[] {
  const comparison = compared(base, next, normalize);
  return diffJson(comparison, []).functions.map(
    ({ name, file, line, base: was, new: now }) => `${name} ${file}:${line} ${was.self}→${now.self} ${was.total}→${now.total}`,
  );
}

const base = draw('main@/old/app.py:3/1 main@/old/app.py:3/1 main@/old/app.py:4/1\nwork@/old/app.py:12/10 gone@/old/app.py:22/20 .', {
  weights: [50, 7, 3],
});
const next = draw('main@/new/app.py:3/1 main@/new/app.py:3/1 main@/new/app.py:4/1\nwork@/new/app.py:17/15 fresh@/new/app.py:22/20 .', {
  weights: [80, 9, 3],
});

test('functions are found again in another folder and at another line; new and gone ones are told', () => {
  expect(rows(base, next)).toEqual([
    'work /new/app.py:15 50→80 50→80',
    'fresh /new/app.py:20 0→9 0→9',
    'gone /old/app.py:20 7→0 7→0',
    'main /new/app.py:1 3→3 60→92',
  ]);
  const comparison = compared(base, next);
  const moved = new Set(Array.from({ length: comparison.functions.length }, (_, row) => movedText(comparison, row)));
  expect([...moved].sort()).toEqual(['', 'gone', 'new', 'was line 10']);
});

test('lines move with their function', () => {
  const lines = compareLines(compared(base, next)).map(
    ({ file, line, wasLine, isGone, baseSelf, nextSelf }) =>
      `${file}:${line} was ${wasLine}${isGone ? ' gone' : ''} ${baseSelf}→${nextSelf}`,
  );
  expect(lines.sort()).toEqual([
    '/new/app.py:17 was 12 50→80',
    '/new/app.py:22 was 0 0→9',
    '/new/app.py:3 was 3 0→0',
    '/new/app.py:4 was 4 3→3',
    '/old/app.py:22 was 22 gone 7→0',
  ]);
});

test('never by name alone: the same name in another file is another function', () => {
  expect(rows(draw('run@/a/x.py:3/2'), draw('run@/a/y.py:9/8'))).toEqual(['run /a/x.py:2 1→0 1→0', 'run /a/y.py:8 0→1 0→1']);
  // A renamed file keeps its functions where they were.
  expect(rows(draw('run@/a/x.py:3/2'), draw('run@/a/y.py:3/2'))).toEqual(['run /a/y.py:2 1→1 1→1']);
  // <module> is in every file.
  const asModule = (profile: Profile): Profile => ({
    ...profile,
    strings: profile.strings.map((text) => (text === 'M' ? '<module>' : text)),
  });
  expect(rows(asModule(draw('M@/a/x.py:3/2')), asModule(draw('M@/a/y.py:3/2')))).toHaveLength(2);
});

test('of several files with one end, each is found by the longest end that is its own', () => {
  const pair = (folder: string) => draw(`f@${folder}/p/__init__.py:3/2 f@${folder}/q/__init__.py:3/2`, { weights: [1, 10] });
  expect(rows(pair('/x/lib'), pair('\\y\\lib')).sort()).toEqual([
    'f \\y\\lib/p/__init__.py:2 1→1 1→1',
    'f \\y\\lib/q/__init__.py:2 10→10 10→10',
  ]);
  expect(rows(draw('f@/x/p/__init__.py:3/2'), draw('f@/y/q/__init__.py:9/8'))).toHaveLength(2);
});

test('several functions of one name in a file: those that stayed, then in order', () => {
  const before = draw('f@a.py:10/10 f@a.py:20/20 f@a.py:30/30', { weights: [1, 2, 3] });
  const after = draw('f@a.py:12/12 f@a.py:20/20 f@a.py:33/33 f@a.py:50/50', { weights: [1, 2, 3, 9] });
  expect(rows(before, after)).toEqual(['f a.py:50 0→9 0→9', 'f a.py:12 1→1 1→1', 'f a.py:20 2→2 2→2', 'f a.py:33 3→3 3→3']);
  expect(rows(after, before).sort()).toEqual(['f a.py:10 1→1 1→1', 'f a.py:20 2→2 2→2', 'f a.py:30 3→3 3→3', 'f a.py:50 9→0 9→0']);
});

test('addresses in names do not part a function from itself', () => {
  expect(rows(draw('f[0x7f01]@~:1/1'), draw('f[0x9c22]@~:1/1'))).toEqual(['f[0x9c22] ~:1 1→1 1→1']);
});

test('different units of one type are compared in the new one; different types are not', () => {
  const seconds = draw('f', { unit: 'seconds', weights: [2] });
  const nanos = draw('f', { unit: 'nanoseconds', weights: [3e9] });
  expect(rows(seconds, nanos)).toEqual(['f main.py:1 2000000000→3000000000 2000000000→3000000000']);
  expect(() => compared(seconds, draw('f', { unit: 'bytes' }))).toThrow(
    'nothing can be compared: the base holds time/seconds, the new profile time/bytes',
  );
});

test('normalising by totals and by time', () => {
  const half = draw('a b', { weights: [10, 30] });
  const twice = draw('a b', { weights: [20, 60] });
  expect(rows(half, twice, 'total')).toEqual(['a main.py:1 10→10 10→10', 'b main.py:1 30→30 30→30']);
  const timed = (profile: Profile, durationNanos: number): Profile => ({ ...profile, durationNanos });
  expect(rows(timed(half, 1e9), timed(twice, 4e9), 'duration')).toEqual(['b main.py:1 30→15 30→15', 'a main.py:1 10→5 10→5']);
  expect(() => rows(half, twice, 'duration')).toThrow('does not say how long');
});

test('noise is what sampling alone makes', () => {
  // 100 of 10,000 samples: ± 1.96 × √(100 + 128), a bit less for what lies outside.
  const sampled = (hits: number) => draw('a b', { weights: [hits, 10_000 - hits] });
  const asSamples = (profile: Profile): Profile => ({ ...profile, sampleTypes: [{ type: 'samples', unit: 'count' }] });
  const comparison = compared(asSamples(sampled(100)), asSamples(sampled(127)));
  const variance = (hits: number) => (10_000 ** 2 * ((hits + 1) / 10_002) * (1 - (hits + 1) / 10_002)) / 10_002;
  expect(comparison.functions.noise[0]).toBeCloseTo(1.96 * Math.sqrt(variance(100) + variance(127)), 6);
  expect(isNoise(comparison, 0)).toBe(true);
  expect(isNoise(compared(asSamples(sampled(100)), asSamples(sampled(131))), 0)).toBe(false);
  expect(diffText(comparison, [])).toContain('10,000 → 10,000 samples');
  // Bytes are not samples: no interval.
  expect(compared(draw('a', { unit: 'bytes' }), draw('a', { unit: 'bytes', weights: [2] })).functions.noise[0]).toBeNaN();
});

test('counted calls: figures as they are, no interval', () => {
  const before = drawCalls({ f: { calls: 10, self: 1, total: 1 } }, {});
  const after = drawCalls({ f: { calls: 20, self: 3, total: 3 } }, {});
  expect(rows(before, after)).toEqual(['f main.py:1 1→3 1→3']);
  const comparison = compared(before, after);
  expect(judge(comparison, parseRule('calls>50%'))).toMatchObject({ holds: true });
  expect(judge(comparison, parseRule('calls(f)>+10'))).toMatchObject({ holds: false });
  expect(judge(comparison, parseRule('calls(f)>=+10'))).toMatchObject({ holds: true });
  expect(diffText(comparison, [])).not.toContain('±');
});

test.each([
  ['total>50%', true],
  ['total>53%', true],
  ['total>54%', false],
  ['total>+31', true],
  ['total>+32', false],
  ['total>91', true],
  ['total>92', false],
  ['total >= 92', true],
  ['self(work)>59%', true],
  ['self(^work$)>60%', false],
  ['total(main)>50%', true],
  ['self(fresh)>1000%', true],
  ['self(gone)<-99%', true],
  ['self(a>b)>0%', false],
  ['self((work|fresh))>+38', true],
  ['time>50%', true],
])('rule %s', (rule, holds) => {
  expect(judge(compared(base, next), parseRule(rule)).holds).toBe(holds);
});

test.each([
  ['total', 'there is no > or <'],
  ['>5%', 'none of self, total'],
  ['self()>5%', 'the brackets are empty'],
  ['self((>5%', 'none of self, total'],
  ['self([)>5%', 'not a regular expression'],
  ['total>lots', 'its limit is no number'],
  ['total>1e9%', 'its limit is no number'],
  ['total>', 'its limit is no number'],
])('rule %s is refused', (rule, why) => {
  expect(() => parseRule(rule)).toThrow(why);
});

test('rules in units', () => {
  const seconds = (value: number) => draw('f', { unit: 'nanoseconds', weights: [value * 1e9] });
  const holds = (rule: string) => judge(compared(seconds(1), seconds(1.3)), parseRule(rule)).holds;
  expect(['total>+200ms', 'total>+0.299 s', 'total>1.2s', 'total>+299000us'].map(holds)).toEqual([true, true, true, true]);
  expect(['total>+301ms', 'total>1.31s', 'total>+31%'].map(holds)).toEqual([false, false, false]);
  expect(() => holds('total>+2MB')).toThrow('the figures are in nanoseconds, not mb');
  expect(() => holds('alloc>5%')).toThrow('do not both have allocations');
  const bytes = (value: number) => draw('f', { unit: 'bytes', weights: [value] });
  expect(judge(compared(bytes(2 ** 20), bytes(3 * 2 ** 20)), parseRule('alloc>+1.9MB')).holds).toBe(true);
});

test('markdown: names are never markup, what is noise does not lead, and it stays short', () => {
  const evil = '<b>`|all|`';
  const many = Array.from({ length: 500 }, (_, i) => `f${i}`).join(' ');
  const text = diffMarkdown(compared(draw(`${evil.replaceAll('<', '‹')} x`), draw(`${evil.replaceAll('<', '‹')} x`, { weights: [9, 1] })), [
    judge(compared(base, next), parseRule('total>5%')),
  ]);
  expect(text).toMatch(/^### ❌ time: 2 → 10, \+8, \+400\.0 %\n/);
  expect(text).toContain('❌ failed: `total>5%: 60 → 92, +32, +53.3 %`');
  expect(text).toContain('| `` ‹b>`\\|all\\|` `` `main.py:1` | 1 | 9 |');
  const long = diffMarkdown(compared(draw(many), draw(many, { weights: Array.from({ length: 500 }, (_, i) => i + 2) })), []);
  expect(long.length).toBeLessThan(20_000);
  expect(long.match(/<details>/g)).toHaveLength(2);
  expect(diffMarkdown(compared(base, base), [])).toContain('No function changed.');
});
