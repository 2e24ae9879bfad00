// What a person without a mouse, with little sight, or with much zoom needs of the profile page.
import { beforeAll, describe, expect, it } from 'vitest';
import { open, page, profile, spoken, useLivePages } from './liveScene.js';

useLivePages();

/** A name that would turn round what stands beside it, and one that is written from right to left. */
const TURNING = 'a\u202egnp.exe';
const ARABIC = '\u062d\u0633\u0627\u0628';
const thread = (name: string, events: readonly (readonly [string, number, number])[]) => ({
  type: 'evented',
  name,
  unit: 'seconds',
  startValue: 0,
  endValue: 10,
  events: events.map(([type, frame, at]) => ({ type, frame, at })),
});
const FILE = JSON.stringify({
  $schema: 'https://www.speedscope.app/file-format-schema.json',
  shared: { frames: ['main', 'parse', TURNING, ARABIC].map((name, i) => ({ name, file: '/home/ada/shop/app.py', line: 1 + 9 * i })) },
  profiles: [
    thread('main', [
      ['O', 0, 0],
      ['O', 1, 0],
      ['C', 1, 6],
      ['O', 2, 6],
      ['C', 2, 9],
      ['O', 3, 9],
      ['C', 3, 10],
      ['C', 0, 10],
    ]),
  ],
});
beforeAll(() => profile('shop.speedscope.json', FILE).then(() => undefined));

/** Presses Tab until the element has the focus. */
async function tabTo(selector: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
  }
  throw new Error(`Tab never reaches ${selector}`);
}

/** What a screen reader is told of the item that the focused picture names. */
async function item(): Promise<{
  readonly name: string;
  readonly role: string | null;
  readonly level: string | null;
  readonly selected: string | null;
}> {
  return page.evaluate(() => {
    const focused = document.activeElement!;
    const owned = document.getElementById(focused.getAttribute('aria-owns') ?? '');
    const active = document.getElementById(focused.getAttribute('aria-activedescendant') ?? '');
    if (!active || !owned?.contains(active) || owned.getAttribute('role') !== 'tree')
      return { name: '', role: null, level: null, selected: null };
    const [role, level, selected] = ['role', 'aria-level', 'aria-selected'].map((each) => active.getAttribute(each));
    return { name: active.textContent ?? '', role: role!, level: level!, selected: selected! };
  });
}

async function arrow(key: string, name: RegExp): Promise<void> {
  await page.keyboard.press(key);
  await expect.poll(async () => (await item()).name).toMatch(name);
  expect(await item()).toMatchObject({ role: 'treeitem', selected: 'true' });
  await expect.poll(spoken).toMatch(name);
}

describe('the tree beside a picture is walked by keyboard alone', () => {
  it('in the flame graph', async () => {
    await open('data=empty');
    await page.locator('#flame-tree [role=treeitem]').first().waitFor({ state: 'attached' });
    await tabTo('#flame-canvas');
    await expect.poll(async () => (await item()).name).toMatch(/^all, 100\.0 % of the profile, self 0 %, level 1, 1 callee$/);
    await arrow('ArrowDown', /^main, app\.py, 100\.0 % of the profile, self 0 %, level 2, 3 callees$/);
    await arrow('ArrowDown', /^parse, app\.py, 60\.0 % of the profile, self 60\.0 %, level 3, no callees$/);
    expect((await item()).level).toBe('3');
    await arrow('ArrowRight', /^a\ufffdgnp\.exe, app\.py, 30\.0 % of the profile/);
    await arrow('ArrowUp', /^main, /);
  });

  it('in the timeline', async () => {
    await open('data=empty&tab=timeline');
    await page.locator('#timeline-tree [role=treeitem]').first().waitFor({ state: 'attached' });
    await expect.poll(() => page.locator('#timeline-canvas').getAttribute('aria-label')).toContain('10.0 s');
    await tabTo('#timeline-canvas');
    await expect.poll(async () => (await item()).name).toMatch(/^main, app\.py, .*100\.0 % of all the time/);
    await arrow('ArrowDown', /^parse, app\.py.*, from 0\.00 s to 6\.00 s, 6\.00 s, 60\.0 % of all the time, .*thread main$/);
    expect((await item()).level).toBe('3');
    await arrow('ArrowRight', /^a\ufffdgnp\.exe, .*30\.0 % of all the time/);
    await arrow('ArrowUp', /^main, /);
    expect(await page.locator('#timeline-tree [aria-level="1"]').allTextContents()).toEqual(['Thread main']);
  });

  it('in both halves of the sandwich', async () => {
    await open('data=empty&tab=sandwich');
    await page.locator('#function-0 .name').waitFor();
    await tabTo('[role=grid]');
    await page.keyboard.press('Home');
    await expect.poll(() => page.locator('[role=row][aria-selected=true]').textContent()).toContain('main');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('.sandwich-middle .name').textContent()).toBe('parse');
    await tabTo('#callers-canvas');
    await expect.poll(async () => (await item()).name).toMatch(/^parse, app\.py, 60\.0 % of the profile/);
    await tabTo('#callees-canvas');
    await expect.poll(async () => (await item()).name).toMatch(/^parse, app\.py, 60\.0 % of the profile/);
  });

  it('in the files', async () => {
    await open('data=empty&tab=files');
    await page.locator('.part').first().waitFor();
    await tabTo('#files-canvas');
    await expect.poll(async () => (await item()).name).toMatch(/^all, 100\.0 % of the profile/);
    for (let i = 0; i < 6 && !(await item()).name.startsWith('parse, '); i++) {
      const before = (await item()).name;
      await page.keyboard.press('ArrowDown');
      await expect.poll(async () => (await item()).name).not.toBe(before);
    }
    expect((await item()).name).toMatch(/^parse, app\.py.*, 60\.0 % of the profile, self 60\.0 %/);
    await arrow('ArrowRight', /^a\ufffdgnp\.exe, /);
  });
});

