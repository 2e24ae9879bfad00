/**
 * Production in a real VS Code: windows that the agent wrote of two versions elsewhere are browsed in the view Production, their heat is
 * on the lines of the code that is checked out, mapped through git, one version is compared with the other, samples are looked at by their
 * labels, and folders come and go.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { clickInMenu, drawnLine, until } from './editor.js';
import { tellFailures } from './failures.js';

const OLD = `import time


def search(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(300))


def quote(seconds):
    search(seconds)


def steady(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        max(range(300))
`;
/** Three lines more at the top, a third of the search, and a line that was edited. */
const NEW = OLD.replace('import time\n', '"""Prices orders."""\n\nimport time\n\n')
  .replace('    search(seconds)', '    search(seconds / 3)')
  .replace('max(range(300))', 'max(range(250))');
/** Starts the agent at noon of a day (so many seconds from now), as a deployment does; it is not in the repository. */
const RUN = `import sys, time
shift, real = float(sys.argv[1]), time.time_ns
time.time_ns = lambda: real() + int(shift * 1e9)
import heatline
agent = heatline.agent(sys.argv[2], service="shop", version=sys.argv[3], window=0.5, cost=1)
from shop import pricing
with heatline.labels(route="/buy"):
    pricing.quote(1.8)
with heatline.labels(route="/look"):
    pricing.steady(0.6)
`;

let server: Server;
let browser: Browser;
let window: Workbench;
let store: string;
let folder: string;

// A second try begins with a window of its own.
beforeEach(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  folder = join(await temporaryFolder('workspace'), 'my shop ü');
  const elsewhere = await temporaryFolder('elsewhere');
  store = join(elsewhere, 'windows');
  mkdirSync(join(folder, 'shop'), { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: folder, encoding: 'utf8' }).trim();
  git('init', '-q');
  const noon = new Date().setHours(12, 0, 0, 0);
  const yesterday = new Date(noon);
  for (const [version, text, when] of [
    ['2.6', OLD, yesterday.setDate(yesterday.getDate() - 1)],
    ['2.7', NEW, noon],
  ] as const) {
    writeFileSync(join(folder, 'shop', 'pricing.py'), text);
    git('add', '.');
    git('commit', '-q', '-m', version);
    const app = join(elsewhere, version, 'app');
    mkdirSync(join(app, 'shop'), { recursive: true });
    writeFileSync(join(app, 'shop', 'pricing.py'), text);
    writeFileSync(join(app, 'run.py'), RUN);
    const env = {
      ...process.env,
      PYTHONPATH: join(project, 'python'),
      HEATLINE_COMMIT: git('rev-parse', 'HEAD'),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    execFileSync(tools.python, [join(app, 'run.py'), String((when - Date.now()) / 1000), store, version], { cwd: app, env });
  }
  expect(readdirSync(store).length).toBeGreaterThan(6);
  writeFileSync(join(store, 'torn.pb.gz'), 'half a f');
  server = await startServer(tools, { env: { XDG_CACHE_HOME: join(elsewhere, 'cache') } });
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder, extensionDevelopmentPath: project });
  await window.setTheme('dark');
});

