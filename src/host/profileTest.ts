/** Profile Test: one test, a class of them, a file or a folder, run by pytest or unittest as the workspace runs them. */

import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import { ask, pipInstall } from '../engines/index.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { findInterpreter } from './interpreter.js';
import { profileLaunch } from './profileLaunch.js';
import { demandTrust, runnableFile } from './target.js';
import { discoverWords, namesInId, pytestWords, type TestFile, type TestNames, testAt, unittestWords } from './testAt.js';

/**
 * Records a test. A test that fails leaves its recording like one that passes.
 * @param given an item of the test explorer, a file or folder, or nothing: then the test around the cursor
 * @param each whether samples are to bear the test that ran; else as the setting has it
 * @throws UserError when it cannot be started or nothing was recorded
 */
export async function profileTest(ctx: Ctx, given: unknown, each = false): Promise<ProfileInfo> {
  demandTrust();
  const item = isTestItem(given) ? given : undefined;
  const place = item?.uri ?? (given instanceof vscode.Uri ? given : undefined);
  const folder = place !== undefined && (await isFolder(place));
  const where = folder ? place : await runnableFile(place);
  const names = folder ? [] : item ? await namesOf(item, where) : place ? [] : await namesAtCursor(where);
  const scope = vscode.workspace.getWorkspaceFolder(where);
  const settings = vscode.workspace.getConfiguration('python.testing', where);
  const base = scope?.uri.fsPath ?? (folder ? where.fsPath : path.dirname(where.fsPath));
  const cwd = path.resolve(base, settings.get<string>('cwd') || '.');
  const test: TestFile = { path: path.relative(cwd, where.fsPath).split(path.sep).join('/'), names };
  const python = (await findInterpreter(folder ? vscode.Uri.joinPath(where, 'any.py') : where, ctx.log)).path;
  const runner = await runnerOf(python, settings, test, folder);
  const label = [path.basename(where.fsPath), ...names].join('::');
  return profileLaunch(ctx, { ...runner, label, cwd, python, env: {}, ...perTest(where, each) }, scope);
}

/** Time per test is for engines that know which one runs. */
function perTest(where: vscode.Uri, each: boolean): { readonly perTest?: true } {
  const settings = vscode.workspace.getConfiguration('heatline', where);
  if (!each && !settings.get<boolean>('test.slices', false)) return {};
  return { perTest: true };
}

async function isFolder(place: vscode.Uri): Promise<boolean> {
  if (place.scheme !== 'file') return false;
  const found = await vscode.workspace.fs.stat(place).then(
    ({ type }) => type,
    () => vscode.FileType.Unknown,
  );
  return (found & vscode.FileType.Directory) !== 0;
}

async function runnerOf(
  python: string,
  settings: vscode.WorkspaceConfiguration,
  test: TestFile,
  folder: boolean,
): Promise<{ readonly module: string; readonly args: readonly string[] }> {
  const installed = await modulesOf(python);
  const wantsUnittest = settings.get<boolean>('unittestEnabled') === true && settings.get<boolean>('pytestEnabled') !== true;
  const words = folder ? discoverWords(test.path) : unittestWords(test);
  if (installed.includes('pytest') && !wantsUnittest) {
    const configured = settings.get<readonly string[]>('pytestArgs') ?? [];
    return { module: 'pytest', args: pytestWords(test, configured, installed.includes('xdist')) };
  }
  if (words) return { module: 'unittest', args: words };
  throw new UserError(
    'no-runner',
    t('{0} is no module, so unittest cannot run it; pytest can: {1}', test.path, pipInstall(python, 'pytest')),
  );
}

/** Which test runners the interpreter has. */
async function modulesOf(python: string): Promise<readonly string[]> {
  const question = 'import importlib.util as u; print(*[m for m in ("pytest", "xdist") if u.find_spec(m)])';
  const { error, stdout } = await ask(python, ['-I', '-c', question]);
  return error ? [] : stdout.trim().split(/\s+/);
}

async function namesAtCursor(file: vscode.Uri): Promise<TestNames> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.uri.toString() !== file.toString()) return [];
  return testAt(editor.document.getText(), editor.selection.active.line);
}

async function namesOf(item: vscode.TestItem, file: vscode.Uri): Promise<TestNames> {
  const named = namesInId(item.id);
  if (named) return named;
  if (!item.range) return [];
  return testAt((await vscode.workspace.openTextDocument(file)).getText(), item.range.start.line);
}

function isTestItem(value: unknown): value is vscode.TestItem {
  const item = value as Partial<vscode.TestItem> | null;
  return typeof item === 'object' && item !== null && typeof item.id === 'string' && item.uri instanceof vscode.Uri && 'children' in item;
}
