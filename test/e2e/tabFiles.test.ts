import { beforeAll, expect, it } from 'vitest';
import { calls, info, open, page, profile, server, useLivePages } from './liveScene.js';

useLivePages();

const LIB = '/usr/lib/python3.12/json/decoder.py';
beforeAll(() =>
  profile(
    'files.collapsed',
    [
      'main (/w/shop/app.py:3);pay (/w/shop/bill/pay.py:7) 30',
      'main (/w/shop/app.py:3);tax (/w/shop/bill/tax.py:2) 20',
      `main (/w/shop/app.py:4);scan (${LIB}:12) 40`,
      'main (/w/shop/app.py:9) 10',
    ].join('\n'),
  ),
);

const parts = async () => (await page.locator('.part').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
const twin = () => page.locator('#files-tree [role=treeitem]').allTextContents();

it('divide self time as rings, with the parts as text beside them', async () => {
  await open('tab=files');
  await expect.poll(parts).toEqual(['shop folder 60 60.0 %', 'json package 40 40.0 %']);
  await page.getByRole('button', { name: 'shop folder' }).click();
  await expect.poll(parts).toEqual(['bill folder 50 50.0 %', 'app.py file 10 10.0 %']);
  expect(await page.locator('nav .crumb').allTextContents()).toEqual(['all', 'shop']);
  expect(await page.locator('.note').textContent()).toBe('60 self · 60.0 %');
  await page.locator('#files-canvas').focus();
  await page.keyboard.press('Backspace');
  await expect.poll(parts).toHaveLength(2);
});

it('are zoomed by click, walked by keys and opened as source, with the figures of `heatline top --json`', async () => {
  await open('tab=files');
  await expect.poll(parts).toHaveLength(2);
  const canvas = page.locator('#files-canvas');
  const { width, height } = (await canvas.boundingBox())!;
  const outer = Math.min(width, height) / 2 - 10;
  // Clockwise from the top the first 60 % are shop's: a quarter round, in the innermost ring.
  const middle = Math.min(56, outer / 3);
  await canvas.click({ position: { x: width / 2 + middle + 12, y: height / 2 } });
  await expect.poll(parts).toEqual(['bill folder 50 50.0 %', 'app.py file 10 10.0 %']);
  await canvas.click({ position: { x: width / 2, y: height / 2 } });
  await expect.poll(parts).toHaveLength(2);
  await canvas.focus();
  await page.keyboard.press('Home');
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('pay,'));
  expect((await twin()).find((text) => text.startsWith('pay,'))).toMatch(/^pay, pay\.py, 30\.0 % of the profile, self 30\.0 %, level 5/);
  await page.keyboard.press('Enter');
  const { rows } = await server.request('profile/functions', {
    view: { profile: info.id, type: 0 },
    sort: 'self',
    descending: true,
    offset: 0,
    limit: 9,
  });
  const pay = rows.find(({ name }) => name === 'pay')!;
  expect(pay.self).toBe(30);
  await expect.poll(() => calls('openSource')).toEqual([{ func: pay.func, beside: false }]);
  await expect.poll(async () => (await calls('select')).at(-1)).toEqual({ func: pay.func, place: null });
});

it('are the same as an icicle, and the choice is remembered', async () => {
  await open('tab=files');
  await page.getByRole('button', { name: 'Icicle' }).click();
  await page.locator('.picture canvas').waitFor();
  await expect.poll(async () => (await page.evaluate(() => window.harness.saved as { filesShape?: string })).filesShape).toBe('icicle');
  await page.locator('#files-canvas').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('shop'));
  expect(await page.locator('.card-name').textContent()).toBe('shop');
  expect(await page.locator('.card .figure').allTextContents()).toEqual(['60', '60.0 %']);
});
