// Two profiles as a client of the server compares them: functions, lines, the tree, lenses and hovers, small and in threads.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodeLens, Hover } from 'vscode-languageserver/node';
import type { CompareParams } from '../../src/protocol/compare.js';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import { cliKit } from './cliKit.js';
import { type Change, NEW, now, OLD, openChange, samples, was } from './serverChange.js';
import { encodePprof } from './serverKit.js';
import { MS, uri } from './serverShop.js';

let change: Change;
let folder: Change['folder'];
let program: Change['program'];
let server: Change['server'];
let base: ProfileInfo;
let next: ProfileInfo;
let params: CompareParams;
const { json } = cliKit();

beforeAll(async () => {
  change = await openChange();
  ({ folder, program, server, base, next, params } = change);
}, 120_000);
afterAll(() => change?.close());

const functions = (of: CompareParams) =>
  server.request('compare/functions', { ...of, sort: 'self', descending: true, offset: 0, limit: 10_000 });
const file = (info: ProfileInfo) => new URL(info.uri).pathname.split('/').map(decodeURIComponent).join('/');

describe('a comparison', () => {
  it('gives the functions that `heatline diff --json` gives, in its order', async () => {
    const { rows, count } = await functions(params);
    const said = json('diff', file(base), file(next), '--value', 'wall');
    expect(rows.map(({ name, file, line, base, new: after }) => ({ name, file, line, base, new: after }))).toEqual(said.functions);
    expect(count).toBe(4);
    const summary = await server.request('compare/summary', params);
    expect([summary.base.sum, summary.new.sum]).toEqual([said.base.total, said.new.total]);
    expect(summary).toMatchObject({
      type: said.valueType,
      base: { samples: 800, runs: 1 },
      new: { samples: 600, runs: 1 },
      noise: null,
      changed: 4,
      clear: 4,
      warnings: [],
    });
    expect(rows.map(({ name, note, func }) => `${name} ${note} ${func}`)).toEqual([
      'find was line 8 1',
      'gone gone -1',
      'fresh new 2',
      'quote was line 1 0',
    ]);
    // 500 of 800 samples and 250 of 600: about 1.96 × √(500 × 3/8 + 250 × 7/12).
    expect(rows[0]!.noise.self! / MS).toBeCloseTo(1.96 * Math.sqrt(500 * (300 / 800) + 250 * (350 / 600)), 0);
  });

  it('sorts, searches and leaves out noise', async () => {
    const ask = async (more: object) =>
      (await server.request('compare/functions', { ...params, sort: 'self', descending: true, offset: 0, limit: 10, ...more })).rows.map(
        ({ name }) => name,
      );
    expect(await ask({ sort: 'name', descending: false })).toEqual(['find', 'fresh', 'gone', 'quote']);
    expect(await ask({ sort: 'newTotal' })).toEqual(['quote', 'find', 'fresh', 'gone']);
    expect(await ask({ sort: 'self', descending: false })).toEqual(['quote', 'fresh', 'gone', 'find']);
    expect(await ask({ search: '/^f/' })).toEqual(['find', 'fresh']);
    expect(await ask({ offset: 1, limit: 2 })).toEqual(['gone', 'fresh']);
    // 200 → 260 of 800 and 600 samples is more than noise; of the line that stayed 200 → 210 is not.
    const lines = async (clearOnly: boolean) =>
      (await server.request('compare/lines', { ...params, clearOnly, offset: 0, limit: 20 })).rows.map(
        ({ line, note }) => `${line} ${note}`,
      );
    expect(await lines(false)).toContain('7 was line 3');
    expect(await lines(true)).not.toContain('7 was line 3');
  });

  it('leaves libraries out where the view does, and compares no stretch of time', async () => {
    const library = '/usr/lib/python3.12/json/decoder.py';
    const target = path.join(folder, 'library.pb.gz');
    const stack = [
      [1, 20],
      [0, 3],
    ] as const;
    const functions = [
      ['find', program, 1],
      ['decode', library, 12],
    ] as const;
    writeFileSync(target, encodePprof({ functions, samples: [{ stack, values: [9, 9 * MS] }] }));
    const other = await server.request('profile/open', { uri: uri(target) });
    const ask = async (justMyCode: boolean) => {
      const of = { view: { profile: other.id, type: 1, justMyCode }, base: [base.id] };
      const rows = await server.request('compare/functions', { ...of, sort: 'name', descending: false, offset: 0, limit: 10 });
      const lines = await server.request('compare/lines', { ...of, offset: 0, limit: 20 });
      const { changed } = await server.request('compare/summary', of);
      return [rows.rows.some(({ name }) => name === 'decode'), lines.rows.some(({ file }) => file === library), changed];
    };
    expect([await ask(false), await ask(true)]).toEqual([
      [true, true, 4],
      [false, false, 3],
    ]);
    await expect(
      server.request('compare/summary', { ...params, view: { ...params.view, range: { from: 0, to: 1 } } }),
    ).rejects.toMatchObject({
      data: { code: 'no-range' },
    });
  });

  it('normalises by the totals and by the time', async () => {
    const { rows } = await functions({ ...params, normalize: 'total' });
    expect(json('diff', file(base), file(next), '--value', 'wall', '--normalize').functions).toEqual(
      rows.map(({ name, file, line, base, new: after }) => ({ name, file, line, base, new: after })),
    );
    const timed = await server.request('compare/summary', { ...params, normalize: 'duration' });
    expect(timed.new.sum).toBe(600 * MS);
    expect(timed.basis.at(-1)).toContain('both ran equally long');
  });

  it('follows lines through the recorded sources, and tells them as the document has them now', async () => {
    const { rows } = await server.request('compare/lines', { ...params, offset: 0, limit: 20 });
    expect(rows.map(({ line, note, base, new: after }) => `${line} ${note} ${base.self / MS}→${after.self / MS}`)).toEqual([
      '15 was line 9 500→250',
      '8 new 0→50',
      '7 was line 3 200→210',
      // In the text it is a line that was edited, though its function has another name.
      '19 was line 13 100→90',
      '9 was line 4 0→0',
    ]);
    writeFileSync(program, `# one more\n${NEW}`);
    const changes = await server.request('compare/document', { ...params, uri: uri(program) });
    writeFileSync(program, NEW);
    expect(changes.map(({ line, base, new: after }) => `${line} ${base.self / MS}→${after.self / MS}`)).toEqual([
      '8 200→210',
      '9 0→50',
      '10 0→0',
      '16 500→250',
      '20 100→90',
    ]);
  });

  it('shows what the base took on its own text, and nothing on another', async () => {
    const heat = await server.request('compare/oldDocument', { ...params, uri: uri(program), text: OLD.replaceAll('\n', '\r\n') });
    expect(heat.map(({ line, self, total, share }) => [line, self / MS, total / MS, share])).toEqual([
      [3, 200, 200, 0.25],
      [4, 0, 600, 0],
      [9, 500, 500, 0.625],
      [13, 100, 100, 0.125],
    ]);
    expect(await server.request('compare/oldDocument', { ...params, uri: uri(program), text: `${OLD}# more` })).toEqual([]);
    expect(await server.request('compare/oldDocument', { ...params, uri: uri(path.join(folder, 'other.py')), text: OLD })).toEqual([]);
  });

  it('lays one call tree over the other', async () => {
    const ask = (widths: 'base' | 'next', more: object = {}) =>
      server.request('compare/flame', { ...params, root: -1, minFraction: 0, widths, ...more });
    const text = (flame: Awaited<ReturnType<typeof ask>>) =>
      flame.node.map(
        (_, i) => `${flame.frames.name[flame.frame[i]!]} ${flame.baseTotal[i]! / MS}→${flame.newTotal[i]! / MS} ${flame.w[i]!.toFixed(3)}`,
      );
    const after = await ask('next');
    expect(text(after)).toEqual(['quote 800→600 1.000', 'find 500→250 0.417', 'fresh 0→90 0.150']);
    expect(after.rootValue).toBe(600 * MS);
    const before = await ask('base');
    expect(text(before)).toEqual(['quote 800→600 1.000', 'find 500→250 0.625', 'gone 100→0 0.125']);
    expect(before.frames.func).toEqual([0, 1, -4]);
    expect(text(await ask('next', { root: 1 }))).toEqual(['find 500→250 1.000']);
    expect(text(await ask('next', { inverted: true }))[0]).toBe('quote 200→260 0.433');
  });

  it('stands on lenses and hovers of the active profile, until the baseline is unpinned', async () => {
    const lenses = async () =>
      ((await server.connection.sendRequest('textDocument/codeLens', { textDocument: { uri: uri(program) } })) as CodeLens[])
        .map(({ command }) => command!.title.replaceAll('\u00a0', ' '))
        .filter((title) => title !== 'Profile');
    const hover = async (line: number) => {
      const found = (await server.connection.sendRequest('textDocument/hover', {
        textDocument: { uri: uri(program) },
        position: { line: line - 1, character: 6 },
      })) as Hover | null;
      return found === null ? '' : (found.contents as { value: string }).value;
    };
    await server.request('profile/activate', { view: params.view, base: [base.id] });
    expect(await lenses()).toEqual([
      '$(flame) 260 ms self · 600 ms total · −200 ms (−25.0 %)',
      '$(flame) 250 ms self · 250 ms total · −250 ms (−50.0 %)',
      '$(flame) 90 ms self · 90 ms total · new',
    ]);
    expect(await hover(15)).toContain('| self | 250 ms | 41.7 % | 500 ms | −250 ms (−50.0 %) ±36 ms |');
    expect(await hover(7)).toMatch(/\| self \| 210 ms \| 35\.0 % \| 200 ms \| ≈ \+10 ms \(\+5\.0 %\) ±3\d ms \|/);
    expect(await hover(4)).toContain('baseline | change |');
    await server.request('profile/activate', { view: params.view });
    expect((await lenses())[0]).toBe('$(flame) 260 ms self · 600 ms total');
    expect(await hover(15)).not.toContain('baseline');
    // Of itself nothing changed: nothing is said.
    await server.request('profile/activate', { view: params.view, base: [next.id] });
    expect((await lenses())[0]).toBe('$(flame) 260 ms self · 600 ms total');
    await server.request('profile/activate', { view: null });
  });
});

