/** Tests in a real VS Code: profiled from the mark beside the line and from the Test Explorer, and the time of each. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp, type Tools } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { clickInMenu, drawnLine, until } from './editor.js';
import { tellFailures } from './failures.js';

const SHOP = `import time


def price(rows):
    return sum(n * n for n in range(rows))


def report(rows):
    return sorted(str(n) for n in range(rows))


def test_prices():
    for _ in range(150):
        assert price(100_000) > 0


def test_report_is_whole():
    for _ in range(40):
        rows = report(100_000)
    assert len(rows) == 0, "not written yet"


def test_waits_for_the_clerk():
    time.sleep(0.3)
`;

let tools: Tools;
let server: Server;
let browser: Browser;
let window: Workbench;
let workspace: string;

/** The workspace's own. */
function setSettings(settings: object): void {
  mkdirSync(join(workspace, '.vscode'), { recursive: true });
  writeFileSync(join(workspace, '.vscode', 'settings.json'), JSON.stringify(settings));
}

tellFailures('testing', () => window);

beforeAll(async () => {
  tools = await setUp('tests', (line) => console.log(line));
  workspace = await temporaryFolder('testing');
  mkdirSync(join(workspace, 'tests'));
  writeFileSync(join(workspace, 'tests', 'test_shop.py'), SHOP);
  setSettings({ 'heatline.python.interpreter': tools.profilers ?? '', 'heatline.live': false });
  server = await startServer(tools, { unpacked: [join(project, 'test', 'rig', 'explorer')] });
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

const share = async (part: string) => Number.parseFloat(/([\d.]+)\s*%/.exec((await drawnLine(window.page, part)).figure ?? '')?.[1] ?? '0');
const menu = () => window.page.locator('.context-view .monaco-menu, .monaco-menu-container');
/** Menus are drawn in a tree of their own, whose items lie under what catches the mouse. */
const choose = (title: string) => clickInMenu(menu().locator('.action-menu-item', { hasText: title }).first());
const marks = () =>
  window.page.locator('.editor-instance .glyph-margin-widgets .codicon-testing-run-icon, .editor-instance .testing-run-glyph');

it('the mark beside a test: its menu profiles this test alone', async ({ skip }) => {
  if (!tools.profilers) skip();
  await window.openFile('test_shop.py');
  await until('the marks of three tests', async () => (await marks().count()) >= 3);
  await marks().first().click({ button: 'right' });
  await menu().locator('.action-menu-item', { hasText: 'Profile Test' }).first().waitFor();
  await window.screenshot('testing-gutter-dark');
  await choose('Profile Test');
  await until('heat on the line that the test runs', async () => (await share('return sum')) > 10, 240);
  expect(await share('return sorted')).toBe(0);
  expect(await share('time.sleep')).toBe(0);
});

it('the Test Explorer: each test of a file, one of them chosen from the list by its time', async ({ skip }) => {
  if (!tools.profilers) skip();
  await window.runCommand('Testing: Focus on Test Explorer View');
  const item = window.page.locator('.test-explorer .monaco-list-row', { hasText: 'test_shop.py' }).first();
  await item.waitFor();
  await item.click({ button: 'right' });
  await choose('Profile Each Test');
  await until('heat of all tests', async () => (await share('return sum')) > 5 && (await share('return sorted')) > 5, 240);
  await window.runCommand('Heatline: Show One Test');
  const rows = window.page.locator('.quick-input-widget .monaco-list-row');
  await rows.filter({ hasText: 'test_report_is_whole' }).first().waitFor();
  await window.screenshot('testing-list-dark');
  const texts = await rows.allInnerTexts();
  expect(texts).toHaveLength(4);
  expect(texts[0]).toMatch(/All tests/);
  expect(texts[1]).toMatch(/tests\/test_shop\.py::test_[a-z_]+\s*[\d.]+ m?s · [\d.]+ % · [\d,]+ samples/);
  await rows.filter({ hasText: 'test_report_is_whole' }).first().click();
  await until('heat of this test alone', async () => (await share('return sum')) === 0);
  expect(await share('return sorted')).toBeGreaterThan(5);

  await window.runCommand('Heatline: Show Flame Graph');
  const chip = 'button.chip[aria-label^="Where:"]';
  const filter = (await window.webview(chip)).locator(chip);
  expect(await filter.innerText()).toMatch(/test is .*test_report_is_whole/);
  await window.screenshot('testing-one-dark');
  await filter.click();
  await until('all tests again', async () => (await filter.count()) === 0);
});

it('what is missing is installed once the user has seen the command', async () => {
  // An environment whose pip writes down what it is asked to do.
  const told = join(workspace, 'asked.json');
  const python = join(workspace, '.venv', 'bin', 'python');
  spawnSync(tools.python, ['-m', 'venv', '--without-pip', join(workspace, '.venv')]);
  const site = spawnSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).stdout.trim();
  writeFileSync(join(site, 'pip.py'), `import json, sys\njson.dump(sys.argv[1:], open(${JSON.stringify(told)}, "w"))\n`);
  setSettings({ 'heatline.python.interpreter': python, 'heatline.engine': 'yappi' });
  await window.openFile('test_shop.py');
  const install = window.page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Install' }).first();
  const offer = window.page.locator('.notification-list-item .monaco-button', { hasText: 'Install yappi' }).first();
  await until('the offer', async () => {
    await window.runCommand('Heatline: Profile This File');
    const bell = window.page.locator('[id="status.notifications"]');
    if (!(await offer.isVisible())) await bell.click({ timeout: 5000 });
    return offer.isVisible();
  });
  await offer.click();
  await install.waitFor();
  expect(await window.page.locator('.monaco-dialog-box').innerText()).toContain(`${python} -m pip install yappi`);
  expect(existsSync(told)).toBe(false);
  await window.screenshot('testing-install-dark');
  await install.click();
  await until('pip to be asked', async () => existsSync(told));
  expect(JSON.parse(readFileSync(told, 'utf8'))).toEqual(['install', 'yappi']);
});
