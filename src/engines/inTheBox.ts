import { join } from 'node:path';
import { pythonCommand } from './command.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';

/** Samples per second of the recorder in python/heatline unless the user says otherwise. */
export const defaultRateHz = 200;

/** What python/heatline can do; each is one engine for the user. */
interface Mode {
  readonly id: string;
  readonly label: string;
  readonly measures: readonly string[];
  readonly format: string;
  readonly samples: boolean;
}

/** An engine that is python/heatline in one of its modes. */
export function inTheBox(mode: Mode): Engine {
  return {
    id: mode.id,
    label: mode.label,
    languages: ['python'],
    measures: mode.measures,
    formats: [mode.format],
    attaches: false,
    probe: async (environment) => probe(mode, environment),
    plan: (target, environment, options) => plan(mode, target, environment, options),
  };
}

function probe(mode: Mode, environment: Environment): Availability {
  const { python, pythonVersion, implementation } = environment;
  if (!python || !pythonVersion) {
    return { state: 'missing', reason: 'no Python interpreter was found', fix: 'Install Python 3.9 or newer, or select an interpreter.' };
  }
  const [major, minor] = pythonVersion;
  const name = `${implementation ?? 'python'} ${pythonVersion.join('.')}`;
  if (major < 3 || (major === 3 && minor < 8)) {
    return { state: 'missing', reason: `${name} is too old for it`, fix: 'Select an interpreter of Python 3.9 or newer, or use py-spy.' };
  }
  const doubt = mode.samples && implementation !== 'cpython' ? '; samples are approximate under a just-in-time compiler' : '';
  return { state: 'found', detail: `in the box, for ${name}${doubt}`, executable: python };
}

function plan(mode: Mode, target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const words: string[] = [];
  if (mode.samples) words.push('--rate', String(options.rateHz ?? defaultRateHz));
  if (options.durationSeconds !== undefined) words.push('--duration', String(options.durationSeconds));
  if (mode.id === 'lines' && options.only !== undefined) words.push('--only', options.only);
  if (mode.samples && options.live) words.push('--live');
  return recorderPlan(mode, words, target, environment, options);
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
    // SIGINT lets the program clean up; SIGTERM is answered by the recorder, which writes first.
    stop: [
      { signal: 'SIGINT', waitSeconds: 5 },
      { signal: 'SIGTERM', waitSeconds: 5 },
      { signal: 'SIGKILL', waitSeconds: 2 },
    ],
  };
}

/** The file that starts python/heatline without PYTHONPATH. */
export function entryOf(environment: Environment): string {
  return join(environment.pythonPackage, 'heatline', '__main__.py');
}
