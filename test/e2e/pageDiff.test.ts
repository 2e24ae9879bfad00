// The Diff tab of the profile page with a real server behind it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ProfileInfo, Requests } from '../../src/protocol/lsp.js';
import { buildServer, type RunningServer, startServer } from '../unit/serverKit.js';
import { PageHarness, takeProblems } from './pageHarness.js';

const PLACES = {
  main: 'main (shop/pricing.py:28)',
  quote: 'quote (shop/pricing.py:8)',
  pay: 'pay (shop/pricing.py:20)',
  rebate: 'rebate (shop/pricing.py:15)',
  steady: 'steady (shop/pricing.py:33)',
  fresh: 'fresh (shop/cache.py:4)',
  old: 'old (shop/legacy.py:9)',
} as const;

/** Stacks under main, with their samples. */
const program = (samples: Partial<Record<keyof typeof PLACES, number>>) =>
  Object.entries(samples)
    .map(([name, count]) => `${name === 'main' ? '' : `${PLACES.main};`}${PLACES[name as keyof typeof PLACES]} ${count}\n`)
    .join('');

let folder: string;
let bundle: Awaited<ReturnType<typeof buildServer>>;
let server: RunningServer;
let harness: PageHarness;
let page: Page;
const open = new Map<string, ProfileInfo>();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'heatline-diff-'));
  bundle = await buildServer();
  server = await startServer(bundle.bundle, folder);
  const files = {
    before: program({ quote: 6000, pay: 2500, rebate: 900, old: 300, main: 200, steady: 1000 }),
    again: program({ quote: 6300, pay: 2400, rebate: 1000, old: 310, main: 210, steady: 990 }),
    after: program({ quote: 2100, pay: 2950, rebate: 920, fresh: 400, main: 190, steady: 1020 }),
  };
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, `${name}.collapsed`);
    writeFileSync(file, text);
    open.set(name, await server.request('profile/open', { uri: pathToFileURL(file).href }));
  }
  harness = await PageHarness.start();
}, 60_000);
afterEach(() => page?.context().close());
afterAll(async () => {
  await harness?.stop();
  await server?.stop();
  bundle?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

interface Sides {
  readonly base?: readonly string[];
  readonly query?: string;
  readonly fail?: string;
}

/** Opens the page of `after`, compared with the base, as the host would say it is. */
async function show({ base = ['before'], query = '', fail }: Sides = {}): Promise<void> {
  const info = open.get('after')!;
  const compared = {
    label: base.length > 1 ? `${base.length} runs of pricing.py` : 'pricing.py',
    runs: base.length,
    newRuns: 1,
    isItself: false,
    durations: false,
    key: base.join(),
  };
  const ids = base.map((name) => open.get(name)!.id);
  page = await harness.open(`tab=diff&compared=${encodeURIComponent(JSON.stringify(compared))}${query}`, {}, (method, params) => {
    if (method === 'info') return Promise.resolve(info);
    if (method === 'compare/summary' && fail !== undefined) return Promise.reject(new Error(fail));
    const sent = method.startsWith('compare/') ? { ...(params as object), base: ids } : params;
    return server.request(method as keyof Requests, sent as Requests[keyof Requests][0]);
  });
}

const rows = async () =>
  (await page.locator('.table-body [role=row]').all()).length === 0
    ? []
    : page
        .locator('.table-body [role=row]')
        .evaluateAll((all) =>
          all.map(
            (row) =>
              `${/\b(less|more|same)\b/.exec(row.className)?.[0]} | ${Array.from(row.querySelectorAll('[role=gridcell]'), (cell) => cell.textContent).join(' | ')}`,
          ),
        );

it('lists functions by the size of their change, with noise, words for new and gone, and colour beside the sign', async () => {
  await show();
  await page.locator('#change-0').waitFor();
  const shown = await rows();
  expect(shown.map((row) => row.replace(/ \| ±[\d,]+/, ' | ±'))).toEqual([
    'less | −3,900 | ± | −65.0 % | 6,000 | 2,100 | −3,900 | quote |  | shop/pricing.py',
    'more | +450 | ± | +18.0 % | 2,500 | 2,950 | +450 | pay |  | shop/pricing.py',
    'more | +400 | ± |  | 0 | 400 | +400 | fresh | new | shop/cache.py',
    'less | −300 | ± | −100.0 % | 300 | 0 | −300 | old | gone | shop/legacy.py',
    'same | ≈ +20 | ± | +2.2 % | 900 | 920 | ≈ +20 | rebate |  | shop/pricing.py',
    'same | ≈ +20 | ± | +2.0 % | 1,000 | 1,020 | ≈ +20 | steady |  | shop/pricing.py',
    'same | ≈ -10 | ± | -5.0 % | 200 | 190 | −3,320 | main |  | shop/pricing.py'.replaceAll('-', '−'),
  ]);
  expect(await page.locator('.diff-sides p').first().innerText()).toMatch(
    /^pricing\.py\s*→\s*compared with\s*after\.collapsed\s+10,900 → 7,580\s+−3,320 \(−30\.5 %\)/,
  );
  expect(await page.locator('.note').first().textContent()).toBe('7 functions changed, 5 by more than noise');
  await page.getByRole('button', { name: 'Clear changes only' }).click();
  await expect.poll(async () => (await rows()).length).toBe(5);
  await page.getByRole('button', { name: 'Clear changes only' }).click();
  await page.getByRole('columnheader', { name: 'function' }).getByRole('button').click();
  await expect.poll(async () => (await rows())[0]).toContain('fresh');
  await page.locator('#search').fill('pay');
  await expect.poll(async () => (await rows()).length).toBe(1);
  expect(takeProblems()).toEqual([]);
});

it('walks by keys, opens the source, and says of what is gone that it has none', async () => {
  await show();
  await page.locator('#change-0').waitFor();
  await page.locator('[role=grid]').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => page.locator('[role=row][aria-selected=true]').textContent()).toContain('pay');
  await page.keyboard.press('Enter');
  const opened = async () =>
    (await page.evaluate(() => window.harness.calls)).filter((call) => call.method === 'openSource').map((call) => call.params);
  await expect.poll(opened).toMatchObject([{ beside: false }]);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('#announcements').textContent()).toContain('It is gone');
  expect((await opened()).length).toBe(1);
  expect(takeProblems()).toEqual([]);
});

