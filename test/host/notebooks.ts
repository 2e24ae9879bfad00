import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import { type Define, Skip } from './harness.js';
import { api, assertWholeRecordings, eventually, noteRecordings, pricing, recordingFiles, workspaceFile, write } from './support.js';

const DEFINES = 'import time\n\ndef work(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n';
const USES = '# sums\nwork(4_000_000)\ntime.sleep(0.5)\n';

/** Cells and notebooks, in a real ipykernel behind a controller of the rig's. */
export function notebooks(test: Define): void {
  const cell = (source: string, type = 'code') => ({
    cell_type: type,
    metadata: {},
    source,
    ...(type === 'code' ? { outputs: [], execution_count: null } : {}),
  });

  async function openNotebook(
    name: string,
    cells: readonly ReturnType<typeof cell>[],
    kernel = 'python',
  ): Promise<vscode.NotebookDocument> {
    if (!process.env.HEATLINE_HOST_PROFILERS) throw new Skip('no ipykernel');
    const metadata = { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' }, language_info: { name: 'python' } };
    const uri = await write(name, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 4 }));
    const notebook = await vscode.workspace.openNotebookDocument(uri);
    await vscode.window.showNotebookDocument(notebook);
    await eventually(() => assert.ok(vscode.extensions.getExtension('ms-toolsai.jupyter')?.isActive));
    await vscode.commands.executeCommand('kernelForTests.choose', kernel);
    return notebook;
  }

  /** Runs a command that shows a profile; undefined when it showed none. */
  async function profile(command: string, given?: unknown): Promise<ProfileInfo | undefined> {
    await api();
    const info = await vscode.commands.executeCommand<ProfileInfo | undefined>(command, given);
    if (info) noteRecordings(info);
    assertWholeRecordings();
    return info;
  }

  /** Heat of a cell: line → share of self time. */
  async function heat(one: vscode.NotebookCell): Promise<Map<number, { self: number; total: number; stale: boolean }>> {
    const lines = await (await api()).lineHeat(one.document.uri);
    return new Map(lines.map(({ line, self, total, stale }) => [line, { self, total, stale }]));
  }

  const lend = (on: boolean) => vscode.commands.executeCommand<string[]>('kernelForTests.lend', on);
  const runAll = (notebook: vscode.NotebookDocument) =>
    vscode.commands.executeCommand('notebook.cell.execute', {
      ranges: [{ start: 0, end: notebook.cellCount }],
      document: notebook.uri,
    });

  test('a cell of a notebook that has not run yet: its kernel is started, and heat is on both cells', async () => {
    const notebook = await openNotebook('cells/fresh.ipynb', [cell('# Title', 'markdown'), cell(`${DEFINES}\n${USES}`)]);
    const info = await profile('heatline.profileCell', notebook.cellAt(1));
    assert.ok(info?.recording, 'no recording');
    assert.equal(info.label, 'fresh.ipynb: cell 2');
    assert.equal(info.recording.exitStatus, 0);
    assert.equal(notebook.cellCount, 2, 'the cell that armed the kernel is still there');
    const lines = await heat(notebook.cellAt(1));
    assert.ok((lines.get(6)?.self ?? 0) > 20e6, `line 6 has ${JSON.stringify([...lines])}`);
    assert.ok((lines.get(10)?.total ?? 0) > 50e6);
    assert.ok((lines.get(11)?.self ?? 0) > 450e6 && (lines.get(11)?.self ?? 0) < 950e6);
    assert.deepEqual(info.threads, ['MainThread']);
    assert.ok([...lines.values()].every(({ stale }) => !stale));
  });

  test('a cell that calls functions of another: the kernel is lent, and nothing is added to the notebook', async () => {
    const notebook = await openNotebook('cells/two.ipynb', [cell(DEFINES), cell(USES)]);
    await runAll(notebook);
    await lend(true);
    let edits = 0;
    const watch = vscode.workspace.onDidChangeNotebookDocument((event) => {
      edits += event.contentChanges.length;
    });
    const info = await profile('heatline.profileCell', notebook.cellAt(1)).finally(() => watch.dispose());
    assert.ok(info?.recording);
    assert.equal(edits, 0, 'the notebook was edited');
    assert.equal((await lend(true)).length, 1);
    assert.ok(((await heat(notebook.cellAt(0))).get(6)?.self ?? 0) > 20e6);
    assert.ok(((await heat(notebook.cellAt(1))).get(2)?.total ?? 0) > 50e6);
    assert.deepEqual(info.recording.sources.map((source) => path.basename(source.path)).sort(), ['two.ipynb#cell1', 'two.ipynb#cell2']);
    const { provideHover, lenses } = {
      provideHover: await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        notebook.cellAt(0).document.uri,
        new vscode.Position(5, 10),
      ),
      lenses: await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', notebook.cellAt(0).document.uri),
    };
    const text = provideHover.flatMap(({ contents }) => contents.map((one) => (one as vscode.MarkdownString).value)).join('\n');
    assert.match(text, /Line 6/);
    assert.match(lenses.map((lens) => lens.command?.title).join('\n'), /self · .* total/);
  });

  /** The notebook that an earlier test has opened. */
  const two = (): vscode.NotebookDocument => {
    const found = vscode.workspace.notebookDocuments.find(({ uri }) => uri.path.endsWith('two.ipynb'));
    if (!found) throw new Skip('no ipykernel');
    return found;
  };

  /** The function `work` in the recording of two.ipynb. */
  let workOfTwo = -1;

  test('heat follows edits of a cell and cells that are put before it, and marks what changed', async () => {
    const notebook = two();
    const defining = notebook.cellAt(0);
    const edit = new vscode.WorkspaceEdit();
    edit.set(notebook.uri, [
      vscode.NotebookEdit.insertCells(0, [new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'total = 1\n', 'python')]),
    ]);
    edit.insert(defining.document.uri, new vscode.Position(2, 0), '# one more\n# and another\n');
    edit.replace(defining.document.uri, new vscode.Range(5, 0, 5, 100), '        total += i * i * 2');
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.equal(defining.index, 1);
    await eventually(async () => {
      const lines = await heat(defining);
      assert.ok((lines.get(8)?.self ?? 0) > 20e6, JSON.stringify([...lines]));
      assert.equal(lines.get(8)?.stale, true);
    });
    assert.equal((await heat(notebook.cellAt(0))).size, 0);
  });

  test('a click on a function leads to the line of its cell', async () => {
    const { activeProfile } = await api();
    const notebook = two();
    const defining = notebook.cellAt(1);
    const [innermost] = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', defining.document.uri);
    const [{ func }] = innermost!.command!.arguments as [{ func: number }];
    workOfTwo = func;
    await vscode.window.showTextDocument(pricing());
    assert.equal(vscode.window.activeNotebookEditor, undefined);
    await vscode.commands.executeCommand('heatline.openLocation', { profile: activeProfile!.id, func });
    await eventually(() => assert.equal(vscode.window.activeNotebookEditor?.notebook, notebook));
    await eventually(() => assert.equal(vscode.window.activeNotebookEditor?.selection.start, 1));
    await eventually(() => {
      const editor = vscode.window.visibleTextEditors.find(({ document }) => document === defining.document);
      assert.equal(editor?.selection.active.line, 4);
    });
  });

  test('of a recording whose notebook is not open, a click opens it and leads to the cell', async () => {
    two();
    const heatline = await api();
    const { uri, functions } = heatline.activeProfile!;
    const folder = workspaceFile('cells', 'kept').fsPath;
    cpSync(path.dirname(vscode.Uri.parse(uri, true).fsPath), folder, { recursive: true });
    const meta = path.join(folder, 'meta.json');
    writeFileSync(meta, readFileSync(meta, 'utf8').replaceAll('/two.ipynb#W', '/unopened.ipynb#W'));
    await write(
      'cells/unopened.ipynb',
      JSON.stringify({ cells: [cell('x = 1'), cell(DEFINES)], metadata: {}, nbformat: 4, nbformat_minor: 4 }),
    );
    const info = await heatline.openProfile(vscode.Uri.file(path.join(folder, path.basename(vscode.Uri.parse(uri).fsPath))));
    assert.equal(info.functions, functions);
    await vscode.commands.executeCommand('heatline.openLocation', { profile: info.id, func: workOfTwo });
    const opened = () => vscode.workspace.notebookDocuments.find((one) => one.uri.path.endsWith('unopened.ipynb'));
    await eventually(() => assert.equal(vscode.window.activeNotebookEditor?.notebook, opened()));
    await eventually(() => assert.equal(vscode.window.activeNotebookEditor?.selection.start, 1));
    assert.ok(((await heat(opened()!.cellAt(1))).get(6)?.self ?? 0) > 20e6);
    assert.equal((await heat(opened()!.cellAt(0))).size, 0);
  });

  test('Profile Notebook runs all cells as one recording; Profile Again does the same', async () => {
    const notebook = await openNotebook('cells/whole.ipynb', [
      cell('# Title', 'markdown'),
      cell(DEFINES),
      cell(''),
      cell(USES),
      cell(USES),
    ]);
    const info = await profile('heatline.profileNotebook', notebook.uri);
    assert.equal(info?.label, 'whole.ipynb');
    const both = [await heat(notebook.cellAt(3)), await heat(notebook.cellAt(4))];
    // The kernel gives equal cells one name; here each has its own figures.
    const slept = both.map((lines) => lines.get(3)?.self ?? 0);
    assert.ok(
      slept.every((time) => time > 450e6 && time < 950e6),
      JSON.stringify(slept),
    );
    assert.ok(((await heat(notebook.cellAt(1))).get(6)?.self ?? 0) > 40e6);
    const again = await profile('heatline.rerun');
    assert.equal(again?.label, 'whole.ipynb');
    assert.notEqual(again?.id, info?.id);
  });

  test('a cell that fails is the last, and shows what was recorded', async () => {
    const notebook = await openNotebook('cells/fails.ipynb', [cell(DEFINES), cell(`${USES}1 / 0\n`), cell('open("ran", "w")')]);
    const info = await profile('heatline.profileNotebook', notebook.uri);
    assert.equal(info?.recording?.exitStatus, 1);
    assert.ok(((await heat(notebook.cellAt(1))).get(3)?.self ?? 0) > 450e6);
    assert.equal(notebook.cellAt(2).executionSummary?.timing, undefined);
    assert.equal(notebook.cellCount, 3);
  });

  test('Stop interrupts the cell and shows what was recorded; the kernel lives on', async () => {
    const seen = workspaceFile('cells', 'seen').fsPath;
    const endless = `import time\nx = 41\nfor turn in range(1000000):\n    time.sleep(0.01)\n    if turn == 100: open(${JSON.stringify(seen)}, "w").close()\n`;
    const notebook = await openNotebook('cells/endless.ipynb', [cell(endless), cell('print(x + 1)')]);
    const running = profile('heatline.profileCell', notebook.cellAt(0));
    await eventually(() => assert.ok(existsSync(seen), 'the cell has not slept for a second'));
    await vscode.commands.executeCommand('heatline.stop');
    const info = await running;
    assert.equal(info?.recording?.stoppedBy, 'user');
    assert.ok(((await heat(notebook.cellAt(0))).get(4)?.self ?? 0) > 300e6);
    await vscode.commands.executeCommand('notebook.cell.execute', { ranges: [{ start: 1, end: 2 }], document: notebook.uri });
    await eventually(() =>
      assert.equal(
        notebook
          .cellAt(1)
          .outputs.map(({ items }) => new TextDecoder().decode(items[0]!.data))
          .join('')
          .trim(),
        '42',
      ),
    );
  });

  test('a kernel that ends in the middle, one of another language, cells without code: nothing is left', async () => {
    const before = recordingFiles();
    const notebook = await openNotebook('cells/ends.ipynb', [cell('import time\ntime.sleep(600)'), cell(''), cell('# Text', 'markdown')]);
    await lend(false);
    const running = profile('heatline.profileCell', notebook.cellAt(0));
    await eventually(() => assert.ok(notebook.cellAt(0).executionSummary?.executionOrder));
    await vscode.commands.executeCommand('kernelForTests.end', notebook.uri);
    assert.equal(await running, undefined);
    for (const index of [1, 2]) assert.equal(await profile('heatline.profileCell', notebook.cellAt(index)), undefined);
    await vscode.commands.executeCommand('kernelForTests.choose', 'other');
    assert.equal(await profile('heatline.profileCell', notebook.cellAt(0)), undefined);
    assert.equal(notebook.cellCount, 3);
    await lend(true);
    assert.deepEqual(recordingFiles(), before);
  });

  test('a kernel that is killed in a long cell: what was recorded up to the last checkpoint is shown', async () => {
    const enough = workspaceFile('cells', 'enough').fsPath;
    const code = `import os, signal\nwhile not os.path.exists(${JSON.stringify(enough)}):\n    sum(range(2000))\nos.kill(os.getpid(), signal.SIGKILL)\n`;
    const notebook = await openNotebook('cells/killed.ipynb', [cell(code)]);
    const running = profile('heatline.profileCell', notebook.cellAt(0));
    const alive = setInterval(() => void vscode.commands.executeCommand('kernelForTests.look', notebook.uri), 500);
    await eventually(() =>
      assert.ok(
        recordingFiles().some((file) => file.endsWith('.cells')),
        'no checkpoint',
      ),
    );
    writeFileSync(enough, '');
    const info = await running.finally(() => clearInterval(alive));
    assert.equal(info?.recording?.stoppedBy, 'signal');
    assert.ok(((await heat(notebook.cellAt(0))).get(3)?.self ?? 0) > 500e6);
  });

  test('a cell that is over at once says so, and leaves nothing', async () => {
    const before = recordingFiles();
    const notebook = await openNotebook('cells/short.ipynb', [cell('pass')]);
    assert.equal(await profile('heatline.profileCell', notebook.cellAt(0)), undefined);
    assert.deepEqual(recordingFiles(), before);
    assert.ok(existsSync(workspaceFile('cells', 'short.ipynb').fsPath) && readFileSync(notebook.uri.fsPath, 'utf8').includes('pass'));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
}
