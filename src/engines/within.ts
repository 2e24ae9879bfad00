import { basename, resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import type { EngineOptions, Environment, Target } from './engine.js';

type Id = 'hybrid' | 'sampler' | 'cprofile';
const IDS: readonly string[] = ['hybrid', 'sampler', 'cprofile'] satisfies Id[];

/** Whether an engine can record only while chosen lines run. */
export const isWithin = (id: string): boolean => IDS.includes(id);

/**
 * `FILE:FROM-TO` or `FILE:LINE`, with the file's path made absolute.
 * @throws UserError `usage`
 */
export function readWithin(text: string, base: string): string {
  const [, file, first, last] = /^(.+):(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (file === undefined) throw new UserError('usage', `--within ${text}: it looks like app.py:10-20, or app.py:10 for one statement`);
  if (Number(first) < 1 || (last !== undefined && Number(last) < Number(first)))
    throw new UserError('usage', `--within ${text}: lines count from 1, and the first one comes first`);
  return `${resolve(base, file)}:${first}${last === undefined ? '' : `-${last}`}`;
}

/** What to say where nothing was recorded. */
export function neverRan(within: string): string {
  return `These lines never ran: ${basename(within)}.`;
}

/** @throws UserError `usage` for what cannot be recorded only while chosen lines run */
export function refuseWithin(id: string, target: Target, language: unknown, options: Partial<EngineOptions>): void {
  const no = (sentence: string) => new UserError('usage', sentence);
  if (target.kind === 'process') throw no('--within works on programs that are started, not on those that run already.');
  if (id !== 'auto' && !isWithin(id)) throw no(`--within is for the engines ${IDS.join(', ')}, not for ${id}.`);
  const names = { only: '--only', function: '--function', native: '--native', gil: '--gil', subprocesses: '--subprocesses' } as const;
  const other = (Object.keys(names) as (keyof typeof names)[]).find((name) => options[name]);
  if (other !== undefined) throw no(`--within and ${names[other]} cannot be had at once.`);
  if (language !== undefined) throw no('--within is for Python programs.');
}

/** The engine that `auto` takes, and why. */
export function chooseWithin(
  { implementation }: Environment,
  { want }: Partial<EngineOptions>,
  serves: boolean,
): { id: Id; reason: string } {
  if (implementation === 'pypy') return { id: 'cprofile', reason: 'PyPy’s compiler misleads samplers, so calls are traced' };
  if (want === 'time' || (serves && want === undefined)) return { id: 'sampler', reason: 'time is wanted of the chosen lines alone' };
  return { id: 'hybrid', reason: 'calls are counted and lines sampled while the chosen ones run' };
}