describe('several runs a side', () => {
  it('are compared by their means, and equal what the command line says of their sum', async () => {
    const again = await change.record(
      'before again',
      OLD,
      samples(was(program).functions, 4, [
        [0, 3, 240],
        [1, 9, 520],
        [2, 13, 100],
      ]),
    );
    const more = await change.record(
      'after again',
      NEW,
      samples(now(program).functions, 9, [
        [0, 7, 200],
        [0, 8, 50],
        [1, 15, 270],
        [2, 19, 90],
      ]),
    );
    const runs = { ...params, base: [base.id, again.id], more: [more.id] };
    const { rows } = await functions(runs);
    const said = json('diff', '--base', file(base), '--base', file(again), file(next), file(more), '--value', 'wall');
    const halved = said.functions.map(
      ({ base, new: after, ...place }: { base: { self: number; total: number }; new: { self: number; total: number } }) => ({
        ...place,
        base: { self: base.self / 2, total: base.total / 2 },
        new: { self: after.self / 2, total: after.total / 2 },
      }),
    );
    expect(rows.map(({ name, file, line, base, new: after }) => ({ name, file, line, base, new: after }))).toEqual(halved);
    const find = rows.find(({ name }) => name === 'find')!;
    expect([find.base.self / MS, find.new.self / MS]).toEqual([510, 260]);
    // s² 200 each; se² 200; 2 degrees of freedom.
    expect(find.noise.self! / MS).toBeCloseTo(4.303 * Math.sqrt(200), 6);
    const summary = await server.request('compare/summary', runs);
    expect(summary).toMatchObject({ base: { runs: 2, sum: 830 * MS, samples: 1660 }, new: { runs: 2, sum: 605 * MS } });
    expect(summary.noise! / MS).toBeGreaterThan(4.303 * 29);
    const flame = await server.request('compare/flame', { ...runs, root: -1, minFraction: 0, widths: 'next' });
    expect(flame.noise[flame.frame.findIndex((frame) => flame.frames.name[frame] === 'find')]! / MS).toBeCloseTo(4.303 * Math.sqrt(200), 6);
  });
});

