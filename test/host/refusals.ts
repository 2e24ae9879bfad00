import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Define } from './harness.js';
import { api, assertSentence, assertWholeRecordings, pricing, rejection, workspaceFile, write } from './support.js';

/** What cannot be run is refused in one sentence, and leaves nothing behind. */
export function refusals(test: Define): void {
  async function refused(uri: vscode.Uri, says: RegExp, options?: { readonly python?: string; readonly cwd?: string }): Promise<void> {
    const heatline = await api();
    const before = heatline.activeProfile?.id;
    assertSentence(await rejection(heatline.profileFile(uri, options)), says);
    assert.equal(heatline.activeProfile?.id, before);
    assertWholeRecordings();
  }

  test('an interpreter that is not there', () => refused(pricing(), /no-such-python/, { python: '/opt/no-such-python' }));

  test('an interpreter that is none', async () => {
    await refused(pricing(), /README\.txt/, { python: (await write('README.txt', 'hello')).fsPath });
  });

  test('a working directory that is not there', () => refused(pricing(), /./, { cwd: workspaceFile('no such folder').fsPath }));

  test('a file without a name', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'python', content: 'print(1)\n' });
    await refused(document.uri, /save/i);
  });

  test('a file that is not there', () => refused(workspaceFile('gone.py'), /gone\.py/));

  test('a file that is not Python', async () => {
    await refused(await write('notes.txt', 'hello'), /notes\.txt/);
  });

  test('a folder', () => refused(workspaceFile('shop'), /shop/));

  test('a command tells it and does not throw', async () => {
    assert.equal(await vscode.commands.executeCommand('heatline.profileFile', workspaceFile('gone.py'), {}), undefined);
  });

  test('all recordings are whole and no program is running', () => {
    assertWholeRecordings();
    assert.deepEqual(
      vscode.tasks.taskExecutions.map((execution) => execution.task.name),
      [],
    );
  });
}
