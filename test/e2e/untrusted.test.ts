/** A workspace that nobody trusts, in a real VS Code: nothing of it is run, and its profiles can still be looked at. */
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { demoWorkspace, project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { tellFailures } from './failures.js';

let server: Server;
let browser: Browser;
let window: Workbench;
let workspace: string;

tellFailures('untrusted', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  workspace = join(await temporaryFolder('untrusted'), 'shop');
  cpSync(demoWorkspace, workspace, { recursive: true });
  cpSync(join(project, 'test/fixtures/profiles/pstats/python-3.12.prof'), join(workspace, 'found.prof'));
  server = await startServer(tools, { workspaceTrust: true });
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
  expect(readdirSync(workspace).sort()).toEqual(readdirSync(demoWorkspace).concat('found.prof').sort());
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
