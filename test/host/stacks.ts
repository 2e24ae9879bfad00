import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as vscode from 'vscode';
import { type Define, Skip } from './harness.js';
import { lineWith, write } from './support.js';

const program = `import time
def stuck(secret):
    print("ready", flush=True)
    time.sleep(120)
stuck("hunter2")
`;

/** Where each thread of a running program is. */
export function stacks(test: Define): void {
  test('stacks are shown with links to the code, and variables only when asked for', async () => {
    if (spawnSync('py-spy', ['--version']).status !== 0) throw new Skip('py-spy is not on PATH');
    const script = await write('runs ü/stuck here.py', program);
    const child = spawn('python3', [script.fsPath], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'data');
      const text = await vscode.commands.executeCommand<string>('heatline.dump', { pid: child.pid });
      assert.match(text, /MainThread/);
      assert.doesNotMatch(text, /hunter2/);
      const page = vscode.window.activeTextEditor?.document;
      assert.equal(page?.getText(), text);
      const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', page.uri);
      const line = await lineWith(script, 'time.sleep');
      const link = links.find(({ target }) => target?.fragment === `L${line}`);
      assert.equal(link?.target?.fsPath, script.fsPath);
      assert.equal(page.getText(link.range), `${script.fsPath}:${line}`);
      assert.match(await vscode.commands.executeCommand<string>('heatline.dump.variables', page.uri), /secret = .*hunter2/);
      assert.equal(child.exitCode ?? child.signalCode, null);
    } finally {
      child.kill('SIGKILL');
    }
  });
}
