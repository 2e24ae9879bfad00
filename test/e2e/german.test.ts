/** The extension in German, in a real VS Code whose language it is: what is seen comes from the tables in l10n/. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
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

let server: Server;
let browser: Browser;
let window: Workbench;

tellFailures('german', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  const workspace = join(await temporaryFolder('workspace'), 'shop');
  cpSync(demoWorkspace, workspace, { recursive: true, filter: (path) => !path.includes('__pycache__') });
  writeCodeProfile(join(workspace, 'known.pprof'), join(workspace, 'shop', 'pricing.py'));
  server = await startServer(tools, { settings: { 'editor.minimap.enabled': false, 'heatline.heat.scale': 'function' } });
  browser = await startChromium(tools);
  // What a language pack sets; VS Code's own texts stay English without one.
  await browser.context.addInitScript("globalThis._VSCODE_NLS_LANGUAGE = 'de'");
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
  await window.openFile('known.pprof');
  await window.webview('canvas');
  await window.openFile('shop/pricing.py');
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

it('status bar, figures, lenses and lists speak German', async () => {
  const words = () => window.page.locator('.statusbar-item[id$="heatline.view"]').innerText();
  await until('the status bar', async () => /wall · eigen · alle Threads · Anteil an der Funktion/.test(await words()));
  const hot = await until('heat', async () => (await drawnLine(window.page, '.casefold()')).figure);
  expect(hot.replaceAll('\u00a0', ' ')).toMatch(/76,9 % der Funktion +· +500 ms/);
  await until('lenses', async () =>
    /eigen 620 ms · gesamt 650 ms/.test((await window.page.locator('.codelens-decoration').allInnerTexts()).join()),
  );
  await window.page.locator('.statusbar-item[id$="heatline.view"] a').click();
  const list = window.page.locator('.quick-input-widget');
  await list.locator('.monaco-list-row').first().waitFor();
  expect(await list.innerText()).toMatch(/Was Heatline zeigt[\s\S]*Wandzeit: eigen[\s\S]*Messgröße/);
  await window.screenshot('code-german');
  await window.page.keyboard.press('Escape');
});

it('the page of a profile speaks German', async () => {
  await window.openFile('known.pprof');
  const page = await window.webview('#flame-tree [role=treeitem]');
  expect(await page.locator('html').getAttribute('lang')).toBe('de');
  expect(await page.locator('[role=tab]').allInnerTexts()).toEqual([
    'Flammen',
    'Zeitachse',
    'Sandwich',
    'Tabelle',
    'Baum',
    'Zeilen',
    'Dateien',
    'Vergleich',
    'Info',
  ]);
  await page.locator('#tab-table').click();
  await until('figures', async () => /62,0 %/.test((await page.locator('#row-0').innerText()).replaceAll('\u00a0', ' ')));
});

it('commands have their German titles', async () => {
  await window.page.keyboard.press('F1');
  const input = window.page.locator('.quick-input-widget input').first();
  await input.fill('>Heatline: Zur nächsten');
  await window.page.locator('.quick-input-widget .monaco-list-row', { hasText: 'Zur nächsten heißen Zeile' }).first().waitFor();
  await window.page.keyboard.press('Escape');
});
