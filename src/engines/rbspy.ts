import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { measureOf } from './measure.js';
import { rubyPlan } from './rubyPlan.js';
import { stopSteps } from './stopSteps.js';
import { findExecutable } from './which.js';

const defaultRateHz = 100;

/** rbspy (https://rbspy.github.io), an external sampler of Ruby programs that the user installs. */
export const rbspy: Engine = {
  id: 'rbspy',
  label: 'rbspy',
  languages: ['ruby'],
  measures: ['wall', 'cpu'],
  formats: ['rbspy-raw'],
  attaches: true,
  probe: async (environment) => probe(environment),
  plan,
};

function locate({ path, platform }: Environment): string | undefined {
  return findExecutable('rbspy', [path], platform);
}

function probe(environment: Environment): Availability {
  const executable = locate(environment);
  if (executable !== undefined) return { state: 'found', detail: executable, executable };
  return { state: 'missing', reason: 'rbspy is not on PATH', fix: 'cargo install rbspy --locked (macOS: brew install rbspy)' };
}

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const { output } = options;
  const rate = Math.max(1, Math.round(options.rateHz ?? defaultRateHz));
  // Beside its record it always writes a report, else into a folder of its own.
  const files = ['--raw-file', output, '--format', 'collapsed', '--file', `${output}.tmp-report`];
  const words = [locate(environment) ?? 'rbspy', 'record', '--silent', ...files, '--rate', String(rate)];
  if (options.durationSeconds !== undefined) words.push('--duration', String(Math.max(1, Math.round(options.durationSeconds))));
  if (options.subprocesses) words.push('--subprocesses');
  if (measureOf(rbspy, options) === 'cpu') words.push('--on-cpu');
  if (target.kind !== 'process') {
    // What it starts itself it kills in the end, and hides its status: our recorder starts it instead, to join the program.
    return {
      ...rubyPlan(target, environment, options, { mode: 'tool', tool: [...words, '--pid', '{pid}'] }),
      format: 'rbspy-raw',
      hint: 'rbspy needs a moment to find its way into a program; very short ones leave nothing.',
    };
  }
  return {
    argv: [...words, '--pid', String(target.pid)],
    cwd: target.cwd,
    env: target.env,
    output,
    format: 'rbspy-raw',
    attached: true,
    // It writes on SIGINT only.
    stop: stopSteps(),
  };
}
