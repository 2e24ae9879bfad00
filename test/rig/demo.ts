/**
 * The main job, shown: `npm run demo` opens a real VS Code on the sample workspace, profiles it and says where to look.
 * Where `code` is installed it is used; else VS Code's server runs on loopback and the page's address is printed.
 * `--check` does the same without a person: it looks at the page in a browser and exits.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawnLine, until } from '../e2e/editor.js';
import { startChromium } from './chromium.js';
import { onPath } from './install.js';
import { artifacts, demoWorkspace, project } from './paths.js';
import { cleanUp, temporaryFolder } from './processes.js';
import { run, startServer } from './server.js';
import { setUp } from './setup.js';
import { openWorkspace } from './workbench.js';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, browser: { type: 'boolean', default: false } } });
const say = (line: string) => console.log(line);

const workspace = join(await temporaryFolder('demo'), 'shop');
cpSync(demoWorkspace, workspace, { recursive: true });
await run(process.execPath, ['esbuild.config.mjs'], process.env, project);

/** The hand that presses Heatline's button. */
const hand = join(project, 'test', 'rig', 'demo');

const look = [
  'shop/pricing.py is profiled as soon as the window is up. Then look',
  '  - at the lines: the bar behind line 9 is the share of the whole run it takes; its figure stands after it',
  '  - above the functions: self and total time and exact call counts; hover a line for callers and callees',
  '  - at the flame in the activity bar: Recordings, Call Tree (cumtime), Hot Functions (tottime)',
  '  - at the flame graph: F1, Heatline: Show Flame Graph',
  'To profile a file yourself press the flame at the top right of its editor.',
].join('\n');

const desktop = onPath('code');
if (desktop && !values.check && !values.browser && (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY)) {
  const args = [`--extensionDevelopmentPath=${project}`, `--extensionDevelopmentPath=${hand}`, '--disable-workspace-trust', workspace];
  spawnSync(desktop, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  say(`VS Code is open on ${workspace}.\n${look}`);
  process.exit(0);
}

const tools = await setUp(values.check ? 'demo-check' : 'demo', say);
const token = randomUUID();
const server = await startServer(tools, { unpacked: [hand], token });
const remote = (path: string) => `vscode-remote://127.0.0.1:${server.port}${encodeURI(path)}`;
const payload = JSON.stringify([['extensionDevelopmentPath', remote(project)]]);
const url = `http://127.0.0.1:${server.port}/?${new URLSearchParams({ tkn: token, folder: workspace, payload })}`;
const end = async (status: number) => {
  await server.stop();
  await cleanUp();
  process.exit(status);
};

if (values.check) {
  const browser = await startChromium(tools);
  const window = await openWorkspace(server, browser.context, { url });
  const heat = window.page.locator('.codelens-decoration', { hasText: /self · .* calls/ }).first();
  const seen = await heat.waitFor({ timeout: 90_000 }).then(
    () => true,
    () => false,
  );
  const hot = await until('heat', async () => (await drawnLine(window.page, '.casefold()')).bar, 10).catch(() => undefined);
  mkdirSync(artifacts, { recursive: true });
  await window.screenshot('demo');
  await browser.stop();
  const missing = [...(seen ? [] : ['lenses']), ...(hot ? [] : ['heat on line 9'])];
  say(
    missing.length === 0 ? 'The demo shows heat and lenses.' : `The demo did not show ${missing.join(' or ')} (test/.artifacts/demo.png).`,
  );
  await end(missing.length === 0 ? 0 : 1);
}

say(`\nVS Code runs in your browser at\n\n  ${url}\n\n${look}\nCtrl-C here ends it.`);
const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? onPath('xdg-open');
if (opener)
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
process.once('SIGINT', () => void end(0));
process.once('SIGTERM', () => void end(0));
