/** Looking at a recording while it goes on, in a real VS Code: heat, figures and flame graph move, stand still, and end whole. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { lookedOn } from './attachKit.js';
import { drawnLine, until } from './editor.js';
import { tellFailures } from './failures.js';

let server: Server;
let pySpy: string | undefined;
let browser: Browser;
let window: Workbench;
let workspace: string;

const program = `import os, time
def early():
    return sum(n * n for n in range(2000))
def late():
    return sorted(-n for n in range(2000))
end = time.time() + 900
while not os.path.exists("change") and time.time() < end:
    early()
while not os.path.exists("end") and time.time() < end:
    late()
`;

tellFailures('live', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  // As people have it: the tool in the workspace's own environment.
  pySpy = tools.pySpy;
  workspace = await temporaryFolder('live');
  writeFileSync(join(workspace, 'phases.py'), program);
  const venv = spawnSync(tools.python, ['-m', 'venv', '--without-pip', join(workspace, '.venv')], { encoding: 'utf8' });
  if (venv.status !== 0) throw new Error(`No virtual environment: ${venv.stderr}`);
  if (pySpy) symlinkSync(pySpy, join(workspace, '.venv', 'bin', 'py-spy'));
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
/** What the page under the flame graph says of it: how many samples, and the value types that it offers. */
const page = async () => {
  const frame = await window.webview('#flame-canvas');
  const samples = /([\d,]+) samples/.exec(await frame.locator('body').innerText())?.[1] ?? '0';
  return { samples: Number(samples.replaceAll(',', '')), types: await frame.locator('select').first().innerText() };
};

it('follows the program, holds still, goes on, and ends as the whole recording', async () => {
  for (const file of ['change', 'end']) rmSync(join(workspace, file), { force: true });
  await window.openFile('phases.py');
  await window.page.locator('.editor-actions .action-label[aria-label*="Profile This File"]').first().click();
  await until('heat while the program runs', async () => (await share('sum(n')) > 30);
  expect(existsSync(join(workspace, 'end'))).toBe(false);
  expect(await share('sorted(')).toBe(0);
  await item('live').waitFor();
  await window.screenshot('live-heat');

  await window.runCommand('Heatline: Show Flame Graph');
  const first = await until('the flame graph of the running program', async () => (await page()).samples || undefined);
  await until('the flame graph to follow', async () => (await page()).samples > first, 60);
  expect((await page()).types).toContain('Wall time of the last 10 s');
  writeFileSync(join(workspace, 'change'), '');
  await window.screenshot('live-flame');

  await item('live').click();
  await item('paused').waitFor();
  await window.screenshot('live-paused');
  await item('paused').click();
  await item('live').waitFor();

  writeFileSync(join(workspace, 'end'), '');
  await until('the end', async () => (await item('live').count()) === 0, 60);
  await until('the summary', async () => /\d+ % in (early|late)/.test(await window.page.locator('.part.statusbar').innerText()));
  await window.screenshot('live-end');
  await until('the whole recording in the page', async () => !(await page()).types.includes('last 10 s'));
  expect((await window.page.locator('.tab.active').innerText()).replace(/\s/g, '')).toBe('phases.pb.gz');
  await window.openFile('phases.py');
  await until('heat of the whole recording', async () => (await share('sum(n')) > 3 && (await share('sorted(')) > 3);
});

it('says of an engine that shows nothing before its end that it does, and shows it then', async (context) => {
  if (!pySpy) return context.skip('py-spy is missing');
  for (const file of ['change', 'end']) rmSync(join(workspace, file), { force: true });
  mkdirSync(join(workspace, '.vscode'), { recursive: true });
  writeFileSync(join(workspace, '.vscode/settings.json'), '{ "heatline.engine": "py-spy" }');
  await window.reload();
  await window.openFile('phases.py');
  await window.page.locator('.editor-actions .action-label[aria-label*="Profile This File"]').first().click();
  await item('shown at the end').waitFor();
  const said = 'py-spy hands over its recording at the end only: heat and flame graph come then.';
  expect(await item('shown at the end').locator('[aria-label]').first().getAttribute('aria-label')).toBe(`No live view. ${said}`);
  await item('0:').first().waitFor();
  await item('shown at the end').hover();
  await window.page.locator('.workbench-hover').filter({ hasText: said }).waitFor();
  await window.screenshot('live-blind');
  writeFileSync(join(workspace, 'change'), '');
  await lookedOn(server);
  writeFileSync(join(workspace, 'end'), '');
  await until('the end', async () => (await item('shown at the end').count()) === 0, 60);
  await until('heat', async () => (await share('sum(n')) + (await share('sorted(')) > 30);
});
