import { existsSync } from 'node:fs';
import { build } from 'esbuild';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { quietFlags } from '../rig/chromium.js';

const ORIGIN = 'http://page.test';

/** Of the browser's window, and the table of texts that the page gets. */
export type PageOptions = BrowserContextOptions & { readonly texts?: Readonly<Record<string, string>> };

/** Answers a page's requests, and `info`, from a real server. */
export type LiveServer = (method: string, params?: unknown) => Promise<unknown>;

/** Builds the page and its stand-in host in memory, and opens them in a browser under the rules that VS Code's page has. */
export class PageHarness {
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
      args: [...quietFlags, ...flags],
    });
    return new PageHarness(browser, files);
  }

  /**
   * Opens the page with the harness's options (see mockHost.ts) once it shows something.
   * @param script runs before any of the page's own
   */
  async open(query: string, { texts, ...options }: PageOptions = {}, live?: LiveServer, script?: () => void): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1320, height: 640 }, reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    if (live) await page.exposeFunction('live', live);
    if (texts) await page.addInitScript(`window.texts = ${JSON.stringify(texts)}`);
    if (script) await page.addInitScript(script);
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
    await page.goto(`${ORIGIN}/?${query}`);
    await page
      .locator('.toolbar, .reading')
      .first()
      .waitFor({ timeout: 10_000 })
      .catch(() => {
        throw new Error(`the page shows nothing: ${problems.join('; ')}`);
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

/** Errors that any page met since the last call. */
export function takeProblems(): string[] {
  return problems.splice(0);
}

const problems: string[] = [];

const HTML = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Profile</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${ORIGIN}; script-src ${ORIGIN}">
<link rel="stylesheet" href="/profile.css"></head><body><div id="root"></div>
<script type="module" src="/host.js"></script><script type="module" src="/profile.js"></script></body></html>`;
