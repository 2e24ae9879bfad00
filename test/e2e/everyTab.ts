/** What tests of every tab of the profile page share: a real server with profiles that give each tab something to show. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { ProfileInfo, Requests } from '../../src/protocol/lsp.js';
import { buildServer, type RunningServer, startServer } from '../unit/serverKit.js';
import { PageHarness, type PageOptions, takeProblems } from './pageHarness.js';

let folder: string;
let server: RunningServer;
let harness: PageHarness;
/** The page that the test at hand opened. */
export let page: Page;
/** By the names of their files: `after.collapsed`, `before.collapsed` and `timed.speedscope.json`. */
export const profiles = new Map<string, ProfileInfo>();

/** py-spy's raw form of a program of which the source is there, with a library. */
const stacks = (quote: number) =>
  [
    `main (${folder}/shop.py:8);quote (${folder}/shop.py:2) ${quote}`,
    `main (${folder}/shop.py:9);pay (${folder}/shop.py:5) 250`,
    `main (${folder}/shop.py:9);pay (${folder}/shop.py:5);decode (/usr/lib/python3.12/json/decoder.py:12) 90`,
    `main (${folder}/shop.py:9) 10`,
    '',
  ].join('\n');

/** speedscope's form of two threads, one of which waits in between. */
function timed(): string {
  const events = (list: readonly (readonly [string, number, number])[]) => list.map(([type, frame, at]) => ({ type, frame, at }));
  const thread = (name: string, list: readonly (readonly [string, number, number])[]) => ({
    type: 'evented',
    name,
    unit: 'seconds',
    startValue: 0,
    endValue: 10,
    events: events(list),
  });
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    shared: { frames: ['main', 'parse', 'read'].map((name, i) => ({ name, file: '/home/ada/app.py', line: 1 + 9 * i })) },
    profiles: [
      thread('main', [
        ['O', 0, 0],
        ['O', 1, 0],
        ['C', 1, 4],
        ['O', 2, 5],
        ['C', 2, 10],
        ['C', 0, 10],
      ]),
      thread('io', [
        ['O', 2, 8],
        ['C', 2, 10],
      ]),
    ],
  });
}

/**
 * One browser and one server for the tests of a file; after each, the page is left and must have met no error.
 * @param texts of the server's language, English → text
 */
export function useEveryTab(texts?: Readonly<Record<string, string>>): void {
  let bundle: Awaited<ReturnType<typeof buildServer>>;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'heatline-tabs-'));
    const source = path.join(folder, 'shop.py');
    writeFileSync(
      source,
      'def quote(x):\n    return sum(x)\n\ndef pay(x):\n    return decode(x)\n\ndef main():\n    quote([1])\n    pay([2])\n',
    );
    const past = new Date(Date.now() - 60_000);
    utimesSync(source, past, past);
    bundle = await buildServer();
    server = await startServer(bundle.bundle, folder, [], texts);
    const files = { 'after.collapsed': stacks(6000), 'before.collapsed': stacks(3000), 'timed.speedscope.json': timed() };
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      profiles.set(name, await server.request('profile/open', { uri: pathToFileURL(file).href }));
    }
    harness = await PageHarness.start();
  });
  afterEach(async () => {
    if (page) await harness.leave(page);
    expect(takeProblems()).toEqual([]);
  });
  afterAll(async () => {
    await harness?.stop();
    await server?.stop();
    bundle?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Opens the page on one of the profiles, compared with `before.collapsed`. @param query as mockHost.ts has it */
export async function open(query: string, name = 'after.collapsed', options?: PageOptions): Promise<void> {
  const info = profiles.get(name)!;
  const compared = { label: 'before.collapsed', runs: 1, newRuns: 1, isItself: false, durations: false, key: 'before' };
  const base = [profiles.get('before.collapsed')!.id];
  page = await harness.open(`${query}&compared=${encodeURIComponent(JSON.stringify(compared))}`, options, (method, params) => {
    if (method === 'info') return Promise.resolve(info);
    const sent = method.startsWith('compare/') ? { ...(params as object), base } : params;
    return server.request(method as keyof Requests, sent as Requests[keyof Requests][0]);
  });
}

const saved = (state: object) => `&saved=${encodeURIComponent(JSON.stringify(state))}`;

/** Each tab, what is on the screen once it shows its figures, more for its address, and another profile. */
export const TABS: readonly (readonly string[])[] = [
  ['flame', '#flame-tree [role=treeitem]'],
  ['timeline', '.lane-head', '', 'timed.speedscope.json'],
  ['timeline', '.hint'],
  ['sandwich', '#callees-tree [role=treeitem]'],
  ['table', '#row-0 .name'],
  ['tree', '[role=treegrid] [aria-level]'],
  ['lines', '[role=row]'],
  ['files', '.part'],
  ['files', '#files-canvas', saved({ filesShape: 'icicle' })],
  ['diff', '#change-0'],
  ['diff', '#change-0', saved({ diff: { shows: 'lines' } })],
  ['diff', '#change-0', saved({ diff: { shows: 'tree' } })],
  ['diff', '#diff-tree [role=treeitem]', saved({ diff: { shows: 'flame' } })],
  ['info', '.info'],
];
