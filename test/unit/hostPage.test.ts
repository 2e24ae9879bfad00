import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkForward, checkPlace, checkSelection, checkViewChange } from '../../src/host/editors/pageMessages.js';
import { barWidth, FULL_BAR, lineStyles, stepOf } from '../../src/host/views/heatStyle.js';
import type { LineHeat, ProfileInfo } from '../../src/protocol/lsp.js';

const info = {
  id: 'p1',
  valueTypes: [
    { type: 'wall', unit: 'nanoseconds' },
    { type: 'calls', unit: 'count' },
  ],
  defaultType: 0,
  threads: ['MainThread'],
  functions: 10,
} as unknown as ProfileInfo;

describe('messages of a page', () => {
  it('speak of the page’s own profile, whatever they say', () => {
    const params = { view: { profile: 'another', type: 1, thread: 'MainThread', evil: 1 }, func: 3, path: '/etc/passwd' };
    expect(checkForward({ method: 'profile/callers', params }, info)).toEqual({
      method: 'profile/callers',
      params: { view: { profile: 'p1', type: 1, thread: 'MainThread' }, func: 3 },
    });
  });

  it('reach no other request of the server', () => {
    for (const method of ['profile/open', 'profile/export', 'recording/seal', '__proto__', 'constructor', undefined]) {
      expect(() => checkForward({ method, params: { view: { type: 0 } } }, info)).toThrow('a page may not ask for this');
    }
  });

  it.each([
    ['profile/flame', { root: 0.5, minFraction: 0 }, 'root'],
    ['profile/flame', { root: -1, minFraction: 2 }, 'minFraction'],
    ['profile/flame', { root: -1, minFraction: Number.NaN }, 'minFraction'],
    ['profile/flame', { root: -1, minFraction: 0, part: { from: 0, to: 1.5, minFraction: 0 } }, 'to'],
    ['profile/flame', { root: -1, minFraction: 0, part: {} }, 'from'],
    ['profile/tree', { node: -2 }, 'node'],
    ['profile/functions', { sort: 'toString', offset: 0, limit: 1 }, 'sort'],
    ['profile/functions', { sort: 'self', descending: 'yes', offset: 0, limit: 1 }, 'descending'],
    ['profile/search', { search: 'x'.repeat(1001) }, 'search'],
    ['profile/callees', { func: '1' }, 'func'],
    ['profile/functions', { sort: 'self', group: 'thread', offset: 0, limit: 1 }, 'group'],
    ['profile/functions', { sort: 'self', find: -1, offset: 0, limit: 1 }, 'find'],
    ['profile/tree', { node: 0, sort: 'colour' }, 'sort'],
    ['profile/treePath', { node: -1, limit: 9, goal: { kind: 'cold' } }, 'goal'],
    ['profile/treePath', { node: -1, limit: 9, goal: { kind: 'func', func: null } }, 'func'],
    ['profile/sandwich', { func: 1, side: 'top', root: -1, minFraction: 0 }, 'side'],
    ['profile/source', { file: 7, offset: 0, limit: 1 }, 'file'],
    ['profile/fileTree', { root: -3, minFraction: 0 }, 'root'],
    ['profile/files', { offset: -1, limit: 1 }, 'offset'],
  ])('%s with %j is refused by its %s', (method, params, field) => {
    expect(() => checkForward({ method, params: { view: { type: 0 }, ...params } }, info)).toThrow(field);
  });

  it('never get more rows than a page can hold', () => {
    const params = { view: { type: 0 }, sort: 'self', descending: true, offset: 0, limit: Number.MAX_SAFE_INTEGER };
    expect(checkForward({ method: 'profile/functions', params }, info)).toMatchObject({ params: { limit: 100_000 } });
  });

  it('are refused with an error and nothing else, whatever they are', () => {
    fc.assert(
      fc.property(fc.anything(), (message) => {
        try {
          checkForward(message, info);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });

  it('name functions that exist', () => {
    expect(checkPlace({ func: 9, line: 4, extra: 1 }, info)).toEqual({ func: 9, line: 4 });
    expect(() => checkPlace({ func: 10 }, info)).toThrow('no such function');
    expect(() => checkPlace({ func: -1 }, info)).toThrow('func');
  });

  it('select functions and nodes that exist', () => {
    const view = { profile: 'p1', type: 0, justMyCode: true };
    const place = { path: [3, 9], inverted: true, name: 'quote', evil: 1 };
    expect(checkSelection({ func: 9, place }, info, view)).toEqual({
      func: 9,
      selection: { profile: 'p1', scope: { path: [3, 9], inverted: true, justMyCode: true }, name: 'quote' },
    });
    expect(checkSelection({ func: null, place }, info, view)).toEqual({ func: null, selection: null });
    expect(checkSelection({ func: 9, place: null }, info, view)).toEqual({ func: 9, selection: null });
    // Sums have no stacks that could go through a node.
    expect(checkSelection({ func: 9, place }, { ...info, treeIsEstimate: true }, view)).toEqual({ func: 9, selection: null });
    for (const bad of [{ path: [] }, { path: [10] }, { path: ['3'] }, { path: 3 }, { inverted: 1 }, { name: null }])
      expect(() => checkSelection({ func: 9, place: { ...place, ...bad } }, info, view)).toThrow();
    expect(() => checkSelection({ func: 10, place: null }, info, view)).toThrow('no such function');
  });

  it('choose a stretch of time that is one, and lanes that can be', () => {
    const view = { type: 0 };
    const range = { from: -5, to: 1e9, evil: 1 };
    const params = { view, range, quantum: 3, lanes: [{ lane: 0, firstRow: 0, lastRow: -1, evil: 1 }] };
    expect(checkForward({ method: 'profile/timelineBoxes', params }, info)).toEqual({
      method: 'profile/timelineBoxes',
      params: {
        view: { profile: 'p1', type: 0 },
        range: { from: -5, to: 1e9 },
        quantum: 3,
        lanes: [{ lane: 0, firstRow: 0, lastRow: -1 }],
      },
    });
    for (const bad of [{ range: { from: 1, to: 1 } }, { range: null }, { quantum: Number.NaN }, { lanes: [{ lane: -1 }] }])
      expect(() => checkForward({ method: 'profile/timelineBoxes', params: { ...params, ...bad } }, info)).toThrow();
    expect(checkViewChange({ range: null, hide: '^a$', tagIgnore: 'x=1' })).toEqual({ range: null, hide: '^a$', tagIgnore: 'x=1' });
    expect(checkViewChange({ range })).toEqual({ range: { from: -5, to: 1e9 } });
    expect(() => checkViewChange({ hide: '(' })).toThrow('regular expression');
  });

  it('change only what they name', () => {
    expect(checkViewChange({ thread: '' })).toEqual({ thread: '' });
    expect(checkViewChange({ focus: null, justMyCode: false, profile: 'x' })).toEqual({ focus: null, justMyCode: false });
  });
});

describe('heat', () => {
  const heat = (line: number, share: number, more: Partial<LineHeat> = {}): LineHeat => ({
    line,
    self: share * 1e9,
    total: share * 2e9,
    share,
    totalShare: Math.min(1, share * 2),
    calls: null,
    samples: 1000,
    stale: false,
    ...more,
  });

  it('leaves lines under the threshold clean', () => {
    expect(lineStyles([heat(1, 0.004), heat(2, 0.005), heat(3, 0)], 'self', 'nanoseconds', 0.005).map((style) => style.line)).toEqual([1]);
  });

  it('says share and value, and how many samples when they are few', () => {
    const [sure, unsure] = lineStyles([heat(1, 0.12), heat(2, 0.06, { samples: 7 })], 'self', 'nanoseconds', 0);
    expect([sure?.faded, sure?.text.replace(/\s+/g, ' ')]).toEqual([false, '12.0 % · 120 ms']);
    expect([unsure?.faded, unsure?.text.replace(/\s+/g, ' ')]).toEqual([true, '6.0 % · 60 ms · n=7']);
  });

  it('takes a tracer’s figures, which have no samples, as sure', () => {
    expect(lineStyles([heat(1, 0.12, { samples: null })], 'self', 'nanoseconds', 0)[0]?.faded).toBe(false);
  });

  it('marks lines that are not those that were measured', () => {
    expect(lineStyles([heat(1, 0.12, { stale: true })], 'self', 'nanoseconds', 0)[0]).toMatchObject({
      faded: true,
      text: expect.stringContaining('changed since'),
    });
  });

  it('draws the metric that was chosen', () => {
    const [style] = lineStyles([heat(1, 0.12)], 'total', 'nanoseconds', 0);
    expect(style?.text.replace(/\s+/g, ' ')).toBe('24.0 % · 240 ms');
  });

  it('never grows shorter or cooler as the share grows, and stays within the page', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(barWidth(low)).toBeLessThanOrEqual(barWidth(high));
        expect(stepOf(low)).toBeLessThanOrEqual(stepOf(high));
        expect(barWidth(high)).toBeLessThanOrEqual(FULL_BAR);
      }),
    );
    expect([stepOf(0.005), stepOf(1)]).toEqual([0, 5]);
  });

  it('passes over lines that no document has', () => {
    expect(lineStyles([heat(0, 0.5), heat(-3, 0.5), heat(1, Number.NaN)], 'self', 'count', 0)).toEqual([]);
  });
});
