import { describe, expect, it } from 'vitest';
import { calls, click, crumbs, drawn, LEFT, open, page, rowTop, runs, spoken, usePages, WIDTH } from './pageScene.js';

usePages();

describe('flame graph', () => {
  it('draws boxes as wide as their share, largest first, in rows of 21 px', async () => {
    await open('data=small');
    await drawn();
    // quote 610, pay 250, rebate 100 of 1000 ms under main (970 ms); all and <module> are whole.
    const rows = [await runs(0), await runs(1), await runs(3)];
    expect(rows[0]).toHaveLength(1);
    expect(rows[1]![0]!.slice(0, 2)).toEqual([LEFT, LEFT + WIDTH - 1]);
    const edges = rows[2]!.map(([from, to]) => [from, to]);
    expect(edges).toHaveLength(4);
    const expected = [
      [0, 0.61],
      [0.61, 0.86],
      [0.86, 0.96],
      [0.97, 1],
    ];
    expected.forEach(([from, to], i) => {
      expect(Math.abs(edges[i]![0]! - (LEFT + WIDTH * from!))).toBeLessThanOrEqual(1);
      expect(Math.abs(edges[i]![1]! + 1 - (LEFT + WIDTH * to!))).toBeLessThanOrEqual(1);
    });
    const blank = await page.evaluate(
      (y) => document.querySelector('canvas')!.getContext('2d')!.getImageData(20, y, 1, 1).data[3],
      rowTop(1) - 1,
    );
    expect(blank).toBe(0);
  });

  it('is sharp on a screen of two device pixels per pixel', async () => {
    await open('data=small', { deviceScaleFactor: 2 });
    await drawn();
    expect(await page.evaluate(() => document.querySelector('canvas')!.width)).toBe(2640);
    const [, quote] = [0, (await runs(3))[0]!];
    expect(Math.abs(quote[1] + 1 - (LEFT + WIDTH * 0.61))).toBeLessThanOrEqual(0.5);
  });

  it('gives one package one colour, library frames grey, and follows the theme', async () => {
    await open('data=small&kind=dark');
    await drawn();
    const grey = (colour: string) => {
      const [r, g, b] = colour.split(',').map(Number) as [number, number, number];
      return Math.max(r, g, b) - Math.min(r, g, b) < 14;
    };
    const dark = await runs(3);
    expect(grey(dark[0]![2])).toBe(false);
    expect(grey(dark[3]![2])).toBe(true);
    await page.evaluate(() => window.harness.theme('light'));
    await expect.poll(async () => Number((await runs(3))[0]![2].split(',')[1])).toBeGreaterThan(150);
    const light = await runs(3);
    expect(light.map(([from, to]) => [from, to])).toEqual(dark.map(([from, to]) => [from, to]));
    expect(grey(light[0]![2])).toBe(false);
    expect(grey(light[3]![2])).toBe(true);
  });

  it('draws outlines and no fills in high contrast', async () => {
    await open('data=small&kind=hcDark');
    await drawn();
    const alpha = (x: number, y: number) =>
      page.evaluate(([x, y]) => document.querySelector('canvas')!.getContext('2d')!.getImageData(x!, y!, 1, 1).data[3], [x, y]);
    expect(await alpha(LEFT + 400, rowTop(3))).toBe(255);
    expect(await alpha(LEFT + 400, rowTop(3) + 10)).toBe(0);
  });

  it('zooms by click with the old picture stretched meanwhile, and comes back by Escape', async () => {
    await open('data=small&delay=400');
    await drawn();
    await click(0.7, 3);
    await page.waitForFunction(() => window.harness.calls.filter((call) => call.method === 'profile/flame').length === 2);
    // The answer is still on its way: pay already fills the top row, <genexpr> 230 of its 250 ms below.
    await expect.poll(async () => (await runs(0)).at(-1)![1]).toBeGreaterThan(LEFT + WIDTH - 5);
    expect(Math.abs((await runs(1))[0]![1] - (LEFT + WIDTH * 0.92))).toBeLessThanOrEqual(2);
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'pay');
    expect(await crumbs()).toEqual(['all', '<module>', 'main', 'pay']);
    expect(await page.locator('.note').textContent()).toBe('250 ms · 25.0 %');
    expect((await calls('profile/flame')).at(-1)).toMatchObject({ minFraction: 0.5 / WIDTH });
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'all');
    await expect.poll(async () => (await runs(3)).length).toBe(4);
  });

  it('moves to the box where motion is welcome, and ends at the same picture', async () => {
    await open('data=small', { reducedMotion: 'no-preference' });
    await drawn();
    await click(0.7, 3);
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'pay');
    const [from, to] = (await runs(0))[0]!;
    expect([Math.round(from), Math.round(to)]).toEqual([LEFT + 2, LEFT + WIDTH - 3]);
    expect(Math.abs((await runs(1))[0]![1] - (LEFT + WIDTH * 0.92))).toBeLessThanOrEqual(2);
    await page.keyboard.press('Backspace');
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'all');
    await expect.poll(async () => (await runs(3)).length).toBe(4);
  });

  it('opens the source by double click without zooming, beside with ctrl', async () => {
    await open('data=small');
    await drawn();
    await page.locator('canvas').dblclick({ position: { x: LEFT + 300, y: rowTop(3) + 10 } });
    await click(0.7, 3, { modifiers: ['Control'] });
    const frames = await page.evaluate(() => window.harness.made.frames.map((frame) => frame.name));
    await expect
      .poll(() => calls('openSource'))
      .toEqual([
        { func: frames.indexOf('quote'), beside: false },
        { func: frames.indexOf('pay'), beside: true },
      ]);
    // Longer than a click waits for its second half: none of them may zoom late.
    await page.waitForTimeout(400);
    expect(await calls('profile/flame')).toHaveLength(1);
    expect((await calls('select')).map((params) => params.func)).toEqual([frames.indexOf('quote'), frames.indexOf('pay')]);
  });

  it('walks by arrows, speaks the box and shows it in the tree twin', async () => {
    await open('data=small');
    await drawn();
    await page.locator('canvas').focus();
    // Taking the focus by key selects the outermost box.
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
    await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('quote'));
    expect(await spoken()).toBe('quote, pricing.py line 4, 61.0 % of the profile, self 30.0 %, level 4, 1 callee');
    const active = page.locator(`#${await page.locator('canvas').getAttribute('aria-activedescendant')}`);
    expect(await active.getAttribute('role')).toBe('treeitem');
    expect(await active.getAttribute('aria-level')).toBe('4');
    expect(await active.getAttribute('aria-setsize')).toBe('3');
    expect(await active.getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('pay'));
    await page.keyboard.press('ArrowUp');
    await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('main'));
    await page.keyboard.press('Enter');
    const frames = await page.evaluate(() => window.harness.made.frames.map((frame) => frame.name));
    await expect.poll(() => calls('openSource')).toEqual([{ func: frames.indexOf('main'), beside: false }]);
    await page.keyboard.press(' ');
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'main');
    await page.keyboard.press('0');
    await page.waitForFunction(() => document.querySelector('.crumb.here')?.textContent === 'all');
  });

  it('zooms by ctrl and wheel around the pointer, and stops at both ends', async () => {
    await open('data=small');
    await drawn();
    const edges = async () => (await runs(3)).map(([from, to]) => [from, to]);
    const whole = await edges();
    await page.mouse.move(600, 150);
    await page.keyboard.down('Control');
    for (let i = 0; i < 5; i++) await page.mouse.wheel(0, 100);
    expect(await edges()).toEqual(whole);
    for (let i = 0; i < 60; i++) await page.mouse.wheel(0, -100);
    await page.waitForFunction(() => window.harness.calls.filter((call) => call.method === 'profile/flame').length > 1);
    // At the end of the way in, or a little before it where the wheel paused: boxes of that size are thin enough.
    const thinnest = 1 / WIDTH / 64;
    type Part = { from: number; to: number; minFraction: number };
    const part = async () => ((await calls('profile/flame')).at(-1) as { part?: Part }).part;
    await expect.poll(async () => (await part())?.minFraction).toBeLessThan(thinnest / 0.7);
    // Thin ones only in the window and half of it on either side, the rest of the picture as it was.
    const { from, to, minFraction } = (await part())!;
    expect(minFraction).toBeGreaterThan(thinnest * 0.999);
    expect((to - from) / (minFraction * WIDTH)).toBeCloseTo(2, 6);
    expect((await calls('profile/flame')).at(-1)).toMatchObject({ minFraction: 0.5 / WIDTH });
    for (let i = 0; i < 60; i++) await page.mouse.wheel(0, 100);
    await page.keyboard.up('Control');
    await expect.poll(edges).toEqual(whole);
  });

  it('shows figures and source line of the box under the pointer, clear of the pointer', async () => {
    await open('data=small');
    await drawn();
    await page.mouse.move(300, 64 + rowTop(3) + 10);
    const card = page.locator('.card');
    await page.locator('.card-source').waitFor();
    expect(await page.locator('.card-name').textContent()).toBe('quote');
    expect(await page.locator('.card-place').textContent()).toBe('/home/ada/shop/pricing.py:4');
    expect(await page.locator('.card .figure').allTextContents()).toEqual(['300 ms', '30.0 %', '610 ms', '61.0 %']);
    expect(await page.locator('.card-source').textContent()).toBe('for row in catalogue:');
    const box = (await card.boundingBox())!;
    expect(box.y).toBeGreaterThan(64 + rowTop(3) + 20);
    expect(await card.evaluate((element) => getComputedStyle(element).pointerEvents)).toBe('none');
  });

  it('asks only for boxes of half a pixel and draws what a big profile has within reach', async () => {
    await open('size=30000');
    await drawn();
    expect((await calls('profile/flame'))[0]).toMatchObject({ root: -1, minFraction: 0.5 / WIDTH });
    expect(await page.locator('[role=treeitem]').count()).toBeLessThan(100);
  });

  it('inverts by key and finds the selected function again', async () => {
    await open('data=small');
    await drawn();
    await page.keyboard.press('i');
    await page.waitForFunction(() => window.harness.calls.filter((call) => call.method === 'profile/flame').length === 2);
    expect((await calls('profile/flame')).at(-1)).toMatchObject({ inverted: true, root: -1 });
    await expect.poll(() => page.getByRole('button', { name: 'Inverted' }).getAttribute('aria-pressed')).toBe('true');
  });

  it('outlines the function that another view reveals', async () => {
    await open('data=small');
    await drawn();
    await page.evaluate(() => window.harness.reveal(window.harness.made.frames.findIndex((frame) => frame.name === 'pay')));
    await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('pay'));
    expect(await page.locator('[role=treeitem][aria-selected=true]').textContent()).toMatch(/^pay, /);
    expect(await calls('select')).toEqual([]);
  });
});

