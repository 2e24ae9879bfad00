/** Profile Cell and Profile Notebook: cells run in their own kernel, in which the recorder waits for them. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import { KERNEL_FILES, type RecordingMeta } from '../../core/recording.js';
import type { LaunchPlan } from '../../engines/engine.js';
import { finishRun } from '../../engines/index.js';
import type { ProfileInfo } from '../../protocol/lsp.js';
import type { Ctx } from '../ctx.js';
import { readGitCommit } from '../gitCommit.js';
import { forgetRun, noteRun } from '../interrupted.js';
import { pythonPackageOf } from '../profileFile.js';
import { show } from '../profiles.js';
import { refuseTwice, seal } from '../record.js';
import { makeFolder, newRecordingId } from '../recordings.js';
import { remember } from '../starts.js';
import { demandTrust } from '../target.js';
import { armingCode } from './armingCode.js';
import { type CellEnd, notebookName, notPython, runCell, runHidden } from './kernelDoor.js';

const RATE = 200;

/**
 * Records one cell: what is given, or the one that is selected in the notebook in front.
 * @param given a cell, or the URI of its document
 * @throws UserError when it cannot be run in a Python kernel, or nothing was recorded
 */
export async function profileCell(ctx: Ctx, given: unknown): Promise<ProfileInfo> {
  demandTrust();
  const cell = cellOf(given) ?? selectedCell();
  if (!cell) throw new UserError('no-cell', t('Put the cursor into the notebook’s cell that is to be profiled.'));
  if (cell.kind !== vscode.NotebookCellKind.Code || cell.document.languageId !== 'python')
    throw new UserError('not-python', t('This cell holds no Python, so it cannot be profiled.'));
  if (cell.document.getText().trim() === '') throw new UserError('no-code', t('There is no code in this cell.'));
  await remember(ctx, { kind: 'cells', notebook: cell.notebook.uri.toString(), cell: cell.index });
  return recordCells(ctx, cell.notebook, [cell], `${notebookName(cell.notebook)}: cell ${cell.index + 1}`);
}

/**
 * Runs all Python cells of a notebook one after the other, as one recording. A cell that fails is the last.
 * @param given the notebook's URI or what its toolbar passes; default the notebook in front
 * @throws UserError as {@link profileCell}
 */
export async function profileNotebook(ctx: Ctx, given: unknown): Promise<ProfileInfo> {
  demandTrust();
  const notebook = notebookOf(given) ?? vscode.window.activeNotebookEditor?.notebook;
  if (!notebook) throw new UserError('no-notebook', t('Open the notebook that is to be profiled first.'));
  const cells = notebook.getCells().filter(isRunnable);
  if (cells.length === 0) throw new UserError('no-code', t('There is no Python in {0}.', notebookName(notebook)));
  await remember(ctx, { kind: 'cells', notebook: notebook.uri.toString() });
  return recordCells(ctx, notebook, cells, notebookName(notebook));
}

/** As last time: the cell that stands where the profiled one stood, or the whole notebook. */
export async function profileCellsAgain(ctx: Ctx, uri: string, index: number | undefined): Promise<ProfileInfo> {
  const notebook = await vscode.workspace.openNotebookDocument(vscode.Uri.parse(uri, true));
  await vscode.window.showNotebookDocument(notebook);
  if (index === undefined) return profileNotebook(ctx, notebook.uri);
  if (index >= notebook.cellCount) throw new UserError('no-cell', t('{0} has no cell {1} any more.', notebookName(notebook), index + 1));
  return profileCell(ctx, notebook.cellAt(index));
}

const isRunnable = ({ kind, document }: vscode.NotebookCell) =>
  kind === vscode.NotebookCellKind.Code && document.languageId === 'python' && document.getText().trim() !== '';

function cellOf(given: unknown): vscode.NotebookCell | undefined {
  const uri = given instanceof vscode.Uri ? given.toString() : given;
  const wanted = typeof given === 'object' && given !== null && 'document' in given ? (given as vscode.NotebookCell).document : undefined;
  return vscode.workspace.notebookDocuments
    .flatMap((notebook) => notebook.getCells())
    .find(({ document }) => document === wanted || document.uri.toString() === uri);
}

function selectedCell(): vscode.NotebookCell | undefined {
  const editor = vscode.window.activeNotebookEditor;
  return editor && editor.selection.start < editor.notebook.cellCount ? editor.notebook.cellAt(editor.selection.start) : undefined;
}

function notebookOf(given: unknown): vscode.NotebookDocument | undefined {
  const { notebookEditor } = (typeof given === 'object' && given !== null ? given : {}) as { notebookEditor?: { notebookUri?: unknown } };
  const uri = given instanceof vscode.Uri ? given : notebookEditor?.notebookUri;
  return uri === undefined ? undefined : vscode.workspace.notebookDocuments.find((one) => one.uri.toString() === String(uri));
}

/** What a profile calls a cell: its file and its place among all cells, as VS Code counts them. */
const cellName = ({ notebook, index }: vscode.NotebookCell) => `${notebook.uri.fsPath}#cell${index + 1}`;

