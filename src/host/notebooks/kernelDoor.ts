/** The way into the kernel of a notebook: a few lines of Python that are run in it, and cells that are run as the user runs them. */

import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';

/** The part of ms-toolsai.jupyter's published API that is used here. */
interface JupyterApi {
  readonly kernels?: {
    /** Only kernels in which the user has run something. */
    getKernel(notebook: vscode.Uri): Thenable<JupyterKernel | undefined>;
  };
}

interface JupyterKernel {
  readonly language: string;
  executeCode(code: string, token: vscode.CancellationToken): AsyncIterable<{ readonly items: readonly vscode.NotebookCellOutputItem[] }>;
}

/** How a cell's run ended. `none`: it never began. */
export type CellEnd = 'done' | 'failed' | 'none';

/** Milliseconds that a cell may take to begin once VS Code has handed it over, and to end once it was cancelled. */
const BEGIN = 3000;
const CANCEL = 20_000;
const PERIOD = 50;

/**
 * Runs code in the notebook's kernel, out of sight where the Jupyter extension lends the kernel; else in a cell at the notebook's end that
 * is taken away again: no other way leads into a kernel, and none at all into one that was not started yet.
 * @throws UserError of one sentence when there is no kernel, or the code fails in it
 */
export async function runHidden(notebook: vscode.NotebookDocument, code: string, signal: AbortSignal): Promise<void> {
  const kernel = await jupyterKernel(notebook.uri);
  const problem = kernel ? await lent(kernel, notebook, code, signal) : await inCell(notebook, code, signal);
  if (problem !== undefined) throw new UserError('kernel', explain(notebookName(notebook), problem));
}

async function jupyterKernel(notebook: vscode.Uri): Promise<JupyterKernel | undefined> {
  const extension = vscode.extensions.getExtension<JupyterApi>('ms-toolsai.jupyter');
  if (!extension) return undefined;
  try {
    return await (await extension.activate())?.kernels?.getKernel(notebook);
  } catch {
    return undefined;
  }
}

/** @returns what went wrong */
async function lent(
  kernel: JupyterKernel,
  notebook: vscode.NotebookDocument,
  code: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (kernel.language !== 'python') throw notPython(notebook);
  const stop = new vscode.CancellationTokenSource();
  const cancel = () => stop.cancel();
  signal.addEventListener('abort', cancel);
  let problem: string | undefined;
  try {
    for await (const { items } of kernel.executeCode(code, stop.token)) problem ??= errorOf(items);
    return problem;
  } catch (error) {
    if (signal.aborted) return undefined;
    const { name, message } = error as Error;
    if (name === 'vscode.jupyter.apiAccessRevoked')
      throw new UserError('no-access', t('Heatline was not given access to this kernel, so its cells cannot be recorded.'), [
        { title: t('Manage Access'), command: 'jupyter.manageAccessToKernels' },
      ]);
    return problem ?? `${name}: ${message}`;
  } finally {
    signal.removeEventListener('abort', cancel);
    stop.dispose();
  }
}

async function inCell(notebook: vscode.NotebookDocument, code: string, signal: AbortSignal): Promise<string | undefined> {
  const cell = await appendCell(notebook, code);
  try {
    const end = await runCell(cell, signal);
    if (signal.aborted) return undefined;
    if (end === 'none')
      throw new UserError('no-kernel', t('No kernel ran {0}: choose one with Python for it first.', notebookName(notebook)), [
        { title: t('Select Kernel'), command: 'notebook.selectKernel' },
      ]);
    return cell.outputs.map(({ items }) => errorOf(items)).find((problem) => problem !== undefined);
  } finally {
    await removeCell(cell);
  }
}

async function appendCell(notebook: vscode.NotebookDocument, code: string): Promise<vscode.NotebookCell> {
  const data = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, code, 'python');
  const before = new Set(notebook.getCells());
  const changed = await apply(notebook, vscode.NotebookEdit.insertCells(notebook.cellCount, [data]));
  const cell = changed ? notebook.getCells().find((one) => !before.has(one)) : undefined;
  if (!cell) throw new UserError('read-only', t('{0} cannot be changed, so its kernel cannot be reached.', notebookName(notebook)));
  return cell;
}

