/**
 * Comparing in a real VS Code: two recordings are chosen in the explorer, the page shows what changed, the lines of the code say so,
 * and a git diff has both sides.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RecordingMeta } from '../../src/core/recording.js';
import { type Browser, startChromium } from '../rig/chromium.js';
import { project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { type Server, startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace, type Workbench } from '../rig/workbench.js';
import { encodePprof, type TestProfile } from '../unit/serverKit.js';
import { clickInMenu, drawnLines, until } from './editor.js';
import { tellFailures } from './failures.js';

const OLD = `"""Prices orders."""


def quote(items, catalogue):
    total = 0
    for name in items:
        total += find(name, catalogue)
    return total


def find(name, catalogue):
    for row in catalogue:
        if row.casefold() == name.casefold():
            return row
    return None


def steady(items):
    return sorted(items)


quote(["a"], ["b"])
`;
/** The search became an index, which has to be built. */
const NEW = `"""Prices orders."""


def quote(items, catalogue):
    index = {row.casefold(): row for row in catalogue}
    total = 0
    for name in items:
        total += find(name, index)
    return total


def find(name, index):
    return index.get(name.casefold())


def steady(items):
    return sorted(items)


quote(["a"], ["b"])
`;
const MS = 1_000_000;

let server: Server;
let browser: Browser;
let window: Workbench;
let folder: string;

/** Writes a recording of the program as it was then: what took how many milliseconds, by function, line, line of the caller. */
function record(
  id: string,
  source: string,
  starts: readonly [number, number, number],
  took: readonly (readonly [number, number, number, number])[],
  age: number,
): void {
  const file = join(folder, 'shop', 'pricing.py');
  const home = join(folder, 'runs', id);
  mkdirSync(join(home, 'sources'), { recursive: true });
  const sha256 = createHash('sha256').update(source).digest('hex');
  const profile: TestProfile = {
    functions: [
      ['quote', file, starts[0]],
      ['find', file, starts[1]],
      ['steady', file, starts[2]],
    ],
    samples: took.map(([func, line, caller, ms]) => ({
      stack:
        func === 1
          ? [
              [1, line],
              [0, caller],
            ]
          : [[func, line]],
      values: [ms, ms * MS],
    })),
    durationNanos: 2000 * MS,
  };
  writeFileSync(join(home, 'sources', sha256), source);
  const raw = join(home, `${id}.pb.gz`);
  writeFileSync(raw, encodePprof(profile));
  const meta: RecordingMeta = {
    version: 1,
    id,
    label: `pricing.py ${id}`,
    file: `${id}.pb.gz`,
    engine: 'hybrid',
    argv: ['python', 'shop/pricing.py'],
    cwd: folder,
    target: 'shop/pricing.py',
    startedAt: new Date(Date.now() - age * 1000).toISOString(),
    durationSeconds: 2,
    exitStatus: 0,
    stoppedBy: 'program',
    sources: [{ path: file, sha256, lines: source.split('\n').length }],
  };
  writeFileSync(join(home, 'meta.json'), JSON.stringify(meta));
  const when = Date.now() / 1000 - age;
  utimesSync(raw, when, when);
}

// A second try begins with a window of its own.
beforeEach(async () => {
  const tools = await setUp('tests', (line) => console.log(line));
  folder = join(await temporaryFolder('workspace'), 'my shop ü');
  mkdirSync(join(folder, 'shop'), { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: folder });
  writeFileSync(join(folder, 'shop', 'pricing.py'), OLD);
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'search');
  writeFileSync(join(folder, 'shop', 'pricing.py'), NEW);
  record(
    'before',
    OLD,
    [4, 11, 18],
    [
      [0, 6, 0, 20],
      [0, 7, 0, 60],
      [1, 12, 7, 300],
      [1, 13, 7, 1200],
      [2, 19, 0, 400],
    ],
    600,
  );
  record(
    'after',
    NEW,
    [4, 12, 16],
    [
      [0, 5, 0, 110],
      [0, 7, 0, 25],
      [0, 8, 0, 70],
      [1, 13, 8, 90],
      [2, 17, 0, 410],
    ],
    60,
  );
  server = await startServer(tools, { settings: { 'git.enabled': true, 'git.openRepositoryInParentFolders': 'never' } });
  browser = await startChromium(tools);
  window = await openWorkspace(server, browser.context, { folder, extensionDevelopmentPath: project });
  await window.setTheme('dark');
});

afterEach(async () => {
  await browser?.stop();
  await server?.stop();
  await cleanUp();
});

