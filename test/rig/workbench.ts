import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { artifacts } from './paths.js';
import type { Server } from './server.js';

/** How a window is opened. */
export interface WindowOptions {
  /** The whole address, in place of all that follows. */
  readonly url?: string;
  /** Absolute path of the folder; without it an empty window opens. */
  readonly folder?: string;
  /** Load the extension from this source folder; without it only installed extensions are there. */
  readonly extensionDevelopmentPath?: string;
  /** A bundled module whose `run()` is awaited inside the extension host, which then exits. */
  readonly extensionTestsPath?: string;
}

/** One VS Code window in the browser, and what a person does in it. */
export interface Workbench {
  readonly page: Page;
  /** Everything the page's console said, the extension host's included. */
  readonly console: string[];
  openFile(name: string): Promise<void>;
  runCommand(title: string): Promise<void>;
  /** The text of the active editor's visible line (1-based) that starts with or equals `text`, as a locator. */
  line(text: string): Locator;
  /** Finds the webview's page in which `selector` exists. */
  webview(selector: string, timeoutMillis?: number): Promise<Frame>;
  setTheme(theme: Theme): Promise<void>;
  screenshot(name: string): Promise<string>;
  /** What terminals, notices and the status bar say, opened for it. */
  texts(): Promise<string>;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** The built-in themes that pictures are taken in. */
export type Theme = 'light' | 'dark' | 'highContrast' | 'highContrastLight';

/** Names in VS Code's own list of themes, and the class of a window that wears one. */
const themes: Record<Theme, readonly [name: string, base: string]> = {
  light: ['Light Modern', 'vs'],
  dark: ['Dark Modern', 'vs-dark'],
  highContrast: ['Dark High Contrast', 'hc-black'],
  highContrastLight: ['Light High Contrast', 'hc-light'],
};

/** Opens a window and resolves when its workbench is shown. */
export async function openWorkspace(server: Server, context: BrowserContext, options: WindowOptions): Promise<Workbench> {
  const origin = `http://127.0.0.1:${server.port}`;
  const remote = (path: string) => `vscode-remote://127.0.0.1:${server.port}${encodeURI(path)}`;
  const payload: [string, string][] = [];
  if (options.extensionDevelopmentPath !== undefined) payload.push(['extensionDevelopmentPath', remote(options.extensionDevelopmentPath)]);
  if (options.extensionTestsPath !== undefined) payload.push(['extensionTestsPath', remote(options.extensionTestsPath)]);
  const query = new URLSearchParams(options.folder === undefined ? { ew: 'true' } : { folder: options.folder });
  if (payload.length > 0) query.set('payload', JSON.stringify(payload));

  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`pageerror: ${error.message}`));
  await page.goto(options.url ?? `${origin}/?${query}`);
  await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 180_000 });
  // The settings, dark among them, come a moment after the first picture; a theme chosen before that would be undone.
  await page
    .locator('.monaco-workbench.vs-dark')
    .waitFor({ timeout: 30_000 })
    .catch(() => undefined);

  const quickInput = page.locator('.quick-input-widget');
  const rows = quickInput.locator('.monaco-list-row');

  /** Opens quick input by a key and types; the list is filled late, so the key is pressed again when nothing came. */
  const ask = async (key: string, text: string) => {
    for (let attempt = 0; ; attempt++) {
      await page.keyboard.press(key);
      try {
        await quickInput.locator('input').first().waitFor({ timeout: 3000 });
        break;
      } catch (error) {
        if (attempt === 4) throw error;
      }
    }
    await quickInput.locator('input').first().fill(text);
  };

  const runCommand = async (title: string) => {
    await ask('F1', `>${title}`);
    const row = rows.filter({ hasText: title }).first();
    await row.waitFor();
    await row.click();
  };

  return {
    page,
    console: said,
    openFile: async (name) => {
      const base = name.split('/').at(-1)!;
      // It may have been open behind another; and the changes of a file have a tab of its name as well.
      const tab = page.locator(`.tab.active[data-resource-name="${base}"]`).first();
      for (let attempt = 0; attempt < 10; attempt++) {
        await ask('Control+P', name);
        try {
          await rows.filter({ hasText: base }).first().waitFor({ timeout: 5000 });
          await sleep(500);
          await page.keyboard.press('Enter');
          await tab.waitFor({ timeout: 10_000 });
          await page
            .locator('.editor-instance .view-lines')
            .first()
            .waitFor({ timeout: 2000 })
            .catch(() => {});
          return;
        } catch {
          await page.keyboard.press('Escape');
        }
      }
      throw new Error(`Quick Open did not open ${name}.`);
    },
    runCommand,
    line: (text) => page.locator('.editor-instance .view-line').filter({ hasText: text }),
    webview: async (selector, timeoutMillis = 120_000) => {
      const until = Date.now() + timeoutMillis;
      for (;;) {
        for (const frame of page.frames()) {
          if (frame === page.mainFrame()) continue;
          const found = await frame
            .locator(selector)
            .first()
            .isVisible()
            .catch(() => false);
          if (found) return frame;
        }
        if (Date.now() > until)
          throw new Error(
            `No webview shows ${selector}; frames: ${page
              .frames()
              .map((frame) => frame.url())
              .join(' ')}`,
          );
        await sleep(200);
      }
    },
    setTheme: async (theme) => {
      const [name, base] = themes[theme];
      const worn = page.locator(`.monaco-workbench.${base}`);
      for (let attempt = 0; attempt < 5 && !(await worn.count()); attempt++) {
        await runCommand('Preferences: Color Theme');
        try {
          // Typed too early, the name would land in the palette that is still closing.
          const picker = quickInput.locator('input[placeholder*="Color Theme"]');
          await picker.waitFor({ timeout: 5000 });
          await picker.fill(name);
          await rows.filter({ hasText: name }).first().click({ timeout: 5000 });
          await worn.waitFor({ timeout: 5000 });
        } catch {
          await page.keyboard.press('Escape');
        }
      }
      await worn.waitFor({ timeout: 1000 });
      await sleep(300);
    },
    screenshot: async (name) => {
      const path = join(artifacts, `${name}.png`);
      mkdirSync(dirname(path), { recursive: true });
      await page.screenshot({ path });
      return path;
    },
    texts: async () => {
      await runCommand('Notifications: Show Notifications').catch(() => undefined);
      const parts = ['.terminal-wrapper .xterm-rows', '.notification-list-item', '.part.statusbar'];
      const texts = await Promise.all(parts.map((part) => page.locator(part).allInnerTexts()));
      return texts
        .flat()
        .join('\n')
        .replaceAll(/\u00a0/g, ' ')
        .replaceAll(/\s*\n\s*/g, '\n');
    },
    reload: async () => {
      // In a browser VS Code keeps which editors are open, and what pages remember, every five seconds when idle, and not on leaving.
      await sleep(8000);
      await page.reload();
      await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 180_000 });
    },
    close: () => page.close({ runBeforeUnload: false }),
  };
}
