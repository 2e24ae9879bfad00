import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Define } from './harness.js';
import { api, eventually, lineWith, recordedRun, workspaceFile, write } from './support.js';

/** Looking at a recording while it goes on. */
export function live(test: Define): void {
  const phases = (change: string) => `import os, time
def early():
    return sum(n * n for n in range(2000))
def late():
    return sorted(-n for n in range(2000))
end = time.time() + 900
while not os.path.exists(${JSON.stringify(change)}) and time.time() < end:
    early()
while time.time() < end:
    late()
`;

  test('heat follows the program, stands still when paused, and ends as the whole recording', async () => {
    const change = workspaceFile('change-live').fsPath;
    const script = await write('runs ü/phases.py', phases(change));
    const heatline = await api();
    const [early, late] = [await lineWith(script, 'sum(n'), await lineWith(script, 'sorted(')];
    const share = async (line: number) => (await heatline.lineHeat(script)).find((each) => each.line === line)?.share ?? 0;
    const active = () => heatline.activeProfile;
    const file = () => vscode.Uri.parse(active()!.uri, true).fsPath;
    /** Resolves when the recorder has written so many more times what there is to show. */
    const renewed = async (times: number) => {
      const written = () => readdirSync(path.dirname(file())).flatMap((name) => (name.endsWith('.live') ? [statOf(name)] : []))[0];
      const statOf = (name: string) => statSync(path.join(path.dirname(file()), name)).mtimeMs;
      for (let turn = 0; turn < times; turn++) {
        const before = await eventually(() => written() ?? assert.fail('nothing to show'));
        await eventually(() => assert.ok((written() ?? before) > before, 'nothing more to show'));
      }
    };
    const run = recordedRun(script);

    await eventually(async () => assert.ok((await share(early)) > 0.3, `${active()?.label}: early`));
    assert.match(active()!.label, /phases\.py.*recording/);
    assert.equal(active()!.recording, null);
    assert.equal(await share(late), 0);
    const first = active()!;
    await eventually(() => assert.ok(active()!.samples > first.samples, 'it is not renewed'));
    assert.notEqual(active()!.id, first.id);

    const shown: (string | undefined)[] = [];
    const watching = heatline.onDidChangeActiveProfile((info) => shown.push(info?.id));
    await vscode.commands.executeCommand('heatline.pauseLive');
    await renewed(3);
    writeFileSync(change, '');
    await renewed(3);
    watching.dispose();
    assert.ok(shown.length <= 1, `more than what was being read was shown: ${shown.join()}`);
    await vscode.commands.executeCommand('heatline.resumeLive');
    await eventually(async () => assert.ok((await share(late)) > 0.05, 'late'));
    assert.ok(active()!.valueTypes.some(({ type }) => type === 'recent'));

    await vscode.commands.executeCommand('heatline.stop');
    const info = await run;
    assert.equal(active()?.id, info.id);
    assert.ok(!/recording\)/.test(info.label), info.label);
    assert.ok((await share(late)) > 0.05);
  });

  test('typing stays smooth: 3,000 functions, and heat on all of 5,000 lines, renewed while they run', async () => {
    const change = workspaceFile('change-large').fsPath;
    const script = await write('runs ü/large.py', largeProgram(change));
    const settings = vscode.workspace.getConfiguration('heatline');
    // Every line that has any heat: more than anybody looks at.
    await settings.update('heat.threshold', 0, vscode.ConfigurationTarget.Workspace);
    await settings.update('rateHz', 1000, vscode.ConfigurationTarget.Workspace);
    try {
      const heatline = await api();
      const editor = await vscode.window.showTextDocument(script);
      assert.ok(editor.document.lineCount > 5000);
      const run = recordedRun(script, { engine: 'sampler' });
      const shown = new Set<string>();
      const watching = heatline.onDidChangeActiveProfile((info) => info && shown.add(info.id));
      const heated = () => heatline.lineHeat(script);
      await eventually(async () => assert.ok((await heated()).length > 500, `${(await heated()).length} lines`));
      const [before, longest] = [shown.size, watchHost()];
      for (let letters = 0; letters < 20 || shown.size < before + 2; letters++) {
        await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '#'), { undoStopBefore: false, undoStopAfter: false });
        await sleep(50);
        assert.ok(letters < 4000, 'it is not renewed');
      }
      const { milliseconds, pieces } = longest();
      const lines = (await heated()).length;
      const renewed = shown.size - before;
      assert.match(editor.document.lineAt(0).text, /^#{20,}import/);
      watching.dispose();
      writeFileSync(change, '');
      await run;
      await vscode.commands.executeCommand('workbench.action.files.revert');
      return `${lines} lines of heat, renewed ${renewed} times; busy for ${milliseconds.toFixed(0)} ms in a piece at most, ${pieces}`;
    } finally {
      await settings.update('heat.threshold', undefined, vscode.ConfigurationTarget.Workspace);
      await settings.update('rateHz', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  test('heatline.live switches it off', async () => {
    const settings = vscode.workspace.getConfiguration('heatline');
    await settings.update('live', false, vscode.ConfigurationTarget.Workspace);
    try {
      const seen: string[] = [];
      const watching = (await api()).onDidChangeActiveProfile((info) => seen.push(info?.label ?? 'none'));
      await recordedRun(
        await write('runs ü/calm.py', 'import time\nend = time.time() + 3\nwhile time.time() < end:\n    sum(range(1000))\n'),
      );
      watching.dispose();
      assert.deepEqual(seen, ['calm.py']);
    } finally {
      await settings.update('live', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });
}

/** 3,000 functions that all take their part, 1,667 of them in a file of 5,000 lines. */
function largeProgram(end: string): string {
  const many = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, at) => `def ${prefix}${at}(n):\n    n += sum(range(n))\n    return sum(range(n))\n`).join('');
  return [
    'import os, time',
    many('near', 1667),
    `far = {}`,
    `exec(compile(${JSON.stringify(many('far', 1333))}, os.path.join(os.path.dirname(__file__), 'large_far.py'), 'exec'), far)`,
    `functions = [each for name, each in [*globals().items(), *far.items()] if name.startswith(('near', 'far')) and callable(each)]`,
    `limit = time.time() + 900`,
    `while not os.path.exists(${JSON.stringify(end)}) and time.time() < limit:`,
    `    for each in functions:`,
    `        each(90)`,
    ``,
  ].join('\n');
}

/**
 * Measures by a timer how long the extension host's thread was at work without a pause, in milliseconds: wall time, and of that at most
 * what the process used of a processor, so that a machine which is busy with other work does not count.
 */
function watchHost(): () => { readonly milliseconds: number; readonly pieces: string } {
  let [last, used] = [performance.now(), process.cpuUsage()];
  const found: number[] = [];
  const timer = setInterval(() => {
    const [now, cpu] = [performance.now(), process.cpuUsage(used)];
    found.push(Math.min(now - last - 5, (cpu.user + cpu.system) / 1000));
    [last, used] = [now, process.cpuUsage()];
  }, 5);
  return () => {
    clearInterval(timer);
    const over = (limit: number) => found.filter((each) => each > limit).length;
    return { milliseconds: Math.max(0, ...found), pieces: `${over(10)} of ${found.length} over 10 ms, ${over(20)} over 20 ms` };
  };
}
