import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { writeCodeProfile } from '../e2e/codeProfile.js';
import type { Define } from './harness.js';
import { api, eventually, lineWith, pricing, workspaceFile } from './support.js';

/** The commands that go through a profile in the code, on one whose figures are known. */
export function inCode(test: Define): void {
  const run = (id: string, ...args: unknown[]) => vscode.commands.executeCommand(`heatline.${id}`, ...args);
  const share = async (text: string) => {
    const at = await lineWith(pricing(), text);
    return (await (await api()).lineHeat(pricing())).find(({ line }) => line === at)?.share ?? 0;
  };
  const at = () => vscode.window.activeTextEditor!.selection.active.line + 1;
  /** Picks the nth entry (from 0) of the list that a command shows, which nobody tells us of: again where it was not there yet. */
  const pick = (id: string, nth: number, holds: () => Promise<void> | void) => {
    let patience = 200;
    return eventually(async () => {
      patience *= 1.5;
      const done = run(id);
      // More each time: a list that comes late on a slow machine comes all the same.
      await new Promise((resolve) => setTimeout(resolve, patience));
      for (let step = 0; step < nth; step++) await vscode.commands.executeCommand('workbench.action.quickOpenSelectNext');
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      await new Promise((resolve) => setTimeout(resolve, 200));
      await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
      await done;
      await holds();
    });
  };

  test('a profile with known figures is shown', async () => {
    const file = workspaceFile('known.pprof');
    writeCodeProfile(file.fsPath, pricing().fsPath);
    const info = await (await api()).openProfile(file);
    assert.deepEqual(info.threads.toSorted(), ['MainThread', 'worker']);
    assert.equal(await share('.casefold()'), 0.5);
  });

  test('setFocus keeps the stacks that match, and clearFilters gives all back', async () => {
    await run('setFocus', '^quote$');
    assert.ok(Math.abs((await share('.casefold()')) - 500 / 650) < 1e-9);
    await run('setFocus', '(');
    assert.ok(Math.abs((await share('.casefold()')) - 500 / 650) < 1e-9, 'a broken expression changed something');
    await run('clearFilters');
    assert.equal(await share('.casefold()'), 0.5);
    await run('setFocus', 'pay');
    await run('setFocus', '');
    assert.equal(await share('.casefold()'), 0.5);
  });

  test('nextHotLine and previousHotLine go round the warm lines of the file', async () => {
    const document = await vscode.workspace.openTextDocument(pricing());
    const editor = await vscode.window.showTextDocument(document);
    editor.selection = new vscode.Selection(0, 0, 0, 0);
    const seen: number[] = [];
    for (let step = 0; step < 5; step++) {
      await run('nextHotLine');
      seen.push(at());
    }
    assert.deepEqual(seen, [8, 9, 15, 20, 8]);
    await run('previousHotLine');
    assert.equal(at(), 20);
  });

  test('lineCallers and lineCallees peek at the places with their figures', async () => {
    const before = new Set(vscode.window.visibleTextEditors);
    await run('lineCallers', { uri: pricing().toString(), line: await lineWith(pricing(), 'return 1 if n < 2') });
    await eventually(() =>
      assert.ok(
        vscode.window.visibleTextEditors.some((editor) => !before.has(editor)),
        'no peek',
      ),
    );
    await vscode.commands.executeCommand('closeReferenceSearch');
    await run('lineCallees', { uri: pricing().toString(), line: await lineWith(pricing(), 'total += quote') });
    await eventually(() =>
      assert.ok(
        vscode.window.visibleTextEditors.some((editor) => !before.has(editor)),
        'no peek',
      ),
    );
    await vscode.commands.executeCommand('closeReferenceSearch');
    // A link to what is not open is not followed.
    await run('lineCallers', { uri: workspaceFile('report.py').toString(), line: 1 });
    await eventually(() => assert.ok(vscode.window.visibleTextEditors.every((editor) => before.has(editor))));
  });

  test('chooseMetric, chooseThread, chooseScale and choosePalette take what is picked', async () => {
    const settings = () => vscode.workspace.getConfiguration('heatline');
    await pick('chooseThread', 2, async () => assert.equal(await share('sum(amount'), 1));
    await run('clearFilters');
    await pick('chooseScale', 1, () => assert.equal(settings().get('heat.scale'), 'file'));
    // What other extensions are told stays a share of the whole.
    assert.equal(await share('.casefold()'), 0.5);
    await pick('choosePalette', 1, () => assert.equal(settings().get('palette'), 'cividis'));
    await settings().update('heat.scale', undefined, vscode.ConfigurationTarget.Global);
    await settings().update('palette', undefined, vscode.ConfigurationTarget.Global);
    const { totals } = (await api()).activeProfile!;
    const most = async () => Math.max(...(await (await api()).lineHeat(pricing())).map(({ total }) => total));
    await pick('chooseMetric', 3, async () => assert.equal(await most(), totals[1], 'not the second kind of value'));
    await pick('chooseMetric', 0, async () => assert.equal(await most(), totals[0]));
  });
}
