import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import { type Define, Skip } from './harness.js';
import { api, eventually, lineWith, noteRecordings, workspaceFile, write } from './support.js';

const text = `import time, unittest
import pytest

def work(what):
    return sum(n * n for n in range(3_000_000)) if what else 0

@pytest.mark.parametrize("what", ["a", "b::c"])
def test_passes(what):
    assert work(what) > 0

class TestGroup(unittest.TestCase):
    def test_fails(self):
        self.assertEqual(work(True), 1)

    def test_other(self):
        sorted(-n for n in range(3_000_000))
`;

/** Profiling tests: by item of a test explorer, by cursor, by file; by pytest and by unittest. */
export function testing(test: Define): void {
  const python = process.env.HEATLINE_HOST_PROFILERS;

  /** Runs the body where the workspace's interpreter has pytest, with the tests in a file. */
  async function withTests(name: string, body: (file: vscode.Uri) => Promise<void>, tests: object = {}): Promise<void> {
    if (!python) throw new Skip('pytest is not installed');
    const values = { 'heatline.python.interpreter': python, ...tests };
    const file = await write(`tests/${name}.py`, text);
    const before = await settings({});
    await settings({ ...before, ...values });
    try {
      await eventually(() => {
        for (const [key, value] of Object.entries(values)) assert.deepEqual(vscode.workspace.getConfiguration().get(key), value);
      });
      await body(file);
    } finally {
      await settings(before);
    }
  }

  /** Writes the workspace's settings and returns what they were: those of the Python extension are unknown here, and read all the same. */
  async function settings(values: Record<string, unknown>): Promise<Record<string, unknown>> {
    const file = workspaceFile('.vscode', 'settings.json').fsPath;
    const before = await readFile(file, 'utf8').catch(() => '{}');
    await write('.vscode/settings.json', JSON.stringify(values));
    return JSON.parse(before);
  }

  async function profileTest(given?: unknown, command = 'heatline.profileTest'): Promise<ProfileInfo> {
    const info = await vscode.commands.executeCommand<ProfileInfo | undefined>(command, given);
    assert.ok(info?.recording, 'nothing was recorded');
    noteRecordings(info);
    return info;
  }

  const heatOf = async (file: vscode.Uri, part: string) => {
    const at = await lineWith(file, part);
    return (await (await api()).lineHeat(file)).find(({ line }) => line === at)?.share ?? 0;
  };

  test('an item of the test explorer, with its parameter, runs alone', () =>
    withTests('test_items', async (file) => {
      const controller = vscode.tests.createTestController('python-tests', 'Python');
      try {
        const id = `${file.fsPath}::test_passes[b::c]`;
        const item = controller.createTestItem(id, 'test_passes[b::c]', file);
        controller.items.add(item);
        const info = await profileTest(item);
        assert.equal(info.label, 'test_items.py::test_passes[b::c]');
        assert.equal(info.recording?.exitStatus, 0);
        assert.deepEqual(info.recording.argv, ['-m', 'pytest', '-n0', 'tests/test_items.py::test_passes[b::c]']);
        assert.ok((await heatOf(file, 'return sum')) > 0.05, String(await heatOf(file, 'return sum')));
        assert.equal(await heatOf(file, 'sorted('), 0);
      } finally {
        controller.dispose();
      }
    }));

  test('the test around the cursor; that it fails is told and kept', () =>
    withTests('test_cursor', async (file) => {
      const editor = await vscode.window.showTextDocument(file);
      const line = (await lineWith(file, 'self.assertEqual')) - 1;
      editor.selection = new vscode.Selection(line, 3, line, 3);
      const info = await profileTest();
      assert.equal(info.label, 'test_cursor.py::TestGroup::test_fails');
      assert.equal(info.recording?.exitStatus, 1);
      assert.ok((await heatOf(file, 'return sum')) > 0.05);
      assert.equal(await heatOf(file, 'sorted('), 0);
    }));

  test('each test of a folder: workers as pytest is told to take, and the time of one test alone', () =>
    withTests(
      'test_each',
      async (file) => {
        const folder = vscode.Uri.joinPath(file, '..');
        for (const [name, type] of await vscode.workspace.fs.readDirectory(folder)) {
          const other = vscode.Uri.joinPath(folder, name);
          if (type === vscode.FileType.File && other.fsPath !== file.fsPath) await vscode.workspace.fs.delete(other);
        }
        const info = await profileTest(folder, 'heatline.profileEachTest');
        assert.deepEqual(info.recording?.argv, ['-m', 'pytest', '-n2', 'tests']);
        assert.equal(info.recording.engine, 'sampler');
        assert.equal(info.recording.exitStatus, 1);
        for (const worker of ['controller', 'gw0', 'gw1']) assert.ok(info.threads.includes(worker), String(info.threads));
        const [whole, other] = [await heatOf(file, 'return sum'), await heatOf(file, 'sorted(')];
        assert.ok(whole > 0.05 && other > 0.03, `${whole} ${other}`);
        await vscode.commands.executeCommand('heatline.selectTest', 'tests/test_each.py::TestGroup::test_other');
        await eventually(async () => {
          assert.equal(await heatOf(file, 'return sum'), 0);
          assert.ok((await heatOf(file, 'sorted(')) > 0.03);
        });
        await vscode.commands.executeCommand('heatline.selectTest', '');
        await eventually(async () => assert.ok((await heatOf(file, 'return sum')) > 0.05));
      },
      { 'python.testing.pytestArgs': ['-n2'] },
    ));

  test('a whole file by unittest, where the workspace has it so', () =>
    withTests(
      'test_whole',
      async (file) => {
        const info = await profileTest(file);
        assert.deepEqual(info.recording?.argv, ['-m', 'unittest', 'tests.test_whole']);
        assert.equal(info.recording.exitStatus, 1);
        assert.ok((await heatOf(file, 'sorted(')) > 0.05);
        assert.ok((await heatOf(file, 'return sum')) > 0.05);
      },
      { 'python.testing.unittestEnabled': true },
    ));
}