async function removeCell(cell: vscode.NotebookCell): Promise<void> {
  if (cell.index < 0 || cell.notebook.isClosed) return;
  await apply(cell.notebook, vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(cell.index, cell.index + 1)));
}

function apply(notebook: vscode.NotebookDocument, change: vscode.NotebookEdit): Thenable<boolean> {
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, [change]);
  return vscode.workspace.applyEdit(edit);
}

/** Runs a cell as its Run button does, and waits for its end. When the signal aborts, it is interrupted as by its Stop button. */
export async function runCell(cell: vscode.NotebookCell, signal: AbortSignal): Promise<CellEnd> {
  if (signal.aborted) return 'none';
  const { notebook } = cell;
  if (!vscode.window.visibleNotebookEditors.some((editor) => editor.notebook === notebook))
    await vscode.window.showNotebookDocument(notebook, { preserveFocus: true });
  const where = () => ({ ranges: [{ start: cell.index, end: cell.index + 1 }], document: notebook.uri });
  // The summary is another object after each change: emptied when a run begins, whole when it has ended.
  const before = cell.executionSummary;
  const cancelled = () => void vscode.commands.executeCommand('notebook.cell.cancelExecution', where());
  signal.addEventListener('abort', cancelled);
  try {
    let handedOver = 0;
    void vscode.commands.executeCommand('notebook.cell.execute', where()).then(
      () => (handedOver = Date.now()),
      () => (handedOver = Date.now()),
    );
    let abortedAt = 0;
    for (;;) {
      await sleep(PERIOD);
      if (cell.index < 0 || notebook.isClosed) return 'failed';
      const now = cell.executionSummary;
      const began = now !== before;
      if (began && (now?.success !== undefined || now?.timing !== undefined)) return now.success ? 'done' : 'failed';
      if (handedOver && !began && Date.now() - handedOver > BEGIN) return 'none';
      if (signal.aborted) abortedAt ||= Date.now();
      if (abortedAt && Date.now() - abortedAt > CANCEL) return 'failed';
    }
  } finally {
    signal.removeEventListener('abort', cancelled);
  }
}

const ERROR = 'application/vnd.code.notebook.error';

/** `name: message` of an error among a cell's outputs. */
function errorOf(items: readonly vscode.NotebookCellOutputItem[]): string | undefined {
  const item = items.find(({ mime }) => mime === ERROR);
  if (!item) return undefined;
  try {
    const { name, message } = JSON.parse(new TextDecoder().decode(item.data)) as { name?: string; message?: string };
    return [name, message].filter(Boolean).join(': ') || t('it failed');
  } catch {
    return t('it failed');
  }
}

export const notebookName = (notebook: vscode.NotebookDocument): string => path.basename(notebook.uri.path);

export function notPython(notebook: vscode.NotebookDocument): UserError {
  return new UserError('not-python', t('The kernel of {0} does not run Python, so its cells cannot be recorded.', notebookName(notebook)), [
    { title: t('Select Kernel'), command: 'notebook.selectKernel' },
  ]);
}

/** Why the recorder did not get in, for a person. */
function explain(name: string, problem: string): string {
  if (/ModuleNotFoundError|No module named|No such file|PermissionError/.test(problem))
    return t('The kernel of {0} cannot read Heatline’s files: it runs on another machine, in a container or as another user.', name);
  if (/SyntaxError/.test(problem)) return t('The kernel of {0} does not run Python, so its cells cannot be recorded.', name);
  const said = problem.split('\n', 1)[0]!.replace(/^\w*Error: /, '');
  return t('The kernel of {0} did not let the recorder in: {1}.', name, said.replace(/\.$/, '').slice(0, 160));
}
