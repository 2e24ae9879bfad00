/** One selection and one focus, of the profile's page and of the code beside it, in a real VS Code. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { demoWorkspace, project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { writeCodeProfile } from './codeProfile.js';
import { drawnLine, until } from './editor.js';
import { tellFailures } from './failures.js';

/** A line of quote, and one of pay. */
const HOT = '.casefold()';
const COLD = 'sum(amount';

let workspace: string;
let server: Server;
let browser: Browser;
let window: Workbench;
let page: Frame;

const item = () => window.page.locator('.statusbar-item[id$="heatline.view"]');
const words = async () => (await item().innerText()).replaceAll('\u00a0', ' ').trim();
const figure = async (part: string) => (await drawnLine(window.page, part)).figure;

function setSettings(settings: object): void {
  mkdirSync(join(workspace, '.vscode'), { recursive: true });
  writeFileSync(join(workspace, '.vscode', 'settings.json'), JSON.stringify(settings));
}

/** Waits until the status bar ends so and the two lines have these figures. */
async function shows(end: RegExp, hot: RegExp, cold: RegExp | undefined): Promise<void> {
  await until(`${end.source}, ${hot.source}`, async () => {
    const other = await figure(COLD);
    return end.test(await words()) && hot.test((await figure(HOT)) ?? '') && (cold ? cold.test(other ?? '') : other === undefined);
  });
}

/** Takes an entry of the list behind the status bar's item. */
async function choose(entry: string): Promise<void> {
  await item().locator('a').click();
  await window.page.locator('.quick-input-widget input').first().fill(entry);
  await window.page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: entry }).first().click();
}

/** Walks from the whole to quote by the arrow keys. */
async function selectQuote(): Promise<void> {
  await page.locator('#flame-canvas').focus();
  for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'ArrowDown']) await window.page.keyboard.press(key);
  await page
    .locator('[role=treeitem][aria-selected=true]')
    .filter({ hasText: /^quote, / })
    .waitFor({ state: 'attached' });
}

tellFailures('scope', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  workspace = join(await temporaryFolder('workspace'), 'shop');
  cpSync(demoWorkspace, workspace, { recursive: true, filter: (path) => !path.includes('__pycache__') });
  writeCodeProfile(join(workspace, 'known.pprof'), join(workspace, 'shop', 'pricing.py'));
  setSettings({});
  server = await startServer(tools, { settings: { 'editor.minimap.enabled': false } });
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
  await window.setTheme('dark');
  await window.openFile('shop/pricing.py');
  await window.openFile('known.pprof');
  await window.runCommand('View: Move Editor into Next Group');
  page = await window.webview('#flame-canvas');
  await page.locator('[role=tree] [role=treeitem]').first().waitFor({ state: 'attached' });
  await shows(/all threads$/, /^50\.0\s%.*500 ms$/, /^18\.0\s%/);
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

it('a selected box is what the heat beside it is of, until Escape', async () => {
  await selectQuote();
  await shows(/· in the selected quote$/, /^76\.9\s%.*500 ms$/, undefined);
  expect(await item().locator('a').getAttribute('aria-label')).toContain('as a share of the selected quote');
  await window.screenshot('scope-flame-dark');
  expect(await page.locator('.subheader .note').innerText()).toMatch(/^1\.00 s/);
  await window.page.keyboard.press('Escape');
  await shows(/all threads$/, /^50\.0\s%.*500 ms$/, /^18\.0\s%/);
});

it('a selected row of the tree is too; the status bar takes it away', async () => {
  await page.getByRole('tab', { name: 'Tree', exact: true }).click();
  await page.locator('#node-0').waitFor();
  await page.locator('[role=treegrid]').focus();
  await window.page.keyboard.press('Home');
  await window.page.keyboard.press('h');
  await page.locator('[role=row][aria-selected=true]').filter({ hasText: 'quote' }).waitFor();
  await shows(/· in the selected quote$/, /^76\.9\s%.*500 ms$/, undefined);
  await choose('not only of the selected quote');
  await shows(/all threads$/, /^50\.0\s%.*500 ms$/, /^18\.0\s%/);
});

it('a focus chosen in the status bar is a chip of the page, and one taken away there is no more in the code', async () => {
  await choose('Set focus');
  const input = window.page.locator('.quick-input-widget input').first();
  await until('the question', async () => (await window.page.locator('.quick-input-widget').innerText()).includes('regular expression'));
  await input.fill('^quote$');
  await window.page.keyboard.press('Enter');
  const chip = page.locator('.chip').filter({ hasText: 'Focus quote' });
  await chip.waitFor();
  await shows(/focus \^quote\$$/, /^76\.9\s%.*500 ms$/, undefined);
  await chip.click();
  await shows(/all threads$/, /^50\.0\s%.*500 ms$/, /^18\.0\s%/);
});

it('the code stays whole where one does not want it to follow', async () => {
  setSettings({ 'heatline.heat.followSelection': false });
  await page.getByRole('tab', { name: 'Flame', exact: true }).click();
  // Some time passes until VS Code reads the file.
  await until('the setting', async () => {
    await selectQuote();
    await sleep(1000);
    if (!(await words()).includes('selected')) return true;
    await window.page.keyboard.press('Escape');
    return false;
  });
  await shows(/all threads$/, /^50\.0\s%.*500 ms$/, /^18\.0\s%/);
});
