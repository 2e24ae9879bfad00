/** Fetching from a service as a person does it in a real VS Code: its address, a kind, a login, Cancel. */
import { readFileSync } from 'node:fs';
import { createServer, type Server as Service } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, strays, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { recordingsView, rows, themes } from './attachKit.js';
import { until } from './editor.js';
import { tellFailures } from './failures.js';

const index =
  "<a href='heap?debug=1'>heap</a><a href='profile?debug=1'>profile</a><a href='tenants?debug=1'>tenants</a><a href='trace?debug=1'>trace</a>";
const profile = readFileSync(join(project, 'test/fixtures/profiles/pstats/python-3.12.prof'));

let server: Server;
let browser: Browser;
let window: Workbench;
let service: Service;
let address: string;
const asked: string[] = [];
let giveTenants: (() => void) | undefined;

tellFailures('fetch', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  // Offers three kinds, gives heap to whom it knows, never answers for CPU, and for tenants when it is told to.
  service = createServer(({ url = '', headers }, response) => {
    const path = url.replace(/\?.*/, '');
    asked.push(path);
    if (path === '/debug/pprof/') response.setHeader('content-type', 'text/html').end(index);
    else if (path === '/debug/pprof/heap')
      headers.authorization === 'Bearer s3cret' ? response.end(profile) : response.writeHead(401).end();
    else if (path === '/debug/pprof/tenants') giveTenants = () => response.end(profile);
  });
  await new Promise<void>((done) => service.listen(0, '127.0.0.1', done));
  address = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  server = await startServer(tools);
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: await temporaryFolder('fetch'), extensionDevelopmentPath: project });
});

afterAll(async () => {
  service?.closeAllConnections();
  service?.close();
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

const input = () => window.page.locator('.quick-input-widget input').first();
const placeholder = (text: string) => window.page.locator(`.quick-input-widget input[placeholder*="${text}"]`).waitFor();

async function chooseKind(kind: string): Promise<void> {
  await placeholder('Which profile?');
  await input().fill(kind);
  await input().press('Enter');
}

it('offers what the service has, asks for a login, and shows what came', async () => {
  await window.runCommand('Heatline: Fetch a Profile from a Service');
  await placeholder('localhost:6060');
  await input().fill(address);
  await input().press('Enter');
  await placeholder('Which profile?');
  expect(await rows(window).allInnerTexts()).toEqual([
    expect.stringMatching(/^profile/),
    expect.stringMatching(/^heap/),
    expect.stringMatching(/^tenants/),
  ]);
  await window.screenshot('fetch-kinds');
  await chooseKind('heap');
  const login = window.page.locator('.quick-input-widget input[type=password]');
  await login.waitFor();
  await window.screenshot('fetch-login');
  await login.fill('Bearer s3cret');
  await login.press('Enter');
  await chooseKind('heap');
  await until('the recording', async () => (await window.page.locator('.part.statusbar').innerText()).includes('in fib'));
});

it('keeps the address; Cancel ends the waiting at once', async () => {
  await window.runCommand('Heatline: Fetch a Profile from a Service');
  await placeholder('localhost:6060');
  for (const theme of themes) {
    await window.setTheme(theme);
    await window.runCommand('Heatline: Fetch a Profile from a Service');
    await until('the address', async () => (await rows(window).allInnerTexts()).join().includes('with a login'));
    await window.screenshot(`fetch-${theme}`);
  }
  await input().press('Enter');
  await chooseKind('profile');
  await until('the seconds', async () => (await input().inputValue()) === '30');
  await input().fill('600');
  await input().press('Enter');
  await until('the request', async () => asked.at(-1) === '/debug/pprof/profile');
  // The rig's windows keep notices in their list.
  await window.runCommand('Notifications: Show Notifications');
  // The one of the question before may still be on its way out.
  const fetching = window.page.locator('.notification-list-item', { hasText: 'Fetching profile of' });
  await fetching.waitFor();
  await window.screenshot('fetch-progress');
  await fetching.locator('.monaco-button', { hasText: 'Cancel' }).click();
  await until('its end', async () => !/profile of .*0:\d\d/.test(await window.page.locator('.part.statusbar').innerText()));
});

it('what comes after the window’s extensions have crashed is a recording all the same', async () => {
  await window.runCommand('Heatline: Fetch a Profile from a Service');
  await placeholder('localhost:6060');
  await until('the address', async () => (await rows(window).count()) > 0);
  await input().press('Enter');
  await chooseKind('tenants');
  await until('the request', async () => giveTenants !== undefined);
  const hosts = strays().filter(({ command }) => command.includes('--type=extensionHost'));
  expect(hosts).toHaveLength(1);
  process.kill(hosts[0]!.pid, 'SIGKILL');
  giveTenants!();
  await window.reload();
  const list = await recordingsView(window);
  await until('the recording', async () => (await list.innerText()).includes(`tenants of ${address}`));
});
