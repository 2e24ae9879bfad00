/** Each tab of the profile page in a real VS Code: its figures are those of the command line, its keys and menus do what they say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatCount, placeOf, shortPath } from '../../webview-ui/shared/format.js';
import { until } from './editor.js';
import { cells, chips, clipboard, folder, goTo, heatline, menuItem, press, shows, window } from './realWindow.js';
import { findPage, type Named, PROFILE, page, ROWS, share, time, useShopPage } from './shopPage.js';

useShopPage('tabs');

/** Rows of the table as the command line has them. */
function functions(...filters: string[]): string[][] {
  const { functions: rows, total } = heatline('top', PROFILE, ...filters) as { functions: Named[]; total: number };
  // The page leaves out what has no value at all.
  const valued = rows.filter((row) => row.self !== 0 || row.total !== 0);
  return valued.map((row) => [time(row.self), share(row.self, total), time(row.total), share(row.total, total), row.name, placeOf(row)]);
}

it('Flame: walked by keys and wheel, to the source and back', async () => {
  await goTo(page, 'Flame');
  const canvas = page.locator('#flame-canvas');
  const item = async () => {
    const id = await canvas.getAttribute('aria-activedescendant');
    return id === null ? '' : ((await page.locator(`[id="${id}"]`).textContent()) ?? '');
  };
  await canvas.focus();
  const { total, functions: top } = heatline('top', PROFILE) as { total: number; functions: Named[] };
  const quote = top.find(({ name }) => name === 'quote')!;
  await press('Home', 'ArrowDown', 'ArrowDown', 'ArrowDown');
  await until('the walk', async () => (await item()).startsWith(`quote, pricing.py line 4, ${share(quote.total, total)} of the profile`));
  await press('Space');
  await until('the zoom', async () => (await page.locator('.crumb.here').textContent()) === 'quote');
  expect(await page.locator('.note').textContent()).toBe(`${time(quote.total)} · ${share(quote.total, total)}`);
  await window.screenshot('page-flame-zoomed');
  await press('Escape');
  await until('the way back', async () => (await page.locator('.crumb.here').textContent()) === 'all');
  // The wheel zooms in around the pointer, and out no further than to the whole.
  const box = (await canvas.boundingBox())!;
  await window.page.mouse.move(box.x + box.width / 2, box.y + 40);
  await window.page.keyboard.down('Control');
  await window.page.mouse.wheel(0, -400);
  await page.locator('.minimap').waitFor();
  for (let turn = 0; turn < 4; turn++) await window.page.mouse.wheel(0, 800);
  await page.locator('.minimap').waitFor({ state: 'detached' });
  await window.page.keyboard.up('Control');
  await canvas.focus();
  await press('Home', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
  await until('the source', async () => /Ln 4,/.test(await window.page.locator('.statusbar').innerText()));
  await window.runCommand('Go Back');
  await findPage('#flame-canvas');
});

it('VS Code’s own menu on a box: focus, without, hidden, both sides, stack and table on the clipboard', async () => {
  await goTo(page, 'Flame');
  const canvas = page.locator('#flame-canvas');
  const { width } = (await canvas.boundingBox())!;
  const onQuote = { button: 'right', position: { x: width * 0.2, y: 4 + 21 * 3.5 } } as const;
  const filtered = async (item: string, wanted: string, ...filters: string[]) => {
    await canvas.click(onQuote);
    await menuItem(item);
    await until(wanted, async () => (await chips(page)).join() === `${wanted} ✕`);
    await goTo(page, 'Table');
    await shows(page, ROWS, functions(...filters));
    await page.locator('.chip').click();
    await goTo(page, 'Flame');
    await until('all of it', async () => (await page.locator('.note').textContent()) === time(heatline('top', PROFILE).total));
  };
  await filtered('Focus on Function', 'Focus quote', '--focus', '^quote$');
  await filtered('Ignore Function', 'Without quote', '--ignore', '^quote$');
  await canvas.click(onQuote);
  await menuItem('Copy Stack');
  await until('the stack', async () => (await clipboard()) === 'all\n<module>\nmain\nquote');
  await canvas.click(onQuote);
  await menuItem('Copy Functions as Table');
  const table = await until('the table', async () => ((await clipboard()).startsWith('function\t') ? clipboard() : undefined));
  const { functions: top } = heatline('top', PROFILE) as { functions: Named[] };
  expect(table.split('\n').slice(1, -1).toSorted()).toEqual(
    top.map(({ name, file, line, self, total }) => [name, file, line || '', self, total, ''].join('\t')).toSorted(),
  );
  await canvas.click(onQuote);
  await menuItem('Show Callers and Callees');
  await until('both sides', async () => (await page.locator('.sandwich-middle .name').textContent()) === 'quote');
});

it('Sandwich: callers and callees as `heatline peek --json` has them', async () => {
  await goTo(page, 'Sandwich');
  for (const name of ['main', 'Customer.pay', 'quote']) {
    await page.locator('.sandwich-list').getByText(name, { exact: true }).click();
    await until(name, async () => (await page.locator('.sandwich-middle .name').textContent()) === name);
    const { functions: found, total } = heatline('peek', PROFILE, `^${name.replace('.', '\\.')}$`);
    const [{ callers, callees, ...own }] = found as [Named & { callers: Named[]; callees: Named[] }];
    await expect
      .poll(() => page.locator('.sandwich-middle .figures').textContent())
      .toBe(`total ${time(own.total)} · ${share(own.total, total)}  self ${time(own.self)} · ${share(own.self, total)}`);
    for (const [side, wanted] of [
      ['callers', callers],
      ['callees', callees],
    ] as const) {
      const next = page.locator(`#${side}-tree [role=treeitem][aria-level="2"]`);
      const texts = async () =>
        (await next.allTextContents()).map((text) => text.replace(/(.*?), .*?([\d.]+ %) of the profile.*/, '$1 $2'));
      await expect
        .poll(async () => (await texts()).toSorted())
        .toEqual(wanted.map((one) => `${one.name} ${share(one.total, total)}`).toSorted());
    }
  }
  // The halves are walked by keys, and a box of them comes into the middle.
  await page.locator('#callees-canvas').focus();
  await press('Home', 'ArrowDown', 's');
  await until('a callee in the middle', async () => (await page.locator('.sandwich-middle .name').textContent()) === 'Pattern.match');
  await press('Control+z');
});

it('Table: `heatline top --json` for every metric, thread, label and search, in groups and in every order', async () => {
  await goTo(page, 'Table');
  await shows(page, ROWS, functions());
  await page.getByLabel('Metric').selectOption({ label: 'CPU time' });
  await shows(page, ROWS, functions('--value', 'cpu'));
  await page.getByLabel('Metric').selectOption({ label: 'Wall time' });
  await page.getByLabel('Thread').selectOption({ label: 'worker' });
  const whole = heatline('top', PROFILE).total as number;
  await shows(page, ROWS, functions('--thread', 'worker'));
  await until('the status bar', async () => /worker/.test(await window.page.locator('.statusbar').innerText()));
  await page.getByLabel('Thread').selectOption({ label: 'All threads' });
  await page.getByLabel('Label', { exact: true }).selectOption({ label: 'globex' });
  await shows(page, ROWS, functions('--label', 'tenant=globex'));
  expect(await chips(page)).toEqual(['Where tenant is globex ✕']);
  await page.locator('.chip').click();
  await shows(page, ROWS, functions());

  await page.locator('#row-0').click();
  await press('/');
  await window.page.keyboard.type('/rebate|json/');
  const { functions: top } = heatline('top', PROFILE) as { functions: Named[] };
  const matching = top.filter(({ name, file }) => /rebate|json/.test(name + file));
  const { total } = heatline('top', PROFILE, '--focus', 'rebate|json') as { total: number };
  await expect
    .poll(() => page.locator('.found').textContent())
    .toBe(`${matching.length} functions match · ${time(total)} · ${share(total, whole)}`);
  await shows(
    page,
    ROWS,
    functions().filter((row) => matching.some(({ name }) => row[4] === name)),
  );
  await press('Escape');
  await shows(page, ROWS, functions());

  await page.getByRole('columnheader', { name: 'function' }).getByRole('button').focus();
  await press('Enter');
  const names = async () => (await cells(page, ROWS)).map((row) => row[4]);
  await expect.poll(names).toEqual(
    functions()
      .map((row) => row[4])
      .toSorted((a, b) => (a!.toLowerCase() < b!.toLowerCase() ? -1 : 1)),
  );
  await page.getByRole('columnheader', { name: 'self', exact: true }).getByRole('button').click();
  await shows(page, ROWS, functions());

  await page.getByLabel('Rows').selectOption('line');
  const { files } = heatline('lines', PROFILE) as { files: { file: string; lines: Named[] }[] };
  const lines = files.flatMap(({ file, lines: of }) =>
    of.map((one) => [time(one.self), time(one.total), placeOf({ file, line: one.line })].join(' ')),
  );
  const shownLines = async () =>
    (await cells(page, ROWS)).filter((row) => row[4] !== '').map(([self, , all, , line]) => [self, all, line].join(' '));
  await expect.poll(async () => (await shownLines()).toSorted()).toEqual(lines.toSorted());
  await page.getByLabel('Rows').selectOption('file');
  const byFile = new Map<string, number>();
  for (const { file, self } of top) byFile.set(file, (byFile.get(file) ?? 0) + self);
  const shownFiles = async () => (await cells(page, ROWS)).map((row) => `${row[5]} ${row[0]}`);
  await expect
    .poll(async () => (await shownFiles()).toSorted())
    .toEqual([...byFile].map(([file, self]) => `${file === '~' ? 'built-in' : file} ${time(self)}`).toSorted());
  await page.getByLabel('Rows').selectOption('function');
});

it('Tree: `heatline tree --json`, and its hot path by one key', async () => {
  await goTo(page, 'Tree');
  await page.getByRole('treegrid').focus();
  await press('Home', 'h');
  await until('the hot path', async () => /quote/.test((await page.locator('.row.current').textContent()) ?? ''));
  await window.screenshot('page-tree-hot');
  const { roots, total } = heatline('tree', PROFILE) as { roots: Named[]; total: number };
  const flat = (nodes: readonly Named[]): string[][] =>
    nodes.flatMap((node) => [
      [time(node.total), share(node.total, total), time(node.self), node.name, placeOf(node)],
      ...flat(node.children),
    ]);
  const all = flat(roots);
  const shut = page.locator(`${ROWS}[aria-expanded=false] .twisty`);
  await until('all rows to be open', async () => {
    if ((await shut.count()) > 0) await shut.first().click();
    return (await page.locator(ROWS).count()) === all.length;
  });
  await shows(page, ROWS, all);
  await press('i');
  const inverted = heatline('tree', PROFILE, '--inverted') as { roots: Named[] };
  // The selected function is found again in it, opened among its callers.
  await shows(
    page,
    `${ROWS}[aria-level="1"]`,
    inverted.roots.map((node) => [time(node.total), share(node.total, total), time(node.self), node.name, placeOf(node)]),
  );
  await press('i', 'j');
  // Stacks of library code alone stay, as one frame.
  await until('own code only', async () => !(await cells(page, ROWS)).some((row) => /json/.test(row[4]!)));
});

it('Lines: `heatline lines --json` on the source, from hot line to hot line', async () => {
  await goTo(page, 'Lines');
  const { files, total } = heatline('lines', PROFILE) as { total: number; files: { file: string; lines: Named[] }[] };
  const self = (lines: readonly Named[]) => lines.reduce((sum, line) => sum + line.self, 0);
  await shows(
    page,
    `.lines-files ${ROWS}`,
    files.map(({ file, lines }) => [time(self(lines)), share(self(lines), total), shortPath(file)]),
  );
  await page.locator('.lines-files').getByText('shop/pricing.py').click();
  await page.locator('#line-8').waitFor();
  const text = readFileSync(join(folder, 'shop', 'pricing.py'), 'utf8').split('\n');
  const shown = async () => (await cells(page, `.lines-source ${ROWS}`)).filter(([own, , all]) => own !== '' || all !== '');
  await expect
    .poll(shown)
    .toEqual(
      files[0]!.lines.map((one) => [
        one.self === 0 ? '' : time(one.self),
        one.self === 0 ? '' : share(one.self, total),
        time(one.total),
        String(one.line),
        text[one.line - 1]!.trim(),
      ]),
    );
  await page.locator('.lines-source [role=grid]').focus();
  const current = () => page.locator('.lines-source .row.current').getAttribute('id');
  await press('Home', 'n');
  await until('the hottest line', async () => (await current()) === 'line-8');
  await press('n');
  await until('the next', async () => (await current()) === 'line-19');
});

it('Files: self time by file adds up to `heatline top --json`, as rings and as rows', async () => {
  await goTo(page, 'Files');
  const { functions: top, total } = heatline('top', PROFILE) as { functions: Named[]; total: number };
  await expect.poll(() => page.locator('.note').textContent()).toBe(`${time(total)} self`);
  await page.locator('#files-canvas').focus();
  await press('Home');
  const items = () => page.locator('#files-tree [role=treeitem]').allTextContents();
  await until('the twin of the rings', async () => (await items()).length > 1);
  // From part to part down to the functions of the sample program.
  const part = (name: string) => page.locator('.part', { has: page.locator(`bdi:text-is("${name}")`) });
  for (const name of ['shop', 'pricing.py']) {
    await part(name).click();
    await until(name, async () => (await page.locator('.crumb.here').textContent()) === name);
  }
  const own = top.filter(({ file, self }) => file.endsWith('pricing.py') && self > 0);
  const parts = async () =>
    (await page.locator('.part').allInnerTexts()).map((one) =>
      one
        .split('\n')
        .filter((word) => / (ms|s|%)$/.test(word))
        .join(' '),
    );
  await expect
    .poll(async () => (await parts()).toSorted())
    .toEqual(own.map(({ self }) => `${time(self)} ${share(self, total)}`).toSorted());
  await page.getByRole('button', { name: 'Icicle' }).click();
  await until('the rows', async () => (await items()).length > 1);
  await page.getByRole('button', { name: 'Sunburst' }).click();
  await page.locator('.part').first().waitFor();
});

it('Info: what `heatline info --json` says', async () => {
  await goTo(page, 'Info');
  const info = heatline('info', PROFILE);
  const facts = await page
    .locator('.info dl > div')
    .evaluateAll((all) =>
      Object.fromEntries(
        all.map((one) => [one.querySelector('dt')!.textContent, [...one.querySelectorAll('dd')].map((dd) => dd.textContent)]),
      ),
    );
  expect(facts).toMatchObject({
    Samples: [`${info.samples} samples`],
    Functions: [formatCount(info.functions)],
    Threads: info.threads,
    Format: [info.format],
    Duration: [time(info.durationNanos)],
  });
});
