import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { pythonCommand } from './command.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { stopSteps } from './stopSteps.js';
import { isWithin, neverRan } from './within.js';

/** Samples per second of the recorder in python/heatline unless the user says otherwise. */
export const defaultRateHz = 200;

/** What python/heatline can do; each is one engine for the user. */
interface Mode {
  readonly id: string;
  readonly label: string;
  readonly measures: readonly string[];
  readonly format: string;
  readonly samples: boolean;
  /** It can join a program that runs already, where its Python lets it. */
  readonly joins?: boolean;
}

/** An engine that is python/heatline in one of its modes. */
export function inTheBox(mode: Mode): Engine {
  return {
    id: mode.id,
    label: mode.label,
    languages: ['python'],
    measures: mode.measures,
    formats: [mode.format],
    attaches: mode.joins ?? false,
    probe: async (environment) => probe(mode, environment),
    plan: (target, environment, options) => plan(mode, target, environment, options),
  };
}

/** What engines of Python say where there is none. */
export const noInterpreter: Availability = {
  state: 'missing',
  reason: 'no Python interpreter was found',
  fix: 'Install Python 3.9 or newer, or select an interpreter.',
};

function probe(mode: Mode, environment: Environment): Availability {
  const { python, pythonVersion, implementation } = environment;
  if (!python || !pythonVersion) return noInterpreter;
  const [major, minor] = pythonVersion;
  const name = `${implementation ?? 'python'} ${pythonVersion.join('.')}`;
  if (major < 3 || (major === 3 && minor < 8)) {
    return { state: 'missing', reason: `${name} is too old for it`, fix: 'Select an interpreter of Python 3.9 or newer, or use py-spy.' };
  }
  const doubt = mode.samples && implementation !== 'cpython' ? '; samples are approximate under a just-in-time compiler' : '';
  return { state: 'found', detail: `in the box, for ${name}${doubt}`, executable: python };
}

/** Whether the interpreter runs what it is sent by its own `sys.remote_exec`: CPython 3.14 and newer. */
export function joinsByItself({ python, pythonVersion, implementation }: Environment): boolean {
  const [major, minor] = pythonVersion ?? [0, 0];
  return python !== undefined && implementation === 'cpython' && (major > 3 || (major === 3 && minor >= 14));
}

/** The sampler becomes a guest of a program that runs: sent by an interpreter of the same version. */
function joiningPlan(pid: number, cwd: string, environment: Environment, options: EngineOptions): LaunchPlan {
  if (!joinsByItself(environment)) {
    const version = environment.pythonVersion?.slice(0, 2).join('.') ?? 'an unknown version';
    throw new UserError(
      'no-attach',
      `The engine sampler joins programs of CPython 3.14 and newer, and this one is ${version}; py-spy joins it.`,
    );
  }
  const words = ['join', '--pid', String(pid), '--output', options.output, '--rate', String(options.rateHz ?? defaultRateHz)];
  if (options.durationSeconds !== undefined) words.push('--duration', String(options.durationSeconds));
  return {
    // Isolated: no module of the folder it is started in takes the place of one of ours.
    argv: [environment.python!, '-I', entryOf(environment), ...words],
    cwd,
    env: {},
    output: options.output,
    format: 'pprof',
    ...(options.live ? { live: 'copy' } : {}),
    attached: true,
    stop: stopSteps(20),
  };
}

function plan(mode: Mode, target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  if (mode.joins && target.kind === 'process') return joiningPlan(target.pid, target.cwd, environment, options);
  const words: string[] = [];
  if (mode.samples) words.push('--rate', String(options.rateHz ?? defaultRateHz));
  if (options.durationSeconds !== undefined) words.push('--duration', String(options.durationSeconds));
  if (mode.id === 'lines' && options.only !== undefined) words.push('--only', options.only);
  if (mode.id === 'sampler' && options.delaySeconds !== undefined) words.push('--delay', String(options.delaySeconds));
  if (mode.id === 'sampler' && options.function !== undefined) words.push('--function', options.function);
  if (mode.samples && options.perTest) words.push('--per-test');
  if (isWithin(mode.id) && options.within !== undefined) words.push('--within', options.within);
  if (mode.samples && options.live) words.push('--live');
  return { ...recorderPlan(mode, words, target, environment, options), ...(options.live ? { live: 'copy' } : {}) };
}

/** A program under python/heatline in the mode `id`, with further `words` for it. */
export function recorderPlan(
  { id, format }: Pick<Mode, 'id' | 'format'>,
  words: readonly string[],
  target: Target,
  environment: Environment,
  options: EngineOptions,
): LaunchPlan {
  const { interpreter, program } = pythonCommand(target, environment);
  const statusFile = options.reportStatus ? `${options.output}.status` : undefined;
  const status = statusFile === undefined ? [] : ['--status', statusFile];
  const start = [entryOf(environment), 'run', '--engine', id, '--output', options.output];
  return {
    argv: [...interpreter, ...start, ...words, ...status, '--', ...program],
    cwd: target.cwd,
    env: target.env,
    output: options.output,
    format,
    ...(statusFile === undefined ? {} : { statusFile }),
    ...(options.within === undefined ? {} : { hint: neverRan(options.within) }),
    // SIGINT lets the program clean up; SIGTERM is answered by the recorder, which writes first.
    stop: stopSteps(),
  };
}

/** The file that starts python/heatline without PYTHONPATH. */
export function entryOf(environment: Environment): string {
  return join(environment.pythonPackage, 'heatline', '__main__.py');
}