async function recordCells(
  ctx: Ctx,
  notebook: vscode.NotebookDocument,
  cells: readonly vscode.NotebookCell[],
  name: string,
): Promise<ProfileInfo> {
  const key = notebook.uri.toString();
  refuseTwice(ctx, notebookName(notebook), key);
  const id = newRecordingId();
  const folder = await makeFolder(ctx.recordingsRoot, id);
  const output = path.join(
    folder,
    `${path.parse(notebookName(notebook)).name.replaceAll(/[^\p{L}\p{N} ._-]+/gu, '_') || 'notebook'}.pb.gz`,
  );
  let recorded = false;
  try {
    const meta: RecordingMeta = {
      version: 1,
      id,
      label: name,
      file: path.basename(output),
      engine: 'sampler',
      engineReason: 'cells are sampled within their own kernel',
      argv: [notebook.uri.fsPath],
      cwd: path.dirname(notebook.uri.fsPath),
      target: vscode.workspace.asRelativePath(notebook.uri, false),
      startedAt: new Date().toISOString(),
      durationSeconds: 0,
      exitStatus: null,
      stoppedBy: 'program',
      ...(await gitCommitOf(notebook)),
      sources: [],
    };
    const stop = new AbortController();
    const run = { id, name, key, stop: () => stop.abort() };
    const end = await ctx.runs.follow(run, () => armAndRun(ctx, notebook, cells, output, meta, stop.signal));
    if (!end) throw new vscode.CancellationError();
    const { rescued } = await finishRun(end.plan, { exitCode: undefined });
    if (!(await seen(output))) throw stop.signal.aborted ? new vscode.CancellationError() : nothingSeen(name, end.how);
    recorded = true;
    const stoppedBy = stop.signal.aborted ? 'user' : rescued ? 'signal' : 'program';
    const exitStatus = end.how === 'done' ? 0 : stoppedBy === 'program' ? 1 : null;
    const interpreter = end.plan.argv[0]!;
    const info = await seal(ctx, folder, { ...meta, interpreter, durationSeconds: end.seconds, exitStatus, stoppedBy }, name);
    await show(ctx, info);
    tellEnd(rescued, exitStatus, cells.length > 1 ? t('Cell {0} of {1}', end.last + 1, name) : name.replace(': cell', ', cell'));
    return info;
  } finally {
    await forgetRun(folder);
    if (!recorded) await rm(folder, { recursive: true, force: true });
  }
}

function tellEnd(rescued: boolean, exitStatus: number | null, which: string): void {
  if (rescued)
    void vscode.window.showWarningMessage(
      t('The kernel ended before {0} did. Shown is what was recorded up to the last checkpoint.', which),
    );
  else if (exitStatus) void vscode.window.showWarningMessage(t('{0} failed. Shown is what was recorded until then.', which));
}

interface CellsEnd {
  readonly how: CellEnd;
  readonly seconds: number;
  readonly plan: LaunchPlan;
  /** Index of the cell that ended it. */
  readonly last: number;
}

/** undefined when it was stopped before a cell ran. */
async function armAndRun(
  ctx: Ctx,
  notebook: vscode.NotebookDocument,
  cells: readonly vscode.NotebookCell[],
  output: string,
  meta: RecordingMeta,
  signal: AbortSignal,
): Promise<CellsEnd | undefined> {
  const rate = vscode.workspace.getConfiguration('heatline', notebook.uri).get<number | null>('rateHz') || RATE;
  const named = notebook.getCells().filter(isRunnable);
  const request = {
    output,
    rate,
    notebook: notebook.cellAt(0).document.uri.with({ fragment: '' }).toString(),
    cells: named.map((cell) => [cellName(cell), cell.document.getText(), cell.document.uri.toString()]),
    run: cells.map(cellName),
  };
  const wanted = output + KERNEL_FILES.request;
  await writeFile(wanted, JSON.stringify(request));
  ctx.log.info(`${meta.label}: ${cells.length} cells, in the notebook's kernel`);
  await runHidden(notebook, armingCode(pythonPackageOf(ctx), wanted), signal);
  if (signal.aborted) return undefined;
  const { pid, python } = await readArmed(notebook, output);
  const plan: LaunchPlan = { argv: [python], cwd: meta.cwd, env: {}, output, format: 'pprof', stop: [] };
  await noteRun(path.dirname(output), meta, plan, pid);

  const began = Date.now();
  let how: CellEnd = 'done';
  let last = 0;
  for (const cell of cells) {
    if (cell.index < 0) continue;
    last = cell.index;
    how = await runCell(cell, signal);
    if (how !== 'done') break;
  }
  return { how, seconds: (Date.now() - began) / 1000, plan, last };
}

/** What the kernel tells when the recorder waits in it. @throws UserError when it did not tell */
async function readArmed(notebook: vscode.NotebookDocument, output: string): Promise<{ readonly pid: number; readonly python: string }> {
  try {
    const { pid, python } = JSON.parse(await readFile(output + KERNEL_FILES.armed, 'utf8')) as { pid: unknown; python: unknown };
    if (typeof pid === 'number' && typeof python === 'string') return { pid, python };
  } catch {
    // Whatever ran there was no Python, or ran elsewhere.
  }
  throw notPython(notebook);
}

/** Whether any code of a cell is in the recording. */
async function seen(output: string): Promise<boolean> {
  try {
    return (JSON.parse(await readFile(output + KERNEL_FILES.cells, 'utf8')) as unknown[]).length > 0;
  } catch {
    return false;
  }
}

function nothingSeen(name: string, how: CellEnd): UserError {
  if (how === 'none') return new UserError('nothing', t('{0} was not run by its kernel, so nothing was recorded.', name));
  if (how === 'failed')
    return new UserError('nothing', t('{0} failed, or its kernel ended, before anything was recorded; the cell’s output says why.', name));
  return new UserError('nothing', t('{0} was over before a sample was taken: it took less than a few milliseconds.', name));
}

async function gitCommitOf({ uri }: vscode.NotebookDocument): Promise<{ gitCommit?: string }> {
  const gitCommit = uri.scheme === 'file' ? await readGitCommit(path.dirname(uri.fsPath)) : undefined;
  return gitCommit ? { gitCommit } : {};
}