describe('what cannot be compared', () => {
  const open = async (name: string, text: string) => {
    const target = path.join(folder, name);
    writeFileSync(target, text);
    return server.request('profile/open', { uri: uri(target) });
  };
  const refused = (of: CompareParams, code: string, sentence: string) =>
    expect(server.request('compare/summary', of)).rejects.toMatchObject({ message: sentence, data: { code } });

  it('is told in one sentence: another measure, another thread, no duration, a base that was closed', async () => {
    const counts = await open('counts.collapsed', 'main (program.py:1);find (program.py:9) 5\n');
    await refused(
      { view: { profile: next.id, type: 1 }, base: [counts.id] },
      'different-types',
      'The baseline has no values of wall (nanoseconds) to compare with: it has samples.',
    );
    expect((await server.request('compare/summary', { view: { profile: next.id, type: 0 }, base: [counts.id] })).base.sum).toBe(5);
    await refused(
      { view: { profile: counts.id, type: 0 }, base: [base.id], normalize: 'duration' },
      'no-duration',
      'a profile does not say how long it was recorded',
    );
    const threads = await server.request('profile/open', {
      uri: uri(path.join(import.meta.dirname, '../fixtures/profiles/pyspy/threads.raw')),
    });
    const thread = threads.threads[0]!;
    await refused(
      { view: { profile: threads.id, type: 0, thread }, base: [counts.id] },
      'no-such-thread',
      `The baseline has no thread "${thread}" to compare with.`,
    );
    await server.request('profile/close', { profile: counts.id });
    await refused(
      { view: { profile: next.id, type: 0 }, base: [counts.id] },
      'not-open',
      'The profile to compare with is no longer open; choose it again.',
    );
    await refused({ view: { profile: next.id, type: 0 }, base: [] }, 'bad-request', 'There is nothing to compare with.');
  });

  it('or is doubtful is warned of: another program, an empty base; negative figures stay figures', async () => {
    const other = await open('other.collapsed', 'serve (web.py:1);answer (web.py:9) 5\n');
    const view = { profile: next.id, type: 0 };
    const warnings = async (of: CompareParams) => (await server.request('compare/summary', of)).warnings;
    expect(await warnings({ view, base: [other.id] })).toEqual([
      'The two have no function in common: they are profiles of different programs.',
    ]);
    const nothing = path.join(folder, 'nothing.pb.gz');
    writeFileSync(nothing, encodePprof({ functions: [], samples: [] }));
    const empty = await server.request('profile/open', { uri: uri(nothing) });
    expect(await warnings({ view, base: [empty.id] })).toEqual(['The baseline is empty here: nothing was measured in this view.']);
    expect(await warnings({ view: { profile: empty.id, type: 0 }, base: [base.id] })).toEqual([
      'The new profile is empty here: nothing was measured in this view.',
    ]);
    const diff = path.join(folder, 'negative.pb.gz');
    writeFileSync(diff, encodePprof({ functions: [['find', program, 13]], samples: [{ stack: [[0, 15]], values: [-5, -5 * MS] }] }));
    const negative = await server.request('profile/open', { uri: uri(diff) });
    const { rows } = await functions({ view: { profile: negative.id, type: 1 }, base: [base.id] });
    expect(rows[0]).toMatchObject({ name: 'find', base: { self: 500 * MS }, new: { self: -5 * MS } });
    expect(JSON.stringify(rows)).not.toMatch(/NaN|Infinity/);
    const flame = await server.request('compare/flame', {
      view: { profile: negative.id, type: 1 },
      base: [base.id],
      root: -1,
      minFraction: 0,
      widths: 'base',
    });
    expect(flame.node.length).toBe(3);
  });
});

