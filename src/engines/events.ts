import { UserError } from '../core/errors.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { noInterpreter, recorderPlan } from './inTheBox.js';

/** Exceptions where they are raised, and pauses of the garbage collector where they happen: python/heatline/events.py. */
export const events: Engine = {
  id: 'events',
  label: 'Exceptions and garbage collection (in the box)',
  languages: ['python'],
  measures: ['exceptions', 'gc'],
  formats: ['pprof'],
  attaches: false,
  probe: async (environment) => probe(environment),
  plan,
};

function probe({ python, pythonVersion, implementation }: Environment): Availability {
  if (!python || !pythonVersion) return noInterpreter;
  const name = `${implementation ?? 'python'} ${pythonVersion.join('.')}`;
  const [major, minor] = pythonVersion;
  if (implementation !== 'cpython' || major < 3 || (major === 3 && minor < 9)) {
    const reason = `CPython 3.9 or newer is needed, 3.12 for exceptions; this is ${name}`;
    return { state: 'missing', reason, fix: 'Select an interpreter of CPython 3.12 or newer.' };
  }
  const part = major === 3 && minor < 12 ? '; garbage collection alone, exceptions from 3.12 on' : '';
  return { state: 'found', detail: `in the box, for ${name}${part}`, executable: python };
}

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const { durationSeconds } = options;
  if (options.subprocesses) throw new UserError('no-subprocesses', 'The engine events records one process.');
  const words = durationSeconds === undefined ? [] : ['--duration', String(durationSeconds)];
  return {
    ...recorderPlan({ id: 'events', format: 'pprof' }, words, target, environment, options),
    ...(options.live ? { live: 'copy' } : {}),
  };
}