describe('search', () => {
  it('dims what does not match and tells how much does', async () => {
    await open('data=small');
    await drawn();
    const before = await runs(3);
    await page.keyboard.press('/');
    await page.keyboard.type('/^qu/');
    // Typed slowly, a beginning of it is searched for first.
    await expect.poll(() => page.locator('.found').textContent()).toBe('1 function matches · 610 ms · 61.0 %');
    const after = await runs(3);
    expect(after[0]![2]).toBe(before[0]![2]);
    expect(Number(after[1]![2].split(',')[3])).toBeLessThan(100);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('flame-canvas');
    await page.keyboard.press('n');
    await page.waitForFunction(() => document.getElementById('announcements')?.textContent?.startsWith('quote'));
    await page.keyboard.press('Escape');
    await page.locator('.found').waitFor({ state: 'detached' });
    expect(await runs(3)).toHaveLength(4);
  });

  it('says what is wrong with a regular expression', async () => {
    await open('data=small');
    await page.locator('#search').fill('/(/');
    await page.locator('.found.bad').waitFor();
    expect(await page.locator('.found.bad').textContent()).toBe('“/(/” is not a regular expression.');
    await expect.poll(() => page.locator('#search').getAttribute('aria-invalid')).toBe('true');
  });
});

describe('table', () => {
  const cells = (row: number) => page.locator(`#row-${row} [role=gridcell]`).allTextContents();

  it('lists sampled functions by self time', async () => {
    await open('data=small&tab=table');
    await page.locator('#row-0').waitFor();
    expect(await page.locator('[role=columnheader]').allTextContents()).toEqual([
      '↓self',
      'self %',
      'total',
      'total %',
      'function',
      'file',
    ]);
    expect(await cells(0)).toEqual(['310 ms', '31.0 %', '310 ms', '31.0 %', 'casefold', '']);
    expect(await cells(1)).toEqual(['300 ms', '30.0 %', '610 ms', '61.0 %', 'quote', 'shop/pricing.py:4']);
    // rebate calls itself: 60 + 40 ms, once.
    expect(await cells(3)).toEqual(['100 ms', '10.0 %', '100 ms', '10.0 %', 'rebate', 'shop/pricing.py:14']);
  });

  it("speaks cProfile's dialect where there are calls, and sorts by click and key", async () => {
    await open('data=small&tab=table&calls=1');
    await page.locator('#row-0').waitFor();
    const heads = page.locator('[role=columnheader]');
    expect((await heads.allTextContents()).map((text) => text.replace(/[↑↓]/, ''))).toEqual([
      'ncalls',
      'tottime',
      'percall',
      'cumtime',
      'percall',
      'function',
      'where',
    ]);
    await heads.nth(3).locator('button').click();
    await page.waitForFunction(() => document.querySelector('#row-0 .name')?.textContent === '<module>');
    await expect.poll(() => heads.nth(3).getAttribute('aria-sort')).toBe('descending');
    expect(await heads.nth(1).getAttribute('aria-sort')).toBe('none');
    await heads.nth(5).locator('button').focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('#row-0 .name')?.textContent === '<genexpr>');
    await expect.poll(() => heads.nth(5).getAttribute('aria-sort')).toBe('ascending');
  });

  it('keeps only rows in sight in the page, and reaches the last by key', async () => {
    await open('tab=table');
    await page.locator('#row-0').waitFor();
    const grid = page.getByRole('grid');
    const count = Number(await grid.getAttribute('aria-rowcount')) - 1;
    expect(count).toBeGreaterThan(1000);
    expect(await page.locator('.table-body [role=row]').count()).toBeLessThan(60);
    await grid.focus();
    await page.keyboard.press('End');
    await page.waitForFunction((id) => document.getElementById(id)?.textContent?.includes('/'), `row-${count - 1}`);
    await expect.poll(() => grid.getAttribute('aria-activedescendant')).toBe(`row-${count - 1}`);
    expect(await page.locator(`#row-${count - 1}`).getAttribute('aria-rowindex')).toBe(String(count + 1));
    await page.keyboard.press('Enter');
    await expect.poll(() => calls('openSource')).toHaveLength(1);
  });

  it('filters by the search', async () => {
    await open('data=small&tab=table');
    await page.locator('#row-0').waitFor();
    await page.locator('#search').fill('pricing');
    await page.waitForFunction(() => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === '6');
    await expect.poll(() => page.locator('.row .name').allTextContents()).toEqual(['quote', 'rebate', 'pay', 'main', '<module>']);
  });
});
