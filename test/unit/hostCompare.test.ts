// What the extension makes of a baseline, without VS Code: the session, notes on lines, and what a page may ask.
import { describe, expect, it } from 'vitest';
import { checkCompare } from '../../src/host/editors/compareMessages.js';
import { isCompareMethod, pageCompared } from '../../src/host/editors/pageCompared.js';
import { baselineLabel, besideOf, comparedWith, emptySession, opened, pinned, type Session, unpinned } from '../../src/host/session.js';
import { changeNotes, oldNotes } from '../../src/host/views/changeStyle.js';
import type { LineChange } from '../../src/protocol/compare.js';
import type { ProfileInfo } from '../../src/protocol/lsp.js';

const info = (id: string, more: Partial<ProfileInfo> = {}) =>
  ({
    id,
    uri: `file:///runs/${id}.pb.gz`,
    label: `${id}.py`,
    format: 'pprof',
    valueTypes: [{ type: 'wall', unit: 'nanoseconds' }],
    defaultType: 0,
    totals: [1e9],
    samples: 1000,
    functions: 3,
    threads: ['MainThread'],
    durationNanos: 1e9,
    timeNanos: null,
    period: 1,
    periodType: null,
    comments: [],
    quality: {},
    warnings: [],
    treeIsEstimate: false,
    hasCalls: false,
    recording: null,
    summary: '',
    ...more,
  }) as ProfileInfo;
const session: Session = pinned(opened(emptySession, info('new')), { runs: [info('a'), info('b')] });

describe('a pinned baseline', () => {
  it('is what every profile but itself is compared with', () => {
    expect(comparedWith(session, info('new'))).toEqual(['a', 'b']);
    // Read anew it has another id; it is the same file.
    expect(comparedWith(session, info('7', { uri: info('a').uri }))).toEqual([]);
    expect(comparedWith(unpinned(session), info('new'))).toEqual([]);
    expect(comparedWith(session, undefined)).toEqual([]);
    expect(unpinned(emptySession)).toBe(emptySession);
    expect([baselineLabel(session.baseline!), baselineLabel({ runs: [info('a')] })]).toEqual(['2 runs of a.py', 'a.py']);
  });

  it('may hold further runs of the new side, for that one file', () => {
    const both = pinned(session, { ...session.baseline!, beside: { of: info('new').uri, runs: [info('n2')] } });
    expect([besideOf(both, info('new')), besideOf(both, info('other'))]).toEqual([['n2'], []]);
    expect(pageCompared(both, info('new'))).toEqual({
      label: '2 runs of a.py',
      runs: 2,
      newRuns: 2,
      isItself: false,
      durations: true,
      key: JSON.stringify([['a', 'b'], ['n2']]),
    });
    const windows = ['service=shop', 'windows=60'];
    const summed = pinned(session, { runs: [info('a', { comments: windows })] });
    expect([pageCompared(summed, info('b', { comments: windows }))?.windows, pageCompared(summed, info('b'))?.windows]).toEqual([
      true,
      undefined,
    ]);
    expect(pageCompared(both, info('a'))).toMatchObject({ isItself: true });
    expect(pageCompared(pinned(session, { runs: [info('a', { durationNanos: null })] }), info('new'))).toMatchObject({ durations: false });
    expect(pageCompared(unpinned(session), info('new'))).toBeNull();
  });
});

describe('what the Diff tab of a page may ask', () => {
  const check = (method: Parameters<typeof checkCompare>[0], params: unknown) => checkCompare(method, params, info('new'), session);
  const view = { profile: 'stolen', type: 0 };

  it('is about its own profile and the baseline, whatever it sends', () => {
    const asked = check('compare/flame', {
      view,
      base: ['secret'],
      more: ['secret'],
      root: -1,
      minFraction: 0.001,
      widths: 'base',
      evil: 1,
    });
    expect(asked).toEqual({
      method: 'compare/flame',
      params: {
        view: { profile: 'new', type: 0 },
        base: ['a', 'b'],
        more: [],
        normalize: 'none',
        root: -1,
        minFraction: 0.001,
        inverted: false,
        widths: 'base',
      },
    });
    expect(check('compare/functions', { view, sort: 'total', descending: true, offset: 0, limit: 1e9 }).params).toMatchObject({
      limit: 10_000,
      sort: 'total',
      search: '',
    });
    expect(() => checkCompare('compare/summary', { view }, info('a'), session)).toThrow('Nothing is chosen to compare with.');
    expect(['compare/summary', 'compare/document', 'profile/flame', undefined].map(isCompareMethod)).toEqual([true, false, false, false]);
  });

  it.each([
    ['compare/summary', null],
    ['compare/summary', { view, normalize: 'twice' }],
    ['compare/summary', { view: { type: 9 } }],
    ['compare/functions', { view, sort: 'age', descending: true, offset: 0, limit: 9 }],
    ['compare/functions', { view, sort: 'self', descending: true, offset: -1, limit: 9 }],
    ['compare/lines', { view, offset: 0, limit: 9, search: 'x'.repeat(2000) }],
    ['compare/lines', { view, offset: Number.NaN, limit: 9 }],
    ['compare/flame', { view, root: 0.5, minFraction: 0, widths: 'base' }],
    ['compare/flame', { view, root: 0, minFraction: 0, widths: 'both' }],
  ] as const)('%s with %j is refused', (method, params) => {
    expect(() => check(method, params)).toThrow(/\w/);
  });
});

describe('notes on lines', () => {
  const change = (line: number, was: number, now: number, noise: number | null = null): LineChange => ({
    line,
    base: { self: was * 1e6, total: was * 1e6 },
    new: { self: now * 1e6, total: now * 1e6 },
    noise: { self: noise === null ? null : noise * 1e6, total: noise === null ? null : noise * 1e6 },
  });

  it('tell what is more than noise and large enough, with a sign that chooses the colour', () => {
    const notes = changeNotes(
      [change(3, 500, 350, 40), change(4, 500, 520, 40), change(5, 0, 90), change(6, 10, 11), change(7, 200, 2600)],
      'self',
      'nanoseconds',
      1e9,
      0.005,
    );
    expect(notes).toEqual([
      { line: 2, text: '−150 ms\u00a0\u00a0−30.0 %', sign: -1 },
      { line: 4, text: '+90 ms\u00a0\u00a0new', sign: 1 },
      { line: 6, text: '+2.40 s\u00a0\u00a0×13', sign: 1 },
    ]);
    expect(changeNotes([change(3, 1, 2)], 'total', 'nanoseconds', 0, 0)).toHaveLength(1);
    expect(changeNotes([change(3, Number.NaN, 2)], 'total', 'nanoseconds', 1e9, 0)).toEqual([]);
  });

  it("on the base's own text are what each line took", () => {
    const line = { line: 3, self: 5e8, total: 6e8, share: 0.5, totalShare: 0.6, calls: null, samples: 500, stale: false };
    const texts = (metric: 'self' | 'total') =>
      oldNotes([line, { ...line, line: 4, share: 0.001, totalShare: 0.9 }], metric, 'nanoseconds', 0.005);
    expect(texts('self')).toEqual([{ line: 2, text: '50.0 %\u00a0\u00a0·\u00a0\u00a0500 ms', sign: 0 }]);
    expect(texts('total').map(({ line, text }) => `${line} ${text}`)).toEqual([
      '2 60.0 %\u00a0\u00a0·\u00a0\u00a0600 ms',
      '3 90.0 %\u00a0\u00a0·\u00a0\u00a0600 ms',
    ]);
  });
});
