/** What an editor shows of a profile whose figures are known: status bar, explorer, expressions, peeks, palettes, in a real VS Code. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { demoWorkspace, project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { writeCodeProfile } from './codeProfile.js';
import { drawnLine, drawnLines, until } from './editor.js';
import { tellFailures } from './failures.js';

const HOT = '.casefold()';

let server: Server;
let browser: Browser;
let window: Workbench;

const item = (name: string) => window.page.locator(`.statusbar-item[id$="heatline.${name}"]`);
const words = async (name: string) => (await item(name).innerText()).replaceAll('\u00a0', ' ').trim();
const figure = async (part: string) => (await drawnLine(window.page, part)).figure;
const rows = () => window.page.locator('.quick-input-widget .monaco-list-row');

/** Opens the list behind the status bar's item and takes the entry. */
async function choose(entry: string): Promise<void> {
  await item('view').locator('a').click();
  await window.page.locator('.quick-input-widget input').first().fill(entry);
  await rows().filter({ hasText: entry }).first().click();
}

/** Selects from the first visible line that holds a text to the last. */
async function select(from: string, to: string): Promise<void> {
  const line = (text: string) => window.page.locator('.editor-instance .view-line').filter({ hasText: text }).first();
  await line(from).click({ position: { x: 4, y: 8 } });
  await window.page.keyboard.press('Home');
  const end = (await line(to).boundingBox())!;
  await window.page.keyboard.down('Shift');
  await window.page.mouse.click(end.x + 120, end.y + end.height / 2);
  await window.page.keyboard.up('Shift');
}

