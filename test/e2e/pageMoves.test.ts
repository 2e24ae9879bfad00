import { describe, expect, it } from 'vitest';
import { calls, click, crumbs, drawn, open, page, runs, spoken, usePages } from './pageScene.js';

usePages();

const back = () => page.getByRole('button', { name: 'Back' });
const forward = () => page.getByRole('button', { name: 'Forward' });
const chips = async () => (await page.locator('.chip').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
const lastView = async () => (await calls('setView')).at(-1);

/** What VS Code's own menu is told, after a press of the right button. */
async function menuAt(share: number, row: number): Promise<unknown> {
  await click(share, row, { button: 'right' });
  return page.evaluate(() => JSON.parse(document.body.dataset.vscodeContext ?? 'null'));
}

describe('back and forward', () => {
  it('go through zooms, searches, tabs and filters, by keys and buttons', async () => {
    await open('data=small');
    await drawn();
    expect(await back().isDisabled()).toBe(true);
    await click(0.7, 3);
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'pay');
    await page.locator('#search').fill('quote');
    await page.keyboard.press('Enter');
    await page.locator('.found').waitFor();
    await page.getByRole('tab', { name: 'Table' }).click();
    await page.locator('#row-0').waitFor();
    await page.locator('[role=tab][aria-selected=true]').focus();
    await page.keyboard.press('j');
    await expect.poll(lastView).toEqual({ justMyCode: true });

    await page.keyboard.press('Control+z');
    await expect.poll(lastView).toMatchObject({ justMyCode: false });
    await page.keyboard.press('Alt+ArrowLeft');
    await expect.poll(() => page.getByRole('tab', { name: 'Flame' }).getAttribute('aria-selected')).toBe('true');
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'pay');
    await back().click();
    await expect.poll(() => page.locator('#search').inputValue()).toBe('');
    await back().click();
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'all');
    expect(await back().isDisabled()).toBe(true);

    await page.locator('canvas').focus();
    await page.keyboard.press('Control+Shift+z');
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'pay');
    expect(await crumbs()).toEqual(['all', '<module>', 'main', 'pay']);
    await page.keyboard.press('Alt+ArrowRight');
    await expect.poll(() => page.locator('#search').inputValue()).toBe('quote');
    await expect.poll(spoken).toBe('Forward.');
    await forward().click();
    await expect.poll(() => page.getByRole('tab', { name: 'Table' }).getAttribute('aria-selected')).toBe('true');
  });

  it('leave the keys of text fields alone, and VS Code its own where there is no step', async () => {
    await open('data=small');
    await drawn();
    const stopped = () =>
      page.evaluate(() => {
        let seen = false;
        window.addEventListener('keydown', () => (seen = true), { once: true });
        document
          .querySelector('canvas')!
          .dispatchEvent(new KeyboardEvent('keydown', { key: 'z', ctrlKey: true, bubbles: true, cancelable: true }));
        return !seen;
      });
    expect(await stopped()).toBe(false);
    await page.getByRole('tab', { name: 'Table' }).click();
    await page.getByRole('tab', { name: 'Flame' }).click();
    await drawn();
    expect(await stopped()).toBe(true);
    await page.locator('#search').fill('pay');
    await page.keyboard.press('Control+z');
    expect(await page.getByRole('tab', { name: 'Table' }).getAttribute('aria-selected')).toBe('true');
  });
});

