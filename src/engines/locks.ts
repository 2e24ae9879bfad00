import { UserError } from '../core/errors.js';
import type { Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { inTheBox, recorderPlan } from './inTheBox.js';

/** python/heatline/command.py has the same limit. */
const RAREST = 10_000;

/** How often locks of `threading` and `asyncio` are taken, how long is waited for them and how long they are held. */
export const locks: Engine = {
  ...inTheBox({ id: 'locks', label: 'Locks (in the box)', measures: ['lock'], format: 'pprof', samples: false }),
  plan,
};

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const { durationSeconds, sample } = options;
  if (options.subprocesses) throw new UserError('no-subprocesses', 'The engine locks records one process.');
  if (sample !== undefined && !(Number.isInteger(sample) && sample >= 1 && sample <= RAREST))
    throw new UserError('usage', `--sample needs a whole number, 1 to ${RAREST}.`);
  const words: string[] = [];
  if (durationSeconds !== undefined) words.push('--duration', String(durationSeconds));
  if (sample !== undefined) words.push('--sample', String(sample));
  return {
    ...recorderPlan({ id: 'locks', format: 'pprof' }, words, target, environment, options),
    ...(options.live ? { live: 'copy' } : {}),
  };
}
