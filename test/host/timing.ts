import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TimingResult } from '../../src/engines/timeit.js';
import type { Define } from './harness.js';
import { write } from './support.js';

/** Timing what is selected in the editor, in the real interpreter. */
export function timing(test: Define): void {
  const program = `import time
def pause(seconds):
    time.sleep(seconds)
    return seconds
def run():
    pause(0.001)
    pause(0.3)
if __name__ == "__main__":
    raise SystemExit("run as a program")
`;
  /** Selects lines, 1-based, and times them. */
  const time = async (...lines: number[]): Promise<TimingResult | undefined> => {
    const file = await write('timing ü/pauses.py', program);
    const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file));
    editor.selections = lines.map((line) => new vscode.Selection(line - 1, 4, line - 1, program.split('\n')[line - 1]!.length));
    return vscode.commands.executeCommand('heatline.timeit');
  };

  test('a selection, with the names of its file', async () => {
    const result = await time(7);
    assert.match(result?.python ?? '', /^\w+ 3\./);
    assert.equal(result!.timings.length, 1);
    assert.equal(result!.timings[0]!.statement.trim(), 'pause(0.3)');
    assert.ok(Math.min(...result!.timings[0]!.seconds) > 0.29);
  });

  test('two selections are compared', async () => {
    const result = await time(6, 7);
    const [short, long] = result!.timings;
    assert.ok(Math.min(...short!.seconds) < Math.min(...long!.seconds));
  });

  test('what does not run is said, and nothing comes back', async () => {
    assert.equal(await time(4), undefined);
  });
}
