import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { pictureBytes } from '../../src/host/pictureBytes.js';
import { calls, drawn, open, page, usePages } from './pageScene.js';

usePages();

const folder = mkdtempSync(path.join(tmpdir(), 'heatline-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The file that the host makes of what the page sends. */
async function exported(kind: 'svg' | 'png' | 'html'): Promise<string> {
  await page.evaluate((kind) => window.harness.export(kind), kind);
  await expect.poll(async () => (await calls('picture')).at(-1)?.kind).toBe(kind);
  const file = path.join(folder, `picture.${kind}`);
  writeFileSync(file, pictureBytes((await calls('picture')).at(-1)).bytes);
  return pathToFileURL(file).href;
}

it('asks the host what to export', async () => {
  await open('data=small');
  await drawn();
  await page.getByRole('button', { name: 'Export…' }).click();
  await expect.poll(async () => (await calls('chooseExport')).length).toBe(1);
});

it('keeps a page that works by itself, offline, within its own policy', async () => {
  await open('data=small');
  await drawn();
  const address = await exported('html');
  const kept = await page.context().newPage();
  const problems: string[] = [];
  kept.on('console', (message) => problems.push(message.text()));
  kept.on('pageerror', (error) => problems.push(error.message));
  await kept.goto(address);
  expect(await kept.locator('h1').textContent()).toBe('shop/pricing.py');
  const widths = () =>
    kept
      .locator('.box:not([hidden])')
      .evaluateAll((boxes) => boxes.map((box) => `${box.textContent} ${Math.round((box as HTMLElement).offsetWidth / 10)}`));
  const inner = await kept.locator('.flame').evaluate((flame) => flame.clientWidth);
  expect(await widths()).toContain(`quote ${Math.round((inner * 0.61) / 10)}`);
  await kept.locator('.box', { hasText: /^pay$/ }).click();
  expect(await kept.locator('[role=status]').textContent()).toBe('pay · shop/pricing.py:19 · total 250 ms (25.0 %), self 20 ms');
  expect(await widths()).toContain(`pay ${Math.round(inner / 10)}`);
  await kept.getByRole('button', { name: 'Show everything' }).click();
  await kept.locator('input').fill('rebate');
  expect(await kept.locator('.box.dim').count()).toBeGreaterThan(3);
  expect(await kept.locator('tbody tr:visible').allInnerTexts()).toHaveLength(1);
  await kept.locator('input').fill('');
  await kept.getByRole('button', { name: 'Function' }).click();
  expect(await kept.locator('tbody tr').first().innerText()).toContain('<genexpr>');
  expect(await kept.content()).not.toContain('/home/ada');
  expect(problems).toEqual([]);
  await kept.screenshot({ path: path.join(import.meta.dirname, '../.artifacts/export-page.png') });
  await kept.close();
});

it('keeps names that attack as names', async () => {
  await open('data=odd');
  await drawn();
  const kept = await page.context().newPage();
  const problems: string[] = [];
  kept.on('dialog', (dialog) => problems.push(dialog.message()));
  kept.on('pageerror', (error) => problems.push(error.message));
  for (const kind of ['html', 'svg'] as const) {
    await kept.goto(await exported(kind));
    const texts = await kept.locator(kind === 'html' ? '.box' : 'g > title').allTextContents();
    expect(texts.some((text) => text.startsWith('<script>alert(1)</script>'))).toBe(true);
    expect(texts.join()).not.toContain('\u202e');
  }
  expect(problems).toEqual([]);
  await kept.close();
});

it('keeps a bitmap of the whole picture', async () => {
  await open('data=small');
  await drawn();
  const address = await exported('png');
  const kept = await page.context().newPage();
  await kept.goto(address);
  expect(
    await kept
      .locator('img')
      .evaluate((image) => [(image as HTMLImageElement).naturalWidth, (image as HTMLImageElement).naturalHeight > 80]),
  ).toEqual([1620, true]);
  await kept.screenshot({ path: path.join(import.meta.dirname, '../.artifacts/export-png.png') });
  await kept.close();
});

it('keeps the flame graph of the view where a tab has no picture', async () => {
  await open('data=small&tab=table');
  await page.locator('#row-0').waitFor();
  const kept = await page.context().newPage();
  await kept.goto(await exported('svg'));
  expect(await kept.locator('g > title').allTextContents()).toContain('quote\nshop/pricing.py:4\ntotal 610 ms (61.0 %), self 300 ms');
  await kept.close();
});
