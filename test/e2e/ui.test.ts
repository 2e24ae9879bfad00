/**
 * The main job as a person does it, in a real VS Code in a real browser: open a file, press the button, look.
 * With HEATLINE_VSIX the packaged extension is installed and tested instead of the source folder.
 */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { demoWorkspace, project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { drawnLine, drawnLines, until } from './editor.js';
import { tellFailures } from './failures.js';

const vsix = process.env.HEATLINE_VSIX;
const shots = vsix ? 'vsix' : 'ui';
const HOT = '.casefold()';

let server: Server;
let browser: Browser;
let window: Workbench;
/** The step that failed, until its second try succeeds. */
let failed: string | undefined;

const statusBar = () => window.page.locator('.part.statusbar').innerText();
const hotLine = () => drawnLine(window.page, HOT);
const share = (figure: string | undefined) => Number.parseFloat(/([\d.]+)\s*%/.exec(figure ?? '')?.[1] ?? '0');
const lensTexts = () => window.page.locator('.codelens-decoration').allInnerTexts();

/** Steps build on each other: after a failure the rest would only repeat it. */
function step(name: string, run: () => Promise<void>): void {
  it(name, async (context) => {
    if (failed !== undefined && failed !== name) context.skip(`“${failed}” failed`);
    try {
      await run();
      failed = undefined;
    } catch (error) {
      failed = name;
      throw error;
    }
  });
}

tellFailures(shots, () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  const workspace = join(await temporaryFolder('workspace'), 'my shop ü');
  cpSync(demoWorkspace, workspace, { recursive: true });
  server = await startServer(tools, vsix ? { install: [vsix] } : {});
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: workspace, ...(vsix ? {} : { extensionDevelopmentPath: project }) });
  await window.setTheme('dark');
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

step('the run-menu button profiles the open file', async () => {
  await window.openFile('shop/pricing.py');
  const button = window.page.locator('.editor-actions .action-label[aria-label*="Profile This File"]').first();
  await button.waitFor();
  await button.click();
  // The program's own output is in a terminal, and the status bar counts.
  await until('the clock in the status bar', async () => /\d:\d\d/.test(await statusBar()));
  await until('the summary in the status bar', async () => /\d+ % in quote/.test(await statusBar()));
});

step('the hottest line glows, cold lines stay clean', async () => {
  const hot = await until('heat on the hottest line', async () => {
    const line = await hotLine();
    return line.bar && line.figure ? line : undefined;
  });
  expect(share(hot.figure)).toBeGreaterThan(25);
  expect(hot.figure).toMatch(/ms|s/);
  expect(hot.bar!.width).toBeGreaterThan(80);
  const lines = await drawnLines(window.page);
  // The recursion below comes near it on a busy machine, where tracing weighs more.
  expect(hot.bar!.width).toBeGreaterThan(0.6 * Math.max(...lines.map((line) => line.bar?.width ?? 0)));
  for (const cold of ['Prices a few orders', 'price = 0', 'class Customer', 'return total']) {
    const line = lines.find(({ text }) => text.includes(cold));
    if (line) expect(share(line.figure), cold).toBeLessThan(2);
  }
  expect(lines[0]!.bar).toBeUndefined();
  // Bars lie behind the code: a line with one starts where a line without one does.
  const lefts = await window.page.evaluate(() =>
    [...document.querySelectorAll('.editor-instance .view-lines .view-line > span')].map((span) => span.getBoundingClientRect().left),
  );
  expect(new Set(lefts.map(Math.round)).size).toBe(1);
  const gutter = window.page.locator('.editor-instance .cgmr[class*="ced-"], .editor-instance .margin-view-overlays [class*="ced-"]');
  await gutter.first().waitFor();
  await window.screenshot(`${shots}-heat-dark`);
});

step('lenses on functions carry figures', async () => {
  // They have no calls while the program runs, and are renewed one after the other when the whole recording is there.
  await until('lenses with the counts of the whole recording', async () => {
    const text = (await lensTexts()).join('\n');
    return /m?s self · .*m?s total · 20 calls/.test(text) && /35,421 calls/.test(text);
  });
});

step('hovering the hot line tells its figures', async () => {
  const code = window.page.locator('.editor-instance .view-line').filter({ hasText: HOT }).first();
  const box = (await code.boundingBox())!;
  const hover = await until(
    'the hover',
    async () => {
      await window.page.mouse.move(box.x + 240 + Math.random() * 4, box.y + box.height / 2);
      await window.page.waitForTimeout(700);
      const text = await window.page.locator('.monaco-hover:visible').allInnerTexts();
      return text.find((each) => /self/i.test(each));
    },
    20,
  );
  expect(hover).toMatch(/%/);
  expect(hover).toMatch(/quote/);
  await window.screenshot(`${shots}-hover-dark`);
  await window.page.mouse.move(5, 5);
});

