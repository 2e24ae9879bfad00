import { UserError } from '../core/errors.js';
import { ask } from './ask.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { measureOf } from './measure.js';
import { rubyPlan } from './rubyPlan.js';
import { findExecutable } from './which.js';

/** What is measured → stackprof's mode. */
const MODES: Readonly<Record<string, string>> = { wall: 'wall', cpu: 'cpu', alloc: 'object' };
const defaultRateHz = 1000;

/** stackprof (https://github.com/tmm1/stackprof), a sampler inside Ruby; our recorder starts it and writes its results. */
export const stackprof: Engine = {
  id: 'stackprof',
  label: 'stackprof',
  languages: ['ruby'],
  measures: Object.keys(MODES),
  formats: ['stackprof'],
  attaches: false,
  takesRate: (options) => measureOf(stackprof, options) !== 'alloc',
  probe,
  plan,
};

const question = 'require "stackprof"; print "heatline:", StackProf::VERSION, " for Ruby ", RUBY_VERSION';

async function probe({ toolchain, path, platform }: Environment): Promise<Availability> {
  const ruby = toolchain ?? findExecutable('ruby', [path], platform);
  if (ruby === undefined) {
    const fix = 'install Ruby and stackprof (Debian: apt-get install ruby ruby-stackprof)';
    return { state: 'missing', reason: 'ruby is not on PATH', fix };
  }
  const version = /heatline:(.*)/.exec((await ask(ruby, ['-e', question])).stdout)?.[1];
  if (version !== undefined) return { state: 'found', detail: `stackprof ${version}`, executable: ruby };
  const fix = 'gem install stackprof (Debian: apt-get install ruby-stackprof)';
  return { state: 'missing', reason: `${ruby} does not have stackprof`, fix };
}

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const { rateHz } = options;
  const mode = MODES[measureOf(stackprof, options)]!;
  if (mode === 'object' && rateHz !== undefined) throw new UserError('usage', 'Every allocation is counted: leave --rate out.');
  const interval = mode === 'object' ? 1 : Math.max(1, Math.round(1e6 / (rateHz ?? defaultRateHz)));
  return {
    ...rubyPlan(target, environment, options, { mode, interval }),
    format: 'stackprof',
    hint: 'stackprof writes when the program ends: one that is killed leaves nothing.',
  };
}
