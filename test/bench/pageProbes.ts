/** What a page tells of itself while it is measured. The functions run in the page, each on its own. */
import { readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'playwright-core';

interface Probe {
  /** When the first picture was on the screen, ms since 1970; 0: not yet. */
  first: number;
  /** Forgets what was drawn so far. */
  again(): void;
  frames: number[];
  running: boolean;
}
declare global {
  interface Window {
    probe: Probe;
  }
}

/** Waits for the first drawing on a large canvas, by 2D or WebGL; later ones go unwatched. Goes before every script of a page. */
export function installProbe(): void {
  const large = 90_000;
  const watched: [object, string][] = [];
  for (const name of ['fillRect', 'fill', 'fillText', 'drawImage']) watched.push([CanvasRenderingContext2D.prototype, name]);
  for (const name of ['drawArrays', 'drawElements']) {
    watched.push([WebGLRenderingContext.prototype, name], [WebGL2RenderingContext.prototype, name]);
  }
  const originals = watched.map(([proto, name]) => (proto as Record<string, (...given: unknown[]) => unknown>)[name]!);
  const restore = () => {
    for (const [i, [proto, name]] of watched.entries()) (proto as Record<string, unknown>)[name] = originals[i];
  };
  const watch = () => {
    let seen = false;
    for (const [i, [proto, name]] of watched.entries()) {
      (proto as Record<string, unknown>)[name] = function (this: CanvasRenderingContext2D, ...given: unknown[]) {
        const { canvas } = this;
        if (!seen && canvas.width * canvas.height > large) {
          seen = true;
          restore();
          // The frame in which it was drawn, and the next: by then it was shown.
          requestAnimationFrame(() =>
            setTimeout(() => {
              window.probe.first = performance.timeOrigin + performance.now();
            }),
          );
        }
        return originals[i]!.apply(this, given);
      };
    }
  };
  window.probe = {
    first: 0,
    again() {
      restore();
      window.probe.first = 0;
      watch();
    },
    frames: [],
    running: false,
  };
  watch();
}

export async function firstPicture(page: Page, timeout: number): Promise<number> {
  return (await page.waitForFunction(() => window.probe.first, undefined, { timeout, polling: 100 })).jsonValue();
}

/** Lengths of the frames (ms) while something is done. */
export async function framesDuring(page: Page, action: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const { probe } = window;
    probe.frames = [];
    probe.running = true;
    let before = 0;
    const tick = (now: number) => {
      if (before > 0) probe.frames.push(now - before);
      before = now;
      if (probe.running) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await action();
  return page.evaluate(() => {
    window.probe.running = false;
    return window.probe.frames;
  });
}

/** The same hand on both pages: ctrl and wheel in, a drag there and back, the wheel down and up, ctrl and wheel out. */
export async function zoomAndPan(page: Page, steps: number): Promise<void> {
  const { width, height } = page.viewportSize()!;
  const [x, y] = [width * 0.4, height * 0.5];
  await page.mouse.move(x, y);
  const wheel = async (sideways: number, down: number) => {
    for (let i = 0; i < steps; i++) await page.mouse.wheel(sideways, down);
  };
  await page.keyboard.down('Control');
  await wheel(0, -40);
  await page.keyboard.up('Control');
  await page.mouse.down();
  for (let i = 0; i < steps; i++) await page.mouse.move(x + 6 * i, y);
  for (let i = steps; i > 0; i--) await page.mouse.move(x + 6 * i, y);
  await page.mouse.up();
  await wheel(0, 60);
  await wheel(0, -60);
  await page.keyboard.down('Control');
  await wheel(0, 40);
  await page.keyboard.up('Control');
}

/** ms between two looks at the memory. */
const LOOK_MS = 250;

/** Bytes. */
export interface PageMemory {
  /** JavaScript heap with the buffers of typed arrays: what is left after a collection, and most that was seen, garbage and all. */
  readonly kept: number;
  readonly most: number;
  /** Memory of the page's process, most that was seen: without the browser's own files, and with them. NaN where the system does not tell. */
  readonly own: number;
  readonly peak: number;
}

/** Watches a page's memory from now until what it gives is called. */
export async function watchMemory(page: Page, browser: Browser): Promise<() => Promise<PageMemory>> {
  const session = await page.context().newCDPSession(page);
  const renderers = await renderersOf(browser);
  let most = 0;
  let own = Number.NaN;
  const look = async () => {
    for (const { anonymous } of renderers.map(memoryOf)) if (!(anonymous <= own)) own = anonymous;
    const usage = (await session.send('Runtime.getHeapUsage')) as { readonly usedSize: number; readonly backingStorageSize?: number };
    const bytes = usage.usedSize + (usage.backingStorageSize ?? 0);
    most = Math.max(most, bytes);
    return bytes;
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  return async () => {
    clearInterval(timer);
    await look();
    await session.send('HeapProfiler.collectGarbage');
    const kept = await look();
    await session.detach();
    return { kept, most, own, peak: Math.max(...renderers.map((id) => memoryOf(id).peak)) };
  };
}

/** Processes of pages, by their numbers. */
async function renderersOf(browser: Browser): Promise<number[]> {
  const session: CDPSession = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

/** Memory of a process in bytes, now and at most, and what now is in no file (Linux). */
export function memoryOf(pid: number | undefined): { readonly now: number; readonly peak: number; readonly anonymous: number } {
  const field = (text: string, name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? Number.NaN) * 1024;
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return { now: field(text, 'VmRSS'), peak: field(text, 'VmHWM'), anonymous: field(text, 'RssAnon') + field(text, 'RssShmem') };
  } catch {
    return { now: Number.NaN, peak: Number.NaN, anonymous: Number.NaN };
  }
}

/** Changes the view as the host does, and gives the ms until the new flame graph was on the screen. Runs in the page. */
export async function switchView(view: Record<string, unknown>): Promise<number> {
  const asked = () => window.harness.calls.filter((call) => call.method === 'profile/flame').length;
  const before = asked();
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const start = performance.now();
  window.harness.state({ view } as never);
  while (asked() === before || document.querySelector('.scroller')?.getAttribute('aria-busy') !== 'false') await frame();
  await frame();
  return performance.now() - start;
}

interface Blanks {
  frames: number;
  blank: number;
  worst: number;
  on: boolean;
  /** Rows in sight now that are not there, or hold no text yet. */
  count(): number;
}

/** Watches every frame of a table for rows in sight that are blank. Runs in the page. */
export function watchRows(): void {
  const body = document.querySelector<HTMLElement>('.table-body')!;
  const own: Blanks = {
    frames: 0,
    blank: 0,
    worst: 0,
    on: true,
    count() {
      const { top, height } = body.getBoundingClientRect();
      const filled = new Set<number>();
      for (const row of body.querySelectorAll('[role=row]')) {
        const name = row.querySelector('.name .text')?.textContent ?? '';
        if (name !== '' && name !== '…') filled.add(Math.round(row.getBoundingClientRect().top - top));
      }
      // Rows are 22 px high: each height in sight is in a row with a name.
      let blank = 0;
      for (let y = 0; y < height; y += 22) {
        let has = false;
        for (let off = 0; off < 22 && !has; off++) has = filled.has(y - off);
        if (!has) blank++;
      }
      return blank;
    },
  };
  (window as unknown as { blanks: Blanks }).blanks = own;
  const look = () => {
    const blank = own.count();
    own.frames++;
    if (blank > 0) own.blank++;
    own.worst = Math.max(own.worst, blank);
    // After the frame that was painted, not before it.
    if (own.on) requestAnimationFrame(() => setTimeout(look));
  };
  requestAnimationFrame(() => setTimeout(look));
}

/** Ends the watch. Runs in the page, as the next one does. */
export function rowsSeen(): { readonly frames: number; readonly blank: number; readonly worst: number } {
  const own = (window as unknown as { blanks: Blanks }).blanks;
  own.on = false;
  return { frames: own.frames, blank: own.blank, worst: own.worst };
}

/** Drags the thumb from end to end in steps; gives the ms after each until no row in sight was blank. */
export async function thumbJumps(steps: number): Promise<number[]> {
  const own = (window as unknown as { blanks: Blanks }).blanks;
  const body = document.querySelector('.table-body')!;
  const taken: number[] = [];
  for (let i = 1; i <= steps; i++) {
    const start = performance.now();
    body.scrollTop = (body.scrollHeight * i) / steps;
    do await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    while (own.count() > 0);
    taken.push(performance.now() - start);
  }
  return taken;
}
