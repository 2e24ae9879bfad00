import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import type { Define } from './harness.js';
import { eventually, noteRecordings, workspaceFile, write } from './support.js';

const tell = `import json, os, sys, warnings
warnings.warn("seen")
def work():
    return sum(n * n for n in range(400000))
work()
with open(os.environ["TELL"], "w", encoding="utf-8") as out:
    made = os.path.exists(os.environ["MADE"])
    json.dump([sys.argv[1:], os.getcwd(), os.environ.get("FROM_FILE"), sys.flags.dev_mode, sys.warnoptions, made], out)
`;

/** Launch configurations of the debugger: started by Heatline with all that changes what runs. */
export function debuggers(test: Define): void {
  const settings = () => vscode.workspace.getConfiguration();
  const told = async () => JSON.parse(await readFile(workspaceFile('told.json').fsPath, 'utf8'));
  const exists = async (name: string) =>
    vscode.workspace.fs.stat(workspaceFile(name)).then(
      () => true,
      () => false,
    );

  /** Picks the only configuration, as a person does by Enter. */
  async function pickOnly(): Promise<ProfileInfo | undefined> {
    let over = false;
    const run = Promise.resolve(vscode.commands.executeCommand<ProfileInfo | undefined>('heatline.profileLaunchConfig')).finally(() => {
      over = true;
    });
    await eventually(async () => {
      if (!over) await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      assert.ok(over || (await exists('told.json')) || (await exists('made.txt')), 'nothing was picked');
    });
    return run;
  }

  async function withConfiguration(configuration: object, tasks: readonly object[], body: () => Promise<void>): Promise<void> {
    const target = vscode.ConfigurationTarget.Workspace;
    await settings().update('launch.configurations', [configuration], target);
    await settings().update('tasks.tasks', tasks, target);
    try {
      await eventually(async () => {
        assert.equal(settings().get<unknown[]>('launch.configurations')?.length, 1);
        const found = (await vscode.tasks.fetchTasks()).map(({ name }) => name);
        for (const { label } of tasks as { label: string }[]) assert.ok(found.includes(label), `${label} is no task yet`);
      });
      await body();
    } finally {
      await settings().update('launch.configurations', undefined, target);
      await settings().update('tasks.tasks', undefined, target);
    }
  }

  const removed = async (...names: string[]) => {
    for (const name of names) await vscode.workspace.fs.delete(workspaceFile(name)).then(undefined, () => undefined);
  };
  const task = (label: string, file: string) => ({
    label,
    type: 'shell',
    command: `echo done > ${file}`,
    problemMatcher: [],
    presentation: { reveal: 'silent' },
  });
  const environment = () => ({ TELL: workspaceFile('told.json').fsPath, MADE: workspaceFile('made.txt').fsPath });

  test('tasks before and after, options of the interpreter, variables of other extensions, .env', async () => {
    await write('runs ü/debugged.py', tell);
    await write('.env', 'FROM_FILE=assumed\n');
    await removed('told.json', 'made.txt', 'cleaned.txt');
    const asked = vscode.commands.registerCommand('heatlineTest.word', () => 'asked "for two"');
    const configuration = {
      name: 'Debugged',
      type: 'debugpy',
      request: 'launch',
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: VS Code's own variables
      program: '${workspaceFolder}/runs ü/debugged.py',
      args: '${command:heatlineTest.word}',
      cwd: '${workspaceFolder}/shop',
      python: ['${command:python.interpreterPath}', '-X', 'dev'],
      // biome-ignore-end lint/suspicious/noTemplateCurlyInString: VS Code's own variables
      pythonArgs: ['-W', 'ignore'],
      env: environment(),
      console: 'internalConsole',
      justMyCode: true,
      preLaunchTask: 'make it',
      postDebugTask: 'clean it',
    };
    try {
      await withConfiguration(configuration, [task('make it', 'made.txt'), task('clean it', 'cleaned.txt')], async () => {
        const info = await pickOnly();
        assert.equal(info?.recording?.exitStatus, 0);
        noteRecordings(info);
        const [argv, cwd, fromFile, dev, warnings, made] = await told();
        assert.deepEqual(argv, ['asked', 'for two']);
        assert.equal(cwd, workspaceFile('shop').fsPath);
        assert.equal(fromFile, 'assumed');
        assert.equal(dev, true);
        assert.ok(warnings.includes('ignore'), String(warnings));
        assert.equal(made, true, 'the task was to run first');
        assert.equal(info.recording.label, 'debugged.py');
        await eventually(async () => assert.ok(await exists('cleaned.txt'), 'the task after it did not run'));
      });
    } finally {
      asked.dispose();
      await removed('.env');
    }
  });

  test('code, and what is refused', async () => {
    await removed('told.json', 'made.txt');
    const code = [...tell.split('\n')];
    await withConfiguration({ name: 'Code', type: 'debugpy', request: 'launch', code, env: environment() }, [], async () => {
      const info = await pickOnly();
      assert.equal(info?.recording?.label, 'Code');
      noteRecordings(info);
      const [argv, cwd, , , , made] = await told();
      assert.deepEqual([argv, cwd, made], [[], workspaceFile().fsPath, false]);
    });
    await removed('told.json');
    await withConfiguration({ name: 'Root', type: 'debugpy', request: 'launch', code: 'x', sudo: true }, [], async () => {
      assert.equal(await pickOnly(), undefined);
    });
  });
}
