import { UserError } from '../core/errors.js';
import type { Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { inTheBox, recorderPlan } from './inTheBox.js';

/** How long each import took, by the line that asked for it: what `-X importtime` measures, without its lines on standard error. */
export const imports: Engine = {
  ...inTheBox({ id: 'imports', label: 'Import time (in the box)', measures: ['import'], format: 'pprof', samples: false }),
  plan,
};

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const { durationSeconds } = options;
  if (options.subprocesses) throw new UserError('no-subprocesses', 'The engine imports records one process.');
  const words = durationSeconds === undefined ? [] : ['--duration', String(durationSeconds)];
  return {
    ...recorderPlan({ id: 'imports', format: 'pprof' }, words, target, environment, options),
    ...(options.live ? { live: 'copy' } : {}),
  };
}
