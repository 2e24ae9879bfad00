import { UserError } from '../core/errors.js';
import type { Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { inTheBox, recorderPlan } from './inTheBox.js';

/** How long each `await` took, task by task and line by line, and what blocked a loop: of asyncio, uvloop, gevent and eventlet. */
export const asyncEngine: Engine = {
  ...inTheBox({ id: 'async', label: 'Tasks and event loops (in the box)', measures: ['await'], format: 'pprof', samples: false }),
  plan,
};

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const { durationSeconds, blockedMs } = options;
  if (options.subprocesses) throw new UserError('no-subprocesses', 'The engine async records one process.');
  if (blockedMs !== undefined && !(blockedMs >= 1 && blockedMs <= 1e9))
    throw new UserError('usage', '--blocked needs milliseconds, 1 or more.');
  const words: string[] = [];
  if (durationSeconds !== undefined) words.push('--duration', String(durationSeconds));
  if (blockedMs !== undefined) words.push('--blocked', String(blockedMs));
  return {
    ...recorderPlan({ id: 'async', format: 'pprof' }, words, target, environment, options),
    ...(options.live ? { live: 'copy' } : {}),
  };
}
