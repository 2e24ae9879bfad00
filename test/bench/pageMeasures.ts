/** Figures of the profile page with its server behind it, and of speedscope's page, in browsers that are started the same way. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import type { ProfileInfo, Requests, ViewParams } from '../../src/protocol/lsp.js';
import { PageHarness } from '../e2e/pageHarness.js';
import { type RunningServer, startServer } from '../unit/serverKit.js';
import * as probes from './pageProbes.js';

/** For both pages what Chromium falls back to where there is no GPU: its own drawing in software, and SwiftShader for WebGL alone. */
const FLAGS = ['--use-angle=swiftshader-webgl', '--enable-unsafe-swiftshader'];
const PATIENCE_MS = 300_000;

export interface Figures {
  /** Milliseconds from the file to its first picture on the screen. */
  readonly first: number;
  /** Lengths of the frames while zooming and panning, ms. */
  readonly frames: readonly number[];
  readonly memory: probes.PageMemory;
  /** Memory of our server now and at most, bytes. */
  readonly server?: number;
  readonly serverPeak?: number;
}

interface Opened {
  readonly page: Page;
  readonly info: ProfileInfo;
  readonly server: RunningServer;
  readonly harness: PageHarness;
  readonly first: number;
}

/** The profile page on a file, as VS Code shows it: the page and the server begin at the same moment. */
async function withHeatline<T>(file: string, query: string, use: (opened: Opened) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'heatline-pages-'));
  const server = await startServer(path.resolve('dist/server.js'), folder, ['--max-old-space-size=4096']);
  const harness = await PageHarness.start(FLAGS);
  try {
    const start = Date.now();
    const opening = server.request('profile/open', { uri: pathToFileURL(file).href });
    const page = await harness.open(
      `data=empty&${query}`,
      {},
      (method, params) => (method === 'info' ? opening : server.request(method as keyof Requests, params as Requests[keyof Requests][0])),
      probes.installProbe,
    );
    const info = await opening;
    const first = query.includes('tab=') ? Number.NaN : (await probes.firstPicture(page, PATIENCE_MS)) - start;
    return await use({ page, info, server, harness, first });
  } finally {
    await harness.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param steps events of each kind while zooming and panning */
export async function heatline(file: string, steps: number): Promise<Figures> {
  return withHeatline(file, '', async ({ page, server, harness, first }) => {
    const memory = await probes.watchMemory(page, harness.browser);
    const frames = await probes.framesDuring(page, () => probes.zoomAndPan(page, steps));
    const ours = probes.memoryOf(server.process.pid);
    return { first, frames, memory: await memory(), server: ours.now, serverPeak: ours.peak };
  });
}

/** @param built folder of speedscope's built page; @throws Error with a sentence where the page shows nothing of the file */
export async function speedscope(built: string, file: string, steps: number): Promise<Figures> {
  const harness = await PageHarness.start(FLAGS);
  try {
    const context = await harness.browser.newContext({ viewport: { width: 1320, height: 640 }, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.addInitScript(probes.installProbe);
    const types: Record<string, string> = {
      '.html': 'text/html',
      '.js': 'text/javascript',
      '.css': 'text/css',
      '.wasm': 'application/wasm',
    };
    await page.route('http://speedscope.test/**', (route) => {
      const name = new URL(route.request().url()).pathname.slice(1) || 'index.html';
      const body = readFileSync(path.join(built, path.basename(name)));
      return route.fulfill({ body, contentType: types[path.extname(name)] ?? 'application/octet-stream' });
    });
    await page.goto('http://speedscope.test/');
    const input = page.locator('input[type=file]').first();
    await input.waitFor({ state: 'attached' });
    await page.evaluate(() => window.probe.again());
    const start = Date.now();
    await input.setInputFiles(file);
    const first = (await probes.firstPicture(page, PATIENCE_MS)) - start;
    const memory = await probes.watchMemory(page, harness.browser);
    const frames = await probes.framesDuring(page, () => probes.zoomAndPan(page, steps));
    return { first, frames, memory: await memory() };
  } finally {
    await harness.stop();
  }
}

/**
 * Wheel and Page Down through a table of all functions: frames, those with a blank row in sight, most blank rows. And ms until a
 * screenful is whole after each of the thumb's jumps.
 */
export async function tableScroll(file: string, steps: number) {
  return withHeatline(file, 'tab=table', async ({ page, info }) => {
    await page.locator('#row-0 .name').waitFor();
    const rows = info.functions;
    await page.mouse.move(600, 300);
    const frame = () => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)).then(() => undefined));
    const watched = async (step: () => Promise<void>) => {
      await page.evaluate(probes.watchRows);
      for (let i = 0; i < steps; i++) {
        await step();
        await frame();
      }
      return page.evaluate(probes.rowsSeen);
    };
    const wheel = await watched(() => page.mouse.wheel(0, 240));
    await page.locator('[role=grid]').focus();
    const keys = await watched(() => page.keyboard.press('PageDown'));
    return { rows, wheel, keys, jumps: await page.evaluate(probes.thumbJumps, steps) };
  });
}

