/** A workspace that nobody trusts, in a real VS Code: nothing of it is run, and its profiles can still be looked at. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { demoWorkspace, project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { encodePprof } from '../unit/serverKit.js';
import { drawnLine, until } from './editor.js';
import { tellFailures } from './failures.js';

let server: Server;
let browser: Browser;
let window: Workbench;
let workspace: string;
let elsewhere: string;
let before: readonly string[];
/** Is there once somebody has run git. */
const ran = () => join(elsewhere, 'git-ran');

tellFailures('untrusted', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  workspace = join(await temporaryFolder('untrusted'), 'shop');
  cpSync(demoWorkspace, workspace, { recursive: true });
  cpSync(join(project, 'test/fixtures/profiles/pstats/python-3.12.prof'), join(workspace, 'found.prof'));
  elsewhere = await temporaryFolder('elsewhere');
  // What a stranger's repository may say: none of it is to be looked into.
  mkdirSync(join(elsewhere, 'chosen by the workspace'));
  mkdirSync(join(workspace, '.vscode'));
  const theirs = { 'heatline.production.folders': [join(elsewhere, 'chosen by the workspace')] };
  writeFileSync(join(workspace, '.vscode', 'settings.json'), JSON.stringify(theirs));
  before = readdirSync(workspace).sort();
  mkdirSync(join(elsewhere, 'bin'));
  writeFileSync(join(elsewhere, 'bin', 'git'), `#!/bin/sh\n: > '${ran()}'\nexit 1\n`);
  chmodSync(join(elsewhere, 'bin', 'git'), 0o755);
  const env = { PATH: `${join(elsewhere, 'bin')}${delimiter}${tools.path}`, XDG_CACHE_HOME: join(elsewhere, 'cache') };
  mkdirSync(join(elsewhere, 'windows'));
  const settings = { 'heatline.production.folders': [join(elsewhere, 'windows')] };
  server = await startServer(tools, { workspaceTrust: true, env, settings });
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
  await window.page.getByText('Restricted Mode is intended').waitFor();
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

it('does not run its programs, and says so with the way out', async () => {
  await window.openFile('pricing.py');
  await window.page.getByRole('button', { name: 'Profile This File' }).first().click();
  // The rig's windows keep notifications behind the bell.
  await window.page.locator('[id="status.notifications"]:has(.codicon-bell-dot)').click();
  const notice = window.page.locator('.notification-list-item', { hasText: 'not trusted' });
  await notice.waitFor();
  await window.screenshot('untrusted');
  expect(await notice.innerText()).toContain('so Heatline does not run its programs; profiles can still be opened.');
  expect(await notice.getByRole('button', { name: 'Manage Trust' }).count()).toBe(1);
  expect(await window.page.locator('.terminal-wrapper').count()).toBe(0);
  // Had anything been recorded, its folder would be here.
  expect(readdirSync(workspace).sort()).toEqual(before);
  await window.runCommand('Notifications: Clear All Notifications');
});

it('still shows a profile that lies in it', async () => {
  await window.openFile('found.prof');
  const page = await window.webview('[role="tab"]', 30_000);
  await page.getByRole('tab', { name: 'Table' }).click();
  await page.getByText('ncalls').first().waitFor();
  await window.screenshot('untrusted-profile');
  await page.getByRole('row').nth(3).waitFor();
});

it('shows windows of production on the lines that ran, and says that git is not asked', async () => {
  const samples = [{ stack: [[0, 5]] as const, values: [1, 5e8] }];
  const comments = ['service=shop', 'commit=0123456789abcdef0123456789abcdef01234567'];
  const functions = [['quote', join(workspace, 'shop', 'pricing.py'), 4]] as const;
  writeFileSync(
    join(elsewhere, 'windows', 'one.pb.gz'),
    encodePprof({ functions, samples, comments, timeNanos: Date.now() * 1e6, durationNanos: 60e9 }),
  );
  await window.page.locator('.activitybar .action-label[aria-label^="Heatline"]').first().click();
  const panel = window.page.locator('.pane', { has: window.page.locator('.pane-header', { hasText: 'Production' }) });
  await panel.getByText('This workspace is not trusted, so git is not asked: heat is on the line numbers that ran').waitFor();
  await panel.locator('.monaco-list-row', { hasText: 'Today' }).locator('.monaco-icon-label').click();
  await window.openFile('shop/pricing.py');
  await until('heat on the line that ran', async () => (await drawnLine(window.page, 'total = 0')).figure !== undefined);
  await window.screenshot('untrusted-production');
  expect(await panel.locator('.monaco-list-row', { hasText: 'chosen by the workspace' }).count()).toBe(0);
  expect(existsSync(ran())).toBe(false);
});
