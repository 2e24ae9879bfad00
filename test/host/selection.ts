import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import type { Define } from './harness.js';
import { api, lineWith, noteRecordings, recordingFiles, write } from './support.js';

/** Profile Selection: only what runs while the selected lines run. */
export function selection(test: Define): void {
  const program = `import time
def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(2000))
def counted(n):
    return n
def main():
    work(1.2)
    for _ in range(7):
        counted(work(0.1))
        counted(1)
    [counted(n) for n in range(
        100)]
    work(1.2)
def never():
    return 1
main()
`;
  const name = 'runs ü/selected.py';

  /** Puts cursor or selection there (1-based lines) and profiles it. */
  async function profile(first: number, last?: number): Promise<ProfileInfo | undefined> {
    const file = await write(name, program);
    const editor = await vscode.window.showTextDocument(file);
    editor.selection = last === undefined ? new vscode.Selection(first - 1, 4, first - 1, 4) : new vscode.Selection(first - 1, 0, last, 0);
    const info = await vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.profileSelection');
    if (info) noteRecordings(info);
    return info;
  }

  test('what runs on other lines is not seen; calls are exact; Profile Again repeats it', async () => {
    const info = await profile(10, 12);
    assert.ok(info?.recording, 'nothing was recorded');
    assert.equal(info.recording.label, 'selected.py: lines 10–12');
    assert.equal(info.recording.engine, 'hybrid');
    const script = vscode.Uri.file(path.join(info.recording.cwd, name));
    const heat = await (await api()).lineHeat(script);
    const at = (line: number) => heat.find((each) => each.line === line)?.total ?? 0;
    assert.deepEqual([at(9), at(15)], [0, 0], JSON.stringify(heat));
    assert.ok(at(11) > 0 && at(await lineWith(script, 'sum(range')) > 0, JSON.stringify(heat));
    // main once, work 7, counted 14, and the built-in functions that they call.
    assert.ok(info.totals[info.valueTypes.findIndex(({ type }) => type === 'calls')]! >= 22, JSON.stringify(info.totals));
    assert.match(info.quality?.notes?.join() ?? '', /recorded only while lines 10-12 of selected\.py ran, entered once/);
    const again = await vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.rerun');
    assert.equal(again?.recording?.label, info.recording.label);
    assert.notEqual(again?.id, info.id);
  });

  test('without a selection it is the statement at the cursor', async () => {
    const info = await profile(14);
    assert.equal(info?.recording?.label, 'selected.py: line 14');
    assert.match(info.quality?.notes?.join() ?? '', /recorded only while lines 13-14 of selected\.py ran/);
  });

  test('lines that never ran, and lines without code, leave no recording', async () => {
    const before = recordingFiles();
    assert.equal(await profile(17), undefined);
    await write(name, `${program}\n# nothing\n`);
    assert.equal(await profile(20, 20), undefined);
    assert.deepEqual(recordingFiles(), before);
  });
}