interface Switched {
  readonly what: string;
  readonly ms: number;
}

/** The view that a profile opens with, and one of another metric, of one thread and of a focus, as far as the profile has them. */
async function viewsOf(info: ProfileInfo, server: RunningServer): Promise<{ view: ViewParams; others: [string, ViewParams][] }> {
  const view: ViewParams = { profile: info.id, type: info.defaultType };
  const { rows } = await server.request('profile/functions', { view, sort: 'total', descending: true, offset: 0, limit: 40 });
  const focus = `^${rows.at(-1)!.name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`;
  const others: [string, ViewParams][] = [['a focus', { ...view, focus }]];
  if (info.threads[0]) others.unshift(['one thread', { ...view, thread: info.threads[0] }]);
  if (info.valueTypes.length > 1) others.unshift(['another metric', { ...view, type: (info.defaultType + 1) % info.valueTypes.length }]);
  return { view, others };
}

/** Milliseconds from a new metric, thread or focus to the heat of the file that took most, the first time each. */
export async function heatSwitches(file: string): Promise<Switched[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'heatline-heat-'));
  const server = await startServer(path.resolve('dist/server.js'), folder, ['--max-old-space-size=4096']);
  try {
    const info = await server.request('profile/open', { uri: pathToFileURL(file).href });
    const { view, others } = await viewsOf(info, server);
    const { rows } = await server.request('profile/files', { view, offset: 0, limit: 1 });
    // The file is found in the workspace by the end of its path; what stands in it is no matter.
    const source = path.join(folder, ...rows[0]!.file.split('/').slice(-2));
    mkdirSync(path.dirname(source), { recursive: true });
    writeFileSync(source, 'pass\n'.repeat(5000));
    const uri = pathToFileURL(source).href;
    const heat = (of: ViewParams) => server.request('profile/lineHeat', { view: of, uri });
    if ((await heat(view)).lines.length === 0) throw new Error(`${rows[0]!.file} has no heat`);
    const taken: Switched[] = [];
    for (const [what, next] of others) {
      const start = performance.now();
      await heat(next);
      taken.push({ what, ms: performance.now() - start });
    }
    return taken;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds from a new metric, thread or focus to the new flame graph, the first time each; and back to what was shown. */
export async function switches(file: string): Promise<Switched[]> {
  return withHeatline(file, '', async ({ page, info, server }) => {
    const { view, others } = await viewsOf(info, server);
    const taken: Switched[] = [];
    for (const [what, next] of others) {
      taken.push({ what, ms: await page.evaluate(probes.switchView, next as unknown as Record<string, unknown>) });
      taken.push({ what: `${what}, and back`, ms: await page.evaluate(probes.switchView, view as unknown as Record<string, unknown>) });
    }
    return taken;
  });
}
