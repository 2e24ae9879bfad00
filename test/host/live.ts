import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Define } from './harness.js';
import { api, eventually, lineWith, recordedRun, workspaceFile, write } from './support.js';

const SECONDS = 60;

/** Looking at a recording while it goes on. */
export function live(test: Define): void {
  const phases = (change: string) => `import os, time
def early():
    return sum(n * n for n in range(2000))
def late():
    return sorted(-n for n in range(2000))
end = time.time() + 100
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
    const longest = watchHost();
    const run = recordedRun(script);

    await eventually(async () => assert.ok((await share(early)) > 0.3, `${active()?.label}: early`), SECONDS);
    assert.match(active()!.label, /phases\.py.*recording/);
    assert.equal(active()!.recording, null);
    assert.equal(await share(late), 0);
    const first = active()!;
    await eventually(() => assert.ok(active()!.samples > first.samples, 'it is not renewed'), SECONDS);
    assert.notEqual(active()!.id, first.id);

    await vscode.commands.executeCommand('heatline.pauseLive');
    await sleep(1500); // what was being read is shown by then
    const still = active()!.id;
    writeFileSync(change, '');
    await sleep(3000);
    assert.equal(active()!.id, still);
    await vscode.commands.executeCommand('heatline.resumeLive');
    await eventually(async () => assert.ok((await share(late)) > 0.05, 'late'), SECONDS);
    assert.ok(active()!.valueTypes.some(({ type }) => type === 'recent'));
    console.log(`live: the extension host was busy for at most ${longest().toFixed(0)} ms in a piece`);

    await vscode.commands.executeCommand('heatline.stop');
    const info = await run;
    assert.equal(active()?.id, info.id);
    assert.ok(!/recording\)/.test(info.label), info.label);
    assert.ok((await share(late)) > 0.05);
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

/** Measures by a timer how long the extension host's thread was not free; milliseconds. */
function watchHost(): () => number {
  let [last, longest] = [performance.now(), 0];
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  return () => {
    clearInterval(timer);
    return longest;
  };
}