describe('the context menu', () => {
  it('knows the box under the pointer, and does what it says', async () => {
    await open('data=small');
    await drawn();
    expect(await menuAt(0.3, 3)).toEqual({
      preventDefaultContextMenuItems: true,
      heatlineFunction: true,
      heatlineStack: true,
      heatlineRecursion: true,
    });
    await page.evaluate(() => window.harness.menu('copyStack'));
    await expect.poll(async () => (await calls('copy')).at(-1)).toEqual({ text: 'all\n<module>\nmain\nquote' });
    await page.evaluate(() => window.harness.menu('focus'));
    await expect.poll(chips).toEqual(['Focus quote ✕']);
    expect(await lastView()).toEqual({ focus: '^quote$' });
    await page.locator('.chip').click();
    await expect.poll(chips).toEqual([]);
    expect(await menuAt(0.7, 3)).toMatchObject({ heatlineFunction: true });
    await page.evaluate(() => window.harness.menu('ignore'));
    await expect.poll(chips).toEqual(['Without pay ✕']);
    await page.evaluate(() => window.harness.menu('source'));
    await expect.poll(async () => (await calls('openSource')).length).toBe(1);
    await page.evaluate(() => window.harness.menu('copyTable'));
    await expect
      .poll(async () => String((await calls('copy')).at(-1)?.text))
      .toMatch(/^function\tfile\tline\tself \(nanoseconds\)\ttotal \(nanoseconds\)\tcalls\n/);
  });

  it('offers nothing of a function where there is none, and leaves text fields theirs', async () => {
    await open('data=small');
    await drawn();
    await page.locator('.status').click({ button: 'right' });
    expect(await page.evaluate(() => document.body.dataset.vscodeContext)).toBe('{"preventDefaultContextMenuItems":true}');
    await page.locator('#search').click({ button: 'right' });
    expect(await page.evaluate(() => document.body.dataset.vscodeContext)).toBe('{"preventDefaultContextMenuItems":false}');
  });

  it('knows the rows of tables', async () => {
    await open('data=small&tab=table');
    await page.locator('#row-0').click({ button: 'right' });
    expect(await page.evaluate(() => document.body.dataset.vscodeContext)).toContain('"heatlineFunction":true,"heatlineStack":false');
  });
});

describe('the colours of the flame graph', () => {
  it('tell modules, heat or kinds of code, as was chosen for this profile', async () => {
    await open('data=small');
    await drawn();
    const colours = async () => (await runs(3)).map(([, , colour]) => colour);
    const modules = await colours();
    const choice = page.getByLabel('Colour of the boxes');
    await choice.selectOption('kind');
    await expect.poll(colours).not.toEqual(modules);
    // quote, pay and rebate are of the same kind; the import machinery is the library's.
    const kinds = await colours();
    expect(new Set(kinds.slice(0, 3)).size).toBe(1);
    expect(kinds[3]).not.toBe(kinds[0]);
    await choice.selectOption('heat');
    await expect.poll(colours).not.toEqual(kinds);
    // Of 1000 ms quote takes 300 itself, rebate and pay next to nothing in their own boxes.
    const [quote, pay] = await colours();
    expect(quote).not.toBe(pay);
    await page.screenshot({ path: 'test/.artifacts/flame-heat.png' });
    expect(await page.evaluate(() => (window.harness.saved as { colour?: string }).colour)).toBe('heat');
    await choice.selectOption('module');
    await expect.poll(colours).toEqual(modules);
  });
});

describe('labels', () => {
  it('are chosen by their values, and taken away by the chip', async () => {
    await open('data=small&labels=tenant');
    await drawn();
    const choice = page.getByLabel('Label', { exact: true });
    await choice.selectOption({ label: 'a.b' });
    await expect.poll(lastView).toEqual({ tagFocus: 'tenant=^a\\.b$' });
    await expect.poll(chips).toEqual(['Where tenant is a.b ✕']);
    await page.locator('.chip').click();
    await expect.poll(() => choice.inputValue()).toBe('');
  });

  it('are no choice where samples have none', async () => {
    await open('data=small');
    await drawn();
    expect(await page.getByLabel('Label', { exact: true }).count()).toBe(0);
  });
});

describe('the map of a flame graph', () => {
  it('is there where more is than fits the window, and a press goes there', async () => {
    await open('data=small');
    await drawn();
    expect(await page.locator('.minimap').count()).toBe(0);
    await page.locator('canvas').first().focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('+');
    const map = page.locator('.minimap');
    await map.waitFor();
    const frame = async () => Number.parseFloat((await map.locator('div').getAttribute('style'))!.match(/left: ([\d.]+)px/)![1]!);
    expect(await frame()).toBeGreaterThan(20);
    await map.click({ position: { x: 2, y: 40 } });
    await expect.poll(frame).toBe(0);
    // quote fills the window: it begins at 0, and an eighth of the whole is in sight.
    await expect.poll(async () => (await runs(3))[0]![1]).toBeGreaterThan(1300);
    await page.screenshot({ path: 'test/.artifacts/flame-map.png' });
    await page.keyboard.press('0');
    await expect.poll(() => map.count()).toBe(0);
  });
});
