/** What a profile page in a real VS Code lives through: a server that ends, a file that is deleted, being hidden while it reads. */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import { formatShare, formatValue, placeOf } from '../../webview-ui/shared/format.js';
import { strays } from '../rig/processes.js';
import { until } from './editor.js';
import { folder, goTo, heatline, openPage, shows, useWindow, window } from './realWindow.js';
import { writeShopProfile } from './shopProfile.js';

const ROWS = '.table-body [role=row]';

useWindow('life', () => {
  const source = join(folder, 'shop', 'pricing.py');
  writeShopProfile(join(folder, 'after.pprof'), source);
  writeShopProfile(join(folder, 'before.pprof'), source, 'before');
});

/** The server of the extension under test. */
function server(): number {
  const found = strays().filter(({ command }) => /dist[/\\]server\.js/.test(command));
  if (found.length !== 1) throw new Error(`servers: ${found.map(({ command }) => command).join('; ')}`);
  return found[0]!.pid;
}

/** Resolves when another server than this one runs. */
const anotherThan = (pid: number) => until('another server', async () => server() !== pid);

/** The page that shows a file. */
function pageOf(file: string): Promise<Frame> {
  return until(`the page of ${file}`, async () => {
    for (const frame of window.page.frames()) {
      const title = await frame.evaluate(() => document.querySelector('h1')?.textContent).catch(() => undefined);
      if (title === file) return frame;
    }
    return undefined;
  });
}

/** Functions of a file as the table shows them. */
function functions(file: string, ...filters: string[]): string[][] {
  const { functions: rows, total } = heatline('top', file, ...filters);
  const time = (value: number) => formatValue(value, 'nanoseconds');
  return (rows as { name: string; file: string; line: number; self: number; total: number }[])
    .filter((row) => row.total > 0)
    .map((row) => [time(row.self), formatShare(row.self / total), time(row.total), formatShare(row.total / total), row.name, placeOf(row)]);
}

/** Goes to the table of all functions of a file, and resolves when they are there. */
async function tableOf(page: Frame, file: string): Promise<void> {
  await goTo(page, 'Table');
  const fold = page.getByRole('button', { name: 'Just my code' });
  const wanted = functions(file).length;
  // Clicked once: a second click, before the first one's answer is there, may fall on a button that is off by then.
  if ((await fold.getAttribute('aria-pressed')) === 'true') await fold.click();
  await expect.poll(() => fold.getAttribute('aria-pressed')).toBe('false');
  await until(`all functions of ${file}`, async () => (await page.locator(ROWS).count()) === wanted);
}

it('each page has its own figures again after the server ended, whichever was read first', async () => {
  await tableOf(await openPage('before.pprof'), 'before.pprof');
  await window.openFile('after.pprof');
  await pageOf('after.pprof');
  await window.runCommand('View: Move Editor into Next Group');
  // VS Code makes both pages anew: the covered one is there only when the other has been moved, whose old page is found until then.
  const before = await pageOf('before.pprof');
  const after = await pageOf('after.pprof');
  await tableOf(after, 'after.pprof');
  await shows(before, ROWS, functions('before.pprof'));
  await shows(after, ROWS, functions('after.pprof'));
  const pid = server();
  process.kill(pid, 'SIGKILL');
  await anotherThan(pid);
  // The page in front comes back by itself, the other one as soon as it is asked for something.
  await until('heat', async () => /wall · self/.test(await window.page.locator('.statusbar').innerText()));
  for (const [page, file] of [
    [before, 'before.pprof'],
    [after, 'after.pprof'],
  ] as const) {
    await page.getByRole('columnheader', { name: 'total', exact: true }).getByRole('button').click();
    await expect.poll(() => page.getByRole('columnheader', { name: 'total', exact: true }).getAttribute('aria-sort')).toBe('descending');
    await page.getByRole('columnheader', { name: 'self', exact: true }).getByRole('button').click();
    await shows(page, ROWS, functions(file));
    expect(await page.locator('.error').count()).toBe(0);
  }
  // Of the other page, what it shows is changed, and not what the one in front shows.
  await before.getByLabel('Thread').selectOption({ label: 'worker' });
  await shows(before, ROWS, functions('before.pprof', '--thread', 'worker'));
  expect(await after.getByLabel('Thread').inputValue()).toBe('');
  await window.screenshot('life-two');
});

it('a question that the server was at when it ended is answered by the next one', async () => {
  const page = await pageOf('after.pprof');
  await page.getByLabel('Thread').selectOption({ label: 'All threads' });
  const pid = server();
  process.kill(pid, 'SIGSTOP');
  await page.getByRole('tab', { name: 'Tree' }).click();
  await page.locator('[role=treegrid][aria-busy=true]').waitFor();
  process.kill(pid, 'SIGKILL');
  await anotherThan(pid);
  await page.locator('#node-0').waitFor();
  await expect.poll(() => page.locator('.note').textContent()).toBe(formatValue(heatline('top', 'after.pprof').total, 'nanoseconds'));
  expect(await page.locator('.error').count()).toBe(0);
});

it('a page that is hidden while it reads shows its profile when it is seen again', async () => {
  copyFileSync(join(folder, 'after.pprof'), join(folder, 'late.pprof'));
  const pid = server();
  process.kill(pid, 'SIGSTOP');
  try {
    await window.openFile('late.pprof');
    await (await window.webview('.reading')).getByRole('button', { name: 'Cancel' }).waitFor();
    await window.screenshot('life-reading');
    await window.openFile('shop/pricing.py');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await window.openFile('late.pprof');
  const page = await pageOf('late.pprof');
  await tableOf(page, 'late.pprof');
  await shows(page, ROWS, functions('late.pprof'));
});

it('a file that is deleted while it is shown stays in sight, and is missed in one sentence after a reload', async () => {
  copyFileSync(join(folder, 'after.pprof'), join(folder, 'late.pprof'));
  await window.openFile('late.pprof');
  const whole = functions('late.pprof');
  await tableOf(await pageOf('late.pprof'), 'late.pprof');
  rmSync(join(folder, 'late.pprof'));
  let page = await pageOf('late.pprof');
  await goTo(page, 'Flame');
  await goTo(page, 'Table');
  await shows(page, ROWS, whole);
  await window.reload();
  page = await window.webview('.error');
  expect(await page.locator('.error span').textContent()).toBe('late.pprof is not there.');
  await window.screenshot('life-deleted');
  copyFileSync(join(folder, 'after.pprof'), join(folder, 'late.pprof'));
  await page.getByRole('button', { name: 'Retry' }).click();
  await tableOf(page, 'late.pprof');
  await shows(page, ROWS, functions('late.pprof'));
});
