import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Requests } from '../../src/protocol/lsp.js';
import { findPythons } from '../unit/pythons.js';
import { open, page, profile, spoken, useLivePages } from './liveScene.js';
import { painted } from './pageHarness.js';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/profiles');
const PICTURES = path.join(import.meta.dirname, '../.artifacts');
const python = findPythons().get('python3');
/** The main thread computes, waits and computes again, each for half a second; beside it, from the wait on, a worker. */
const PHASES = `import threading, time
def compute():
    end = time.time() + 0.5
    while time.time() < end:
        sum(range(1000))
def wait():
    time.sleep(0.5)
def fetch():
    time.sleep(0.3)
def work():
    for _ in range(3):
        fetch()
compute()
worker = threading.Thread(target=work, name='worker')
worker.start()
wait()
compute()
worker.join()
`;
/** Edges of the picture in a window of 1320 px, and where the lanes begin. */
const [LEFT, WIDTH] = [10, 1300];

/** Two threads for 10 s: `main` runs parse (0 to 4 s), idles a second, then runs render with draw in its second half; `io` reads at the end. */
function evented(): string {
  const frames = ['main', 'parse', 'render', 'draw', 'read', 'worker'].map((name, i) => ({
    name,
    file: '/home/ada/shop/app.py',
    line: i * 10 + 1,
  }));
  const part = (name: string, events: readonly (readonly [string, number, number])[]) => ({
    type: 'evented',
    name,
    unit: 'seconds',
    startValue: 0,
    endValue: 10,
    events: events.map(([type, frame, at]) => ({ type, frame, at })),
  });
  const main = [
    ['O', 0, 0],
    ['O', 1, 0],
    ['C', 1, 4],
    ['C', 0, 4],
    ['O', 0, 5],
    ['O', 2, 5],
    ['O', 3, 7.5],
    ['C', 3, 10],
    ['C', 2, 10],
    ['C', 0, 10],
  ] as const;
  const io = [
    ['O', 5, 8],
    ['O', 4, 9],
    ['C', 4, 10],
    ['C', 5, 10],
  ] as const;
  const profiles = [part('io', io), part('main', main)];
  return JSON.stringify({ $schema: 'https://www.speedscope.app/file-format-schema.json', shared: { frames }, profiles });
}

useLivePages();

const drawn = () => page.waitForFunction(() => window.harness.calls.some(({ method }) => method === 'profile/timelineBoxes'));
const lastRequest = async () =>
  (await page.evaluate(
    () => window.harness.calls.filter(({ method }) => method === 'profile/timelineBoxes').at(-1)!.params,
  )) as Requests['profile/timelineBoxes'][0];
async function run(): Promise<void> {
  await profile('run.speedscope.json', evented());
  await open('tab=timeline');
}
const heads = () => page.locator('.lane-head').allInnerTexts();
const chips = () => page.locator('.chip').allInnerTexts();

/** Runs of colour along a row of the lanes (0: the first head): [from, to) in px. */
async function runs(row: number): Promise<[number, number][]> {
  await painted(page);
  return page.evaluate(
    (y) => {
      const canvas = document.querySelector<HTMLCanvasElement>('#timeline-canvas')!;
      const { data, width } = canvas.getContext('2d')!.getImageData(0, y, canvas.width, 1);
      const found: [number, number][] = [];
      let start = -1;
      for (let x = 0; x <= width; x++) {
        const filled = x < width && data[x * 4 + 3]! > 200;
        if (filled && start < 0) start = x;
        if (!filled && start >= 0) {
          if (x - start > 3) found.push([start, x]);
          start = -1;
        }
      }
      return found;
    },
    4 + 21 * row + 2,
  );
}

const near = (found: [number, number][], expected: readonly (readonly [number, number])[]) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach(([from, to], i) => {
    expect(Math.abs(found[i]![0] - (LEFT + WIDTH * from))).toBeLessThanOrEqual(1.5);
    expect(Math.abs(found[i]![1] - (LEFT + WIDTH * to))).toBeLessThanOrEqual(2.5);
  });
};

