// Recursions as one frame on the profile page, with a real server behind it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { calls, open, page, profile, spoken, useLivePages } from './liveScene.js';

useLivePages();

/** rebate calls itself, and quote through find. */
const STACKS = [
  'main (/w/app.py:28);quote (/w/app.py:8);find (/w/app.py:20);quote (/w/app.py:9) 30',
  'main (/w/app.py:28);quote (/w/app.py:8);find (/w/app.py:20) 20',
  'main (/w/app.py:29);rebate (/w/app.py:15);rebate (/w/app.py:15);rebate (/w/app.py:15) 9',
  'main (/w/app.py:29);rebate (/w/app.py:15) 5',
];

/** Names and figures of the rows of the tree, one more of which is opened each time: `quote 50 30`. */
async function opened(): Promise<string[]> {
  const closed = page.locator('[role=row][aria-expanded=false] .twisty');
  if ((await closed.count()) > 0) await closed.first().click();
  return page
    .locator('.table-body [role=row]')
    .evaluateAll((all) =>
      all.map((row) =>
        ['.name .text', '.cell:nth-child(1)', '.cell:nth-child(3)'].map((cell) => row.querySelector(cell)?.textContent).join(' '),
      ),
    );
}
const chips = async () => (await page.locator('.chip').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));

describe('recursion', () => {
  it('is merged for all functions by one key, taken back by its chip, and back again by undo', async () => {
    await profile('recursion.collapsed', STACKS.join('\n'));
    await open('tab=tree');
    await page.locator('#node-0').waitFor();
    await expect.poll(opened).toEqual(['main 64 0', 'quote 50 0', 'find 50 20', 'quote 30 30', 'rebate 14 5', 'rebate 9 0', 'rebate 9 9']);
    await page.keyboard.press('r');
    await expect.poll(chips).toEqual(['Recursion merged all functions ✕']);
    expect(await page.getByRole('button', { name: 'Merge recursion' }).getAttribute('aria-pressed')).toBe('true');
    await page.locator('#node-0').waitFor();
    await expect.poll(opened).toEqual(['main 64 0', 'quote 50 30', 'find 20 20', 'rebate 14 14']);
    await page.locator('.chip').click();
    await expect.poll(chips).toEqual([]);
    await page.locator('#node-0').waitFor();
    await expect.poll(async () => (await opened()).length).toBe(7);
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    await expect.poll(chips).toEqual(['Recursion merged all functions ✕']);
  });

  it('is merged for one function by the menu, as a whole or only where it is direct', async () => {
    await profile('recursion.collapsed', STACKS.join('\n'));
    await open('tab=table');
    const choose = async (name: string, action: string) => {
      await page.locator('.table-body [role=row]').filter({ hasText: name }).click({ button: 'right' });
      await page.evaluate((chosen) => window.harness.menu(chosen), action);
    };
    await choose('quote', 'mergeRecursion');
    await expect.poll(chips).toEqual(['Recursion merged quote ✕']);
    await choose('find', 'mergeRecursion');
    await expect.poll(chips).toEqual(['Recursion merged quote, find ✕']);
    await choose('rebate', 'mergeDirectRecursion');
    await expect.poll(chips).toEqual(['Recursion merged quote, find ✕', 'Direct recursion merged rebate ✕']);
    await page.getByRole('tab', { name: 'Tree', exact: true }).click();
    await page.locator('#node-0').waitFor();
    await expect.poll(opened).toEqual(['main 64 0', 'quote 50 30', 'find 20 20', 'rebate 14 14']);
    await page.getByRole('button', { name: 'Merge recursion' }).click();
    await expect.poll(async () => (await chips())[0]).toBe('Recursion merged all functions ✕');
  });

  it('is nothing to merge in sums without stacks, and it says why', async () => {
    await profile('sums.prof', readFileSync(path.join(import.meta.dirname, '../fixtures/profiles/pstats/python-3.12.prof')));
    await open('tab=tree');
    await page.locator('#node-0').waitFor();
    const button = page.getByRole('button', { name: 'Merge recursion' });
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await page.keyboard.press('r');
    await expect.poll(spoken).toMatch(/holds sums without stacks/);
    expect(await calls('setView')).toEqual([]);
    await page.locator('.table-body [role=row]').first().click({ button: 'right' });
    expect(await page.evaluate(() => JSON.parse(document.body.dataset.vscodeContext!).heatlineRecursion)).toBe(false);
  });
});