afterEach(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

tellFailures('production', () => window);

/** As the workspace's own settings name them. */
function setFolders(folders: readonly unknown[]): void {
  mkdirSync(join(folder, '.vscode'), { recursive: true });
  writeFileSync(join(folder, '.vscode', 'settings.json'), JSON.stringify({ 'heatline.production.folders': folders }));
}
const panel = () => window.page.locator('.pane', { has: window.page.locator('.pane-header', { hasText: 'Production' }) });
const row = (text: string) => panel().locator('.monaco-list-row').filter({ hasText: text }).first();

it('a folder of windows is browsed, its heat is on the lines as they are now, versions are compared, and folders come and go', async () => {
  const { page } = window;
  await window.runCommand('Heatline: Open Production Windows…');
  const dialog = page.locator('.quick-input-widget input').first();
  await until('the dialog for a folder', async () => /\//.test(await dialog.inputValue()));
  await dialog.fill(`${store}/`);
  await until('the dialog to take the folder', async () => {
    await page
      .locator('.quick-input-widget .monaco-button', { hasText: 'OK' })
      .click({ timeout: 2000 })
      .catch(() => undefined);
    return !(await page.locator('.quick-input-widget').isVisible());
  });
  // Rows that are out of sight are not there.
  for (const pane of ['Recordings', 'Call Tree']) await page.locator(`.pane-header[aria-label*="${pane}"]`).click();
  await row('shop').waitFor();
  for (const text of ['windows', '2.7', '2.6', 'Today', 'Yesterday', '1 file is no window']) await row(text).waitFor();
  expect(await row('2.6').innerText()).toMatch(/2\.6.*2\.\d\d s CPU · \d+ windows/s);

  // A day has its hours.
  await row('Yesterday').locator('.monaco-tl-twistie').click();
  await row('–').waitFor();
  expect(await row('–').innerText()).toMatch(/12:00/);

  await row('Yesterday').locator('.monaco-icon-label').click();
  await window.openFile('shop/pricing.py');
  await until(
    'heat of yesterday on the line as it is now',
    async () => Number.parseFloat((await drawnLine(page, 'sum(range')).figure ?? '') > 10,
  );
  expect((await drawnLine(page, 'sum(range')).bar?.width).toBeGreaterThan(((await drawnLine(page, 'max(range')).bar?.width ?? 0) * 1.5);
  // Line 7 ran; it is line 10 now, and what is line 7 now bears nothing.
  expect((await drawnLine(page, 'def search')).figure ?? '').not.toMatch(/[1-9]\d %/);
  expect((await drawnLine(page, 'max(range')).figure).toMatch(/changed since/);
  for (const theme of ['light', 'highContrast', 'dark'] as const) {
    await window.setTheme(theme);
    await window.screenshot(`production-${theme}`);
  }

  // Every line of what a row stands for is in its tooltip.
  await row('Yesterday').hover();
  const told = page.locator('.workbench-hover', { hasText: 'CPU time' }).first();
  await told.waitFor();
  expect((await told.innerText()).split('\n')).toEqual(
    expect.arrayContaining(['shop', expect.stringMatching(/^CPU time: 2\.\d\d s$/), '1 host', 'versions 2.6']),
  );

  // Only one route: the search is all of it.
  await window.runCommand('Heatline: Filter Production by Label…');
  await page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: '/look' }).click();
  await until('figures of the route alone', async () => /\d{3} ms CPU/.test(await row('2.6').innerText()));
  await row('2.7').locator('.monaco-icon-label').click();
  await until('heat of the route alone', async () => {
    const [hot, cold] = [await drawnLine(page, 'max(range'), await drawnLine(page, 'sum(range')];
    return Number.parseFloat(hot.figure ?? '') > 10 && cold.figure === undefined;
  });
  await window.runCommand('Heatline: Show All Labels of Production');
  await until('figures of all', async () => /\d s CPU/.test(await row('2.7').innerText()) && (await row('Labels').isVisible()));

  // What the new version does less.
  await row('2.7').click({ button: 'right' });
  await clickInMenu(page.locator('.monaco-menu .action-item').filter({ hasText: 'Compare with Version…' }).first());
  await page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: '2.6' }).click();
  const diff = await window.webview('#change-0', 60_000);
  expect(await diff.locator('.diff-sides').textContent()).toMatch(/shop 2\.6.*shop 2\.7/);
  // Whatever their length, until somebody wants it otherwise.
  const lengths = diff.locator('select').filter({ hasText: 'equally long' }).first();
  expect(await lengths.inputValue()).toBe('duration');
  await lengths.selectOption('none');
  await until('the search as the largest change', async () =>
    /^−1\.\d\d s.*search.*was line 4/.test((await diff.locator('#change-0').textContent()) ?? ''),
  );
  await window.screenshot('production-compare-dark');

  await row('Today').click({ button: 'right' });
  await clickInMenu(page.locator('.monaco-menu .action-item').filter({ hasText: 'Compare with Day Before' }).first());
  await until('today against yesterday', async () =>
    /shop, \D*\d+.*→.*shop, \D*\d+/.test((await (await window.webview('.diff-sides', 60_000)).locator('.diff-sides').textContent()) ?? ''),
  );

  // Two rows, whichever was chosen first: the later one is the new side.
  const sides = async () => (await (await window.webview('.diff-sides', 60_000)).locator('.diff-sides').textContent()) ?? '';
  await row('2.7').locator('.monaco-icon-label').click();
  await row('2.6')
    .locator('.monaco-icon-label')
    .click({ modifiers: ['ControlOrMeta'] });
  await row('2.6').click({ button: 'right' });
  await clickInMenu(page.locator('.monaco-menu .action-item').filter({ hasText: 'Compare Selected' }).first());
  await until('both versions, the later one as the new side', async () => /shop 2\.6.*→.*shop 2\.7/.test(await sides()));

  // By label: keys, values with the most first, their days.
  await row('Labels').locator('.monaco-tl-twistie').click();
  await row('route').locator('.monaco-tl-twistie').click();
  await row('/look').waitFor();
  const routes = await panel().locator('.monaco-list-row').allInnerTexts();
  expect(routes.findIndex((text) => /\/buy.*2\.\d\d s CPU/s.test(text))).toBeGreaterThan(0);
  expect(routes.findIndex((text) => /\/look.*1\.\d\d s CPU/s.test(text))).toBe(routes.findIndex((text) => /\/buy/.test(text)) + 1);
  for (const theme of ['light', 'highContrast', 'dark'] as const) {
    await window.setTheme(theme);
    await window.screenshot(`production-labels-${theme}`);
  }
  await row('/look').locator('.monaco-icon-label').click();
  await window.openFile('shop/pricing.py');
  await until('heat of the one route', async () => {
    const [hot, cold] = [await drawnLine(page, 'max(range'), await drawnLine(page, 'sum(range')];
    return Number.parseFloat(hot.figure ?? '') > 10 && cold.figure === undefined;
  });
  await row('Labels').locator('.monaco-tl-twistie').click();

  // What comes while the view is in sight shows by itself.
  const count = async () => Number(/(\d+) windows/.exec(await row('2.7').innerText())?.[1]);
  const before = await count();
  const newest = readdirSync(store)
    .filter((name) => name.includes('_shop_'))
    .sort()
    .at(-1)!;
  copyFileSync(join(store, newest), join(store, newest.replace('_shop_', '_shop_again-')));
  await until('one window more', async () => (await count()) === before + 1);

  // Folders that settings name, beside the one that was opened; each says in a sentence what is the matter with it.
  const others = await temporaryFolder('others');
  for (const name of ['empty', 'foreign']) mkdirSync(join(others, name));
  writeFileSync(join(others, 'foreign', 'notes.txt'), 'no window');
  writeFileSync(join(others, 'foreign', 'backup.pb.gz'), 'nor is this');
  symlinkSync('endless', join(others, 'endless'));
  writeFileSync(join(others, 'a file'), '');
  const named = ['empty', 'foreign', 'endless', 'a file', 'later'].map((name) => join(others, name));
  setFolders([...named, store, 7, '']);
  // Rows that are out of sight are not there.
  await row('shop').locator('.monaco-tl-twistie').click();
  await page.locator('.pane-header[aria-label*="Hot Functions"]').click();
  await row('later').waitFor();
  for (const text of ['It cannot be read', 'It is no folder', 'There is no such folder', 'No windows yet', '1 file is no window'])
    await row(text).waitFor();
  expect(await panel().locator('.monaco-list-row', { hasText: 'No windows yet' }).count()).toBe(2);
  // The folder that was opened as well is there once.
  expect((await panel().locator('.monaco-list-row[aria-level="1"]').allInnerTexts()).map((text) => text.trim())).toEqual([
    'windows',
    'empty',
    'foreign',
    'endless',
    'a file',
    'later',
  ]);
  await window.screenshot('production-folders-dark');
  mkdirSync(join(others, 'later'));
  copyFileSync(join(store, newest), join(others, 'later', newest));
  await window.runCommand('Heatline: Look for New Windows');
  await until('the folder that came later', async () => !(await row('There is no such folder').isVisible()));

  // A folder that the settings name stays until it is taken out of them.
  const remove = async (folder: string) => {
    await row(folder).click({ button: 'right' });
    await clickInMenu(page.locator('.monaco-menu .action-item').filter({ hasText: 'Remove from View' }).first());
  };
  await remove('windows');
  await page.locator('.settings-editor').waitFor();
  await until('the setting', async () => /Production/.test(await page.locator('.settings-editor').innerText()));
  setFolders([store]);
  await row('empty').waitFor({ state: 'hidden' });
  await row('windows').waitFor();
  setFolders([]);
  await panel().waitFor({ state: 'hidden' });
});
