/** What a launch configuration or a task of type `heatline` says, read with care: it comes from a file that people write. Knows no vscode. */

import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import { splitWords } from './shellWords.js';

/** A program to start and how to record it; exactly one of `program`, `module`, `code` and `command` is there. */
export interface LaunchSpec {
  readonly name?: string;
  /** What the recording is called; else by what is run. */
  readonly label?: string;
  /** A Python file. */
  readonly program?: string;
  /** A module, as `python -m` takes it. */
  readonly module?: string;
  /** Python code, as `python -c` takes it. */
  readonly code?: string;
  /** Any command line, in words. */
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly envFile?: string;
  readonly python?: string;
  /** Options of the interpreter, before what it runs. */
  readonly pythonArgs?: readonly string[];
  readonly engine?: string;
  readonly rate?: number;
  readonly duration?: number;
  readonly native?: boolean;
  readonly gil?: boolean;
  readonly idle?: boolean;
  readonly subprocesses?: boolean;
  readonly only?: string;
  /** Qualified name of a function: only what runs inside it is recorded. */
  readonly function?: string;
  /** Lines of a file, `shop.py:10-20`: only what runs while a thread is on them is recorded. */
  readonly within?: string;
  /** Seconds after which recording begins. */
  readonly delay?: number;
  /** Frames of a stack that are kept, of the engine memory. */
  readonly depth?: number;
  /** Seconds on and off by turns, `0.5/30`, of the engine memory. */
  readonly duty?: string;
  /** One of so many stretches of time is recorded, by the engine locks. */
  readonly sample?: number;
  /** A step of an event loop that takes so many milliseconds blocks it, for the engine async. */
  readonly blocked?: number;
  /** Samples bear the test that ran. */
  readonly perTest?: boolean;
}

/** @throws UserError `launch-config` that names what is wrong */
export function readLaunchSpec(raw: Readonly<Record<string, unknown>>, platform: NodeJS.Platform): LaunchSpec {
  const what = typeof raw.name === 'string' && raw.name ? ` “${raw.name}”` : '';
  const wrong = (text: string) => new UserError('launch-config', t('The configuration{0} {1}.', what, text));
  const text = <K extends string>(key: K): { readonly [P in K]?: string } => {
    const value = raw[key];
    if (value === undefined || value === null || value === '') return {};
    if (typeof value !== 'string') throw wrong(t('needs a text for {0}', key));
    return { [key]: value } as { [P in K]?: string };
  };
  const number = <K extends string>(key: K, least: number): { readonly [P in K]?: number } => {
    const value = raw[key];
    if (value === undefined || value === null) return {};
    if (typeof value !== 'number' || !(value >= least))
      throw wrong(t('needs a number for {0}{1}', key, least > 0 ? t(', at least {0}', least) : ''));
    return { [key]: value } as { [P in K]?: number };
  };
  const flag = <K extends string>(key: K): { readonly [P in K]?: boolean } => {
    const value = raw[key];
    if (value !== undefined && typeof value !== 'boolean') throw wrong(t('needs true or false for {0}', key));
    return value ? ({ [key]: true } as { [P in K]?: boolean }) : {};
  };
  const words = (key: string): string[] => {
    const value = raw[key];
    if (value === undefined || value === null) return [];
    if (typeof value === 'string') return splitWords(value, platform);
    if (!Array.isArray(value)) throw wrong(t('needs a list for {0}', key));
    return value.map(String);
  };
  const command = words('command');
  const pythonArgs = words('pythonArgs');
  const spec: LaunchSpec = {
    ...text('name'),
    ...text('program'),
    ...text('module'),
    ...text('code'),
    ...(command.length > 0 ? { command } : {}),
    args: words('args'),
    ...text('cwd'),
    env: environment(raw.env, wrong),
    ...text('envFile'),
    ...text('python'),
    ...(pythonArgs.length > 0 ? { pythonArgs } : {}),
    ...text('engine'),
    ...number('rate', 1),
    ...number('duration', 0.001),
    ...flag('native'),
    ...flag('gil'),
    ...flag('idle'),
    ...flag('subprocesses'),
    ...text('only'),
    ...text('function'),
    ...text('within'),
    ...number('delay', 0),
    ...number('depth', 1),
    ...text('duty'),
    ...number('sample', 1),
    ...number('blocked', 1),
    ...flag('perTest'),
  };
  const starts = [spec.program, spec.module, spec.code, spec.command].filter((start) => start !== undefined).length;
  if (starts === 0) throw wrong(t('says nothing to run: give program, module or command'));
  if (starts > 1) throw wrong(t('says more than one thing to run: give one of program, module and command'));
  return spec;
}

function environment(value: unknown, wrong: (text: string) => UserError): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(t('needs names and values for env'));
  const known = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(known.map(([name, each]) => [name, String(each)]));
}
