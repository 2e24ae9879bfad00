/** Joins a program that runs already, records it for a while and lets it run on. */

import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import {
  diagnose,
  isStillThere,
  listProcesses,
  maskSecrets,
  type ProcessFacts,
  processEnvironment,
  processFacts,
  shellWord,
} from '../../engines/index.js';
import type { ProfileInfo } from '../../protocol/lsp.js';
import type { Ctx } from '../ctx.js';
import { findInterpreter } from '../interpreter.js';
import { pythonPackageOf } from '../profileFile.js';
import { preferencesOf, record, refuseTwice } from '../record.js';
import { remember } from '../starts.js';
import { demandTrust } from '../target.js';
import { type Duration, pickDuration } from './duration.js';
import { pickProcess } from './picker.js';
import { programName } from './processRows.js';

/** What a caller of `heatline.attach`, a launch configuration or the picker chose. */
export interface AttachOptions {
  readonly pid?: number;
  /** Seconds; null until stopped. Asked for when it is not there. */
  readonly duration?: number | null;
  /** Seconds to wait before the program is looked at. */
  readonly delay?: number;
  readonly engine?: string;
  readonly rate?: number;
  readonly native?: boolean;
  readonly gil?: boolean;
  readonly idle?: boolean;
  readonly subprocesses?: boolean;
}

/**
 * Records a running program; the user picks it, and for how long, where that is not said.
 * @throws UserError with the doctor's reason when it cannot be recorded, CancellationError
 */
export async function attach(ctx: Ctx, options: AttachOptions = {}): Promise<ProfileInfo> {
  demandTrust();
  const facts = options.pid === undefined ? await pickProcess() : processFacts(options.pid);
  refuse(ctx, facts);
  const name = `${programName(maskSecrets(facts.argv))} (${facts.pid})`;
  const key = `process ${facts.pid}`;
  refuseTwice(ctx, name, key);
  const duration: Duration =
    options.duration === undefined ? await pickDuration(name, ctx.context.workspaceState) : (options.duration ?? undefined);
  const chosen: AttachOptions = { ...options, pid: facts.pid, duration: duration ?? null };
  await remember(ctx, { kind: 'attach', options: chosen, program: programHash(facts) });

  const scope = vscode.workspace.workspaceFolders?.[0];
  const settings = vscode.workspace.getConfiguration('heatline', scope);
  const environment = await processEnvironment(facts, { pythonPackage: pythonPackageOf(ctx), path: await searchPath(ctx, scope) });
  return record(ctx, {
    name,
    key,
    target: { kind: 'process', pid: facts.pid, cwd: scope?.uri.fsPath ?? os.homedir(), env: {} },
    environment,
    engine: options.engine ?? 'auto',
    preferences: preferencesOf(settings),
    options: {
      live: settings.get<boolean>('live', true),
      ...(duration === undefined ? {} : { durationSeconds: duration }),
      ...(options.rate === undefined ? {} : { rateHz: options.rate }),
      ...(options.native ? { native: true } : {}),
      ...(options.gil ? { gil: true } : {}),
      ...(options.idle ? { idle: true } : {}),
      ...(options.subprocesses ? { subprocesses: true } : {}),
    },
    argv: maskSecrets(facts.argv),
    shownAs: maskSecrets(facts.argv).join(' '),
    ...(facts.cwd && !facts.otherRoot ? { cwd: facts.cwd } : {}),
    scope,
    ...(options.delay ? { delaySeconds: options.delay } : {}),
    check: () => demandSame(facts, name),
  });
}

/** People take their time to choose, and a delay is one: the number may be another program's by now. @throws UserError */
function demandSame(facts: ProcessFacts, name: string): void {
  if (isStillThere(facts)) return;
  throw new UserError('attach-gone', t('{0} has ended before it could be recorded.', name), [
    { title: t('Choose Another…'), command: 'heatline.attach' },
  ]);
}

/** As last time. A program that was started anew is found by its command line; when there is none, or several, it is picked. */
export async function attachAgain(ctx: Ctx, options: AttachOptions, program: string): Promise<ProfileInfo> {
  const { pid, ...rest } = options;
  if (pid !== undefined && programHash(processFacts(pid)) === program) return attach(ctx, options);
  const same = (await listProcesses()).filter(({ facts }) => programHash(facts) === program);
  const [only] = same;
  return attach(ctx, only && same.length === 1 ? { ...rest, pid: only.facts.pid } : rest);
}

/** Tells a program from another with the same number. Not its words: they may hold secrets. */
const programHash = ({ argv, cwd }: ProcessFacts) =>
  createHash('sha256')
    .update(JSON.stringify([argv, cwd]))
    .digest('hex');

/** @throws UserError with the doctor's sentence, its fix and the exact command */
export function refuse(ctx: Ctx, facts: ProcessFacts): void {
  const refusal = diagnose(facts);
  if (!refusal) return;
  const command = diagnose(facts, ourCommandLine(ctx))?.command;
  const sentence = refusal.sentence.replace(/^./, (letter) => letter.toUpperCase());
  throw new UserError(`attach-${refusal.code}`, `${sentence}. ${refusal.fix}`, [
    ...(command ? [{ title: t('Copy Command'), command: 'heatline.copyText', args: [command] }] : []),
    { title: t('Choose Another…'), command: 'heatline.attach' },
  ]);
}

/** How a shell of this machine calls our command line, which needs not be on its PATH. */
function ourCommandLine(ctx: Ctx): string {
  const words = [process.execPath, path.join(ctx.context.extensionPath, 'dist', 'cli.js')].map(shellWord);
  return [...(process.versions.electron ? ['ELECTRON_RUN_AS_NODE=1'] : []), ...words].join(' ');
}

/** Tools are looked for beside the workspace's own Python first, then on PATH. */
export async function searchPath(ctx: Ctx, scope: vscode.WorkspaceFolder | undefined): Promise<string> {
  const own = process.env.PATH ?? '';
  const near = scope?.uri ?? vscode.window.activeTextEditor?.document.uri;
  if (near?.scheme !== 'file') return own;
  const found = await findInterpreter(vscode.Uri.joinPath(near, 'any.py'), ctx.log).catch(() => undefined);
  return found ? [path.dirname(found.path), own].join(path.delimiter) : own;
}
