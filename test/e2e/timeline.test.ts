/** The timeline, the context menu, undo and export in a real VS Code. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { demoWorkspace, project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { clickInMenu, until } from './editor.js';
import { tellFailures } from './failures.js';

let server: Server;
let browser: Browser;
let window: Workbench;
let workspace: string;
let page: Frame;

tellFailures('timeline', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  workspace = join(await temporaryFolder('timeline'), 'shop');
  cpSync(demoWorkspace, workspace, { recursive: true });
  cpSync(join(project, 'test/fixtures/profiles/speedscope/pyspy-threads.speedscope.json'), join(workspace, 'threads.speedscope.json'));
  server = await startServer(tools);
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
  await window.openFile('threads.speedscope.json');
  page = await window.webview('[role="tab"]', 60_000);
  await page.getByRole('tab', { name: 'Timeline' }).click();
  await page.locator('.lane-head').first().waitFor();
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

const chips = async () => (await page.locator('.chip').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));

it('shows threads over time', async () => {
  expect(await page.locator('.lane-head').count()).toBeGreaterThan(1);
  await window.screenshot('timeline-dark');
});

it('keeps every view to a stretch of time, as the status bar says', async () => {
  const overview = page.locator('.time-overview');
  const { x, y, width } = (await overview.boundingBox())!;
  await window.page.mouse.move(x + width * 0.3, y + 20);
  await window.page.mouse.down();
  await window.page.mouse.move(x + width * 0.5, y + 20, { steps: 5 });
  await window.page.mouse.up();
  const [chip] = await until('the chip', async () => ((await chips()).length === 1 ? chips() : false));
  expect(chip).toMatch(/^Time 0\.1\d+ s to 0\.1\d+ s ✕$/);
  await until('the status bar', async () => /from 0\.1\d+ s to/.test(await window.page.locator('.statusbar').innerText()));
  await window.screenshot('timeline-range');
});

it("has VS Code's own menu on a box, and undo takes back what it did", async () => {
  const canvas = page.locator('#timeline-canvas');
  await canvas.click({ button: 'right', position: { x: 300, y: 35 } });
  const item = window.page.getByRole('menuitem', { name: 'Focus on Function' });
  await item.waitFor();
  const items = await window.page.locator('.context-view .monaco-menu .action-label').allInnerTexts();
  expect(items.filter(Boolean)).toEqual(
    expect.arrayContaining(['Open Source', 'Show Callers and Callees', 'Ignore Function', 'Copy Stack']),
  );
  await window.screenshot('timeline-menu');
  await clickInMenu(item);
  await until('the filter', async () => (await chips()).some((text) => text.startsWith('Focus ')));
  await canvas.focus();
  await window.page.keyboard.press('Control+z');
  await until('the filter to go', async () => (await chips()).length === 1);
  await window.page.keyboard.press('Control+Shift+Z');
  await until('the filter to come', async () => (await chips()).length === 2);
});

it('writes a picture where the user says', async () => {
  await page.getByRole('button', { name: 'Export…' }).click();
  await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'SVG' }).click();
  const name = window.page.locator('.quick-input-box input');
  await until('the question where to', async () => /\.svg$/.test(await name.inputValue()));
  const target = join(workspace, 'kept.svg');
  await name.fill(target);
  await window.page.keyboard.press('Enter');
  const svg = await until('the file', async () => {
    const text = readFileSync(target, 'utf8');
    return text.endsWith('</svg>\n') && text;
  });
  expect(svg).toContain('<title>');
  expect(svg).not.toContain(workspace);
});
