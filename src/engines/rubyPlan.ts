import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.js';
import type { EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { stopSteps } from './stopSteps.js';

/** What `ruby/heatline_recorder.rb` is told by its variables; see there. */
export interface RubyRecorder {
  /** stackprof's `wall`, `cpu` or `object`, or `tool`. */
  readonly mode: string;
  /** Microseconds, or allocations, from one sample to the next. */
  readonly interval?: number;
  /** Command line of what joins process `{pid}`; none of its words may hold a line's end. */
  readonly tool?: readonly string[];
}

/**
 * The plan of a Ruby program with our recorder in it, but for the format. Pure.
 * Throws UserError `not-ruby`, or `no-attach` for a process.
 */
export function rubyPlan(
  target: Target,
  environment: Environment,
  options: EngineOptions,
  { mode, interval, tool }: RubyRecorder,
): Omit<LaunchPlan, 'format'> {
  const [ruby, ...program] = words(target, environment);
  const { output, durationSeconds } = options;
  const statusFile = options.reportStatus ? `${output}.status` : undefined;
  const told = {
    MODE: mode,
    OUTPUT: output,
    INTERVAL: interval,
    TOOL: tool?.join('\n'),
    DURATION: durationSeconds,
    STATUS: statusFile,
  };
  const variables = Object.entries(told).flatMap(([name, value]) =>
    value === undefined ? [] : [[`HEATLINE_RUBY_${name}`, String(value)]],
  );
  return {
    argv: [ruby!, '-r', join(dirname(environment.pythonPackage), 'ruby', 'heatline_recorder.rb'), ...program],
    cwd: target.cwd,
    env: { ...target.env, ...Object.fromEntries(variables) },
    output,
    ...(statusFile === undefined ? {} : { statusFile }),
    // Ruby turns both into exceptions, after which the recorder ends its work.
    stop: stopSteps(),
  };
}

/** `ruby`, its options, and what it runs. */
function words(target: Target, environment: Environment): readonly string[] {
  const ruby = environment.toolchain ?? 'ruby';
  if (target.kind === 'process') throw new UserError('no-attach', 'This engine cannot join a program that runs already; rbspy can.');
  if (target.kind === 'script') return [ruby, target.script, ...target.args];
  const first = target.kind === 'command' ? (target.argv[0] ?? '') : target.module;
  const name = first.split(/[\\/]/).at(-1)!;
  if (target.kind === 'command' && /\.rbw?$/i.test(name)) return [ruby, ...target.argv];
  if (target.kind === 'command' && /^ruby[\d.]*(?:\.exe)?$/i.test(name)) return target.argv;
  throw new UserError('not-ruby', `${name} is not a Ruby program; one that is found on PATH is started as ruby -S ${name}.`);
}
