/** A real VS Code window for the tests of one file, and the profile page in it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { demoWorkspace, project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { clickInMenu } from './editor.js';
import { tellFailures } from './failures.js';

export let window: Workbench;
/** Absolute path of the folder that is open: the sample program, and what the test put there. */
export let folder: string;

/**
 * One window, on a copy of the sample program, for all tests of the file; a picture shows what was on the screen when one failed.
 * @param name of the folder and of that picture
 * @param fill puts further files into the folder before the window opens
 */
export function useWindow(name: string, fill: () => void): void {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    const tools = await setUp('tests', (line) => console.log(line));
    folder = join(await temporaryFolder(name), 'shop');
    mkdirSync(folder, { recursive: true });
    cpSync(demoWorkspace, folder, { recursive: true, filter: (path) => !path.includes('__pycache__') });
    fill();
    server = await startServer(tools);
    browser = await startChromium(tools);
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    window = await openWorkspace(server, browser.context, { folder, extensionDevelopmentPath: project });
  });
  tellFailures(name, () => window);
  afterAll(async () => {
    await browser?.stop();
    await server?.stop();
    await cleanUp();
  });
}

/** Opens a profile of the folder and gives its page once that can be used. */
export async function openPage(file: string): Promise<Frame> {
  await window.openFile(file);
  return window.webview('[role="tab"]', 60_000);
}

/** Goes to a tab of the page by its name. */
export async function goTo(page: Frame, tab: string): Promise<void> {
  await page.getByRole('tab', { name: tab, exact: true }).click();
  await page.locator(`#panel[aria-labelledby="tab-${tab.toLowerCase()}"]`).waitFor({ state: 'attached' });
}

/** What `heatline ARGS --json` prints, of files of the folder. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at its fields
export function heatline(...args: string[]): any {
  return JSON.parse(
    execFileSync(process.execPath, [join(project, 'dist', 'cli.js'), ...args, '--json'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    }),
  );
}

/** Texts of the cells of rows, in their order. @param rows selector */
export async function cells(page: Frame, rows: string): Promise<string[][]> {
  const texts = await page
    .locator(rows)
    .evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll('[role=gridcell]')].map((cell) => (cell.querySelector('.text') ?? cell).textContent)),
    );
  return texts.map((row) => row.map((text) => (text ?? '').trim()));
}

/** Waits until the table shows exactly these rows; those with the same first figure may stand in any order. */
export async function shows(page: Frame, rows: string, wanted: readonly (readonly string[])[]): Promise<void> {
  const compared = (all: readonly (readonly string[])[]) => ({
    first: all.map(([first]) => first),
    rows: all.map((row) => row.join(' | ')).toSorted(),
  });
  await expect.poll(async () => compared(await cells(page, rows))).toEqual(compared(wanted));
}

/** Presses keys in the page, one after the other. */
export async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await window.page.keyboard.press(key);
}

/** An entry of VS Code's own context menu of what is under the pointer. */
export async function menuItem(name: string): Promise<void> {
  await clickInMenu(window.page.getByRole('menuitem', { name, exact: true }));
}

/** What was copied last. */
export const clipboard = () => window.page.evaluate(() => navigator.clipboard.readText());

/** Filters of the page, as their chips say them. */
export const chips = async (page: Frame) => (await page.locator('.chip').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