describe('timeline', () => {
  it('draws one lane a thread, the busiest first, boxes where they were', async () => {
    await run();
    await drawn();
    await expect.poll(heads).toHaveLength(2);
    expect((await heads()).map((text) => text.replace(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/main\W+9\.00 s · 81\.8 %/),
      expect.stringMatching(/io\W+2\.00 s · 18\.2 %/),
    ]);
    await expect.poll(async () => (await runs(1)).length).toBe(2);
    near(await runs(1), [
      [0, 0.4],
      [0.5, 1],
    ]);
    near(await runs(3), [[0.75, 1]]);
    near(await runs(5), [[0.8, 1]]);
    near(await runs(6), [[0.9, 1]]);
    expect(await page.locator('.note').textContent()).toBe('10.0 s · 2 threads');
  });

  it('walks by keys, zooms to a box, and opens its source', async () => {
    await run();
    await drawn();
    await expect.poll(async () => (await runs(1)).length).toBe(2);
    await page.locator('#timeline-canvas').focus();
    // The longest box of the busiest thread is where one begins.
    await expect.poll(spoken).toBe('main, app.py, from 5.00 s to 10.00 s, 5.00 s, 50.0 % of all the time, 2 samples, thread main');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(spoken).toMatch(/^draw, app.py, from 7.50 s to 10.00 s, 2.50 s/);
    await page.keyboard.press(' ');
    await expect.poll(async () => (await lastRequest()).quantum).toBeLessThan(5e6);
    expect((await lastRequest()).range.to).toBe(10e9);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => window.harness.calls.filter(({ method }) => method === 'openSource').length)).toBe(1);
    for (let i = 0; i < 60; i++) await page.keyboard.press('-');
    await expect.poll(async () => (await lastRequest()).range).toEqual({ from: 0, to: 10e9 });
    for (let i = 0; i < 60; i++) await page.keyboard.press('+');
    await expect.poll(async () => (await lastRequest()).quantum).toBeLessThan(10);
    await page.keyboard.press('Home');
    await expect.poll(async () => (await runs(1)).length).toBe(2);
  });

  it('keeps every view to a stretch that is dragged, shows it as a chip, and takes it away again', async () => {
    await run();
    await drawn();
    const overview = page.locator('.time-overview');
    const box = (await overview.boundingBox())!;
    await page.mouse.move(box.x + LEFT + WIDTH * 0.2, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + LEFT + WIDTH * 0.5, box.y + 20, { steps: 4 });
    await page.mouse.move(box.x + LEFT + WIDTH * 0.6, box.y + 20);
    await page.mouse.up();
    await expect.poll(chips).toHaveLength(1);
    expect((await chips())[0]!.replace(/\s+/g, ' ')).toBe('Time 2.00 s to 6.00 s ✕');
    await page.getByRole('tab', { name: 'Flame' }).click();
    await expect.poll(() => page.locator('.note').textContent()).toBe('3.00 s');
    await page.locator('.chip').click();
    await expect.poll(() => page.locator('.note').textContent()).toBe('11.0 s');
    expect(await chips()).toEqual([]);
  });

  it('chooses with shift and a drag over the lanes, and by F and Escape', async () => {
    await run();
    await drawn();
    const box = (await page.locator('#timeline-canvas').boundingBox())!;
    await page.keyboard.down('Shift');
    await page.mouse.move(box.x + LEFT + WIDTH * 0.9, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + LEFT + WIDTH * 0.8, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await expect.poll(async () => (await chips()).join().replace(/\s+/g, ' ')).toBe('Time 8.00 s to 9.00 s ✕');
    await page.locator('#timeline-canvas').focus();
    await page.keyboard.press('Escape');
    await expect.poll(chips).toEqual([]);
    await page.keyboard.press('+');
    await page.keyboard.press('f');
    await expect.poll(async () => (await chips()).join().replace(/\s+/g, ' ')).toBe('Time 2.50 s to 7.50 s ✕');
  });

  it('folds lanes, and zooms by the wheel around the pointer, no further than the ends', async () => {
    await run();
    await drawn();
    await page.locator('.lane-head').first().click();
    await expect.poll(() => page.locator('.lane-head').first().getAttribute('aria-expanded')).toBe('false');
    await expect.poll(async () => (await runs(3)).length).toBe(1);
    near(await runs(3), [[0.9, 1]]);
    const canvas = (await page.locator('#timeline-canvas').boundingBox())!;
    await page.mouse.move(canvas.x + LEFT + WIDTH * 0.9, canvas.y + 200);
    await page.keyboard.down('Control');
    for (let i = 0; i < 3; i++) await page.mouse.wheel(0, -100);
    await expect.poll(async () => (await lastRequest()).range.from).toBeGreaterThan(4e9);
    for (let i = 0; i < 12; i++) await page.mouse.wheel(0, 100);
    await page.keyboard.up('Control');
    await expect.poll(async () => (await lastRequest()).range).toEqual({ from: 0, to: 10e9 });
  });

  it('folds all threads by a key, and shows them again as at first', async () => {
    await run();
    await drawn();
    const open = () => page.locator('.lane-head[aria-expanded=true]').count();
    await expect.poll(open).toBeGreaterThan(0);
    const atFirst = await open();
    await page.locator('#timeline-canvas').focus();
    await page.keyboard.press('t');
    await expect.poll(open).toBe(0);
    await expect.poll(() => page.getByRole('button', { name: 'Fold threads' }).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('t');
    await expect.poll(open).toBe(atFirst);
  });

  it('tells of a box what it was, under the pointer', async () => {
    await run();
    await drawn();
    await expect.poll(async () => (await runs(1)).length).toBe(2);
    await page.locator('#timeline-canvas').hover({ position: { x: LEFT + WIDTH * 0.9, y: 4 + 21 * 3 + 10 } });
    await expect.poll(() => page.locator('.card').innerText()).toMatch(/draw[\s\S]*lasts\s*2.50 s[\s\S]*from\s*7.50 s to 10.00 s/);
  });

  it.skipIf(python === undefined)('draws what a recording of our own saw, and says how near its times are', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'heatline-phases-'));
    const [program, output] = [path.join(folder, 'phases.py'), path.join(folder, 'phases.pb.gz')];
    writeFileSync(program, PHASES);
    const recorder = path.join(import.meta.dirname, '../../python/heatline/__main__.py');
    execFileSync(python!, [recorder, 'run', '--engine', 'sampler', '--output', output, '--', program]);
    await profile('phases.pb.gz', readFileSync(output));
    rmSync(folder, { recursive: true });
    await open('tab=timeline');
    await drawn();
    await expect.poll(heads).toHaveLength(2);
    expect((await heads()).map((text) => text.split(/\W/).find((word) => word !== ''))).toEqual(['MainThread', 'worker']);
    expect(await page.locator('.note').textContent()).toMatch(/^\d\.\d\d s · 2 threads · times to ±[\d.]+ ms$/);
    await expect.poll(async () => (await runs(1)).length).toBeGreaterThan(0);
    // The main module runs from the beginning to the end.
    const module = await runs(1);
    expect(module[0]![0]).toBeLessThan(LEFT + WIDTH * 0.1);
    expect(module.at(-1)![1]).toBeGreaterThan(LEFT + WIDTH * 0.9);
    await page.locator('#timeline-canvas').hover({ position: { x: LEFT + WIDTH * 0.2, y: 4 + 21 * 2 + 10 } });
    await expect.poll(() => page.locator('.card').innerText()).toMatch(/compute[\s\S]*samples\s*\d\d/);
    await painted(page);
    await page.screenshot({ path: path.join(PICTURES, 'timeline-recording.png') });
  });

  it('says in one sentence when a file has no times', async () => {
    await profile('run.collapsed', 'a;b 5\n');
    await open('tab=timeline');
    await page.locator('.hint').waitFor();
    expect(await page.locator('.hint').textContent()).toMatch(/^This file does not say when its samples were taken/);
    expect(await page.evaluate(() => window.harness.calls.map(({ method }) => method))).not.toContain('profile/timeline');
  });

  it.each(['dark', 'light', 'hcDark', 'hcLight'])('shows threads with what they did (%s)', async (kind) => {
    await profile('threads.bin', readFileSync(path.join(FIXTURES, 'tachyon/threads-native-zstd.bin')));
    await open(`tab=timeline&kind=${kind}`);
    await drawn();
    await page.locator('.legend').waitFor();
    await page.locator('.lane-head').nth(1).waitFor();
    await page.locator('.scroller[aria-busy=false]').waitFor();
    await page.locator('#timeline-canvas').hover({ position: { x: 500, y: 80 } });
    await page.locator('.card').waitFor();
    await painted(page);
    await page.screenshot({ path: path.join(PICTURES, `timeline-${kind}.png`) });
  });
});
