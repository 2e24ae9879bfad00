/** A VS Code that runs as somebody without rights looks at a program of root: the doctor says whose it is, and what to run. */
import { spawnSync } from 'node:child_process';
import { lchownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, startGroup, stopGroup, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp, type Tools } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { notice, openPicker, rows } from './attachKit.js';
import { until } from './editor.js';
import { tellFailures } from './failures.js';

const NOBODY = 65_534;

let tools: Tools;
let server: Server | undefined;
let browser: Browser | undefined;
let window: Workbench;
let workspace: string;
/** Why it cannot be tried here; nobody's VS Code must be able to read the extension. */
let missing: string | undefined;

tellFailures('attachRefused', () => window);

beforeAll(async () => {
  tools = await setUp('tests', (line) => console.log(line));
  const look = [
    '-e',
    `for (const file of ${JSON.stringify([join(project, 'dist/cli.js'), tools.server])}) require('fs').readFileSync(file)`,
  ];
  const words = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', tools.node, ...look];
  if (process.getuid?.() !== 0) missing = 'only root can be somebody else';
  else if (spawnSync('setpriv', words, { cwd: '/' }).status !== 0) missing = 'another user cannot read the project';
  if (missing) return;
  workspace = join(await temporaryFolder('refused'), 'service');
  mkdirSync(workspace);
  writeFileSync(join(workspace, 'waits.py'), 'import time\ntime.sleep(600)\n');
  for (const folder of [dirname(workspace), workspace]) lchownSync(folder, NOBODY, NOBODY);
  server = await startServer(tools, { user: NOBODY });
  browser = await startChromium(tools);
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

it('names the owner in the picker, tells the fix, and copies the command for a terminal', async (context) => {
  if (missing) return context.skip(missing);
  const target = startGroup(tools.python, ['waits.py', '--password', 'hunter2'], { cwd: workspace, stdio: 'ignore' });
  try {
    const row = rows(window).filter({ hasText: new RegExp(`(?<!\\d)${target.pid} · Python`) });
    const open = async () => {
      await openPicker(window, String(target.pid));
      await row.waitFor();
    };
    await window.openFile('waits.py');
    // Right after its start the program may still be a script that looks for its interpreter.
    await until('the row', async () => open().then(() => true));
    expect(await row.innerText()).toMatch(/· root[\s\S]*it belongs to root · .*waits\.py --password •••/);
    await window.screenshot('attach-refused-dark');
    await row.click();
    const told = await notice(window, `Process ${target.pid}`);
    expect(await told.innerText()).toContain(
      `may not be read: it belongs to root. Run: sudo env "PATH=$PATH" heatline record --pid ${target.pid}`,
    );
    await window.screenshot('attach-refused-message-dark');
    await told.getByRole('button', { name: 'Copy Command' }).click();
    const copied = await until('the command', () => window.page.evaluate(() => navigator.clipboard.readText()));
    expect(copied).toMatch(new RegExp(`^sudo env "PATH=\\$PATH" \\S*node '?\\S*cli\\.js'? record --pid ${target.pid}$`));
    // It is the command that records, but for sudo: root's shell takes it as it stands.
    const asked = spawnSync('/bin/sh', ['-c', copied.replace(/^sudo /, '').replace(/--pid \d+$/, '--pid 0')], { encoding: 'utf8' });
    expect(asked.stderr).toMatch(/^heatline: .*pid/);
  } finally {
    await stopGroup(target);
  }
});
