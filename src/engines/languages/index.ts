import type { Environment, Target } from '../engine.js';
import { go } from './go.js';
import type { Language } from './language.js';
import { ruby } from './ruby.js';

export type { Language } from './language.js';

/** Every language but Python, whose engines are the default. */
export const languages: readonly Language[] = [go, ruby];

/** The language of a target; undefined is Python, or a command of which nothing is known. Pure. */
export function languageOf(target: Target, environment: Environment): Language | undefined {
  const known = target.kind === 'process' ? environment.implementation : target.kind === 'command' ? target.language : undefined;
  if (known !== undefined) return languages.find(({ id }) => id === known);
  const file = target.kind === 'script' ? target.script : target.kind === 'command' ? target.argv[0] : undefined;
  const name = file?.split(/[\\/]/).at(-1);
  return name === undefined ? undefined : languages.find(({ sources, runner }) => sources.test(name) || runner.test(name));
}
