import { UserError } from '../core/errors.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { noInterpreter, recorderPlan } from './inTheBox.js';

/** As many as tracemalloc takes is more than any stack has; python/heatline/memory.py has the same limit. */
const DEEPEST = 1000;

/** Options that choose a part of a program. */
const selections = [
  ['only', '--only'],
  ['function', '--function'],
  ['delaySeconds', '--delay'],
  ['within', '--within'],
  ['perTest', '--per-test'],
] as const;

/** What Python's tracemalloc tells: blocks and bytes by the line that asked for them, alive at the end and at the peak; or in duty cycles. */
export const memory: Engine = {
  id: 'memory',
  label: 'Memory (in the box)',
  languages: ['python'],
  measures: ['alloc'],
  formats: ['pprof'],
  attaches: false,
  probe: async (environment) => probe(environment),
  plan,
};

function probe({ python, pythonVersion, implementation }: Environment): Availability {
  if (!python || !pythonVersion) return noInterpreter;
  const name = `${implementation ?? 'python'} ${pythonVersion.join('.')}`;
  const [major, minor] = pythonVersion;
  if (implementation === 'cpython' && (major > 3 || (major === 3 && minor >= 9)))
    return { state: 'found', detail: `in the box, for ${name}`, executable: python };
  return {
    state: 'missing',
    reason: `tracemalloc of CPython 3.9 or newer is needed; this is ${name}`,
    fix: 'Select an interpreter of CPython 3.9 or newer.',
  };
}

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const { depth, duty, durationSeconds } = options;
  if (options.subprocesses) throw new UserError('no-subprocesses', 'The engine memory records one process.');
  const part = selections.find(([name]) => options[name]);
  if (part !== undefined) throw new UserError('usage', `The engine memory records all of a program: ${part[1]} is not for it.`);
  if (depth !== undefined && !(Number.isInteger(depth) && depth >= 1 && depth <= DEEPEST))
    throw new UserError('usage', `--depth needs a number of frames, 1 to ${DEEPEST}.`);
  if (duty !== undefined && !/^\d+(?:\.\d+)?\/\d+(?:\.\d+)?$/.test(duty))
    throw new UserError('usage', '--duty needs seconds on and off, as in 0.5/30.');
  const words: string[] = [];
  if (durationSeconds !== undefined) words.push('--duration', String(durationSeconds));
  if (depth !== undefined) words.push('--depth', String(depth));
  if (duty !== undefined) words.push('--duty', duty);
  return {
    ...recorderPlan({ id: 'memory', format: 'pprof' }, words, target, environment, options),
    ...(options.live ? { live: 'copy' } : {}),
  };
}
