/** What threads, tasks and loops wait for, and what memory grew, in a real VS Code: a lock's waiters, a blocked loop, two moments of a run. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Theme, type Workbench } from '../rig/workbench.js';
import { drawnLines, until } from './editor.js';
import { tellFailures } from './failures.js';

const locks = `import threading
import time


class Store:
    def __init__(self):
        self.lock = threading.Lock()

    def save(self):
        with self.lock:
            time.sleep(0.15)

    def read(self):
        with self.lock:
            return 1


store = Store()
writer = threading.Thread(target=lambda: [store.save() for _ in range(4)], name="writer")
writer.start()
time.sleep(0.05)
readers = [threading.Thread(target=store.read, name=f"reader {n}") for n in range(3)]
for each in [*readers]:
    each.start()
for each in [*readers, writer]:
    each.join()
`;

const tasks = `import asyncio
import time


def render(rows):
    time.sleep(0.25)
    return len(rows)


async def fetch(seconds):
    await asyncio.sleep(seconds)
    return ["row"]


async def handle():
    rows = await fetch(0.3)
    return render(rows)


async def main():
    await asyncio.gather(*[asyncio.create_task(handle(), name=f"request {n}") for n in range(2)])


asyncio.run(main())
`;

const memory = `import heatline

orders = [bytes(1000) for _ in range(3000)]
heatline.memory_mark("loaded")
cache = [bytearray(1024 * 1024) for _ in range(12)]
del orders[1500:]
`;

let server: Server;
let browser: Browser;
let window: Workbench;

const at = (part: string) => window.page.locator('.editor-instance .view-line').filter({ hasText: part }).first();
const squiggles = () => window.page.locator('.editor-instance .squiggly-warning');
const hover = (part: string) => window.page.locator('.monaco-hover').filter({ hasText: part }).first();

/** Points at a line until the editor says what is wanted. */
async function hoverSays(line: string, part: string): Promise<string> {
  return until(`a hover with ${part}`, async () => {
    await window.page.keyboard.press('Escape');
    await window.page.mouse.move(5, 5);
    await at(line).locator('> span > span').last().hover();
    await hover(part).waitFor({ timeout: 5000 });
    return (await hover(part).innerText()).replaceAll('\u00a0', ' ');
  });
}

async function inThemes(name: string, ready: () => Promise<unknown>): Promise<void> {
  for (const theme of ['light', 'highContrast', 'dark'] satisfies Theme[]) {
    await window.setTheme(theme);
    await ready();
    await window.screenshot(`${name}-${theme}`);
  }
}

tellFailures('waiting', () => window);

beforeAll(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  const workspace = await temporaryFolder('waiting');
  for (const [name, text] of Object.entries({ locks, tasks, memory })) writeFileSync(join(workspace, `${name}.py`), text);
  for (const engine of ['locks', 'memory']) {
    const words = [join(project, 'python', 'heatline', '__main__.py'), 'run', '--engine', engine, '--output', `${engine}.pb.gz`];
    const env = { ...process.env, PYTHONPATH: join(project, 'python') };
    const { status, stderr } = spawnSync(tools.python, [...words, '--', `${engine}.py`], { cwd: workspace, env, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }
  server = await startServer(tools, { settings: { 'heatline.engine': 'async', 'editor.minimap.enabled': false } });
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder: workspace, extensionDevelopmentPath: project });
  await window.setTheme('dark');
});

afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

