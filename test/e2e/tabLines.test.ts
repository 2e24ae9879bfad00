import { describe, expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { linesJson } from '../../src/core/report/lines.js';
import { calls, open, page, profile, source, useLivePages } from './liveScene.js';

useLivePages();

const TEXT = `"""Prices."""


def quote(items):
	total = 0
	for item in items:
		total += find(item)
	return total


def find(item):
    return sum(len(name) for name in item)
${'# more\n'.repeat(3000)}`;

const cells = async (row: number) => (await page.locator(`#line-${row} [role=gridcell]`).allInnerTexts()).map((text) => text.trim());

async function shop(): Promise<string> {
  const file = source('shop/pricing.py', TEXT);
  return profile(
    'lines.collapsed',
    [
      `main (/elsewhere/app.py:3);quote (${file}:7) 20`,
      `main (/elsewhere/app.py:3);quote (${file}:7);find (${file}:12) 50`,
      `main (/elsewhere/app.py:4);quote (${file}:6) 10`,
      'main (/elsewhere/app.py:9) 20',
    ].join('\n'),
  );
}

describe('lines', () => {
  it('show the file with most self time first, at its hottest line, with the figures of `heatline lines --json`', async () => {
    const recorded = await shop();
    await open('tab=lines');
    await page.locator('#line-11').waitFor();
    const { files } = linesJson(await readProfile(fileSource(recorded)), { type: 0 });
    expect(await page.locator('.lines-files .file').allInnerTexts()).toEqual(files.map(({ file }) => file.split('/').slice(-2).join('/')));
    for (const { line, self, total } of files[0]!.lines) {
      const figure = (value: unknown) => (value === 0 ? '' : String(value));
      await page.locator(`#line-${line - 1}`).waitFor();
      const [shownSelf, , shownTotal, number] = await cells(line - 1);
      expect([shownSelf, shownTotal, number]).toEqual([figure(self), figure(total), String(line)]);
    }
    expect(await cells(6)).toEqual(['20', '20.0 %', '70', '7', 'total += find(item)']);
    expect(await page.locator('.lines-source .row.current').getAttribute('id')).toBe('line-11');
    expect(await page.locator('.lines-source .row.hottest').getAttribute('id')).toBe('line-11');
    expect(await page.locator('.table-body [role=row]').count()).toBeLessThan(80);
    expect(await page.locator('.lines-source [role=grid]').getAttribute('aria-rowcount')).toBe(String(TEXT.split('\n').length + 1));
  });

  it('are walked by keys, from hot line to hot line, and open their source', async () => {
    await shop();
    await open('tab=lines');
    await page.locator('#line-11').waitFor();
    await page.locator('.lines-source [role=grid]').focus();
    const current = () => page.locator('.lines-source .row.current').getAttribute('id');
    await page.keyboard.press('n');
    await expect.poll(current).toBe('line-6');
    await page.waitForFunction(() =>
      document.getElementById('announcements')?.textContent?.startsWith('line 7, self 20, 20.0 %, total 70.0 %'),
    );
    await page.keyboard.press('n');
    await expect.poll(current).toBe('line-5');
    await page.keyboard.press('N');
    await expect.poll(current).toBe('line-6');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await calls('openSource')).at(-1)).toMatchObject({ line: 7, beside: false });
    // A line without figures opens by the function of its neighbours.
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await calls('openSource')).at(-1)).toMatchObject({ line: 1, func: expect.any(Number) });
  });

  it('show the file and line of the function that another tab selected', async () => {
    await shop();
    await open('tab=table');
    await page.getByText('main', { exact: true }).click();
    await page.locator('#tab-lines').click();
    await page.getByText('the source is not here: only lines with figures').waitFor();
    expect(await page.locator('.lines-files .row.current .file').innerText()).toBe('elsewhere/app.py');
    await expect.poll(() => page.locator('#line-0').innerText()).toMatch(/^\s*70\s*3\s*$/);
  });

  it('tell of a text that may have changed, and of lines past its end', async () => {
    await profile('old.collapsed', 'f (changed.py:2) 3\nf (changed.py:900) 1');
    const file = source('changed.py', 'one\ntwo\n');
    const { utimesSync } = await import('node:fs');
    const later = new Date(Date.now() + 60_000);
    utimesSync(file, later, later);
    await open('tab=lines');
    await page.getByText('today’s text: the file may have changed since it was profiled').waitFor();
    expect(await cells(1)).toEqual(['3', '75.0 %', '3', '2', 'two']);
    expect(await cells(3)).toEqual(['1', '25.0 %', '1', '900', '']);
  });

  it('say so where a profile knows no lines', async () => {
    await profile('bare.collapsed', 'main;quote 3');
    await open('tab=lines');
    await page.getByText('This profile names no lines of source in this view.').waitFor();
  });
});
