/** What the tests of the profile page share: opening it, and looking at what it drew. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { PageHarness, painted, takeProblems } from './pageHarness.js';

/** Edges of the picture in a window of 1320 px, and of its rows: as drawn on paper, not as the page computes them. */
export const LEFT = 10;
export const WIDTH = 1300;
export const rowTop = (row: number) => 4 + 21 * row;

let harness: PageHarness;
/** The page that the test at hand opened. */
export let page: Page;

/** One browser for the tests of a file; after each, the page is left and must have met no error. */
export function usePages(): void {
  beforeAll(async () => {
    harness = await PageHarness.start();
  });
  afterAll(() => harness?.stop());
  afterEach(async () => {
    if (page) await harness.leave(page);
    expect(takeProblems()).toEqual([]);
  });
}

export async function open(query: string, options?: Parameters<PageHarness['open']>[1]): Promise<void> {
  page = await harness.open(query, options);
}

/** Runs of one colour along a row of the canvas: [from, to) in CSS px; gaps between boxes and the thin sides of outlines are left out. */
export async function runs(row: number): Promise<[number, number, string][]> {
  await painted(page);
  return page.evaluate((y) => {
    const canvas = document.querySelector('canvas')!;
    const ratio = devicePixelRatio;
    const { data, width } = canvas.getContext('2d')!.getImageData(0, Math.round(y * ratio), canvas.width, 1);
    const found: [number, number, string][] = [];
    let start = 0;
    const at = (x: number) => Array.from(data.slice(x * 4, x * 4 + 4)).join(',');
    for (let x = 1; x <= width; x++) {
      if (x < width && at(x) === at(start)) continue;
      if (data[start * 4 + 3] !== 0 && x - start > 3 * ratio) found.push([start / ratio, x / ratio, at(start)]);
      start = x;
    }
    return found;
  }, rowTop(row) + 2);
}

export async function calls(method: string): Promise<Record<string, unknown>[]> {
  const all = await page.evaluate(() => window.harness.calls);
  return all.filter((call) => call.method === method).map((call) => call.params as Record<string, unknown>);
}

/** Resolves when the first picture is drawn. */
export async function drawn(): Promise<void> {
  await page.waitForFunction(() => document.querySelector('.note')?.textContent);
  await painted(page);
}

export const crumbs = () => page.locator('nav .crumb').allTextContents();
export const spoken = () => page.locator('#announcements').textContent();
/** The middle of a box by its share of the picture. */
export const click = (share: number, row: number, options = {}) =>
  page.locator('canvas').click({ position: { x: LEFT + WIDTH * share, y: rowTop(row) + 10 }, ...options });
