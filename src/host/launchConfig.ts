/** Finds the launch configurations that start a Python file and turns one into what an engine's target needs. Knows no vscode. */

import path from 'node:path';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import { splitWords } from './shellWords.js';

/** An entry of `launch.configurations`, as it stands in the settings. */
export interface LaunchConfig {
  readonly name: string;
  readonly type: string;
  readonly request?: string;
  readonly program?: string;
  readonly module?: string;
  readonly args?: string | readonly unknown[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly envFile?: string;
  readonly python?: string | readonly string[];
  readonly [other: string]: unknown;
}

/** What `${…}` stands for. Paths are absolute. */
export interface Variables {
  readonly file: string;
  /** Folder of the workspace that holds the file; absent without one. */
  readonly folder?: string;
  /** Other workspace folders by name, for `${workspaceFolder:name}`. */
  readonly folders: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  config(key: string): unknown;
}

export interface LaunchChoice {
  /** What it starts, variables filled in: a path as it stands there. */
  readonly program?: string;
  readonly args: readonly string[];
  /** True when the configuration asks for its arguments at each start (`${command:pickArgs}`). */
  readonly asksArgs: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Absolute path of an env file, and whether it was named rather than assumed. */
  readonly envFile?: { readonly path: string; readonly named: boolean };
  readonly python?: string;
}

const OS_KEYS: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows', darwin: 'osx', linux: 'linux' };

/** Configurations of type debugpy or python that launch this file; those that name it come before those with `${file}`. */
export function matchingConfigs(configs: readonly unknown[], variables: Variables): LaunchConfig[] {
  const named: LaunchConfig[] = [];
  const general: LaunchConfig[] = [];
  for (const raw of configs) {
    const config = asConfig(raw, variables.platform);
    if (!config?.program || config.module) continue;
    const program = tryExpand(config.program, variables);
    if (program === undefined || !samePath(path.resolve(variables.folder ?? '', program), variables.file, variables.platform)) continue;
    (config.program.includes('${file') || config.program.includes('${relativeFile') ? general : named).push(config);
  }
  return [...named, ...general];
}

/** Configurations that start a Python program, ours and the debugger's; of ours also those that join one. */
export function recordable(configs: readonly unknown[], platform: NodeJS.Platform): LaunchConfig[] {
  return configs.flatMap((raw) => {
    const { name, type } = (typeof raw === 'object' && raw !== null ? raw : {}) as Partial<LaunchConfig>;
    if (type === 'heatline') return typeof name === 'string' ? [raw as LaunchConfig] : [];
    const config = asConfig(raw, platform, true);
    return config ? [config] : [];
  });
}

/** Tells a start that VS Code was asked for again, among the fields of its configuration. */
export const START = 'heatlineStart';

/** The debugger's own word for the interpreter that is chosen, which we find in the same way, with or without the extension that knows it. */
const CHOSEN_PYTHON = /^\$\{command:python\.interpreterPath\}$/;

/**
 * What a debugger's configuration starts, as one of ours: its variables as they stand there, nothing of what is only for debugging.
 * @throws UserError `launch-config` for one that runs as another user
 */
export function heatlineConfig(config: LaunchConfig): LaunchConfig & { readonly request: string } {
  if (config.sudo === true) {
    const way = 'run sudo heatline record in a terminal';
    throw new UserError(
      'launch-config',
      t('The launch configuration “{0}” asks for sudo, with which Heatline starts nothing: {1}.', config.name, way),
    );
  }
  const pythons = config.python === undefined ? [] : typeof config.python === 'string' ? [config.python] : config.python;
  const [python, ...itsArgs] = pythons.map(String);
  const pythonArgs = [...itsArgs, ...(Array.isArray(config.pythonArgs) ? config.pythonArgs.map(String) : [])];
  const code = Array.isArray(config.code) ? config.code.join('\n') : config.code;
  const kept = ['args', 'cwd', 'env', 'envFile', 'preLaunchTask', 'postDebugTask'].filter((key) => config[key] !== undefined);
  return {
    name: config.name,
    type: 'heatline',
    request: 'launch',
    ...(config.module ? { module: config.module } : config.program ? { program: config.program } : { code: String(code) }),
    ...Object.fromEntries(kept.map((key) => [key, config[key]])),
    ...(python === undefined || CHOSEN_PYTHON.test(python) ? {} : { python }),
    ...(pythonArgs.length > 0 ? { pythonArgs } : {}),
  };
}

function asConfig(raw: unknown, platform: NodeJS.Platform, modules = false): LaunchConfig | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const config = raw as LaunchConfig;
  if (typeof config.name !== 'string' || (config.type !== 'debugpy' && config.type !== 'python')) return undefined;
  if (config.request !== undefined && config.request !== 'launch') return undefined;
  const special = config[OS_KEYS[platform] ?? ''];
  const merged = typeof special === 'object' && special !== null ? { ...config, ...special } : config;
  const starts = typeof merged.program === 'string' || (modules && (typeof merged.module === 'string' || merged.code !== undefined));
  return starts ? merged : undefined;
}