describe('large profiles', { timeout: 120_000 }, () => {
  it('are compared in a thread, which gives what is given without one and ends with either profile', async () => {
    const large = (name: string, weight: number) => {
      const samples = Array.from({ length: 9000 }, (_, i) => {
        let at = i;
        const stack = Array.from({ length: 30 }, () => {
          at = (Math.imul(at, 1_103_515_245) + 12_345) >>> 1;
          return [at % 300, 2 + (at % 300) * 3] as const;
        });
        return { stack, values: [1, i % 7 === 0 ? weight * MS : MS] };
      });
      const target = path.join(folder, name);
      writeFileSync(
        target,
        encodePprof({ functions: Array.from({ length: 300 }, (_, i) => [`work_${i}`, program, 1 + i * 3] as const), samples }),
      );
      return target;
    };
    const files = [large('large-1.pb.gz', 1), large('large-2.pb.gz', 3)];
    const [one, two] = await Promise.all(files.map((target) => server.request('profile/open', { uri: uri(target) })));
    const { rows } = await functions({ view: { profile: two!.id, type: 1 }, base: [one!.id] });
    const said = json('diff', ...files, '--value', 'wall');
    expect(rows.map(({ name, file, line, base, new: after }) => ({ name, file, line, base, new: after }))).toEqual(said.functions);
    await server.request('profile/close', { profile: one!.id });
    await expect(functions({ view: { profile: two!.id, type: 1 }, base: [one!.id] })).rejects.toMatchObject({ data: { code: 'not-open' } });
    await server.request('profile/close', { profile: two!.id });
  });
});
