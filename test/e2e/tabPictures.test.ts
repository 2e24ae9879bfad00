/** Pictures of every tab in every kind of theme, to be looked at: test/.artifacts/tab-*.png. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { bigTree } from '../../webview-ui/dev/tree.js';
import { open, page, profile, source, useLivePages } from './liveScene.js';
import { painted } from './pageHarness.js';

useLivePages();

const ARTIFACTS = path.join(import.meta.dirname, '../.artifacts');
const SOURCE = `"""Prices of a shop."""
${Array.from({ length: 420 }, (_, i) => (i % 9 === 0 ? `\n\ndef price_${i}(order, rates):` : `    total = rates.get(order.item_${i}, 0) * order.amount  # step ${i}`)).join('\n')}
`;

beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  const home = path.dirname(source('shop/billing/prices.py', SOURCE));
  const { nodes, frames } = bigTree(4000);
  const lines = nodes
    .filter(({ self }) => self > 1e4)
    .map((node) => {
      const stack: string[] = [];
      for (let at: (typeof nodes)[number] | undefined = node; at && at.id >= 0; at = at.parent) {
        const { name, file, line } = frames[at.frame]!;
        const own = file.startsWith('/home/ada/shop/billing') ? path.join(home, 'prices.py') : file;
        stack.unshift(`${name} (${own}:${line})`);
      }
      return `${stack.join(';')} ${Math.round(node.self / 1e4)}`;
    });
  await profile('shop.collapsed', lines.join('\n'));
});

const TABS: Record<string, () => Promise<void>> = {
  flame: () => page.waitForFunction(() => document.querySelector('.note')?.textContent !== '').then(() => undefined),
  sandwich: async () => {
    await page.locator('#function-6').click();
    await page.locator('.sandwich-middle .figures').waitFor();
  },
  table: () => page.locator('#row-9').click(),
  tree: async () => {
    await page.locator('#node-0').waitFor();
    await page.keyboard.press('h');
    await page.locator('.row.current').waitFor();
  },
  lines: () => page.locator('.lines-source .row.current').waitFor(),
  files: () => page.locator('.part').first().waitFor(),
  info: () => page.locator('.info').waitFor(),
};

it.each(Object.keys(TABS))('%s', async (tab) => {
  for (const kind of (process.env.KINDS ?? 'dark,light,hcDark,hcLight').split(',')) {
    await open(`tab=${tab}&kind=${kind}`);
    await TABS[tab]!();
    await painted(page);
    const picture = await page.screenshot({ path: path.join(ARTIFACTS, `tab-${tab}-${kind}.png`) });
    expect(picture.length).toBeGreaterThan(10_000);
    // Nothing sticks out of the page.
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  }
});
