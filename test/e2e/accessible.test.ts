// Every tab of the profile page, judged by axe; no rule is left out, and what looks at colours is asked in four themes.
import { describe, expect, it } from 'vitest';
import { violations } from './axe.js';
import { open, page, profiles, TABS, useEveryTab } from './everyTab.js';

const THEMES = ['light', 'dark', 'hcDark', 'hcLight'] as const;

useEveryTab();

/** What axe holds against the page as it is now, by all its rules in one theme and by those of colours in the others. */
async function inThemes(): Promise<string[]> {
  const found: string[] = [];
  for (const theme of THEMES) {
    await page.evaluate(async (kind) => {
      window.harness.theme(kind);
      for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    }, theme);
    found.push(...(await violations(page, theme === 'light' ? 'all' : 'colours')).map((text) => `${theme}: ${text}`));
  }
  return found;
}

describe('axe finds nothing', () => {
  it.each(TABS)('in the tab %s', async (tab = '', ready = '', query = '', name = 'after.collapsed') => {
    await open(`tab=${tab}${query}`, name);
    await page.locator(ready).first().waitFor({ state: 'attached' });
    expect(await inThemes()).toEqual([]);
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
    expect(await inThemes()).toEqual([]);
  });

  it('in the list of keys, a failure, and a profile that is being read', async () => {
    await open('tab=flame');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    expect(await inThemes()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.evaluate(() => window.harness.error('The server stopped.'));
    await page.locator('.error').waitFor();
    expect(await inThemes()).toEqual([]);
    await page.context().close();
    await open('reading=0.4');
    await page.locator('.reading').waitFor();
    expect(await inThemes()).toEqual([]);
  });
});
