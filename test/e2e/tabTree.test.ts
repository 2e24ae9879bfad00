import { beforeAll, describe, expect, it } from 'vitest';
import { calls, info, open, page, profile, server, spoken, useLivePages } from './liveScene.js';

useLivePages();

/** 100 samples; rebate calls itself, json is the library's. */
const STACKS = [
  '<module> (/w/shop/app.py:40);main (/w/shop/app.py:28);quote (/w/shop/pricing.py:8) 31',
  '<module> (/w/shop/app.py:40);main (/w/shop/app.py:28);quote (/w/shop/pricing.py:9);find (/w/shop/pricing.py:20) 30',
  '<module> (/w/shop/app.py:40);main (/w/shop/app.py:31);pay (/w/shop/pay.py:20);scan (/usr/lib/python3.12/json/decoder.py:7) 25',
  '<module> (/w/shop/app.py:40);main (/w/shop/app.py:29);rebate (/w/shop/pricing.py:15);rebate (/w/shop/pricing.py:15) 9',
  '<module> (/w/shop/app.py:40);main (/w/shop/app.py:29);rebate (/w/shop/pricing.py:15) 5',
];

const texts = async () =>
  (await page.locator('.table-body [role=row]').allInnerTexts()).map((text) =>
    text
      .split('\n')
      .filter((cell) => cell !== '▸' && cell !== '▾')
      .join(' '),
  );
const current = () => page.locator('.row.current');

describe('call tree', () => {
  beforeAll(() => profile('tree.collapsed', STACKS.join('\n')));

  it('opens level by level, with the figures of `heatline tree --json`', async () => {
    await open('tab=tree');
    await page.locator('#node-0').waitFor();
    expect(await texts()).toEqual(['100 100.0 % 0 <module> shop/app.py']);
    const grid = page.getByRole('treegrid');
    await grid.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.locator('#node-1').getByText('main').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.locator('#node-4').getByText('rebate').waitFor();
    expect(await texts()).toEqual([
      '100 100.0 % 0 <module> shop/app.py',
      '100 100.0 % 0 main shop/app.py',
      '61 61.0 % 31 quote shop/pricing.py',
      '25 25.0 % 0 pay shop/pay.py',
      '14 14.0 % 5 rebate shop/pricing.py',
    ]);
    const rebate = page.locator('#node-4');
    expect(await rebate.getAttribute('aria-level')).toBe('3');
    expect(await rebate.getAttribute('aria-setsize')).toBe('3');
    expect(await rebate.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowRight');
    await page.locator('#node-5').getByText('rebate').waitFor();
    expect(await page.locator('#node-5').getAttribute('aria-expanded')).toBeNull();
    expect((await texts()).at(-1)).toBe('9 9.0 % 9 rebate shop/pricing.py');
    // To the parent, and then it closes.
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => current().getAttribute('id')).toBe('node-4');
    await page.keyboard.press('ArrowLeft');
    await page.locator('#node-5').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    const rows = (
      await server.request('profile/functions', {
        view: { profile: info.id, type: 0 },
        sort: 'self',
        descending: true,
        offset: 0,
        limit: 9,
      })
    ).rows;
    const func = rows.find(({ name }) => name === 'rebate')!.func;
    await expect.poll(() => calls('openSource')).toEqual([{ func, beside: false }]);
  });

  it('opens its hot path by one key, and goes from match to match wherever they are', async () => {
    await open('tab=tree');
    await page.locator('#node-0').waitFor();
    await page.keyboard.press('h');
    await expect.poll(async () => current().innerText()).toContain('quote');
    await expect.poll(spoken).toBe('quote, level 3');
    expect((await texts()).map((text) => text.split(' ')[4])).toEqual(['<module>', 'main', 'quote', 'pay', 'rebate']);
    await page.keyboard.press('h');
    await expect.poll(spoken).toBe('The path ends here.');
    await page.locator('#search').fill('/scan|find/');
    await page.locator('.found').waitFor();
    await page.getByRole('treegrid').focus();
    await page.keyboard.press('n');
    await expect.poll(async () => current().innerText()).toContain('find');
    await page.keyboard.press('n');
    await expect.poll(async () => current().innerText()).toContain('scan');
    expect(await page.locator('.row.match').count()).toBe(2);
    await page.keyboard.press('N');
    await expect.poll(async () => current().innerText()).toContain('find');
  });

  it('inverts, sorts, and finds the selected function again in every tab', async () => {
    await open('tab=tree');
    await page.locator('#node-0').waitFor();
    await page.keyboard.press('i');
    await expect
      .poll(async () => (await texts()).map((text) => text.split(' ').slice(0, 4).join(' ')))
      .toEqual(['31 31.0 % 0', '30 30.0 % 0', '25 25.0 % 0', '14 14.0 % 0']);
    await page.getByRole('columnheader', { name: 'function' }).getByRole('button').click();
    await expect.poll(async () => (await texts()).map((text) => text.split(' ')[4])).toEqual(['find', 'quote', 'rebate', 'scan']);
    await page.locator('#node-3').click();
    await page.locator('#tab-table').click();
    await expect.poll(async () => current().innerText()).toContain('scan');
    await page.locator('#tab-flame').click();
    await page.locator('[role=treeitem][aria-selected=true]').waitFor({ state: 'attached' });
    expect(await page.locator('[role=treeitem][aria-selected=true]').textContent()).toMatch(/^scan, /);
    await page.evaluate(() => window.harness.calls.length);
    await page.locator('#tab-tree').click();
    await expect.poll(async () => current().innerText()).toContain('scan');
  });
});

describe('a deep and a wide tree', () => {
  it('open without limit, and keep only rows in sight in the page', async () => {
    const deep = `${Array.from({ length: 500 }, (_, i) => `f${i} (/w/deep.py:${i + 1})`).join(';')} 7`;
    const wide = Array.from({ length: 30_000 }, (_, i) => `root (/w/wide.py:1);g${i} (/w/wide.py:${i + 2}) 1`);
    await profile('deep.collapsed', [deep, ...wide].join('\n'));
    await open('tab=tree');
    await page.locator('#node-0').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('treegrid').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('h');
    await expect.poll(async () => current().innerText()).toContain('f499');
    expect(await current().getAttribute('aria-level')).toBe('500');
    expect(await page.locator('.table-body [role=row]').count()).toBeLessThan(80);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => page.getByRole('treegrid').getAttribute('aria-rowcount')).toBe(String(1 + 500 + 1 + 30_000));
    await page.evaluate(() => document.querySelector('.table-body')!.scrollTo(0, 22 * 25_000));
    await page
      .locator('#node-25010')
      .getByText(/^g\d+$/)
      .waitFor();
  });

  it('shows names of 10,000 letters and an only sample', async () => {
    await profile('one.collapsed', `${'n'.repeat(10_000)} (/w/x.py:1) 1`);
    await open('tab=tree');
    await page.locator('#node-0').waitFor();
    expect((await texts()).length).toBe(1);
    const { width } = (await page.locator('#node-0').boundingBox())!;
    expect(width).toBeLessThanOrEqual(1320);
  });
});
