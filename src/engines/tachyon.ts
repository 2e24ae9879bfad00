import { UserError } from '../core/errors.js';
import { ask } from './ask.js';
import { pythonCommand } from './command.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { entryOf } from './inTheBox.js';
import { stopSteps } from './stopSteps.js';

/** Looks per second; the tool's own default, at 1.13 times the time in its authors' and our measurements. */
const defaultRateHz = 1000;

/** `profiling.sampling` of Python 3.15 and newer, part of its standard library. Only the same minor version can look into a program. */
export const tachyon: Engine = {
  id: 'tachyon',
  label: 'Tachyon, Python’s own sampler',
  languages: ['python'],
  measures: ['wall', 'gil'],
  formats: ['tachyon'],
  attaches: true,
  probe,
  plan,
};

/** Whether an interpreter is one that can have it. */
export function isTachyonAge({ implementation, pythonVersion }: Environment): boolean {
  const [major, minor] = pythonVersion ?? [0, 0];
  return implementation === 'cpython' && (major > 3 || (major === 3 && minor >= 15));
}

async function probe(environment: Environment): Promise<Availability> {
  const { python, pythonVersion, implementation, platform } = environment;
  if (!isTachyonAge(environment)) {
    const here = pythonVersion ? `this is ${implementation ?? 'python'} ${pythonVersion.join('.')}` : 'no Python interpreter was found';
    return { state: 'missing', reason: `it is part of Python 3.15 and newer; ${here}`, fix: 'Select such an interpreter, or use py-spy.' };
  }
  if (python === undefined) {
    const fix = 'Select the interpreter of the program that runs, or use py-spy.';
    return { state: 'missing', reason: 'it needs the program’s own interpreter, which may not be run from here', fix };
  }
  if (platform === 'win32') return { state: 'missing', reason: 'it is not supported on Windows yet', fix: 'Use the sampler engine.' };
  const { problem, build } = await tried(python);
  if (problem !== undefined)
    return { state: 'missing', reason: `this Python lacks it: ${problem}`, fix: 'Install the whole standard library of it.' };
  const rights = platform === 'darwin' ? '; macOS wants sudo for it' : '';
  return { state: 'found', detail: `in the standard library of Python ${pythonVersion!.join('.')}${build}${rights}`, executable: python };
}

/** Some systems pack the standard library in parts; some builds have no lock that a thread could wait for. */
async function tried(python: string): Promise<{ problem?: string; build: string }> {
  const code = 'import sys, profiling.sampling; print(getattr(sys, "_is_gil_enabled", lambda: True)())';
  const { error, stdout, stderr } = await ask(python, ['-I', '-c', code]);
  if (error) return { problem: stderr.trim().split('\n').at(-1) ?? error.message, build: '' };
  return { build: stdout.trim() === 'False' ? ', free-threaded: it tells nothing of a lock' : '' };
}

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  if (options.subprocesses)
    throw new UserError('no-subprocesses', 'The engine tachyon records one process; py-spy records child processes.');
  return target.kind === 'process' ? attachPlan(target, environment, options) : launchPlan(target, environment, options);
}

/** The tool joins the program that our runner runs, so that streams, options and status stay the program's. */
function launchPlan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const { interpreter, program } = pythonCommand(target, environment);
  const words = ['run', '--engine', 'tachyon', '--output', options.output, '--rate', String(options.rateHz ?? defaultRateHz)];
  if (options.durationSeconds !== undefined) words.push('--duration', String(options.durationSeconds));
  if (options.gil) words.push('--mode', 'gil');
  if (options.native) words.push('--native');
  if (isFollowed(environment, options)) words.push('--live');
  const statusFile = options.reportStatus ? `${options.output}.status` : undefined;
  if (statusFile !== undefined) words.push('--status', statusFile);
  return {
    ...common(target, environment, options),
    argv: [...interpreter, entryOf(environment), ...words, '--', ...program],
    ...(statusFile === undefined ? {} : { statusFile }),
  };
}

function attachPlan(target: Target & { kind: 'process' }, environment: Environment, options: EngineOptions): LaunchPlan {
  const words = [
    // Isolated: no module of the folder it is started in takes the place of one of its own.
    '-I',
    entryOf(environment),
    'follow',
    ...(isFollowed(environment, options) ? [] : ['--no-live']),
    'attach',
    '--binary',
    '-a',
    '-r',
    String(Math.max(1, Math.round(options.rateHz ?? defaultRateHz))),
  ];
  if (options.durationSeconds !== undefined) words.push('-d', String(Math.max(1, Math.round(options.durationSeconds))));
  if (options.gil) words.push('--mode', 'gil');
  if (options.native) words.push('--native');
  return {
    ...common(target, environment, options),
    argv: [environment.python ?? 'python3.15', ...words, '-o', options.output, String(target.pid)],
    attached: true,
  };
}

/** Whether copies of the growing recording are made: they go by /proc. */
const isFollowed = ({ platform }: Environment, { live }: EngineOptions): boolean => live === true && platform === 'linux';

function common(target: Target, environment: Environment, options: EngineOptions): Omit<LaunchPlan, 'argv'> {
  const { output } = options;
  return {
    cwd: target.cwd,
    env: target.env,
    output,
    format: 'tachyon',
    ...(isFollowed(environment, options) ? { live: 'copy' } : {}),
    // The tool writes on SIGINT only.
    stop: stopSteps(10),
  };
}
