import { beforeAll, expect, it } from 'vitest';
import { calls, info, open, page, profile, server, useLivePages } from './liveScene.js';

useLivePages();

/** 100 samples; walk is called from two places, and calls itself. */
const STACKS = [
  'main (/w/app.py:3);load (/w/app.py:10);walk (/w/tree.py:5);leaf (/w/tree.py:20) 30',
  'main (/w/app.py:4);save (/w/app.py:20);walk (/w/tree.py:5);walk (/w/tree.py:6);leaf (/w/tree.py:20) 20',
  'main (/w/app.py:4);save (/w/app.py:20);walk (/w/tree.py:7) 10',
  'main (/w/app.py:4);save (/w/app.py:21) 40',
];

beforeAll(() => profile('sandwich.collapsed', STACKS.join('\n')));

const boxes = (id: string) => page.locator(`#${id}-tree [role=treeitem]`).allTextContents();
const figures = () => page.locator('.sandwich-middle .figures').textContent();

it('shows a function between its callers and its callees, with its own figures', async () => {
  await open('tab=sandwich');
  await page.locator('#function-0').waitFor();
  await page.getByRole('grid').getByText('walk', { exact: true }).click();
  await expect.poll(() => page.locator('.sandwich-middle .name').textContent()).toBe('walk');
  await expect.poll(figures).toMatch(/^total 60 · 60\.0 %\s+self 10 · 10\.0 %$/);
  await expect
    .poll(() => boxes('callers'))
    .toEqual([
      expect.stringMatching(/^walk, tree\.py, 60\.0 % of the profile, .* 2 callers$/),
      expect.stringMatching(/^load, app\.py, 30\.0 % of the profile/),
      expect.stringMatching(/^save, app\.py, 30\.0 % of the profile/),
    ]);
  // The outermost call counts: what walk called of itself is a callee.
  expect(await boxes('callees')).toEqual([
    expect.stringMatching(/^walk, tree\.py, 60\.0 % of the profile, self 10\.0 %, level 1, 2 callees$/),
    expect.stringMatching(/^leaf, tree\.py, 30\.0 % of the profile/),
    expect.stringMatching(/^walk, tree\.py, 20\.0 % of the profile/),
  ]);
});

it('grows upward from the middle, walks by keys, and puts the selected box in the middle', async () => {
  await open('tab=sandwich');
  await page.getByRole('grid').getByText('walk', { exact: true }).click();
  await expect.poll(figures).toContain('60.0 %');
  const canvas = page.locator('#callers-canvas');
  const { width, height } = (await canvas.boundingBox())!;
  const funcs = new Map(
    (
      await server.request('profile/functions', {
        view: { profile: info.id, type: 0 },
        sort: 'self',
        descending: true,
        offset: 0,
        limit: 9,
      })
    ).rows.map((row) => [row.name, row.func]),
  );
  await canvas.click({ position: { x: width * 0.25, y: height - 4 - 21 * 1.5 } });
  await expect.poll(async () => (await calls('select')).at(-1)).toEqual({ func: funcs.get('load'), place: null });
  expect(await page.locator('.sandwich-middle .name').textContent()).toBe('walk');
  await canvas.focus();
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('main'));
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('load'));
  await page.keyboard.press('s');
  await expect.poll(() => page.locator('.sandwich-middle .name').textContent()).toBe('load');
  await expect.poll(figures).toContain('total 30 · 30.0 %');
  await expect.poll(() => page.locator('.row.current .name').textContent()).toBe('load');
});

it('is reached from another tab by one key, and says so where no stack goes through the function', async () => {
  await open('tab=table');
  await page.locator('#row-0').waitFor();
  await page.getByText('leaf', { exact: true }).click();
  await page.keyboard.press('s');
  await expect.poll(figures).toContain('total 50 · 50.0 %');
  await page.evaluate((view) => window.harness.state({ view: { ...view, ignore: 'leaf' } }), { profile: info.id, type: 0 });
  await page.getByText('No stack of this view goes through the function.').waitFor();
});