it('normalises by the totals', async () => {
  await show();
  await page.locator('#change-0').waitFor();
  await page.getByLabel('Figures').selectOption('total');
  await expect.poll(async () => (await rows()).find((row) => row.includes('steady'))).toMatch(/^more \| \+46[67]/);
  await expect.poll(() => page.locator('.diff-basis').textContent()).toContain('as if the totals were equal');
});

it('draws both call trees as one flame graph: widths of either side, colour and words for the change', async () => {
  await show();
  await page.locator('#change-0').waitFor();
  await page.getByLabel('What is shown').selectOption('flame');
  await page.locator('#diff-canvas').waitFor();
  await page.waitForFunction(() => document.querySelector('[role=tree] [role=treeitem]'));
  await page.locator('#diff-canvas').focus();
  for (const key of ['Home', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
  const spoken = () => page.locator('#announcements').textContent();
  await expect.poll(spoken).toMatch(/^pay, pricing\.py.*38\.9 % of the profile.*before 2,500, after 2,950, \+450, \+18\.0 %$/);
  await page.keyboard.press('ArrowRight');
  await expect.poll(spoken).toMatch(/before 6,000, after 2,100, −3,900, −65\.0 %$/);
  const colours = () =>
    page.evaluate(() => {
      const canvas = document.querySelector('canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, Math.round((4 + 42 + 2) * devicePixelRatio), canvas.width, 1);
      const found: string[] = [];
      for (let x = 0; x < canvas.width; x++) {
        const at = Array.from(data.slice(x * 4, x * 4 + 3))
          .map((part) => part.toString(16).padStart(2, '0'))
          .join('');
        if (found.at(-1) !== at && at !== '000000') found.push(at);
      }
      return found;
    });
  await page.keyboard.press('Escape');
  await expect.poll(colours).toEqual(expect.arrayContaining(['a5501f', '1a6dbd', 'c2450a']));
  // What is gone has a box where the widths are those of before.
  await page.getByLabel('Widths').selectOption('base');
  await page.locator('#diff-canvas').focus();
  await page.keyboard.press('Home');
  await expect.poll(async () => page.locator('[role=tree]').textContent()).toContain('main');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect.poll(spoken).toMatch(/^quote.*before 6,000/);
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
  await expect.poll(spoken).toMatch(/before 200|before 300/);
  expect(takeProblems()).toEqual([]);
});

it('lists lines', async () => {
  await show();
  await page.locator('#change-0').waitFor();
  await page.getByLabel('What is shown').selectOption('lines');
  await expect.poll(async () => (await rows())[0]).toMatch(/^less \| −3,900 .* \| shop\/pricing\.py:8 \|/);
});

it('takes the mean of several runs', async () => {
  await show({ base: ['before', 'again'] });
  await page.locator('#change-0').waitFor();
  expect((await rows())[0]).toMatch(/^less \| −4,050 \| ±[\d,]+ \| −65\.9 % \| 6,150 \| 2,100/);
  expect(await page.locator('.diff-side').first().textContent()).toBe('2 runs of pricing.py');
});

it('shows both call trees as a table that opens, along the way that changed most by one key', async () => {
  await show();
  await page.getByLabel('What is shown').selectOption('tree');
  await page.locator('#change-0').waitFor();
  const shown = async () => (await rows()).map((row) => row.replace(/±[\d,.]+/, '±').replace(/[▸▾]/, ''));
  expect(await shown()).toEqual(['less | −3,320 | ± | −30.5 % | 10,900 | 7,580 | −10 | main |  | shop/pricing.py']);
  const grid = page.getByRole('treegrid', { name: 'Call tree before and after' });
  await grid.focus();
  await page.keyboard.press('Home');
  expect(await page.locator('#change-0').getAttribute('aria-expanded')).toBe('false');
  await page.keyboard.press('h');
  const all = [
    'less | −3,320 | ± | −30.5 % | 10,900 | 7,580 | −10 | main |  | shop/pricing.py',
    'less | −3,900 | ± | −65.0 % | 6,000 | 2,100 | −3,900 | quote |  | shop/pricing.py',
    'more | +450 | ± | +18.0 % | 2,500 | 2,950 | +450 | pay |  | shop/pricing.py',
    'more | +400 | ± |  | 0 | 400 | +400 | fresh | new here | shop/cache.py',
    'less | −300 | ± | −100.0 % | 300 | 0 | −300 | old | gone from here | shop/legacy.py',
    'same | ≈ +20 | ± | +2.0 % | 1,000 | 1,020 | +20 | steady |  | shop/pricing.py',
    'same | ≈ +20 | ± | +2.2 % | 900 | 920 | +20 | rebate |  | shop/pricing.py',
  ];
  await expect.poll(shown).toEqual(all);
  const current = () => page.locator('[role=row][aria-selected=true]');
  await expect.poll(() => current().textContent()).toContain('quote');
  expect(await current().getAttribute('aria-level')).toBe('2');
  expect(await current().getAttribute('aria-setsize')).toBe('6');
  await expect.poll(() => page.locator('#announcements').textContent()).toBe('quote, level 2');
  await page.getByRole('button', { name: 'Clear changes only' }).click();
  // The selected function is found again in every order.
  await expect.poll(shown).toEqual(all.slice(0, 5));
  await page.getByRole('columnheader', { name: 'before' }).getByRole('button').click();
  const names = async () => (await shown()).map((row) => row.split(' | ')[7]);
  await expect.poll(names).toEqual(['main', 'quote', 'pay', 'old', 'fresh']);
  await expect.poll(() => current().textContent()).toContain('quote');
  await grid.focus();
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => current().textContent()).toContain('main');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(names).toEqual(['main']);
  await page.keyboard.press('i');
  // Where main changed most is below quote.
  await expect.poll(names).toEqual(['quote', 'main', 'pay', 'old', 'fresh']);
  expect(await page.getByRole('button', { name: 'Inverted' }).getAttribute('aria-pressed')).toBe('true');
  await page.getByRole('treegrid', { name: 'Callers before and after' }).waitFor();
  expect(takeProblems()).toEqual([]);
});

it('says in one sentence why it cannot compare, and lets one choose again; asks first where nothing is chosen', async () => {
  await show({ fail: 'The baseline has no values of wall (nanoseconds) to compare with: it has samples.' });
  await page.getByRole('alert').filter({ hasText: 'The baseline has no values of wall' }).waitFor();
  await page.locator('.diff-empty').getByRole('button', { name: 'Compare with…' }).click();
  const chosen = async () => (await page.evaluate(() => window.harness.calls)).filter((call) => call.method === 'chooseBaseline').length;
  await expect.poll(chosen).toBe(1);
  await page.context().close();
  page = await harness.open('tab=diff&data=small');
  await page.getByText('Compare this profile with another run').waitFor();
  expect(takeProblems()).toEqual([]);
});

it.each(['dark', 'light', 'hcDark', 'hcLight'])('is drawn in %s', async (kind) => {
  const pictures = path.join(import.meta.dirname, '../.artifacts');
  mkdirSync(pictures, { recursive: true });
  await show({ query: `&kind=${kind}` });
  await page.locator('#change-0').waitFor();
  await page.locator('[role=grid]').focus();
  await page.keyboard.press('Home');
  await page.screenshot({ path: path.join(pictures, `page-diff-table-${kind}.png`) });
  await page.getByLabel('What is shown').selectOption('tree');
  await page.getByRole('treegrid').waitFor();
  await page.locator('#change-0').waitFor();
  await page.getByRole('button', { name: 'Hot path' }).click();
  await page.locator('#change-1').waitFor();
  await page.screenshot({ path: path.join(pictures, `page-diff-tree-${kind}.png`) });
  await page.getByLabel('What is shown').selectOption('flame');
  await page.waitForFunction(() => document.querySelector('[role=tree] [role=treeitem]'));
  await page.locator('#diff-canvas').hover({ position: { x: 700, y: 55 } });
  await page.locator('.card').waitFor();
  await page.screenshot({ path: path.join(pictures, `page-diff-flame-${kind}.png`) });
  expect(takeProblems()).toEqual([]);
});
