// Every tab of the profile page, in four themes, judged by axe; no rule is left out.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProfileInfo, Requests } from '../../src/protocol/lsp.js';
import { buildServer, type RunningServer, startServer } from '../unit/serverKit.js';
import { PageHarness, takeProblems } from './pageHarness.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const THEMES = ['light', 'dark', 'hcDark', 'hcLight'] as const;

let folder: string;
let bundle: Awaited<ReturnType<typeof buildServer>>;
let server: RunningServer;
let harness: PageHarness;
let page: Page;
const profiles = new Map<string, ProfileInfo>();

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

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'heatline-accessible-'));
  mkdirSync(folder, { recursive: true });
  const source = path.join(folder, 'shop.py');
  writeFileSync(
    source,
    'def quote(x):\n    return sum(x)\n\ndef pay(x):\n    return decode(x)\n\ndef main():\n    quote([1])\n    pay([2])\n',
  );
  const past = new Date(Date.now() - 60_000);
  utimesSync(source, past, past);
  bundle = await buildServer();
  server = await startServer(bundle.bundle, folder);
  const files = { 'after.collapsed': stacks(6000), 'before.collapsed': stacks(3000), 'timed.speedscope.json': timed() };
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    profiles.set(name, await server.request('profile/open', { uri: pathToFileURL(file).href }));
  }
  harness = await PageHarness.start();
}, 60_000);
afterEach(async () => {
  await page?.context().close();
  expect(takeProblems()).toEqual([]);
});
afterAll(async () => {
  await harness?.stop();
  await server?.stop();
  bundle?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function open(query: string, name = 'after.collapsed'): Promise<void> {
  const info = profiles.get(name)!;
  const compared = { label: 'before.collapsed', runs: 1, newRuns: 1, isItself: false, durations: false, key: 'before' };
  const base = [profiles.get('before.collapsed')!.id];
  page = await harness.open(`${query}&compared=${encodeURIComponent(JSON.stringify(compared))}`, {}, (method, params) => {
    if (method === 'info') return Promise.resolve(info);
    const sent = method.startsWith('compare/') ? { ...(params as object), base } : params;
    return server.request(method as keyof Requests, sent as Requests[keyof Requests][0]);
  });
}

/** What axe holds against the page as it is now, in every theme: rule, place and reason. */
async function violations(): Promise<string[]> {
  await page.evaluate(AXE);
  const found: string[] = [];
  for (const theme of THEMES) {
    await page.evaluate(async (kind) => {
      window.harness.theme(kind);
      for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    }, theme);
    const result = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
    expect(result.passes.length).toBeGreaterThan(10);
    for (const { id, nodes } of result.violations) {
      found.push(...nodes.map((node) => `${theme}: ${id}: ${node.target.join(' ')}: ${node.failureSummary?.replace(/\s+/g, ' ')}`));
    }
  }
  return found;
}

/** Each tab, what is on the screen once it shows its figures, more for its address, and another profile. */
const TABS: readonly (readonly string[])[] = [
  ['flame', '#flame-tree [role=treeitem]'],
  ['timeline', '.lane-head', '', 'timed.speedscope.json'],
  ['timeline', '.hint'],
  ['sandwich', '#callees-tree [role=treeitem]'],
  ['table', '#row-0 .name'],
  ['tree', '[role=treegrid] [aria-level]'],
  ['lines', '[role=row]'],
  ['files', '.part'],
  ['files', '#files-canvas', `&saved=${encodeURIComponent('{"filesShape":"icicle"}')}`],
  ['diff', '#change-0'],
  ['info', '.info'],
];

describe('axe finds nothing', () => {
  it.each(TABS)('in the tab %s', async (tab = '', ready = '', query = '', name = 'after.collapsed') => {
    await open(`tab=${tab}${query}`, name);
    await page.locator(ready).first().waitFor({ state: 'attached' });
    expect(await violations()).toEqual([]);
  });

  it('where a box is selected, its card is shown, functions are searched for, and frames are left out', async () => {
    await open('tab=flame');
    await page.locator('#flame-tree [role=treeitem]').first().waitFor({ state: 'attached' });
    await page.locator('#search').fill('pay');
    await page.locator('.found').waitFor();
    await page.getByRole('button', { name: 'Just my code' }).click();
    const { id } = profiles.get('after.collapsed')!;
    await page.evaluate((profile) => window.harness.state({ view: { profile, type: 0, focus: 'main', ignore: '^decode$' } }), id);
    await page.locator('.chip').first().waitFor();
    await expect.poll(() => page.locator('.note').textContent()).toMatch(/^6,260/);
    await page.locator('#flame-canvas').focus();
    const walked = async () => {
      await page.keyboard.press('ArrowDown');
      return page.locator('.card').count();
    };
    await expect.poll(walked).toBe(1);
    expect(await violations()).toEqual([]);
  });

  it('in the list of keys, a failure, and a profile that is being read', async () => {
    await open('tab=flame');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    expect(await violations()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.evaluate(() => window.harness.error('The server stopped.'));
    await page.locator('.error').waitFor();
    expect(await violations()).toEqual([]);
    await page.context().close();
    await open('reading=0.4');
    await page.locator('.reading').waitFor();
    expect(await violations()).toEqual([]);
  });
});