tellFailures('inCode', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  const workspace = join(await temporaryFolder('workspace'), 'shop');
  cpSync(demoWorkspace, workspace, { recursive: true, filter: (path) => !path.includes('__pycache__') });
  writeCodeProfile(join(workspace, 'known.pprof'), join(workspace, 'shop', 'pricing.py'));
  server = await startServer(tools, { settings: { 'editor.minimap.enabled': false } });
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
  await window.setTheme('dark');
  await window.openFile('known.pprof');
  await window.webview('canvas');
  await window.openFile('shop/pricing.py');
  await until('heat', async () => (await drawnLine(window.page, HOT)).bar);
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

it('the status bar says what is shown', async () => {
  await until('the item', async () => /wall · self · all threads$/.test(await words('view')));
  expect(await item('view').locator('a').getAttribute('aria-label')).toMatch(/Heatline shows wall · self · all threads/);
  expect(await figure(HOT)).toMatch(/^50\.0\s%.*500 ms$/);
  await window.screenshot('code-heat-dark');
});

it('metric, thread and scale are chosen in one list, and every figure follows', async () => {
  await choose('Wall time: total');
  await until('totals', async () => /65\.0\s%.*650 ms/.test((await figure('total += quote')) ?? ''));
  await choose('worker');
  await until('one thread', async () => /wall · total · worker/.test(await words('view')));
  await until('its heat', async () => (await figure(HOT)) === undefined && /100\.0\s%.*180 ms/.test((await figure('sum(amount')) ?? ''));
  await choose('Clear filters');
  await until('all of it', async () => /65\.0\s%/.test((await figure('total += quote')) ?? ''));
  await item('view').locator('a').click();
  await rows().first().waitFor();
  await window.screenshot('code-choose-dark');
  await window.page.keyboard.press('Escape');
  await choose('CPU time: self');
  await until('CPU time', async () => /50\.0\s%.*250 ms/.test((await figure(HOT)) ?? ''));
  await choose('The function');
  // quote took 325 ms of CPU time with what it called.
  await until('shares of functions', async () => /76\.9\s% of function.*250 ms/.test((await figure(HOT)) ?? ''));
  expect(await words('view')).toMatch(/share of the function$/);
  await window.screenshot('code-function-dark');
  await choose('The whole profile');
  await choose('Wall time: self');
  await until('the whole again', async () => /^50\.0\s%.*500 ms$/.test((await figure(HOT)) ?? ''));
});

it('a focus keeps the stacks that match, and an expression that is none is refused', async () => {
  await choose('Set focus…');
  const input = window.page.locator('.quick-input-widget input').first();
  await input.fill('(');
  await window.page.getByText('is not a regular expression').first().waitFor();
  await input.fill('^rebate$');
  await window.page.keyboard.press('Enter');
  await until('the focus', async () => /focus \^rebate\$/.test(await words('view')));
  await until('its heat', async () => /100\.0\s%.*150 ms/.test((await figure('rebate(n - 1)')) ?? ''));
  await window.runCommand('Heatline: Clear Filters');
  await until('all threads', async () => /self · all threads$/.test(await words('view')));
});

it('several selected lines are added up, each stack once', async () => {
  await select('for row in catalogue', 'total += price');
  await until('the sum', async () => /^3 lines: 620 ms · 62\.0 %$/.test(await words('selection')));
  await window.screenshot('code-selection-dark');
  await choose('Wall time: total');
  await until('the total', async () => /^3 lines: 650 ms · 65\.0 %$/.test(await words('selection')));
  await choose('Wall time: self');
  await window.page.locator('.editor-instance .view-line').filter({ hasText: 'return total' }).first().click();
  await until('no sum of one line', async () => !(await item('selection').isVisible()));
});

it('files and folders wear their share', async () => {
  await window.runCommand('View: Show Explorer');
  const label = (name: string) => window.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
  const worn = (name: string) =>
    label(name)
      .locator('.monaco-icon-label')
      .first()
      .evaluate((one) => `${getComputedStyle(one, '::after').content} ${one.getAttribute('aria-label')}`);
  await until('the badge of the file', async () => /^"97" .*97\.0 % of Wall time \(970 ms\)/.test(await worn('pricing.py')));
  await window.screenshot('code-explorer-dark');
});

it('the hot expression is underlined', async () => {
  const under = await until('the line under it', () =>
    window.page
      .evaluate(() => {
        const spans = [...document.querySelectorAll<HTMLElement>('.editor-instance .cdr[class*="ced-"]')];
        const found = spans.filter((span) => Number.parseFloat(getComputedStyle(span).borderBottomWidth) > 0);
        return found.map((span) => Math.round(span.getBoundingClientRect().width));
      })
      .then((widths) => (widths.length > 0 ? widths : undefined)),
  );
  expect(under).toHaveLength(1);
  const box = (await window.page.locator('.editor-instance .view-line').filter({ hasText: HOT }).first().locator('> span').boundingBox())!;
  expect(under[0]).toBeLessThan(box.width / 2);
});

it('hot lines are walked, and a line’s callers and callees are peeked at with their figures', async () => {
  await window.page.locator('.editor-instance .view-line').first().click();
  await window.page.keyboard.press('Control+Home');
  const at = () => window.page.locator('[id="status.editor.selection"]').innerText();
  await window.runCommand('Heatline: Go to Next Hot Line');
  await until('line 8', async () => /Ln 8,/.test(await at()));
  await window.runCommand('Heatline: Go to Next Hot Line');
  await until('line 9', async () => /Ln 9,/.test(await at()));
  await window.runCommand('Heatline: Go to Previous Hot Line');
  await until('line 8 again', async () => /Ln 8,/.test(await at()));
  await window.runCommand('Heatline: Go to Next Hot Line');
  await window.runCommand('Heatline: Who Called This Line');
  const peek = window.page.locator('.peekview-widget');
  await peek.waitFor();
  const told = await until('the figure in the peek', () =>
    window.page.evaluate(() => {
      const spans = [...document.querySelectorAll('.peekview-widget .view-line span')];
      const texts = spans.map((span) => getComputedStyle(span, '::after').content);
      return texts.find((text) => /called from here/.test(text));
    }),
  );
  expect(told.replaceAll('\u00a0', ' ')).toMatch(/50\.0 % +· +500 ms +called from here/);
  await window.screenshot('code-peek-dark');
  await window.page.keyboard.press('Escape');
  await peek.waitFor({ state: 'detached' });
  await window.runCommand('Heatline: What This Line Called');
  await window.page.getByText('The profile knows nothing that line 9 called.').first().waitFor();
  await window.page.keyboard.press('Escape');
});

it('pictures of every palette in every theme', async () => {
  for (const palette of ['cividis', 'violet', 'ember'] as const) {
    await choose(palette.charAt(0).toUpperCase() + palette.slice(1));
    await window.page.waitForTimeout(500);
    for (const theme of ['light', 'highContrast', 'highContrastLight', 'dark'] as const) {
      await window.setTheme(theme);
      await until('a bar', async () => ![undefined, 'rgba(0, 0, 0, 0)'].includes((await drawnLine(window.page, HOT)).bar?.colour));
      await window.screenshot(`code-${palette}-${theme}`);
    }
  }
  expect((await drawnLines(window.page)).length).toBeGreaterThan(10);
});
