import { beforeAll, expect, it } from 'vitest';
import { open, page, profile, useLivePages } from './liveScene.js';

useLivePages();

/** py-spy's raw form; 100 samples, rebate calls itself. */
const STACKS = [
  '<module> (shop/pricing.py:38);main (shop/pricing.py:28);quote (shop/pricing.py:8) 61',
  '<module> (shop/pricing.py:38);main (shop/pricing.py:31);pay (shop/pricing.py:20) 25',
  '<module> (shop/pricing.py:38);main (shop/pricing.py:29);rebate (shop/pricing.py:15);rebate (shop/pricing.py:15) 9',
  '<module> (shop/pricing.py:38);main (shop/pricing.py:29);rebate (shop/pricing.py:15) 5',
  '',
];

beforeAll(() => profile('run.collapsed', STACKS.join('\n')).then(() => undefined));

it("shows the server's own figures in the flame graph, zooms and searches", async () => {
  await open('');
  await page.waitForFunction(() => document.querySelector('.note')?.textContent?.startsWith('100'));
  await page.locator('canvas').focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('quote'));
  expect(await page.locator('#announcements').textContent()).toMatch(/, 61\.0 % of the profile, self 61\.0 %, level 4, no callees$/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press(' ');
  await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'rebate');
  expect(await page.locator('nav .crumb').allTextContents()).toEqual(['all', '<module>', 'main', 'rebate']);
  await expect.poll(() => page.locator('.note').textContent()).toContain('14.0 %');
  await page.locator('#search').fill('/^(quote|pay)$/');
  await expect.poll(() => page.locator('.found').textContent()).toMatch(/^2 functions match · .*86\.0 %$/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Backspace');
  await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'all');
  await page.getByRole('button', { name: 'Inverted' }).click();
  await page.waitForFunction(() => document.querySelector('[role=tree]')?.getAttribute('aria-label') === 'Callers');
});

it("shows the server's own figures in the table", async () => {
  await open('tab=table');
  await page.locator('#row-0').waitFor();
  const shares = async () =>
    (await page.locator('.table-body [role=row]').allInnerTexts()).map((text) =>
      text
        .split('\n')
        .filter((cell) => /%|^[a-z<]/.test(cell))
        .slice(0, 3)
        .join(' '),
    );
  expect(await shares()).toEqual([
    '61.0 % 61.0 % quote',
    '25.0 % 25.0 % pay',
    '14.0 % 14.0 % rebate',
    '0 % 100.0 % <module>',
    '0 % 100.0 % main',
  ]);
  await page.locator('#search').fill('/(/');
  await page.locator('.found.bad').waitFor();
  expect(await page.locator('.found.bad').textContent()).toBe('“/(/” is not a regular expression.');
});
