import { describe, expect, it } from 'vitest';
import {
  activated,
  cleared,
  closed,
  codeView,
  defaultView,
  emptySession,
  metricChosen,
  opened,
  renewed,
  SessionStore,
  sameCode,
  selected,
  unfiltered,
  unfolded,
  viewed,
} from '../../src/host/session.js';
import type { ProfileInfo } from '../../src/protocol/lsp.js';

const wall = { type: 'wall', unit: 'nanoseconds' };
const cpu = { type: 'cpu', unit: 'nanoseconds' };

function info(id: string, more: Partial<ProfileInfo> = {}): ProfileInfo {
  return {
    id,
    uri: `file:///${id}.pb.gz`,
    label: id,
    format: 'pprof',
    valueTypes: [wall, cpu],
    defaultType: 0,
    totals: [1, 1],
    samples: 1,
    functions: 3,
    threads: ['MainThread', 'worker'],
    durationNanos: null,
    timeNanos: null,
    period: 0,
    periodType: null,
    comments: [],
    quality: {},
    warnings: [],
    times: null,
    labelKeys: [],
    states: null,
    treeIsEstimate: false,
    hasCalls: false,
    recording: null,
    summary: '',
    ...more,
  };
}

describe('session', () => {
  it('shows a new profile by its own default figure, with library code folded', () => {
    const session = opened(emptySession, info('a', { defaultType: 1 }));
    expect(session.active).toBe('a');
    expect(session.view).toEqual({ profile: 'a', type: 1, justMyCode: true });
    expect(emptySession.profiles.size).toBe(0);
  });

  it('carries a chosen figure to the next profile by its type, not by its index', () => {
    const first = viewed(opened(emptySession, info('a')), { type: 1 });
    expect(opened(first, info('b', { valueTypes: [cpu, wall], defaultType: 1 })).view?.type).toBe(0);
    expect(opened(first, info('c', { valueTypes: [wall], defaultType: 0 })).view?.type).toBe(0);
  });

  it('looks at a part of the time only where samples have times, and keeps that when the file is read again', () => {
    const range = { from: 0, to: 5 };
    const timed = viewed(opened(emptySession, info('a', { times: { from: 0, to: 9 } })), { range, hide: '^x$' });
    expect(timed.view).toMatchObject({ range, hide: '^x$' });
    expect(viewed(timed, { range: null, hide: '' }).view).toEqual({ profile: 'a', type: 0, justMyCode: true });
    expect(opened(timed, { ...info('b', { times: { from: 0, to: 9 } }), uri: 'file:///a.pb.gz' }).view).toMatchObject({ range });
    expect(viewed(opened(emptySession, info('c')), { range }).view).not.toHaveProperty('range');
  });

  it('leaves the default of the next profile alone when nothing was chosen', () => {
    const first = opened(emptySession, info('a'));
    expect(opened(first, info('b', { defaultType: 1 })).view?.type).toBe(1);
  });

  it('drops the thread with the profile that had it', () => {
    const first = viewed(opened(emptySession, info('a')), { thread: 'worker' });
    expect(first.view?.thread).toBe('worker');
    expect(opened(first, info('b')).view).not.toHaveProperty('thread');
  });

  it('ignores types and threads that the profile does not have', () => {
    const session = opened(emptySession, info('a'));
    expect(viewed(session, { type: 7, thread: 'nobody' }).view).toEqual(defaultView(info('a')));
  });

  it('takes filters away with null and with an empty text', () => {
    const session = viewed(opened(emptySession, info('a')), { thread: 'worker', focus: 'quote', ignore: 'main' });
    expect(viewed(session, { focus: null }).view).toEqual({ profile: 'a', type: 0, thread: 'worker', ignore: 'main', justMyCode: true });
    expect(viewed(session, { thread: '' }).view).not.toHaveProperty('thread');
  });

  it('replaces a profile that was read again from the same file', () => {
    const twice = opened(opened(emptySession, info('a')), info('b', { uri: 'file:///a.pb.gz' }));
    expect([...twice.profiles.keys()]).toEqual(['b']);
  });

  it('renews a profile under the view that is on it, and leaves the active one alone otherwise', () => {
    const looked = viewed(opened(opened(emptySession, info('b')), info('a')), { type: 1, thread: 'worker', focus: 'quote' });
    const newer = info('c', { uri: 'file:///a.pb.gz' });
    expect(renewed(looked, newer).view).toEqual({ ...looked.view, profile: 'c' });
    expect([...renewed(looked, newer).profiles.keys()]).toEqual(['b', 'c']);
    expect(renewed(looked, info('c', { uri: newer.uri, threads: [] })).view).not.toHaveProperty('thread');
    const away = renewed(activated(looked, 'b'), newer);
    expect([away.active, away.view?.profile, [...away.profiles.keys()]]).toEqual(['b', 'b', ['b', 'c']]);
    expect(renewed(cleared(looked), newer).active).toBeUndefined();
    const other = renewed(looked, info('d'));
    expect([other.active, other.view, [...other.profiles.keys()]]).toEqual(['a', looked.view, ['b', 'a', 'd']]);
    // The whole recording takes the place of what was seen of it.
    expect(opened(looked, newer).view).toEqual({ profile: 'c', type: 1, thread: 'worker', focus: 'quote', justMyCode: true });
  });

  it('keeps the other profiles when one is closed, and has no view without an active one', () => {
    const two = opened(opened(emptySession, info('a')), info('b'));
    const one = closed(two, 'b');
    expect([[...one.profiles.keys()], one.active, one.view]).toEqual([['a'], undefined, undefined]);
    expect(closed(two, 'a').active).toBe('b');
    expect(activated(one, 'a').view?.profile).toBe('a');
    expect(activated(one, 'gone')).toBe(one);
    expect(cleared(two).profiles.size).toBe(2);
  });

  it('shows in the code what is of the selected node, until that is no node of what is shown', () => {
    const selection = { profile: 'a', scope: { path: [0, 2], inverted: false, justMyCode: true }, name: 'quote' };
    const two = opened(opened(emptySession, info('b')), info('a'));
    const chosen = selected(two, selection);
    expect(codeView(chosen)).toEqual({ profile: 'a', type: 0, scope: selection.scope });
    expect(chosen.view).toBe(two.view);
    expect([sameCode(two, chosen), sameCode(chosen, viewed(chosen, {})), sameCode(two, selected(chosen, null))]).toEqual([
      false,
      false,
      true,
    ]);
    // Another figure, thread or focus leaves the node; other frames make it another one.
    expect(codeView(viewed(chosen, { type: 1, focus: 'pay' }))).toMatchObject({ type: 1, focus: 'pay', scope: selection.scope });
    expect(codeView(viewed(chosen, { hide: '^main$' }))).not.toHaveProperty('scope');
    expect(codeView(viewed(chosen, { mergeRecursion: '.' }))).not.toHaveProperty('scope');
    expect(codeView(unfiltered(chosen))).not.toHaveProperty('scope');
    expect(codeView(activated(chosen, 'b'))).not.toHaveProperty('scope');
    expect(codeView(selected(emptySession, selection))).toBeUndefined();
  });

  it('asks for unfolded figures where they must be those of the profile itself', () => {
    expect(unfolded({ profile: 'a', type: 0, justMyCode: true, thread: 't' })).toEqual({ profile: 'a', type: 0, thread: 't' });
  });

  it('tells its listeners only of changes, with what was before', () => {
    const store = new SessionStore();
    const seen: (string | undefined)[][] = [];
    const listening = store.onDidChange((now, before) => seen.push([before.active, now.active]));
    store.update((session) => opened(session, info('a')));
    store.update((session) => metricChosen(session, 'self'));
    store.update((session) => session);
    listening.dispose();
    store.update(cleared);
    expect(seen).toEqual([[undefined, 'a']]);
  });
});