step('both trees are filled and lead to the source', async () => {
  await window.page.locator('.activitybar .action-label[aria-label^="Heatline"]').first().click();
  const rows = (view: string) => window.page.locator(`.pane:has(.pane-header[aria-label*="${view}"]) .monaco-list-row`);
  const first = await until('hot functions', async () => (await rows('Hot Functions').first().innerText()) || undefined);
  expect(first).toMatch(/quote/);
  expect(await until('the call tree', async () => (await rows('Call Tree').first().innerText()) || undefined)).toMatch(
    /<module>|main|pricing/,
  );
  expect(await rows('Recordings').first().innerText()).toMatch(/pricing\.py/);
  await window.screenshot(`${shots}-views-dark`);
});

step('the flame graph shows its boxes and answers keys', async () => {
  await window.runCommand('Heatline: Show Flame Graph');
  const page = await window.webview('canvas');
  await until('drawn boxes', () =>
    page.evaluate(() => {
      const canvas = document.querySelector('canvas');
      if (!canvas || canvas.width === 0) return false;
      const pixels = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, Math.min(canvas.height, 120)).data;
      const colours = new Set<number>();
      for (let at = 0; at < pixels.length; at += 4)
        if (pixels[at + 3]! > 200) colours.add((pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!);
      return colours.size > 8;
    }),
  );
  // Its twin for keyboard and screen reader names what the picture shows.
  await page.getByRole('application').focus();
  for (let level = 0; level < 3; level++) await window.page.keyboard.press('ArrowDown');
  const node = await until('the walk by keys', async () => {
    const items = await page.getByRole('treeitem', { selected: true }).allTextContents();
    const labels = await page.getByRole('tree').ariaSnapshot();
    return /quote, .*pricing\.py line 4/.test(labels + items.join()) ? labels : undefined;
  });
  expect(node).toMatch(/quote, .*% of the profile/);
  await window.screenshot(`${shots}-flame-dark`);
  // The heat is of the selected box until Escape; what follows looks at the heat of the whole.
  await window.page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Table' }).click();
  const cells = await until('the table', async () => {
    const text = await page.locator('[role=grid], [role=treegrid]').first().innerText();
    return /quote/.test(text) ? text : undefined;
  });
  expect(cells).toMatch(/35,421/);
  await window.screenshot(`${shots}-table-dark`);
  await page.getByRole('tab', { name: 'Flame' }).click();
});

step('pictures in light and high contrast', async () => {
  for (const theme of ['light', 'highContrast', 'highContrastLight', 'dark'] as const) {
    await window.setTheme(theme);
    await window.screenshot(`${shots}-flame-${theme}`);
  }
  await window.openFile('shop/pricing.py');
  await until('heat again', async () => (await hotLine()).bar);
  for (const theme of ['light', 'highContrast', 'highContrastLight', 'dark'] as const) {
    await window.setTheme(theme);
    await until(`a bar that is seen in ${theme}`, async () => ![undefined, 'rgba(0, 0, 0, 0)'].includes((await hotLine()).bar?.colour));
    await window.screenshot(`${shots}-heat-${theme}`);
  }
});

step('heat moves with lines inserted above', async () => {
  const before = await hotLine();
  await window.page.locator('.editor-instance .view-lines .view-line').first().click();
  await window.page.keyboard.press('Control+Home');
  await window.page.keyboard.type('# one\n# two\n# three\n');
  const typed = async () => (await drawnLines(window.page)).filter(({ text }) => /^# (one|two|three)/.test(text));
  await until('the lines that were typed', async () => (await typed()).length === 3);
  // VS Code moves the bars with the text at once; a while later the server says where they belong.
  await window.page.waitForTimeout(1500);
  await until('the same heat three lines below', async () => {
    const after = await hotLine();
    return after.figure === before.figure && after.bar?.width === before.bar?.width;
  });
  expect((await typed()).map(({ bar }) => bar)).toEqual([undefined, undefined, undefined]);
  await window.screenshot(`${shots}-moved-dark`);
  await window.page.keyboard.press('Control+S');
  await until('the saved file', async () => !(await window.page.locator('.tab.active.dirty').count()));
});

step('heat is right again after the window was reloaded', async () => {
  const before = await hotLine();
  await window.reload();
  await window.openFile('shop/pricing.py');
  const after = await until('heat after the reload', async () => {
    const line = await hotLine();
    return line.bar && line.figure ? line : undefined;
  });
  expect(after.figure).toBe(before.figure);
  await window.screenshot(`${shots}-reloaded-dark`);
});

it('the extension wrote no error to the console', () => {
  const ours = window.console.filter(
    (line) => /^(error|pageerror)/.test(line) && /heatline\.heatline|dist\/(extension|languageClient|launching|server|webview)/.test(line),
  );
  expect(ours).toEqual([]);
  expect(readFileSync(server.log, 'utf8')).not.toMatch(/heatline.*(TypeError|ReferenceError)/i);
});
