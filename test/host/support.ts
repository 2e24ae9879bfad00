/** What the suites share: the extension, the workspace, Python, and looking for what was left behind. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../src/protocol/lsp.js';

/** The exported API as the contract has it, written down again: a change of it must fail here. */
export interface Api {
  readonly version: number;
  openProfile(uri: vscode.Uri): Promise<ProfileInfo>;
  profileFile(uri: vscode.Uri, options?: Options): Promise<ProfileInfo>;
  readonly activeProfile: ProfileInfo | undefined;
  lineHeat(uri: vscode.Uri): Promise<Heat[]>;
  readonly onDidChangeActiveProfile: vscode.Event<ProfileInfo | undefined>;
}
export interface Options {
  readonly engine?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly python?: string;
}
export interface Heat {
  readonly line: number;
  readonly self: number;
  readonly total: number;
  readonly share: number;
  readonly stale: boolean;
}

export function extension(): vscode.Extension<Api> {
  const found = vscode.extensions.getExtension<Api>('heatline.heatline');
  assert.ok(found, 'the extension is not there');
  return found;
}

export const api = async (): Promise<Api> => extension().activate();

export function workspaceFile(...names: string[]): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'no folder is open');
  return vscode.Uri.joinPath(folder.uri, ...names);
}

export const pricing = (): vscode.Uri => workspaceFile('shop', 'pricing.py');

/** Writes a file below the workspace and returns it. */
export async function write(name: string, content: string | Uint8Array): Promise<vscode.Uri> {
  const uri = workspaceFile(...name.split('/'));
  await mkdir(path.dirname(uri.fsPath), { recursive: true });
  await writeFile(uri.fsPath, content);
  return uri;
}

/** 1-based number of the only line that holds `text`. */
export async function lineWith(uri: vscode.Uri, text: string): Promise<number> {
  const lines = (await vscode.workspace.openTextDocument(uri)).getText().split('\n');
  const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  assert.equal(found.length, 1, `“${text}” is in ${found.length} lines`);
  return found[0]!;
}

/** Asks until the answer holds; the last failure is thrown when it never does. How long that may take says nothing of how long it should. */
export async function eventually<T>(ask: () => Promise<T> | T, seconds = 120): Promise<T> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(100);
    }
  }
}

export async function python(args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)('python3', [...args], { cwd });
  return stdout;
}

/** One clear sentence: no stack, no class name, no line breaks, not a novel. */
export function assertSentence(error: unknown, says?: RegExp): void {
  assert.ok(error instanceof Error, `rejected with ${String(error)}`);
  const { message } = error;
  assert.match(message, /^\S.{8,}\S$/u, `no sentence: ${message}`);
  assert.doesNotMatch(message, /\n|Error:|undefined|\[object|\bat \S+:\d+:\d+/, `no sentence: ${message}`);
  assert.ok(message.length < 300, `too long: ${message}`);
  if (says) assert.match(message, says);
}

export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => assert.fail(`resolved with ${JSON.stringify(value)?.slice(0, 300)}`),
    (error: unknown) => error,
  );
}

/** How a run came out, and that it left nothing: no process that has its mark, no recording that is not whole. */
export async function runMarked(uri: vscode.Uri, options: Options = {}): Promise<{ info?: ProfileInfo; error?: unknown }> {
  const mark = `run-${randomUUID()}`;
  const heatline = await api();
  let outcome: { info?: ProfileInfo; error?: unknown };
  try {
    outcome = { info: await heatline.profileFile(uri, { ...options, env: { ...options.env, HEATLINE_TEST_MARK: mark } }) };
  } catch (error) {
    outcome = { error };
  }
  if (outcome.info) noteRecordings(outcome.info);
  await eventually(() => assert.deepEqual(processesWith(mark), [], 'processes were left behind'));
  assertWholeRecordings();
  return outcome;
}

/** As {@link runMarked}, for a run that must leave a recording. */
export async function recordedRun(uri: vscode.Uri, options: Options = {}): Promise<ProfileInfo> {
  const { info, error } = await runMarked(uri, options);
  if (!info) throw error;
  assert.ok(info.recording, 'the profile belongs to no recording');
  return info;
}

let recordings: string | undefined;
/** Told once: the tests after it are not to blame. */
const toldFolders = new Set<string>();

/** Learns from a recording where all of them are. */
export function noteRecordings(info: ProfileInfo): void {
  recordings = path.dirname(path.dirname(vscode.Uri.parse(info.uri, true).fsPath));
}

/** Every file in the recordings' folder, absolute; none before the first recording. */
export function recordingFiles(): string[] {
  if (recordings === undefined) return [];
  const folder = recordings;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name));
}

/** Every folder in the recordings' folder has its meta.json, its raw file, and nothing temporary. */
export function assertWholeRecordings(): void {
  if (recordings === undefined) return;
  for (const id of readdirSync(recordings)) {
    if (toldFolders.has(id)) continue;
    toldFolders.add(id);
    const folder = path.join(recordings, id);
    const names = readdirSync(folder);
    assert.ok(names.includes('meta.json'), `${id} holds ${names.join(', ') || 'nothing'}, and no meta.json`);
    const meta = JSON.parse(readFileSync(path.join(folder, 'meta.json'), 'utf8'));
    assert.equal(meta.id, id);
    assert.ok(existsSync(path.join(folder, meta.file)), `${id} has no ${meta.file}`);
    assert.deepEqual(
      names.filter((name) => name !== 'meta.json' && name !== meta.file && name !== 'sources' && !/\.at-[^/]+\.pb\.gz$/.test(name)),
      [],
      `${id} holds more than a recording`,
    );
  }
}

/** What the terminals of the last programs hold, newest first. */
export async function onScreen(): Promise<string> {
  const told = [];
  for (const terminal of vscode.window.terminals.slice(-2).reverse()) {
    terminal.show();
    await vscode.env.clipboard.writeText('');
    for (const step of ['selectAll', 'copySelection', 'clearSelection'])
      await vscode.commands.executeCommand(`workbench.action.terminal.${step}`);
    told.push(`Terminal “${terminal.name}”:\n${(await vscode.env.clipboard.readText()).trimEnd().slice(-3000)}`);
  }
  return told.join('\n') || 'There is no terminal.';
}

/** Ends what a failed test left running. */
export async function stopEverything(): Promise<void> {
  if (vscode.tasks.taskExecutions.length === 0) return;
  for (const execution of vscode.tasks.taskExecutions) execution.terminate();
  await eventually(() => assert.deepEqual(vscode.tasks.taskExecutions, []));
  await sleep(1000);
}

/** Command lines of the living processes that were started with this mark in their environment (Linux; elsewhere none are found). */
function processesWith(mark: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid) || !readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
    } catch {
      return [];
    }
  });
}