tellFailures('compare', () => window);

/** Texts after the code of the visible lines that contain `part`. */
async function notes(part: string): Promise<string> {
  return window.page.evaluate((wanted) => {
    const lines = [...document.querySelectorAll<HTMLElement>('.view-lines .view-line')].filter((line) =>
      (line.textContent ?? '').replace(/\u00a0/g, ' ').includes(wanted),
    );
    const texts = lines.flatMap((line) => [...line.querySelectorAll('span')].map((span) => getComputedStyle(span, '::after').content));
    return texts
      .filter((text) => text !== 'none' && text !== 'normal')
      .join(' ')
      .replace(/\u00a0/g, ' ');
  }, part);
}

it('two recordings of the explorer are compared: the page, the lines, both sides of a git diff', async () => {
  const { page } = window;
  await window.runCommand('File: Focus on Files Explorer');
  const row = (name: string) => page.locator('.explorer-folders-view .monaco-list-row').filter({ hasText: name }).first();
  for (const name of ['runs', 'after', 'before']) {
    await row(name).waitFor();
    await row(name).click();
  }
  await row('after.pb.gz').waitFor();
  await row('before.pb.gz').waitFor();
  // The folder “before” stays selected with them: it is none to compare.
  await page.keyboard.down('Control');
  await row('after.pb.gz').click();
  await row('before.pb.gz').click();
  await page.keyboard.up('Control');
  await row('before.pb.gz').click({ button: 'right' });
  await clickInMenu(page.locator('.monaco-menu .action-item').filter({ hasText: 'Compare with…' }).first());

  const diff = await window.webview('#change-0', 60_000);
  await until('the largest change first', async () => /find/.test((await diff.locator('#change-0').textContent()) ?? ''));
  expect(await diff.locator('#change-0').textContent()).toMatch(/−1\.41 s.*−94\.0 %/);
  expect(await diff.locator('.diff-sides').textContent()).toMatch(/pricing\.py before.*pricing\.py after/);
  await window.screenshot('compare-page-dark');

  await window.openFile('shop/pricing.py');
  await until('the change beside the line that does more now', async () => /\+110 ms +new/.test(await notes('index = {')));
  expect(await notes('index.get')).toMatch(/−1\.11 s +−92\.5 %/);
  // Twenty more of four hundred samples are noise: nothing is said.
  expect(await notes('return sorted')).not.toMatch(/\+10 ms/);
  await until('the baseline in the status bar', async () =>
    /vs pricing\.py before/.test(await page.locator('.part.statusbar').innerText()),
  );
  await until('lenses with the change', async () =>
    /−1\.41 s \(−94\.0 %\)/.test((await page.locator('.codelens-decoration').allInnerTexts()).join('\n').replace(/\u00a0/g, ' ')),
  );
  const bars = await drawnLines(page);
  expect(bars.find(({ text }) => text.includes('return sorted'))?.figure).toMatch(/58\.2 %/);
  await window.screenshot('compare-lines-dark');
  await window.setTheme('light');
  await window.screenshot('compare-lines-light');
  await window.setTheme('highContrast');
  await window.screenshot('compare-lines-hcDark');
  await window.setTheme('dark');

  await window.runCommand('Git: Open Changes');
  await until('what the search took, on the old side', async () =>
    /54\.5 +% · 1\.08 s|60\.6 % +· +1\.20 s/.test(await notes('row.casefold() == name')),
  );
  expect(await notes('index = {')).toMatch(/\+110 ms/);
  await window.screenshot('compare-git-dark');

  // The baseline is there again after a reload, and let go with a sentence when its file is gone.
  const lensesSay = (what: string, pattern: RegExp) =>
    until(what, async () => pattern.test((await page.locator('.codelens-decoration').allInnerTexts()).join('\n').replace(/\u00a0/g, ' ')));
  await window.reload();
  await window.openFile('shop/pricing.py');
  await lensesSay('lenses with the change after a reload', /−1\.41 s \(−94\.0 %\)/);
  rmSync(join(folder, 'runs', 'before'), { recursive: true });
  await window.reload();
  // It hides after some seconds, and is kept among the notifications.
  await until('the sentence that nothing is compared', async () => {
    await window.runCommand('Notifications: Show Notifications');
    const said = await page.locator('.notifications-center, .notification-toast').allInnerTexts();
    return said.some((text) => text.includes('cannot be read any more: nothing is compared'));
  });
  await window.openFile('shop/pricing.py');
  await lensesSay('lenses without a change', /90 ms self · 90 ms total$/m);
});
