import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import type { Define } from './harness.js';
import { api, assertSentence, eventually, lineWith, recordedRun, rejection, runMarked, workspaceFile, write } from './support.js';

/** Starting, typing into and stopping programs. */
export function starting(test: Define): void {
  const tell = `import json, os, sys
def work():
    return sum(n * n for n in range(300000))
work()
with open(os.environ["TELL"], "w", encoding="utf-8") as out:
    json.dump([sys.argv, os.getcwd(), os.environ.get("GREETING"), __name__], out)
`;

  test('arguments, environment and working directory arrive', async () => {
    const script = await write('runs ü/tell me.py', tell);
    const answer = workspaceFile('answer.json').fsPath;
    const args = ['', 'a b', '"quoted"', '$HOME', 'ü'];
    const cwd = workspaceFile('shop').fsPath;
    const info = await recordedRun(script, { args, cwd, env: { GREETING: 'grüß "dich"', TELL: answer } });
    const [argv, folder, greeting, name] = JSON.parse(await readFile(answer, 'utf8'));
    assert.deepEqual(argv, [script.fsPath, ...args]);
    assert.equal(folder, await realpath(cwd));
    assert.equal(greeting, 'grüß "dich"');
    assert.equal(name, '__main__');
    assert.deepEqual(info.recording?.argv, [script.fsPath, ...args]);
  });

  test('a path with blanks and ü gets its heat', async () => {
    const script = workspaceFile('runs ü', 'tell me.py');
    const at = await lineWith(script, 'return sum');
    const heat = await (await api()).lineHeat(script);
    assert.equal(heat.reduce((a, b) => (b.share > a.share ? b : a)).line, at);
  });

  test('one can type into the program', async () => {
    const script = await write(
      'runs ü/ask.py',
      `import os\nname = input("Name? ")\nopen(${JSON.stringify('name.txt')}, "w").write(name)\n`,
    );
    const run = runMarked(script);
    const terminal = await eventually(() => {
      const found = vscode.window.terminals.find((entry) => entry.name.includes('ask.py'));
      assert.ok(found, `terminals: ${vscode.window.terminals.map((entry) => entry.name).join(', ')}`);
      return found;
    });
    terminal.sendText('Ada');
    await run;
    assert.equal(await readFile(workspaceFile('name.txt').fsPath, 'utf8'), 'Ada');
  });

  /** Says that it is ready when it has worked for half a second: then there is something to record, on a busy machine too. */
  const endless = (ready: string) => `import time
def spin():
    end = time.time() + 900
    told = False
    while time.time() < end:
        sum(n * n for n in range(2000))
        if not told and time.process_time() > 0.5:
            told = True
            with open(${JSON.stringify(ready)}, "w"):
                pass
spin()
`;

  test('heatline.stop ends a long run and shows what was recorded', async () => {
    const ready = workspaceFile('ready-stop').fsPath;
    const script = await write('runs ü/endless.py', endless(ready));
    const run = recordedRun(script);
    await eventually(() => assert.ok(existsSync(ready), 'the program did not start'));
    await vscode.commands.executeCommand('heatline.stop');
    const info = await run;
    assert.equal(info.recording?.stoppedBy, 'user');
    assert.ok(info.recording.durationSeconds < 60);
    assert.equal((await api()).activeProfile?.id, info.id);
    const at = await lineWith(script, 'sum(n');
    const heat = await (await api()).lineHeat(script);
    assert.ok(
      heat.some((line) => line.line === at && line.share > 0.3),
      JSON.stringify(heat),
    );
  });

  test('a program that ignores the first signals is stopped all the same', async () => {
    const ready = workspaceFile('ready-deaf').fsPath;
    const deaf = `import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n${endless(ready)}`;
    const run = runMarked(await write('runs ü/deaf.py', deaf));
    await eventually(() => assert.ok(existsSync(ready), 'the program did not start'));
    await vscode.commands.executeCommand('heatline.stop');
    await vscode.commands.executeCommand('heatline.stop');
    const { info, error } = await run;
    if (info) assert.equal(info.recording?.stoppedBy, 'user');
    else assertSentence(error, /stopped/);
  });

  test('the same file is not started twice at a time; another one is', async () => {
    const ready = workspaceFile('ready-twice').fsPath;
    const script = await write('runs ü/twice.py', endless(ready));
    const first = recordedRun(script);
    await eventually(() => assert.ok(existsSync(ready), 'the program did not start'));
    assertSentence(await rejection((await api()).profileFile(script)), /already/);
    const answer = workspaceFile('answer-2.json').fsPath;
    const other = await (await api()).profileFile(workspaceFile('runs ü', 'tell me.py'), { env: { TELL: answer } });
    assert.equal(other.recording?.exitStatus, 0);
    await vscode.commands.executeCommand('heatline.stop');
    assert.equal((await first).recording?.stoppedBy, 'user');
  });

  test('heatline.rerun starts the last file with the same options', async () => {
    const answer = workspaceFile('answer-3.json').fsPath;
    await recordedRun(workspaceFile('runs ü', 'tell me.py'), { args: ['again'], env: { TELL: answer } });
    const before = (await api()).activeProfile?.id;
    await vscode.commands.executeCommand('heatline.rerun');
    const info = (await api()).activeProfile;
    assert.ok(info && info.id !== before);
    assert.deepEqual(info.recording?.argv.slice(1), ['again']);
  });

  test('a launch configuration says how the file is started', async () => {
    const answer = workspaceFile('answer-4.json').fsPath;
    const script = await write('runs ü/configured.py', tell);
    const launch = vscode.workspace.getConfiguration('launch');
    const configuration = {
      name: 'Configured',
      type: 'debugpy',
      request: 'launch',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's own variable
      program: '${workspaceFolder}/runs ü/configured.py',
      args: ['--from', 'launch.json'],
      env: { TELL: answer, GREETING: 'configured' },
    };
    await launch.update('configurations', [configuration], vscode.ConfigurationTarget.Workspace);
    try {
      const info = await vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.profileFile', script);
      assert.equal(info?.recording?.exitStatus, 0);
      const [argv, , greeting] = JSON.parse(await readFile(answer, 'utf8'));
      assert.deepEqual(argv.slice(1), ['--from', 'launch.json']);
      assert.equal(greeting, 'configured');
    } finally {
      await launch.update('configurations', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  test('a run leaves nothing in the workspace', async () => {
    const files = async () => (await vscode.workspace.findFiles('**/*', '**/{__pycache__,.vscode}/**')).map((uri) => uri.path).sort();
    const script = await write('runs ü/quiet.py', 'sum(n * n for n in range(300000))\n');
    const before = await files();
    assert.ok(before.includes(script.path));
    await recordedRun(script);
    assert.deepEqual(await files(), before);
  });

  test('an unsaved change is saved first', async () => {
    const script = await write('runs ü/dirty.py', 'import sys\nsys.exit(1)\n');
    const document = await vscode.workspace.openTextDocument(script);
    await vscode.window.showTextDocument(document);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(script, new vscode.Range(0, 0, 2, 0), 'sum(n * n for n in range(300000))\nraise SystemExit(7)\n');
    assert.ok(await vscode.workspace.applyEdit(edit));
    const info = await recordedRun(script);
    assert.equal(document.isDirty, false);
    assert.equal(info.recording?.exitStatus, 7);
  });
}
