/** A notebook in a real VS Code: a person profiles a cell and sees its heat, in a real ipykernel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp, type Tools } from '../rig/setup.js';
import { openWorkspace, type Theme, type Workbench } from '../rig/workbench.js';
import { drawnLine, until } from './editor.js';
import { tellFailures } from './failures.js';

let tools: Tools;
let server: Server;
let browser: Browser;
let window: Workbench;

const cell = (source: string) => ({ cell_type: 'code', metadata: {}, source, outputs: [], execution_count: null });
const notebook = {
  cells: [
    { cell_type: 'markdown', metadata: {}, source: '## Prices of a day' },
    cell(
      'import time\n\ndef total(orders):\n    """What all orders cost."""\n    cost = 0\n    for price, count in orders:\n        cost += price * count\n    return round(cost, 2)',
    ),
    cell(
      'orders = [(price % 90 + 0.5, price % 7) for price in range(1_500_000)]\nfor day in range(5):\n    total(orders)\ntime.sleep(0.25)\ntotal(orders[:1000])',
    ),
  ],
  metadata: { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' }, language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 4,
};

tellFailures('notebook', () => window);

beforeAll(async () => {
  tools = await setUp('tests', (line) => console.log(line));
  const workspace = await temporaryFolder('notebook');
  writeFileSync(join(workspace, 'prices.ipynb'), JSON.stringify(notebook));
  const env = { HEATLINE_HOST_PROFILERS: tools.profilers ?? '' };
  server = await startServer(tools, { env, unpacked: [join(project, 'test', 'rig', 'kernel')] });
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

const share = async (part: string) => Number.parseFloat(/([\d.]+)\s*%/.exec((await drawnLine(window.page, part)).figure ?? '')?.[1] ?? '0');
const cells = () => window.page.locator('.notebookOverlay .cell-list-container > .monaco-list .monaco-list-row');

it('a cell’s own button records it: heat is on its lines, and on those of the cell that it calls', async ({ skip }) => {
  if (!tools.profilers) skip();
  await window.openFile('prices.ipynb');
  await cells().nth(2).waitFor();
  await window.runCommand('Tests: Choose the Kernel');
  await window.page.locator('.kernel-label, .notebook-toolbar-right').filter({ hasText: 'Python (tests)' }).first().waitFor();
  // The first cell is run as usual, so that its functions are there.
  await cells().nth(1).hover();
  await cells().nth(1).locator('.run-button-container .action-label').first().click();
  await until('the first cell to run', async () => (await cells().nth(1).innerText()).includes('[1'));
  await cells().nth(2).click();
  await cells().nth(2).locator('.action-label[aria-label*="Profile Cell"], .action-label[title*="Profile Cell"]').first().click();
  await until('heat on the cell that was called', async () => (await share('cost += price')) > 10);
  expect(await share('orders = [')).toBeGreaterThan(3);
  expect(await share('time.sleep')).toBeGreaterThan(3);
  await cells().nth(1).hover();
  for (const theme of ['light', 'highContrast', 'dark'] satisfies Theme[]) {
    await window.setTheme(theme);
    await window.screenshot(`notebook-heat-${theme}`);
  }
  await window.page.locator('.view-line').filter({ hasText: 'cost += price' }).locator('span').last().hover();
  await window.page.locator('.monaco-hover').filter({ hasText: 'self' }).first().waitFor();
  await window.screenshot('notebook-hover');
  await window.runCommand('Heatline: Show Flame Graph');
  await window.webview('#flame-canvas');
  await window.screenshot('notebook-flame');
});
