/** Joining programs that run, as a person does it in a real VS Code: pick one, look why another cannot be, stop, look at the heat. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findExecutable } from '../../src/engines/which.js';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, startGroup, stopGroup, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp, type Tools } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { lookedOn, notice, openPicker, recordingsView, rows, shoot, underWay } from './attachKit.js';
import { drawnLine, until } from './editor.js';
import { tellFailures } from './failures.js';

const WORKER = `import sys, time


def price(rows):
    return sum(n * n for n in range(rows))


def serve():
    print("ready", flush=True)
    end = time.time() + 600
    while time.time() < end:
        price(3000)


serve()
`;
const SERVICE = `import os, subprocess, sys
here = os.path.dirname(os.path.abspath(__file__))
words = [sys.argv[1], "--token", "hunter2"]
workers = [subprocess.Popen([sys.executable, os.path.join(here, "worker.py"), name, *words]) for name in ("north", "south")]
for worker in workers:
    worker.wait()
`;
const SLEEPER = 'import time\nprint("ready", flush=True)\ntime.sleep(600)\n';

let tools: Tools;
let server: Server;
let browser: Browser;
let window: Workbench;
let workspace: string;

const picker = () => window.page.locator('.quick-input-widget');
const statusBar = () => window.page.locator('.part.statusbar').innerText();
const share = (figure: string | undefined) => Number.parseFloat(/([\d.]+)\s*%/.exec(figure ?? '')?.[1] ?? '0');

tellFailures('attach', () => window);

beforeAll(async () => {
  tools = await setUp('tests', (line) => console.log(line));
  workspace = join(await temporaryFolder('attach'), 'my service ü');
  mkdirSync(workspace);
  writeFileSync(join(workspace, 'worker.py'), WORKER);
  writeFileSync(join(workspace, 'service.py'), SERVICE);
  writeFileSync(join(workspace, 'sleeper.py'), SLEEPER);
  // As people have it: the tool in the workspace's own environment.
  const venv = spawnSync(tools.python, ['-m', 'venv', '--without-pip', join(workspace, '.venv')], { encoding: 'utf8' });
  if (venv.status !== 0) throw new Error(`No virtual environment: ${venv.stderr}`);
  if (tools.pySpy) symlinkSync(tools.pySpy, join(workspace, '.venv', 'bin', 'py-spy'));
  server = await startServer(tools);
  browser = await startChromium(tools);
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

/** Starts a program of the workspace, and resolves when so many processes of it have begun their work. */
async function start(ready: number, program: string, ...words: string[]): Promise<ChildProcess> {
  const child = startGroup(program, words, { cwd: workspace, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout!.on('data', (chunk) => (said += chunk));
  await until('the program', async () => said.split('ready').length > ready, 60);
  return child;
}

const rowOf = ({ pid }: ChildProcess) => rows(window).filter({ hasText: new RegExp(`(?<!\\d)${pid} ·`) });

it('the picker groups a service’s workers below it, and a recording of one ends with heat on its hot line', async (context) => {
  if (!tools.pySpy) return context.skip('py-spy is missing');
  const tag = `group-${process.pid}`;
  const service = await start(2, tools.python, 'service.py', tag);
  try {
    await window.openFile('worker.py');
    // Of all that runs on this machine only what has the tag.
    await openPicker(window, tag);
    const texts = await until('the service and both workers', async () => {
      const all = (await rows(window).allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '));
      return all.length === 4 && all;
    });
    expect(texts[0]).toMatch(new RegExp(`service\\.py ?${service.pid} · Python 3(\\.\\d+)? · \\w+`));
    expect(texts.slice(1, 3).sort().join('\n')).toMatch(/worker\.py.* north .* --token •••\n.*worker\.py.* south .* --token •••$/);
    expect(texts[3]).toMatch(/Show all programs/);
    await shoot(window, 'picker', async () => {
      await openPicker(window, tag);
      await until('the rows', async () => (await rows(window).count()) === 4);
    });
    await rows(window).filter({ hasText: ' north ' }).click();
    const unlimited = rows(window).filter({ hasText: 'Until stopped' });
    await unlimited.waitFor();
    await window.screenshot('attach-duration-dark');
    await unlimited.click();
    await until('the clock with the name', async () => /worker\.py \(\d+\) \d:\d\d/.test(await statusBar()));
    await lookedOn(server);
    await window.screenshot('attach-recording-dark');
    await window.page
      .locator('.part.statusbar')
      .getByRole('button', { name: /Heatline records worker\.py.*Stop/ })
      .click();
    await until('the summary', async () => /\d+ % in/.test(await statusBar()));
    const hot = await until('heat on the hot line', async () => {
      const line = await drawnLine(window.page, 'sum(n * n');
      return line.bar && line.figure ? line : undefined;
    });
    expect(share(hot.figure)).toBeGreaterThan(40);
    await window.screenshot('attach-heat-dark');
    const list = await recordingsView(window);
    await until('the recording', async () => /worker\.py \(\d+\)[\s\S]*py-spy · stopped/.test(await list.innerText()));
    expect(service.exitCode).toBeNull();
  } finally {
    await stopGroup(service);
  }
});

it('a window that is closed while it records two programs leaves both recordings, no tool and no program of ours', async (context) => {
  if (!tools.pySpy) return context.skip('py-spy is missing');
  const worker = await start(1, tools.python, 'worker.py', 'alone');
  try {
    await openPicker(window, String(worker.pid));
    await rowOf(worker).click();
    await rows(window).filter({ hasText: 'Until stopped' }).click();
    await lookedOn(server);
    // The same file, started from here: it has a clock of its own.
    await window.openFile('worker.py');
    await window.page.locator('.editor-actions .action-label[aria-label*="Profile This File"]').first().click();
    const ours = { tool: `py-spy record .*-p ${worker.pid}$`, program: `heatline/__main__\\.py run .*${workspace}/worker\\.py` };
    const lives = (pattern: string) => spawnSync('pgrep', ['-f', pattern], { encoding: 'utf8' }).stdout !== '';
    await until('both clocks', async () => /worker\.py \(\d+\) \d:\d\d[\s\S]*worker\.py \d:\d\d/.test(await statusBar()));
    await until('a checkpoint', async () => underWay(server, /worker\.pb\.gz\.part$/).length > 0, 90);
    await window.screenshot('attach-two-dark');
    expect([lives(ours.tool), lives(ours.program)]).toEqual([true, true]);
    await window.reload();
    await until('the end of the tool', async () => !lives(ours.tool));
    await until('the end of our program', async () => !lives(ours.program));
    expect(worker.exitCode).toBeNull();
    const list = await recordingsView(window);
    const label = `worker.py (${worker.pid})`;
    await until('the recording', async () => (await list.innerText()).includes(label));
    await until('the other', async () => (await list.locator('.monaco-list-row', { hasText: /^\s*worker\.py(?! \()/ }).count()) === 1, 60);
    await list.locator('.monaco-list-row', { hasText: label }).first().click();
    await window.openFile('worker.py');
    await until('its heat', async () => share((await drawnLine(window.page, 'sum(n * n')).figure) > 40);
  } finally {
    await stopGroup(worker);
  }
});

it('the doctor says why a PyPy program cannot be joined, and copies the command that records it', async (context) => {
  const pypy = findExecutable('pypy3', tools.path.split(delimiter), process.platform);
  if (!pypy) return context.skip('pypy3 is missing');
  const target = await start(1, pypy, 'sleeper.py', "it's");
  try {
    const open = async () => {
      await openPicker(window, String(target.pid));
      await until('why not', async () => /runs on PyPy/.test(await picker().innerText()));
    };
    await open();
    await shoot(window, 'doctor', open);
    await rowOf(target).click();
    const told = await notice(window, `Process ${target.pid}`);
    await window.screenshot('attach-doctor-message-dark');
    expect(await told.innerText()).toContain('runs on PyPy, whose memory no sampler can read. Start it under the tracer instead');
    await told.getByRole('button', { name: 'Copy Command' }).click();
    const copied = await until('the command', () => window.page.evaluate(() => navigator.clipboard.readText()));
    expect(copied).toMatch(/^cd '.*my service ü' && \S*node \S*cli\.js record --engine cprofile -- \S*pypy3 sleeper\.py 'it'\\''s'$/);
  } finally {
    await stopGroup(target);
  }
});

it('the extension wrote no error to the console', () => {
  const ours = window.console.filter(
    (line) => /^(error|pageerror)/.test(line) && /heatline\.heatline|dist\/(extension|languageClient|launching|server|webview)/.test(line),
  );
  expect(ours).toEqual([]);
  expect(readFileSync(server.log, 'utf8')).not.toMatch(/heatline.*(TypeError|ReferenceError)/i);
});