function samePath(a: string, b: string, platform: NodeJS.Platform): boolean {
  const left = path.normalize(a);
  const right = path.normalize(b);
  return platform === 'win32' ? left.toLowerCase() === right.toLowerCase() : left === right;
}

/** @throws UserError `launch-variable` for a variable that only the debugger can fill in */
export function applyConfig(config: LaunchConfig, variables: Variables): LaunchChoice {
  const expandAll = (text: string) => expand(text, variables, config.name);
  const asksArgs = typeof config.args === 'string' && /\$\{command:[^}]*pickArgs\}/i.test(config.args);
  const args = asksArgs ? [] : readArgs(config.args, expandAll, variables.platform);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(config.env ?? {}))
    if (value !== null && value !== undefined) env[name] = expandAll(String(value));
  const python = typeof config.python === 'string' ? config.python : config.python?.[0];
  const envFile = config.envFile ? { path: config.envFile, named: true } : variables.folder ? { path: '.env', named: false } : undefined;
  const base = variables.folder ?? path.dirname(variables.file);
  return {
    ...(config.program ? { program: expandAll(config.program) } : {}),
    args,
    asksArgs,
    env,
    ...(config.cwd ? { cwd: path.resolve(base, expandAll(config.cwd)) } : {}),
    ...(envFile ? { envFile: { path: path.resolve(base, expandAll(envFile.path)), named: envFile.named } } : {}),
    ...(python ? { python: expandAll(python) } : {}),
  };
}

function readArgs(args: LaunchConfig['args'], expandAll: (text: string) => string, platform: NodeJS.Platform): string[] {
  if (args === undefined) return [];
  if (typeof args === 'string') return splitWords(expandAll(args), platform);
  return args.map((word) => expandAll(String(word)));
}

function tryExpand(text: string, variables: Variables): string | undefined {
  try {
    return expand(text, variables, '');
  } catch {
    return undefined;
  }
}

/**
 * Replaces VS Code's `${…}` variables (https://code.visualstudio.com/docs/reference/variables-reference).
 * @throws UserError `launch-variable`
 */
export function expand(text: string, variables: Variables, configName: string): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, key: string) => {
    const value = lookUp(key, variables);
    if (value === undefined) {
      const where = configName ? t(' in the launch configuration “{0}”', configName) : '';
      throw new UserError('launch-variable', t('{0}{1} cannot be filled in outside the debugger.', `\${${key}}`, where));
    }
    return value;
  });
}

function lookUp(key: string, v: Variables): string | undefined {
  const relative = v.folder ? path.relative(v.folder, v.file) : v.file;
  const [head = '', ...tail] = key.split(':');
  const rest = tail.join(':');
  switch (head) {
    case 'file':
      return v.file;
    case 'workspaceFolder':
    case 'workspaceRoot':
      return rest ? v.folders[rest] : v.folder;
    case 'workspaceFolderBasename':
      return v.folder && path.basename(v.folder);
    case 'relativeFile':
      return relative;
    case 'relativeFileDirname':
      return path.dirname(relative);
    case 'fileWorkspaceFolder':
      return v.folder;
    case 'fileBasename':
      return path.basename(v.file);
    case 'fileBasenameNoExtension':
      return path.basename(v.file, path.extname(v.file));
    case 'fileExtname':
      return path.extname(v.file);
    case 'fileDirname':
    case 'cwd':
      return head === 'cwd' ? (v.folder ?? path.dirname(v.file)) : path.dirname(v.file);
    case 'fileDirnameBasename':
      return path.basename(path.dirname(v.file));
    case 'userHome':
      return v.home;
    case 'pathSeparator':
    case '/':
      return v.platform === 'win32' ? '\\' : '/';
    case 'env':
      return v.env[rest] ?? '';
    case 'config': {
      const value = v.config(rest);
      return value === undefined || typeof value === 'object' ? undefined : String(value);
    }
    default:
      return undefined;
  }
}
