import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import type { Define } from './harness.js';
import { api, eventually, recordedRun, recordingFiles, workspaceFile, write } from './support.js';

/** Moments of a recording of memory: marked while it runs. What is compared with them: test/e2e/waiting. */
export function moments(test: Define): void {
  const program = `import os, time
first = [bytes(1000) for _ in range(2000)]
open("ready", "w").close()
while not os.path.exists("go"): time.sleep(0.01)
more = [bytearray(1024 * 1024) for _ in range(9)]
`;
  const alive = ({ totals, valueTypes }: ProfileInfo) => totals[valueTypes.findIndex(({ type }) => type === 'inuse_space')]! / 1024 ** 2;

  test('a moment that is marked while a program is recorded is a file beside the recording', async () => {
    // Of a recording that has ended nothing can be marked, and from it on it is known where recordings are.
    await recordedRun(await write('runs/first.py', 'kept = bytes(5000)\n'), { engine: 'memory' });
    const before = recordingFiles();
    await vscode.commands.executeCommand('heatline.markMoment', 'too late');
    const running = recordedRun(await write('marked/grows.py', program), { engine: 'memory', cwd: workspaceFile('marked').fsPath });
    await eventually(() => assert.ok(existsSync(workspaceFile('marked', 'ready').fsPath)));
    await vscode.commands.executeCommand('heatline.markMoment', 'half way');
    const file = await eventually(() => {
      const found = recordingFiles().find((each) => each.endsWith('.at-half way.pb.gz'));
      assert.ok(found);
      return found;
    });
    await write('marked/go', '');
    const info = await running;
    const moment = await (await api()).openProfile(vscode.Uri.file(file));
    assert.ok(alive(moment) > 1.9 && alive(moment) < 5, `${alive(moment)} MB`);
    assert.ok(alive(info) > alive(moment) + 8.9, `${alive(info)} MB`);
    assert.ok(![...before, ...recordingFiles()].some((each) => each.includes('too late') || each.endsWith('.mark')));
  });
}