describe('the page', () => {
  it('cuts no control off at a zoom of 200 % in a small window', async () => {
    for (const tab of ['flame', 'timeline', 'sandwich', 'table', 'tree', 'lines', 'files', 'diff', 'info']) {
      await open(`data=empty&tab=${tab}`, { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
      await page.locator('#panel > *').first().waitFor({ state: 'attached' });
      await expect.poll(() => page.evaluate(outside), { message: tab }).toEqual([]);
      await page.context().close();
    }
  });

  it('moves nothing where reduced motion is wanted', async () => {
    await open('data=empty&delay=300', { reducedMotion: 'reduce' });
    await page.locator('#flame-tree [role=treeitem]').first().waitFor({ state: 'attached' });
    await tabTo('#flame-canvas');
    await arrow('ArrowDown', /^main, /);
    await arrow('ArrowDown', /^parse, /);
    // A motion draws boxes of many sizes; without one there is the old picture at its new place and scrolled to its first row, and then
    // the answer.
    await page.evaluate(() => {
      const own = window as unknown as { pictures: Set<string> };
      own.pictures = new Set();
      const proto = OffscreenCanvasRenderingContext2D.prototype;
      const { putImageData } = proto;
      proto.putImageData = function (this: OffscreenCanvasRenderingContext2D, ...args: [ImageData, number, number]) {
        own.pictures.add(new Uint32Array(args[0].data.buffer).join());
        putImageData.apply(this, args as never);
      } as typeof putImageData;
    });
    await page.keyboard.press(' ');
    await expect.poll(() => page.locator('.crumb.here').textContent()).toBe('parse');
    const pictures = await page.evaluate(() => [...(window as unknown as { pictures: Set<string> }).pictures]);
    expect(pictures.length).toBeGreaterThan(0);
    expect(pictures.length).toBeLessThanOrEqual(3);
  });

  it('keeps names that are written from right to left to themselves', async () => {
    await open('data=empty&tab=table');
    await page.locator('#row-3 .name').waitFor();
    const names = await page.locator('.table-body .name .text').allTextContents();
    expect(names.toSorted()).toEqual(['a\ufffdgnp.exe', 'main', 'parse', ARABIC].toSorted());
    const isolated = await page
      .locator('.table-body .name .text')
      .evaluateAll((all) => all.map((one) => getComputedStyle(one).unicodeBidi));
    expect(new Set(isolated)).toEqual(new Set(['isolate']));
    await page.locator('#tab-flame').click();
    await tabTo('#flame-canvas');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press(' ');
    await expect.poll(() => page.locator('.crumb.here').textContent()).toBe('main');
    expect(
      await page
        .locator('.crumb')
        .last()
        .evaluate((crumb) => getComputedStyle(crumb).unicodeBidi),
    ).toBe('isolate');
  });
});

/** Names of controls that lie outside of the window, or of what they are scrolled in where that cannot be scrolled. */
function outside(): string[] {
  return Array.from(document.querySelectorAll<HTMLElement>('button, select, input, [role=tab], canvas[tabindex]'))
    .filter((control) => {
      const box = control.getBoundingClientRect();
      if (box.width === 0 || control.closest('dialog:not([open])')) return false;
      for (let at = control.parentElement; at; at = at.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(at);
        if (/auto|scroll/.test(overflowX + overflowY)) return false;
        const frame = at === document.body ? { left: 0, right: innerWidth, top: 0, bottom: innerHeight } : at.getBoundingClientRect();
        const clips = at === document.body || overflowX !== 'visible';
        if (clips && (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)) return true;
      }
      return false;
    })
    .map((control) => control.getAttribute('aria-label') ?? control.textContent ?? '');
}
