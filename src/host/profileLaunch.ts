/** Starts what a launch configuration, a task or an input box says, in a terminal of our own, and records it. */

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { Environment, Target } from '../engines/engine.js';
import { commandLine, probeEnvironment, readWithin } from '../engines/index.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { parseEnvFile } from './envFile.js';
import { findInterpreter } from './interpreter.js';
import type { LaunchSpec } from './launchSpec.js';
import { pythonPackageOf } from './profileFile.js';
import { type Job, preferencesOf, record } from './record.js';
import { joinWords, splitWords } from './shellWords.js';
import { remember } from './starts.js';
import { demandTrust } from './target.js';

/** Folder of the workspace that a start belongs to; the first one when it is not said. */
type Scope = vscode.WorkspaceFolder | undefined;

/**
 * @param scope workspace folder that relative paths start from
 * @param id of the recording, where the caller wants to stop it
 * @throws UserError when it cannot be started or nothing was recorded
 */
export async function profileLaunch(ctx: Ctx, spec: LaunchSpec, scope: Scope = firstFolder(), id?: string): Promise<ProfileInfo> {
  demandTrust();
  const start = await startOf(ctx, spec, scope);
  await remember(ctx, { kind: 'launch', spec, ...(scope ? { folder: scope.uri.toString() } : {}) });
  const settings = vscode.workspace.getConfiguration('heatline', scope);
  return record(ctx, {
    ...start,
    ...(spec.label === undefined ? {} : { name: spec.label }),
    ...(id === undefined ? {} : { id }),
    key: JSON.stringify([start.argv, start.target.cwd]),
    ...(spec.engine === undefined ? {} : { engine: spec.engine }),
    preferences: preferencesOf(settings),
    options: {
      live: settings.get<boolean>('live', true),
      ...(spec.rate === undefined ? {} : { rateHz: spec.rate }),
      ...(spec.duration === undefined ? {} : { durationSeconds: spec.duration }),
      ...(spec.native ? { native: true } : {}),
      ...(spec.gil ? { gil: true } : {}),
      ...(spec.idle ? { idle: true } : {}),
      ...(spec.subprocesses ? { subprocesses: true } : {}),
      ...(spec.only === undefined ? {} : { only: spec.only }),
      ...(spec.function === undefined ? {} : { function: spec.function }),
      ...(spec.within === undefined ? {} : { within: readWithin(spec.within, scope?.uri.fsPath ?? start.target.cwd) }),
      ...(spec.delay ? { delaySeconds: spec.delay } : {}),
      ...(spec.depth === undefined ? {} : { depth: spec.depth }),
      ...(spec.duty === undefined ? {} : { duty: spec.duty }),
      ...(spec.sample === undefined ? {} : { sample: spec.sample }),
      ...(spec.blocked === undefined ? {} : { blockedMs: spec.blocked }),
      ...(spec.perTest ? { perTest: true } : {}),
    },
    scope,
  });
}

/** Asks for a module and its arguments, as after `python -m`. */
export async function profileModule(ctx: Ctx): Promise<ProfileInfo> {
  const [module, ...args] = await askWords(
    ctx,
    'module',
    t('Module to Profile'),
    t('As after python -m: the module’s name, then its arguments'),
  );
  return profileLaunch(ctx, { module: module!, args, env: {} });
}

/** Asks for any command line. */
export async function profileCommand(ctx: Ctx): Promise<ProfileInfo> {
  const command = await askWords(
    ctx,
    'command',
    t('Command to Profile'),
    t('As in a terminal: pytest -k slow, python manage.py check, script.py'),
  );
  return profileLaunch(ctx, { command, args: [], env: {} });
}

/** At least one word, remembered for the next time. @throws CancellationError */
async function askWords(ctx: Ctx, key: string, title: string, prompt: string): Promise<string[]> {
  demandTrust();
  const memory = ctx.context.workspaceState;
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    value: joinWords(memory.get<readonly string[]>(`heatline.${key}`) ?? [], process.platform),
    ignoreFocusOut: true,
  });
  const words = splitWords(text ?? '', process.platform);
  if (words.length === 0) throw new vscode.CancellationError();
  await memory.update(`heatline.${key}`, words);
  return words;
}

type LaunchStart = Pick<Job, 'name' | 'target' | 'environment' | 'argv' | 'shownAs'> & { readonly file?: vscode.Uri };

