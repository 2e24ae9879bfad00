// The page in a pseudo-language: nothing that it says comes around the table of texts, and nothing is cut off by longer texts.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifacts } from '../rig/paths.js';
import { open, page, profiles, TABS, useEveryTab } from './everyTab.js';
import { pseudoTexts, shownTexts, strange } from './pseudo.js';

const texts = pseudoTexts();
useEveryTab(texts);

/** Names out of the profiles, their files, and lines of source. */
const NAMES =
  /(?:[\w./-]*\/)?heatline-tabs-\w+|(?:[\w./-]*\/)?(?:shop|app|decoder)\.py(?::\d+)?|\b(?:main|quote|pay|decode|parse|read|io|json|shop|usr|lib|python3\.\d+)\b|(?:after|before)\.collapsed|timed\.speedscope\.json|for row in catalogue:|(?:def |return |sum\(|quote\(|pay\(|decode\().*|pyspy-raw|speedscope|^Profile$|\bPython\b/g;

const missed = async () => strange(await shownTexts(page), NAMES);

describe('every text of the page is in the user’s language', () => {
  it.each(TABS)('in the tab %s', async (tab = '', ready = '', query = '', name = 'after.collapsed') => {
    await open(`tab=${tab}${query}`, name, { texts });
    await page.locator(ready).first().waitFor({ state: 'attached' });
    expect(await missed()).toEqual([]);
    await page.screenshot({ path: path.join(artifacts, `pseudo-${tab}.png`) });
  });

  it('where a box is selected, its card is shown, functions are searched for, and frames are left out', async () => {
    await open('tab=flame', undefined, { texts });
    await page.locator('#flame-tree [role=treeitem]').first().waitFor({ state: 'attached' });
    await page.locator('#search').fill('pay');
    await page.locator('.found').waitFor();
    const { id } = profiles.get('after.collapsed')!;
    await page.evaluate(
      (profile) => window.harness.state({ view: { profile, type: 0, focus: 'main', ignore: '^decode$', hide: 'json', justMyCode: true } }),
      id,
    );
    await page.locator('.chip').first().waitFor();
    await page.locator('#flame-canvas').focus();
    const walked = async () => {
      await page.keyboard.press('ArrowDown');
      return page.locator('.card').count();
    };
    await expect.poll(walked).toBe(1);
    await expect.poll(() => page.locator('#announcements').textContent()).toMatch(/⟧/);
    expect(await missed()).toEqual([]);
    await page.locator('#search').fill('/(/');
    await page.locator('.found.bad').waitFor();
    expect(await missed()).toEqual([]);
  });

  it('in the list of keys, a failure, an empty profile, and one that is being read', async () => {
    await open('tab=flame', undefined, { texts });
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    expect(await missed()).toEqual([]);
    await page.screenshot({ path: path.join(artifacts, 'pseudo-keys.png') });
    await page.keyboard.press('Escape');
    await page.evaluate(() => window.harness.error('⟦⟧'));
    await page.locator('.error').waitFor();
    expect(await missed()).toEqual([]);
    await page.context().close();
    await open('reading=0.4', undefined, { texts });
    await page.locator('.reading').waitFor();
    expect(await missed()).toEqual([]);
  });

  it('and where one is missing, it is told', async () => {
    const { 'Just my code': _, ...others } = texts;
    await open('tab=flame', undefined, { texts: others });
    await page.locator('#flame-tree [role=treeitem]').first().waitFor({ state: 'attached' });
    expect(await missed()).toEqual(['button.toggle: "Just my code"']);
  });
});
