import { dirname, join } from 'node:path';
import { isPython } from './command.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { pipInstall } from './installed.js';
import { recorderPlan } from './inTheBox.js';
import { stopSteps } from './stopSteps.js';
import { underRunner } from './underRunner.js';
import { findExecutable } from './which.js';

const defaultRateHz = 100;

/** py-spy (https://github.com/benfred/py-spy), an external sampler that the VSIX of a platform carries, or the user installs. */
export const pySpy: Engine = {
  id: 'py-spy',
  label: 'py-spy',
  languages: ['python'],
  measures: ['cpu', 'wall', 'gil'],
  formats: ['pyspy-raw'],
  attaches: true,
  probe: async (environment) => probe(environment),
  plan,
};

/** The user's own beside the program's Python, then the one that a VSIX of a platform carries, then any on PATH. */
function locate(environment: Environment): string | undefined {
  const { scripts, path, platform } = environment;
  return findExecutable('py-spy', [scripts ?? '', carriedIn(environment), path], platform);
}

/** Where it lies in the box: beside our Python part. */
const carriedIn = ({ pythonPackage }: Environment): string => join(dirname(pythonPackage), 'bin');

function probe(environment: Environment): Availability {
  if (environment.implementation === 'pypy') {
    return { state: 'missing', reason: 'py-spy cannot read PyPy', fix: 'Use the cprofile engine.' };
  }
  if (environment.freeThreaded) {
    return { state: 'missing', reason: 'py-spy cannot read free-threaded builds', fix: 'Use the sampler engine.' };
  }
  const executable = locate(environment);
  if (executable) {
    const detail = dirname(executable) === carriedIn(environment) ? `in the box, ${executable}` : executable;
    return { state: 'found', detail, executable };
  }
  const { python } = environment;
  const install = python === undefined ? {} : { install: { python, what: 'py-spy' } };
  return { state: 'missing', reason: 'py-spy is not installed', fix: pipInstall(python ?? 'python', 'py-spy'), ...install };
}

/**
 * A Python program runs under our runner, which starts py-spy beside it (beside.py says why) and ends as the program does. Another
 * command, and any on Windows, is started by py-spy itself, which ends with 0 whatever the program did.
 */
function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  if (environment.platform !== 'win32' && target.kind !== 'process' && isPython(target, environment)) {
    const words = ['--tool', locate(environment) ?? 'py-spy', '--rate', String(options.rateHz ?? defaultRateHz)];
    if (options.durationSeconds !== undefined) words.push('--duration', String(options.durationSeconds));
    if (options.subprocesses) words.push('--subprocesses');
    if (options.native) words.push('--native');
    if (options.gil) words.push('--mode', 'gil');
    if (options.idle) words.push('--idle');
    return recorderPlan({ id: 'py-spy', format: 'pyspy-raw' }, words, target, environment, options);
  }
  const statusFile = `${options.output}.status`;
  const words = ['record', '-f', 'raw', '-t', '-r', String(options.rateHz ?? defaultRateHz), '--full-filenames', '-o', options.output];
  if (options.durationSeconds !== undefined) words.push('-d', String(Math.max(1, Math.round(options.durationSeconds))));
  if (options.subprocesses) words.push('-s');
  if (options.native) words.push('-n');
  if (options.gil) words.push('-g');
  if (options.idle) words.push('-i');
  const attached = target.kind === 'process';
  const wrapped = attached ? { argv: ['-p', String(target.pid)], reports: false } : underRunner(target, environment, statusFile);
  return {
    argv: [locate(environment) ?? 'py-spy', ...words, ...(attached ? [] : ['--']), ...wrapped.argv],
    cwd: target.cwd,
    env: target.env,
    output: options.output,
    format: 'pyspy-raw',
    // py-spy writes on SIGINT only: SIGTERM loses the recording.
    stop: stopSteps(),
    ...(attached ? { attached, holds: target.pid } : { toolAround: true }),
    ...(wrapped.reports ? { statusFile } : {}),
  };
}