async function startOf(ctx: Ctx, spec: LaunchSpec, scope: Scope): Promise<LaunchStart> {
  const base = scope?.uri.fsPath ?? (spec.program && path.isAbsolute(spec.program) ? path.dirname(spec.program) : process.cwd());
  const cwd = path.resolve(base, spec.cwd ?? '');
  await demand(cwd, 'folder', (found) => found.isDirectory());
  const env = { ...(await fileVariables(spec.envFile, base)), ...spec.env };
  const near = vscode.Uri.file(path.join(base, 'any.py'));
  const python = async () => (spec.python ? pythonAt(spec.python, base) : (await findInterpreter(near, ctx.log)).path);
  const probe = (asked: string) => probeEnvironment({ python: asked, pythonPackage: pythonPackageOf(ctx), path: searchPath(env) });
  if (spec.command !== undefined) return commandStart([...spec.command, ...spec.args], cwd, env, python, probe);
  const script = spec.program === undefined ? undefined : path.resolve(base, spec.program);
  if (script !== undefined) await demand(script, 'program', (found) => found.isFile());
  const environment = await probe(await python());
  const words = script !== undefined ? [script] : spec.module !== undefined ? ['-m', spec.module] : ['-c', spec.code ?? ''];
  const options = spec.pythonArgs ?? [];
  // What has options of the interpreter, or is code, is a command line that names the interpreter.
  const common = { args: spec.args, cwd, env };
  const target: Target =
    options.length > 0 || spec.code !== undefined
      ? { kind: 'command', argv: [environment.python ?? 'python3', ...options, ...words, ...spec.args], cwd, env }
      : script !== undefined
        ? { kind: 'script', script, ...common }
        : { kind: 'module', module: spec.module!, ...common };
  const name = script !== undefined ? path.basename(script) : (spec.module ?? spec.name ?? 'code');
  return { name, target, environment, argv: [...words, ...spec.args], ...(script === undefined ? {} : { file: vscode.Uri.file(script) }) };
}

async function commandStart(
  words: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  python: () => Promise<string>,
  probe: (python: string) => Promise<Environment>,
): Promise<LaunchStart> {
  // Tools of the workspace's own environment come before those of the machine, as in a terminal where it is activated.
  const own = await python().catch(() => undefined);
  const search = [...(own ? [path.dirname(own)] : []), searchPath(env)].join(path.delimiter);
  const { argv, python: named, language, toolchain } = commandLine(words, cwd, search);
  const target: Target = { kind: 'command', argv: absolute(argv, own, named), cwd, env, ...(language === undefined ? {} : { language }) };
  const environment = await probe((named && path.isAbsolute(named) ? named : own) ?? named ?? (await python()));
  return {
    name: words
      .map((word) => path.basename(word))
      .join(' ')
      .slice(0, 40),
    target,
    environment: { ...environment, path: search, ...(toolchain === undefined ? {} : { toolchain }) },
    argv: words,
    shownAs: words.join(' '),
  };
}

/** A bare `python` means the workspace's own. */
function absolute(argv: readonly string[], own: string | undefined, named: string | undefined): readonly string[] {
  const [first, ...rest] = argv;
  return own && first !== undefined && first === named && /^python3?(\.exe)?$/.test(first) ? [own, ...rest] : argv;
}

function pythonAt(python: string, base: string): string {
  return path.isAbsolute(python) || !/[\\/]/.test(python) ? python : path.resolve(base, python);
}

const searchPath = (env: Readonly<Record<string, string>>) => env.PATH ?? process.env.PATH ?? '';

async function fileVariables(envFile: string | undefined, base: string): Promise<Record<string, string>> {
  if (envFile === undefined) return {};
  const file = path.resolve(base, envFile);
  try {
    return parseEnvFile(await readFile(file, 'utf8'), process.env);
  } catch {
    throw new UserError('env-file', t('The environment file of the launch configuration cannot be read: {0}', file));
  }
}

async function demand(file: string, what: string, fits: (found: Awaited<ReturnType<typeof stat>>) => boolean): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (!found || !fits(found)) throw new UserError('no-file', t('There is no such {0}: {1}', what, file));
}

const firstFolder = (): Scope => vscode.workspace.workspaceFolders?.[0];
