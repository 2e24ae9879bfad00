import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Define } from './harness.js';
import { api, eventually, lineWith, pricing, workspaceFile, write } from './support.js';

/** A pinned baseline on lenses and hovers, groups of runs, and the comparison in the profile editor. */
export function comparing(test: Define): void {
  let base: vscode.Uri;
  let again: vscode.Uri;
  let next: vscode.Uri;

  const lenses = async () =>
    (await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', pricing(), 100))
      .map((lens) => (lens.command?.title ?? '').replaceAll('\u00a0', ' '))
      .filter((title) => / self /.test(title));
  const lensSays = (pattern: RegExp) =>
    eventually(async () => {
      const titles = await lenses();
      assert.ok(
        titles.some((title) => pattern.test(title)),
        `${pattern} is on no lens: ${titles.join(' | ')}`,
      );
    });
  const hover = async (line: number) => {
    const found = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      pricing(),
      new vscode.Position(line - 1, 16),
    );
    return found.flatMap((entry) => entry.contents.map((part) => (typeof part === 'string' ? part : part.value))).join('\n');
  };

  test('a pinned baseline puts the change on lenses and hovers, and takes it away again', async () => {
    const file = pricing().fsPath;
    const hot = await lineWith(pricing(), '.casefold()');
    const calls = await lineWith(pricing(), 'total += quote');
    const stacks = (quote: number, main: number) =>
      `main (${file}:${calls});quote (${file}:${hot}) ${quote}\nmain (${file}:${calls}) ${main}\n`;
    base = await write('compare/base.collapsed', stacks(7000, 3000));
    again = await write('compare/again.collapsed', stacks(7200, 2900));
    next = await write('compare/next.collapsed', stacks(3500, 3010));
    for (const [uri, age] of [
      [base, 300],
      [again, 200],
      [next, 100],
    ] as const) {
      const when = Date.now() / 1000 - age;
      await utimes(uri.fsPath, when, when);
    }
    await (await api()).openProfile(next);
    await vscode.commands.executeCommand('heatline.pinBaseline', base);
    await lensSays(/3,500 self · 3,500 total · −3,500 \(−50\.0 %\)$/);
    const text = await hover(hot);
    assert.match(text, /baseline/);
    assert.match(text, /\| self \| 3,500 \| 53\.8 % \| 7,000 \| −3,500 \(−50\.0 %\) ±\d+/);
    // The heat that other extensions read is that of the profile itself.
    assert.deepEqual(
      (await (await api()).lineHeat(pricing())).map(({ line, self }) => [line, self]),
      [
        [hot, 3500],
        [calls, 3010],
      ],
    );
    await vscode.commands.executeCommand('heatline.unpinBaseline');
    await lensSays(/3,500 self · 3,500 total$/);
    assert.doesNotMatch(await hover(hot), /baseline/);
  });

  test('several runs are one baseline: their mean', async () => {
    await vscode.commands.executeCommand('heatline.pinBaseline', base, [base, again]);
    await lensSays(/3,500 total · −3,600 \(−50\.7 %\)$/);
  });

  test('the baseline itself is compared with nothing; another profile of other values is not either', async () => {
    await (await api()).openProfile(base);
    await lensSays(/7,000 self · 7,000 total$/);
    await vscode.commands.executeCommand('heatline.pinBaseline', workspaceFile('cprofile ü.prof'));
    await lensSays(/7,000 self · 7,000 total$/);
  });

  test('two files that are compared show the later one against the earlier in the profile editor', async () => {
    await vscode.commands.executeCommand('heatline.compareWith', next, [next, base]);
    assert.equal((await api()).activeProfile?.uri, next.toString());
    await eventually(() => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      assert.ok(input instanceof vscode.TabInputCustom && input.viewType === 'heatline.profile', 'no profile editor is shown');
      assert.equal(input.uri.toString(), next.toString());
    });
    await lensSays(/−3,500 \(−50\.0 %\)$/);
  });

  test('a baseline that cannot be read leaves what was pinned', async () => {
    const broken = await write('compare/broken.collapsed', 'main;work many\n');
    await vscode.commands.executeCommand('heatline.pinBaseline', broken);
    await lensSays(/−3,500 \(−50\.0 %\)$/);
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('heatline.unpinBaseline');
    await lensSays(/3,500 self · 3,500 total$/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
}