it('a line that takes a lock says who waited for it and who held it meanwhile, and leads to that lock alone', async () => {
  await window.openFile('locks.pb.gz');
  await window.webview('canvas');
  await window.openFile('locks.py');
  await until('heat', async () => (await drawnLines(window.page)).some(({ text, bar }) => text.includes('with self.lock') && bar));
  // The second of the two lines, that of the readers.
  await window.page.keyboard.press('Escape');
  const readers = await until('who waited', async () => {
    await window.page.mouse.move(5, 5);
    await window.page
      .locator('.editor-instance .view-line')
      .filter({ hasText: 'with self.lock' })
      .last()
      .locator('> span > span')
      .last()
      .hover();
    await hover('Takes the lock').waitFor({ timeout: 5000 });
    return (await hover('Takes the lock').innerText()).replaceAll('\u00a0', ' ');
  });
  expect(readers).toMatch(/Takes the lock locks\.py:7:lock: taken 3 times · waited for [\d.]+ m?s, at most [\d.]+ m?s at once/);
  expect(readers).toMatch(/Held meanwhile by (?:writer|reader \d): Store\.\w+ \(locks\.py:1\d\)/);
  expect(readers).toMatch(/Waited most: reader \d \d+\.\d %/);
  await window.screenshot('lock-waiters-dark');
  await hover('Takes the lock').getByRole('link', { name: 'locks.py:7:lock' }).first().click();
  const item = window.page.locator('.statusbar-item[id$="heatline.view"]');
  await until('the lock alone', async () => /lock name is locks\.py:7:lock/.test((await item.innerText()).replaceAll('\u00a0', ' ')));
  await window.runCommand('Heatline: Clear Filters');
  expect(await hoverSays('self.lock = threading', 'Makes the lock')).toMatch(/taken 7 times/);
  expect(await hoverSays('time.sleep(0.15)', 'was held here')).toMatch(
    /While locks\.py:7:lock was held here, others waited for [\d.]+ m?s/,
  );
});

it('a line that blocked the event loop is a problem until the recording is cleared', async () => {
  await window.openFile('tasks.py');
  await window.runCommand('Heatline: Profile This File');
  await until('the problem', async () => (await squiggles().count()) > 0);
  const said = await hoverSays('time.sleep', 'The event loop was blocked');
  expect(said).toMatch(
    /The event loop was blocked here 2 times, [\d.]+ m?s in all, at most \d+ ms at once, by task request \d and 1 more\./,
  );
  expect(await hoverSays('await asyncio.sleep', 'Awaited 2 times')).toMatch(
    /[\d.]+ m?s in all[\s\S]*For sleep 100\.0 %[\s\S]*In task request \d/,
  );
  await window.page.keyboard.press('Escape');
  await window.runCommand('Problems: Focus on Problems View');
  const row = window.page.locator('.markers-panel .monaco-list-row').filter({ hasText: 'The event loop was blocked here 2 times' });
  await row.waitFor();
  await inThemes('blocked-loop', () => until('the problem', async () => (await squiggles().count()) > 0));
  await window.runCommand('Heatline: Show Flame Graph');
  const page = await window.webview('#flame-canvas');
  const roots = page.locator('#flame-tree [role=treeitem]').filter({ hasText: 'task request' });
  await until('tasks at the root', async () => (await roots.count()) > 0);
  await window.screenshot('tasks-flame-dark');
  await window.page.locator('.tabs-container .tab').filter({ hasText: 'tasks.py' }).first().click();
  await until('the problem again', async () => (await squiggles().count()) > 0);
  await window.runCommand('Heatline: Clear Heat');
  await row.waitFor({ state: 'detached' });
  await until('no problem', async () => (await squiggles().count()) === 0);
});

it('what grew since a moment that was marked stands on its lines', async () => {
  await window.openFile('memory.py');
  await window.openFile('memory.pb.gz');
  await window.webview('canvas');
  await window.runCommand('Heatline: Compare with a Moment');
  await window.page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: 'loaded' }).first().click();
  await window.page.locator('.statusbar-item').filter({ hasText: 'vs memory.at-loaded.pb.gz' }).waitFor();
  await window.page.locator('.tabs-container .tab').filter({ hasText: 'memory.py' }).click();
  const figures = async (part: string) => {
    const spans = await window.page.evaluate(() =>
      [...document.querySelectorAll('.editor-instance .view-line')].map((line) => ({
        text: (line.textContent ?? '').replaceAll('\u00a0', ' '),
        after: [...line.querySelectorAll('span')].map((span) => getComputedStyle(span, '::after').content).join(' '),
      })),
    );
    return spans.find(({ text }) => text.includes(part))?.after.replaceAll('\u00a0', ' ') ?? '';
  };
  await until('the growth', async () => /\+12\.\d MB/.test(await figures('cache = ')));
  expect(await figures('orders = ')).toMatch(/[-−]1\.\d MB/);
  await inThemes('memory-growth', () => until('the growth', async () => /\+12\.\d MB/.test(await figures('cache = '))));
});
