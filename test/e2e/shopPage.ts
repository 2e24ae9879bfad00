/** The page of a profile of the sample program, for the tests of one file, each of which finds it as it was at the beginning. */
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { beforeAll, beforeEach } from 'vitest';
import { formatShare, formatValue } from '../../webview-ui/shared/format.js';
import { until } from './editor.js';
import { chips, folder, goTo, openPage, press, useWindow, window } from './realWindow.js';
import { writeShopProfile } from './shopProfile.js';

export const PROFILE = 'after.pprof';
/** A run of the same program before a change. */
export const BEFORE = 'before.pprof';
/** Rows of a table of the page. */
export const ROWS = '.table-body [role=row]';

/** A function, line or node as the command line tells of it, in nanoseconds. */
export interface Named {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly self: number;
  readonly total: number;
  readonly children: readonly Named[];
}

export let page: Frame;

/** Finds the page anew where VS Code made it anew. @param part waits until this is in it */
export async function findPage(part = '[role="tab"]'): Promise<void> {
  page = await window.webview(part, 60_000);
}

/** @param name as that of `useWindow` */
export function useShopPage(name: string): void {
  useWindow(name, () => {
    const source = join(folder, 'shop', 'pricing.py');
    writeShopProfile(join(folder, PROFILE), source);
    writeShopProfile(join(folder, BEFORE), source, 'before');
  });
  beforeAll(async () => {
    page = await openPage(PROFILE);
  });
  // Each begins with all frames of all samples, as the command line has them: folding library code is the page's own.
  beforeEach(async () => {
    if (await window.page.locator('.quick-input-widget:visible, .context-view .monaco-menu').count()) await press('Escape');
    if (
      !(await page
        .locator('.tabs')
        .isVisible()
        .catch(() => false))
    ) {
      await window.openFile(PROFILE);
      await findPage();
    }
    await page.locator('.tabs').waitFor();
    await goTo(page, 'Table');
    await page.locator('#search').fill('');
    await page.getByLabel('Metric').selectOption({ label: 'Wall time' });
    await page.getByLabel('Thread').selectOption({ label: 'All threads' });
    while ((await chips(page)).length > 0) {
      const before = (await chips(page)).length;
      await page.locator('.chip').first().click();
      await until('the filter to go', async () => (await chips(page)).length < before);
    }
    const fold = page.getByRole('button', { name: 'Just my code' });
    if ((await fold.getAttribute('aria-pressed')) === 'true') await fold.click();
    await until('all frames', async () => (await fold.getAttribute('aria-pressed')) === 'false');
  });
}

export const time = (value: number) => formatValue(value, 'nanoseconds');
export const share = (value: number, whole: number) => formatShare(value / whole);
