/**
 * The profile page as a whole in a real VS Code: compared with another run, exported, remembered; in four themes it is drawn and axe finds
 * nothing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shownChange } from '../../src/core/report/change.js';
import { violations } from './axe.js';
import { until } from './editor.js';
import { cells, folder, goTo, heatline, press, window } from './realWindow.js';
import { BEFORE, findPage, type Named, PROFILE, page, ROWS, share, time, useShopPage } from './shopPage.js';

type Figures = Pick<Named, 'self' | 'total'>;

/** Each tab, and what is in it once it shows its figures. */
const READY = {
  Flame: '#flame-tree [role=treeitem]',
  Timeline: '.lane-head',
  Sandwich: '#callees-tree [role=treeitem]',
  Table: '#row-0 .name',
  Tree: '[role=treegrid] [aria-level]',
  Lines: '.lines-source [role=row].current',
  Files: '.part',
  Diff: '#change-0',
  Info: '.info',
};

useShopPage('profile-page');

it('Diff: `heatline diff --json`, against the file that was chosen', async () => {
  await goTo(page, 'Diff');
  await page.getByRole('button', { name: 'Compare with…' }).click();
  const entry = (name: string) => window.page.locator('.quick-input-list .monaco-list-row', { hasText: name });
  await entry('A file').click();
  await press('Enter');
  await entry(BEFORE).click();
  const { functions: changed, base, new: now } = heatline('diff', BEFORE, PROFILE);
  const sum = shownChange(base.total, now.total, 'nanoseconds', null);
  await until('the whole', async () =>
    ((await page.locator('.diff-sides').textContent()) ?? '').includes(
      `${time(base.total)} → ${time(now.total)}${sum.amount} (${sum.percent})`,
    ),
  );
  const rows = async () => {
    const headings = await page.locator('[role=columnheader]').allInnerTexts();
    const at = ['change', '%', 'before', 'after', 'total', 'function'].map((heading) =>
      headings.findIndex((one) => one.replace(/^[↓↑]/, '').trim() === heading),
    );
    return (await cells(page, ROWS)).map((row) => at.map((column) => row[column]!.replace('≈ ', '')));
  };
  await expect.poll(rows).toEqual(
    (changed as { name: string; base: Figures; new: Figures }[]).map((one) => {
      const self = shownChange(one.base.self, one.new.self, 'nanoseconds', null);
      const total = shownChange(one.base.total, one.new.total, 'nanoseconds', null);
      return [self.amount, self.percent, time(one.base.self), time(one.new.self), total.amount, one.name];
    }),
  );
  await page.locator('[role=grid]').focus();
  await press('Home', 'Enter');
  await until('the source of what changed most', async () => /Ln 4,/.test(await window.page.locator('.statusbar').innerText()));
  await window.openFile(PROFILE);
  await findPage();
});

it('Export…: the whole profile as pprof and as speedscope, with the figures that it has here', async () => {
  await goTo(page, 'Flame');
  const figures = (file: string) => {
    const { functions: rows, total } = heatline('top', file) as { functions: Named[]; total: number };
    return rows
      .filter((row) => row.total > 0)
      .map((row) => `${row.name} ${share(row.self, total)} ${share(row.total, total)}`)
      .toSorted();
  };
  for (const [kind, ending] of [
    ['pprof', '.pb.gz'],
    ['speedscope', '.speedscope.json'],
  ] as const) {
    await page.getByRole('button', { name: 'Export…' }).click();
    await window.page.locator('.quick-input-list .monaco-list-row', { has: window.page.getByText(kind, { exact: true }) }).click();
    const name = window.page.locator('.quick-input-box input');
    await until('the question where to', async () => (await name.inputValue()).endsWith(ending));
    await name.fill(join(folder, `kept${ending}`));
    await press('Enter');
    await until('the file', async () => existsSync(join(folder, `kept${ending}`)));
    expect(figures(`kept${ending}`)).toEqual(figures(PROFILE));
  }
});

it('remembers tab, search, metric and shape over being hidden and over a reload of the window', async () => {
  await goTo(page, 'Files');
  await page.getByRole('button', { name: 'Icicle' }).click();
  await page.locator('#search').fill('rebate');
  await page.getByLabel('Metric').selectOption({ label: 'CPU time' });
  await page.locator('.found').waitFor();
  const same = async () => {
    await findPage();
    await until('the tab', async () => (await page.getByRole('tab', { selected: true }).textContent()) === 'Files');
    expect(await page.locator('#search').inputValue()).toBe('rebate');
    expect(await page.getByRole('button', { name: 'Icicle' }).getAttribute('aria-pressed')).toBe('true');
    await until('the metric', async () => (await page.getByLabel('Metric').inputValue()) === '1');
    const { total } = heatline('top', PROFILE, '--value', 'cpu', '--focus', 'rebate') as { total: number };
    await until('what is found', async () => ((await page.locator('.found').textContent()) ?? '').includes(` · ${time(total)} · `));
  };
  await window.openFile('shop/pricing.py');
  await window.openFile(PROFILE);
  await same();
  await window.reload();
  await same();
  await page.locator('#search').fill('');
  await page.getByLabel('Metric').selectOption({ label: 'Wall time' });
  await page.getByRole('button', { name: 'Sunburst' }).click();
});

it('lists its keys by ?, and closes that list by Escape', async () => {
  await goTo(page, 'Table');
  await page.locator('#row-0').click();
  await press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await window.screenshot('page-help');
  await press('Escape');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
  // The grid has the keys again.
  await press('End');
  await until('the last row', async () => (await page.locator('.row.current').count()) === 1);
});

// By all rules in one theme: other themes have other colours, and nothing else.
it.each(['dark', 'light', 'highContrast', 'highContrastLight'] as const)(
  'every tab in %s: axe finds nothing, and a picture',
  async (theme) => {
    await window.setTheme(theme);
    const found: string[] = [];
    for (const [tab, ready] of Object.entries(READY)) {
      await goTo(page, tab);
      await page.locator(ready).first().waitFor({ state: 'attached' });
      await window.page.mouse.move(2, 2);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50))));
      await window.screenshot(`page-${tab.toLowerCase()}-${theme}`);
      found.push(...(await violations(page, theme === 'dark' ? 'all' : 'colours')).map((text) => `${tab}: ${text}`));
    }
    expect(found).toEqual([]);
  },
);
