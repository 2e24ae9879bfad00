/** The extension in a pseudo-language, in a real VS Code: nothing of ours that is seen there comes around the tables of texts. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { demoWorkspace } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { writeCodeProfile } from './codeProfile.js';
import { drawnLine, until } from './editor.js';
import { tellFailures } from './failures.js';
import { accented, PSEUDO, pseudoExtension, type Shown, shownTexts, strange } from './pseudo.js';

let server: Server;
let browser: Browser;
let window: Workbench;

/** Names in the profile, of its files and its folder; and names that are the same in every language. */
const NAMES =
  /\b(?:known\.pprof|pprof|wall|Ember|Cividis|Violet|Heatline|Python|MainThread|worker|main|quote|rebate|pay|hash|pricing\.py(?::\d+)?|shop)\b|<(?:module|built-in method hash)>|\/\S+/g;

tellFailures('pseudoWindow', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  const workspace = join(await temporaryFolder('workspace'), 'shop');
  cpSync(demoWorkspace, workspace, { recursive: true, filter: (path) => !path.includes('__pycache__') });
  writeCodeProfile(join(workspace, 'known.pprof'), join(workspace, 'shop', 'pricing.py'));
  const extension = await temporaryFolder('extension');
  pseudoExtension(extension);
  server = await startServer(tools, { settings: { 'editor.minimap.enabled': false } });
  browser = await startChromium(tools);
  await browser.context.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = '${PSEUDO}'`);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: extension });
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

/** What is seen in a part of the window once there is something of ours; VS Code's own words stay English there. */
async function missed(selector: string): Promise<string[]> {
  await until(`texts in ${selector}`, async () => (await shownTexts(window.page, selector)).some(({ text }) => text.includes('⟧')));
  return strange(await shownTexts(window.page, selector), NAMES);
}

it('the page of a profile', async () => {
  await window.openFile('known.pprof');
  const page = await window.webview('#flame-tree [role=treeitem]', 90_000);
  const shown = await until('the page', async () => (await shownTexts(page)).length > 30 && shownTexts(page));
  expect(strange(shown, NAMES)).toEqual([]);
});

it('heat, lenses and the status bar', async () => {
  await window.openFile('shop/pricing.py');
  await until('heat', async () => (await drawnLine(window.page, '.casefold()')).figure, 60);
  expect(await missed('.codelens-decoration')).toEqual([]);
  expect(await missed('.statusbar-item[id*="heatline"]')).toEqual([]);
});

it('lists and messages', async () => {
  await window.page.locator('.statusbar-item[id$="heatline.view"] a').click();
  expect(await missed('.quick-input-widget .monaco-list-rows')).toEqual([]);
  await window.page.keyboard.press('Escape');
  // The profile is of no tests: that is told with a way out.
  await window.runCommand(accented('Show One Test'));
  // The rig's windows keep notifications behind the bell.
  await window.page.locator('[id="status.notifications"]:has(.codicon-bell-dot)').click();
  expect(await missed('.notification-list-item-message, .notification-list-item .monaco-button')).toEqual([]);
  await window.screenshot('pseudo-window');
});

it('views and their commands', async () => {
  await window.page
    .locator('.activitybar .action-label[aria-label^="Heatline"], .activitybar .action-label[aria-label^="⟦"]')
    .first()
    .click();
  const views = '.sidebar .pane';
  await until('functions in the views', async () =>
    /quote/.test((await window.page.locator(`${views} .monaco-list-row`).allInnerTexts()).join()),
  );
  const shown: Shown[] = [
    ...(await shownTexts(window.page, `${views} .pane-header :is(.title, .description)`)),
    ...(await shownTexts(window.page, `${views} .monaco-list-row`)),
    ...(await shownTexts(window.page, `${views} .welcome-view-content p`)),
  ];
  expect(strange(shown, NAMES)).toEqual([]);
  await window.screenshot('pseudo-views');
  await window.page.keyboard.press('F1');
  const list = window.page.locator('.quick-input-widget');
  await list.locator('input').first().fill('>Heatline: ');
  await until('commands', async () =>
    (await list.locator('.monaco-list-row').allInnerTexts()).every((text) => /^Heatline: ⟦/.test(text.trim())),
  );
});
