import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import { type Define, Skip } from './harness.js';
import { api, eventually, lineWith, noteRecordings, recordedRun, recordingFiles, workspaceFile, write } from './support.js';

/** Every way to start but the button: running programs, launch configurations, tasks, modules and commands. */
export function ways(test: Define): void {
  const tell = `import json, os, sys
def work():
    return sum(n * n for n in range(400000))
work()
with open(os.environ["TELL"], "w", encoding="utf-8") as out:
    json.dump([sys.argv, os.getcwd(), os.environ.get("GREETING"), os.environ.get("FROM_FILE"), __name__], out)
sys.exit(int(os.environ.get("STATUS", "0")))
`;
  const spin = `import time
def spin():
    print("ready", flush=True)
    end = time.time() + 900
    while time.time() < end:
        sum(n * n for n in range(2000))
spin()
`;
  const answered = async (name: string) => JSON.parse(await readFile(workspaceFile(name).fsPath, 'utf8'));

  /** Resolves with the profile that becomes active while `start` does its work. */
  async function shownBy(start: () => Promise<unknown>): Promise<ProfileInfo> {
    const heatline = await api();
    const before = heatline.activeProfile?.id;
    await start();
    const info = await eventually(() => {
      const now = heatline.activeProfile;
      assert.ok(now?.recording && now.id !== before, 'nothing was recorded');
      return now;
    });
    noteRecordings(info);
    return info;
  }

  function demandPySpy(): void {
    if (spawnSync('py-spy', ['--version']).status !== 0) throw new Skip('py-spy is not on PATH');
  }

  /** Runs the body beside a program that works until the body is through. */
  async function beside(name: string, body: (program: ChildProcess, script: vscode.Uri) => Promise<void>): Promise<void> {
    const script = await write(`runs ü/${name}.py`, spin);
    const program = spawn('python3', [script.fsPath, '--token', 'hunter2'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      // Before that it may still be a script that looks for its interpreter.
      await once(program.stdout!, 'data');
      await body(program, script);
      assert.equal(program.exitCode ?? program.signalCode, null, 'the program did not run on');
    } finally {
      program.kill('SIGKILL');
    }
  }

  async function assertHot(script: vscode.Uri): Promise<void> {
    const at = await lineWith(script, 'sum(n');
    const heat = await (await api()).lineHeat(script);
    assert.ok(heat.find((line) => line.line === at)!.share > 0.3, JSON.stringify(heat));
  }

  const attach = async (options: object) => vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.attach', options);
  /** Resolves when so many tools are looking at their programs. */
  const looking = (count: number) =>
    eventually(async () => {
      const said = recordingFiles().filter((file) => file.endsWith('.said'));
      const texts = await Promise.all(said.map((file) => readFile(file, 'utf8').catch(() => '')));
      assert.equal(texts.filter((text) => /Sampling/.test(text)).length, count, 'tools that have begun');
    });

  test('attach for a time: the program runs on, its hot line is found, no secret is kept', async () => {
    demandPySpy();
    await recordedRun(await write('runs ü/first.py', 'sum(n * n for n in range(400000))\n'));
    await beside('running', async (program, script) => {
      const info = await attach({ pid: program.pid, duration: 2 });
      assert.ok(info?.recording, 'nothing was recorded');
      noteRecordings(info);
      assert.equal(info.recording.engine, 'py-spy');
      assert.equal(info.recording.stoppedBy, 'program');
      assert.equal(info.recording.label, `running.py (${program.pid})`);
      await assertHot(script);
      const meta = await readFile(path.join(path.dirname(vscode.Uri.parse(info.uri).fsPath), 'meta.json'), 'utf8');
      assert.doesNotMatch(meta, /hunter2/);
    });
  });

  test('attach until stopped; two programs at once; Stop ends both', async () => {
    demandPySpy();
    await beside('one', (one, first) =>
      beside('two', async (two) => {
        const runs = [attach({ pid: one.pid, duration: null }), attach({ pid: two.pid, duration: null })];
        await looking(2);
        await new Promise((resolve) => setTimeout(resolve, 3000));
        await vscode.commands.executeCommand('heatline.stop');
        const infos = await Promise.all(runs);
        assert.deepEqual(
          infos.map((info) => info?.recording?.stoppedBy),
          ['user', 'user'],
        );
        assert.deepEqual(
          infos.map((info) => info?.recording?.label),
          [`one.py (${one.pid})`, `two.py (${two.pid})`],
        );
        await (await api()).openProfile(vscode.Uri.parse(infos[0]!.uri, true));
        await assertHot(first);
      }),
    );
  });

  test('Profile Again attaches again, and finds a program that was started anew', async () => {
    demandPySpy();
    await beside('again', async (program) => {
      const first = await attach({ pid: program.pid, duration: 2 });
      assert.ok(first);
      const second = await shownBy(async () => vscode.commands.executeCommand('heatline.rerun'));
      assert.equal(second.recording?.label, first.recording?.label);
    });
    await beside('again', async (program) => {
      const third = await shownBy(async () => vscode.commands.executeCommand('heatline.rerun'));
      assert.equal(third.recording?.label, `again.py (${program.pid})`);
    });
  });

  test('a program that cannot be joined leaves no recording', async () => {
    const before = recordingFiles();
    assert.equal(await attach({ pid: process.pid, duration: 1 }), undefined);
    const gone = spawn('python3', ['-c', '']);
    await once(gone, 'exit');
    assert.equal(await attach({ pid: gone.pid, duration: 1 }), undefined);
    assert.deepEqual(recordingFiles(), before);
  });

  test('a program that ends before it is joined: its number may be another’s by then', async () => {
    demandPySpy();
    noteRecordings(await recordedRun(await write('runs ü/stays.py', 'sum(n * n for n in range(400000))\n')));
    const before = recordingFiles();
    const script = await write('runs ü/leaves.py', spin);
    const program = spawn('python3', [script.fsPath], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(program.stdout!, 'data');
      const run = attach({ pid: program.pid, duration: 1, delay: 3 });
      await eventually(() => assert.notDeepEqual(recordingFiles(), before));
      program.kill('SIGKILL');
      assert.equal(await run, undefined);
      assert.deepEqual(recordingFiles(), before);
    } finally {
      program.kill('SIGKILL');
    }
  });

  test('a launch configuration of ours, with all that belongs to a start', async () => {
    await write('runs ü/launched.py', tell);
    await write('dev.env', 'FROM_FILE="a file"\nGREETING=lost\n');
    const configuration = {
      name: 'Launched',
      type: 'heatline',
      request: 'launch',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's own variable
      program: '${workspaceFolder}/runs ü/launched.py',
      args: ['a b', '$HOME'],
      cwd: 'shop',
      env: { TELL: workspaceFile('launched.json').fsPath, GREETING: 'grüß', STATUS: '5' },
      envFile: 'dev.env',
      engine: 'sampler',
      rate: 150,
    };
    const info = await shownBy(async () => vscode.debug.startDebugging(vscode.workspace.workspaceFolders![0], configuration));
    const [argv, cwd, greeting, fromFile] = await answered('launched.json');
    assert.deepEqual(argv.slice(1), ['a b', '$HOME']);
    assert.equal(cwd, workspaceFile('shop').fsPath);
    assert.deepEqual([greeting, fromFile], ['grüß', 'a file']);
    assert.equal(info.recording?.exitStatus, 5);
    assert.equal(info.recording.engine, 'sampler');
    assert.equal(info.quality?.rateAsked, 150);
    assert.equal(vscode.debug.activeDebugSession, undefined);
  });

  test('a launch configuration that attaches', async () => {
    demandPySpy();
    await beside('configured attach', async (program, script) => {
      const configuration = { name: 'Attach', type: 'heatline', request: 'attach', processId: String(program.pid), duration: 2 };
      await shownBy(async () => vscode.debug.startDebugging(vscode.workspace.workspaceFolders![0], configuration));
      await assertHot(script);
    });
  });

  test('one function: what runs outside of it is not recorded', async () => {
    const text = `import time
def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(n * n for n in range(2000))
class Shop:
    def inside(self):
        work(1.5)
def outside():
    end = time.process_time() + 1.5
    while time.process_time() < end:
        sorted(range(20000))
outside()
Shop().inside()
outside()
`;
    const script = await write('runs ü/partly.py', text);
    const editor = await vscode.window.showTextDocument(script);
    const at = (await lineWith(script, 'work(1.5)')) - 1;
    editor.selection = new vscode.Selection(at, 0, at, 0);
    const info = await shownBy(async () => vscode.commands.executeCommand('heatline.profileFunction'));
    assert.equal(info.recording?.label, 'partly.py: Shop.inside');
    assert.equal(info.recording.engine, 'sampler');
    const heat = await (await api()).lineHeat(script);
    const share = async (part: string) => {
      const line = await lineWith(script, part);
      return heat.find((each) => each.line === line)?.share ?? 0;
    };
    assert.ok((await share('sum(n * n')) > 0.4, JSON.stringify(heat));
    assert.ok((await share('sorted(')) < 0.1, JSON.stringify(heat));
  });

  const start = async (config: object) => vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.profileLaunchConfig', config);

  test('a module', async () => {
    await write('shop/told.py', tell);
    const env = { TELL: workspaceFile('module.json').fsPath };
    const info = await start({ module: 'shop.told', args: ['x'], env });
    const [argv, cwd, , , name] = await answered('module.json');
    assert.deepEqual(argv.slice(1), ['x']);
    assert.equal(name, '__main__');
    assert.equal(cwd, workspaceFile().fsPath);
    assert.equal(info?.recording?.label, 'shop.told');
    noteRecordings(info);
    // Profile Again knows arguments and environment as well.
    await write('module.json', '[]');
    await shownBy(async () => vscode.commands.executeCommand('heatline.rerun'));
    assert.deepEqual((await answered('module.json'))[0].slice(1), ['x']);
  });

  test('any command line', async () => {
    await write('runs ü/commanded.py', tell);
    const env = { TELL: workspaceFile('command.json').fsPath };
    const info = await start({ command: 'python3 -X utf8 "runs ü/commanded.py" one "two three"', env });
    assert.equal(info?.recording?.exitStatus, 0);
    noteRecordings(info);
    assert.deepEqual((await answered('command.json'))[0].slice(1), ['one', 'two three']);
    const at = await lineWith(workspaceFile('runs ü', 'commanded.py'), 'return sum');
    const heat = await (await api()).lineHeat(workspaceFile('runs ü', 'commanded.py'));
    assert.equal(heat.reduce((a, b) => (b.share > a.share ? b : a)).line, at);
  });

  test('what cannot be started leaves nothing', async () => {
    const before = recordingFiles();
    assert.equal(await start({ command: 'no-such-command-at-all' }), undefined);
    assert.equal(await start({ program: 'gone.py' }), undefined);
    assert.equal(await start({ program: 'a.py', module: 'a' }), undefined);
    assert.equal(await start({ module: 'shop', cwd: 'no such folder' }), undefined);
    assert.equal(await start({ module: 'shop', envFile: 'no.env' }), undefined);
    assert.deepEqual(recordingFiles(), before);
  });

  test('a task of type heatline ends with the status of its program', async () => {
    const env = { TELL: workspaceFile('task.json').fsPath, STATUS: '4' };
    await write('runs ü/tasked.py', tell);
    const definition = { type: 'heatline', program: 'runs ü/tasked.py', args: ['by a task'], env };
    await vscode.workspace
      .getConfiguration('tasks')
      .update('tasks', [{ ...definition, label: 'profile tasked', problemMatcher: [] }], vscode.ConfigurationTarget.Workspace);
    let ended: vscode.Disposable | undefined;
    try {
      const task = await eventually(async () => {
        const found = (await vscode.tasks.fetchTasks({ type: 'heatline' })).find(({ name }) => name === 'profile tasked');
        assert.ok(found, 'the task is not offered');
        return found;
      });
      const status = new Promise<number | undefined>((resolve) => {
        ended = vscode.tasks.onDidEndTaskProcess((event) => event.execution.task.name === 'profile tasked' && resolve(event.exitCode));
      });
      const info = await shownBy(async () => vscode.tasks.executeTask(task));
      assert.equal(info.recording?.exitStatus, 4);
      assert.deepEqual((await answered('task.json'))[0].slice(1), ['by a task']);
      assert.equal(await status, 4);
    } finally {
      ended?.dispose();
      await vscode.workspace.getConfiguration('tasks').update('tasks', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });
}
