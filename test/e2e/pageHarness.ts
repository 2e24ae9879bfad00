import { existsSync } from 'node:fs';
import { build } from 'esbuild';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { quietFlags } from '../rig/chromium.js';

const ORIGIN = 'http://page.test';

/** Of the browser's window, and the table of texts that the page gets. */
export type PageOptions = BrowserContextOptions & { readonly texts?: Readonly<Record<string, string>> };

/** Answers a page's requests, and `info`, from a real server. */
export type LiveServer = (method: string, params?: unknown) => Promise<unknown>;

const VIEWPORT = { width: 1320, height: 640 };

/** Builds the page and its stand-in host in memory, and opens them in a browser under the rules that VS Code's page has. */
export class PageHarness {
  /** Windows that go from page to page, without and with a server behind them: a new one costs Chromium more than what most tests do in it. */
  private readonly kept = new Map<'mock' | 'live', Page>();
  /** Answers the pages of the kept window that has a server behind it. */
  private live: LiveServer | undefined;

  private constructor(
    readonly browser: Browser,
    private readonly files: ReadonlyMap<string, { body: string; type: string }>,
  ) {}

  /** @param flags of Chromium, beside its own */
  static async start(flags: readonly string[] = []): Promise<PageHarness> {
    const result = await build({
      entryPoints: { profile: 'webview-ui/profile/main.tsx', host: 'webview-ui/dev/mockHost.ts' },
      bundle: true,
      write: false,
      outdir: '/',
      platform: 'browser',
      format: 'esm',
      target: 'chrome120',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      logLevel: 'warning',
    });
    const files = new Map<string, { body: string; type: string }>();
    for (const file of result.outputFiles) {
      files.set(file.path.replaceAll('\\', '/'), { body: file.text, type: file.path.endsWith('.css') ? 'text/css' : 'text/javascript' });
    }
    const browser = await chromium.launch({
      ...browserToUse(),
      timeout: 180_000,
      args: [...quietFlags, ...flags],
    });
    return new PageHarness(browser, files);
  }

  /**
   * Opens the page with the harness's options (see mockHost.ts), and gives it once it shows something. {@link leave} it afterwards.
   * @param script runs before any of the page's own
   */
  async open(query: string, { texts, ...options }: PageOptions = {}, live?: LiveServer, script?: () => void): Promise<Page> {
    const plain = texts === undefined && script === undefined && Object.keys(options).length === 0;
    const page = plain ? await this.keptWindow(live) : await this.window(options, live);
    if (texts) await page.addInitScript(`window.texts = ${JSON.stringify(texts)}`);
    if (script) await page.addInitScript(script);
    await page.goto(`${ORIGIN}/?${query}`);
    await page
      .locator('.toolbar, .reading')
      .first()
      .waitFor()
      .catch(() => {
        throw new Error(`the page shows nothing: ${problems.join('; ')}`);
      });
    return page;
  }

  /** Ends a page: what it does late is not the next one's. */
  async leave(page: Page): Promise<void> {
    if (page.isClosed()) return;
    if (![...this.kept.values()].includes(page)) return page.context().close();
    // Out of the window, or the next page has a pointer over it.
    await page.mouse.move(-1, -1);
    await page.goto('about:blank');
  }

  private async keptWindow(live: LiveServer | undefined): Promise<Page> {
    this.live = live;
    const kind = live ? 'live' : 'mock';
    const before = this.kept.get(kind);
    if (before && !before.isClosed()) return before;
    const page = await this.window({}, live && ((method, params) => this.live!(method, params)));
    this.kept.set(kind, page);
    return page;
  }

  private async window(options: BrowserContextOptions, live: LiveServer | undefined): Promise<Page> {
    const context = await this.browser.newContext({ viewport: VIEWPORT, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    // As text, as VS Code hands messages on between its processes: Playwright would walk through every number of an answer.
    if (live)
      await page.exposeFunction('live', async (method: string, params?: unknown) => JSON.stringify((await live(method, params)) ?? null));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.route(`${ORIGIN}/**`, (route) => {
      const { pathname } = new URL(route.request().url());
      const file = this.files.get(pathname);
      if (file) return route.fulfill({ body: file.body, contentType: file.type });
      if (pathname === '/') return route.fulfill({ body: HTML, contentType: 'text/html' });
      return route.fulfill({ status: 404, body: '' });
    });
    return page;
  }

  async stop(): Promise<void> {
    await this.browser.close();
  }
}

/** $HEATLINE_CHROMIUM, Debian's Chromium, else the Chrome that Playwright finds. */
function browserToUse(): { executablePath: string } | { channel: string } {
  const executablePath = process.env.HEATLINE_CHROMIUM ?? '/usr/bin/chromium';
  return existsSync(executablePath) ? { executablePath } : { channel: 'chrome' };
}

/** Resolves when the canvas shows what the rest of the page shows: it is drawn after the frame in which the elements changed. */
export function painted(page: Page): Promise<void> {
  return page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  });
}

/** Errors that any page met since the last call. */
export function takeProblems(): string[] {
  return problems.splice(0);
}

const problems: string[] = [];

const HTML = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Profile</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${ORIGIN}; script-src ${ORIGIN}">
<link rel="stylesheet" href="/profile.css"></head><body><div id="root"></div>
<script type="module" src="/host.js"></script><script type="module" src="/profile.js"></script></body></html>`;
