/** Looking at a recording while it goes on, in a real VS Code: heat, figures and flame graph move, stand still, and end whole. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { drawnLine, until } from './editor.js';

let server: Server;
let browser: Browser;
let window: Workbench;
let workspace: string;

const program = `import os, time
def early():
    return sum(n * n for n in range(2000))
def late():
    return sorted(-n for n in range(2000))
end = time.time() + 300
while not os.path.exists("change") and time.time() < end:
    early()
while not os.path.exists("end") and time.time() < end:
    late()
`;

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  workspace = await temporaryFolder('live');
  writeFileSync(join(workspace, 'phases.py'), program);
  server = await startServer(tools);
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
});

afterAll(async () => {
  writeFileSync(join(workspace, 'end'), '');
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

const share = async (part: string) => {
  const line = await drawnLine(window.page, part);
  return Number.parseFloat(/([\d.]+)\s*%/.exec(line.figure ?? '')?.[1] ?? '0');
};
const item = (text: string) => window.page.locator('.part.statusbar .statusbar-item').filter({ hasText: text });
const flame = async () => (await window.webview('#flame-canvas')).locator('#flame-tree').innerText();

it('follows the program, holds still, goes on, and ends as the whole recording', async () => {
  await window.openFile('phases.py');
  await window.page.locator('.editor-actions .action-label[aria-label*="Profile This File"]').first().click();
  await until('heat while the program runs', async () => (await share('sum(n')) > 30, 90);
  expect(existsSync(join(workspace, 'end'))).toBe(false);
  expect(await share('sorted(')).toBe(0);
  await item('live').waitFor();
  await window.screenshot('live-heat');

  await window.runCommand('Heatline: Show Flame Graph');
  await until('the flame graph of the running program', async () => /early/.test(await flame()));
  expect(await flame()).not.toMatch(/late/);
  writeFileSync(join(workspace, 'change'), '');
  await until('the flame graph to follow', async () => /late/.test(await flame()), 60);
  await window.screenshot('live-flame');

  await item('live').click();
  await item('paused').waitFor();
  await window.screenshot('live-paused');
  await item('paused').click();
  await item('live').waitFor();

  writeFileSync(join(workspace, 'end'), '');
  await until('the end', async () => (await item('live').count()) === 0, 60);
  await until('the summary', async () => /\d+ % in (early|late)/.test(await window.page.locator('.part.statusbar').innerText()), 60);
  await until('the whole recording in the page', async () => /early/.test(await flame()) && /late/.test(await flame()));
  expect(await window.page.locator('.tab.active').innerText()).toContain('phases.pb.gz');
  await window.openFile('phases.py');
  await until('heat of the whole recording', async () => (await share('sum(n')) > 3 && (await share('sorted(')) > 3);
});
