/** What threads did, exceptions and pauses as metrics: switching to one repaints the heat in a real VS Code, and the hover says where time is waiting. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { drawnLine, drawnLines, until } from './editor.js';
import { folder, goTo, heatline, openPage, useWindow, window } from './realWindow.js';
import { writeEvents, writeStates } from './stateProfiles.js';

const QUOTE = '.casefold()';
const PAY = 'sum(amount';
const REBATE = 'rebate(n - 1)';

useWindow('states', () => {
  const source = join(folder, 'shop', 'pricing.py');
  writeStates(join(folder, 'states.pprof'), source);
  writeEvents(join(folder, 'events.pprof'), source);
});

const rows = () => window.page.locator('.quick-input-widget .monaco-list-row');

/** Opens the list behind the status bar's item and takes the entry. */
async function choose(entry: string): Promise<void> {
  await window.page.locator('.statusbar-item[id$="heatline.view"] a').click();
  await window.page.locator('.quick-input-widget input').first().fill(entry);
  await rows().filter({ hasText: entry }).first().click();
}

/** The lines that wear a figure, by what is in their code. */
async function figures(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { text, figure, bar } of await drawnLines(window.page)) {
    const name = [QUOTE, PAY, REBATE].find((part) => text.includes(part));
    if (figure !== undefined) found[name ?? text.trim()] = `${figure.replaceAll(/\s+/g, ' ')}${bar === undefined ? '' : ' bar'}`;
  }
  return found;
}

/** Waits until these lines, and no others, wear these figures. */
async function shows(what: string, wanted: Readonly<Record<string, RegExp>>): Promise<void> {
  await until(what, async () => {
    const found = await figures();
    const right = Object.entries(wanted).every(([line, figure]) => figure.test(found[line] ?? ''));
    if (right && Object.keys(found).length === Object.keys(wanted).length) return true;
    throw new Error(JSON.stringify(found));
  });
}

it('each state is a metric, and the heat is that of the state', async () => {
  await openPage('states.pprof');
  await window.openFile('shop/pricing.py');
  await shows('wall time', { [QUOTE]: /^20\.0 % · 200 ms bar$/, [PAY]: /^50\.0 % · 500 ms bar$/, [REBATE]: /^30\.0 % · 300 ms bar$/ });
  await choose('Blocked (I/O, lock, sleep): self');
  await shows('what is blocked', { [PAY]: /^100\.0 % · 500 ms bar$/ });
  await window.screenshot('states-blocked-dark');
  await choose('Waiting for the GIL: self');
  await shows('the lock', { [REBATE]: /^100\.0 % · 240 ms bar$/ });
  await choose('Native code without the GIL: self');
  await shows('native code', { [REBATE]: /^100\.0 % · 60 ms bar$/ });
  await choose('Running: self');
  await shows('what runs', { [QUOTE]: /^100\.0 % · 200 ms bar$/ });
  await choose('Wall time: self');
  await shows('wall time again', { [QUOTE]: /^20\.0 %/, [PAY]: /^50\.0 %/, [REBATE]: /^30\.0 %/ });
});

it('the hover says at once that a line waits, and for what', async () => {
  const hover = window.page.locator('.monaco-hover:visible', { hasText: 'of this time' });
  for (const [theme, line, words] of [
    ['dark', PAY, /100\.0\s% of this time is waiting: the CPU is idle/],
    [
      'light',
      REBATE,
      /80\.0\s% of this time is waiting, mostly for the GIL: other threads run Python.*waiting for the GIL 80\.0\s% · native code without the GIL 20\.0\s%/s,
    ],
    ['highContrast', PAY, /100\.0\s% of this time is waiting/],
  ] as const) {
    await window.setTheme(theme);
    await drawnLine(window.page, line);
    await window.page.mouse.move(5, 5);
    await window.page
      .locator('.editor-instance .view-line')
      .filter({ hasText: line })
      .first()
      .hover({ position: { x: 120, y: 8 } });
    expect(await hover.first().innerText({ timeout: 60_000 })).toMatch(words);
    await window.screenshot(`states-hover-${theme}`);
  }
  await window.setTheme('dark');
});

it('the page has them as metrics, with their shares and the figures of the command line', async () => {
  const page = await openPage('states.pprof');
  await goTo(page, 'Info');
  await page.getByText('Blocked (I/O, lock, sleep): 500 ms in all (50.0 %)').waitFor();
  await window.screenshot('states-info-dark');
  await goTo(page, 'Table');
  await page.getByLabel('Metric').selectOption({ label: 'Waiting for the GIL' });
  const [first] = heatline('top', 'states.pprof', '--value', 'gil-wait').functions;
  expect([first.name, first.self]).toEqual(['rebate', 240_000_000]);
  await page.getByRole('gridcell', { name: '240 ms' }).first().waitFor();
  await page.getByLabel('Metric').selectOption({ label: 'Wall time' });
});

it('exceptions and pauses of the garbage collector are metrics as well', async () => {
  await openPage('events.pprof');
  await window.openFile('shop/pricing.py');
  await shows('exceptions', { [QUOTE]: /^75\.0 % · 30 bar$/, [REBATE]: /^25\.0 % · 10 bar$/ });
  await choose('GC time: self');
  await shows('pauses', { [PAY]: /^100\.0 % · 25 ms bar$/ });
  await window.screenshot('states-gc-dark');
  await choose('Exceptions: self');
  await shows('exceptions again', { [QUOTE]: /^75\.0 %/, [REBATE]: /^25\.0 %/ });
});
