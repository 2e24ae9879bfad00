import type { Engine, EngineOptions, Environment, Target } from './engine.js';
import { chooseEngine, engines, isWithin, languageOf } from './index.js';

/** What settings say of all programs alike: it counts where it fits, and is left out where it does not. */
export interface Preferences {
  /** An engine's id, or `auto`. */
  readonly engine?: string;
  readonly rateHz?: number;
  /** For the engine async alone. */
  readonly blockedMs?: number;
}

export interface Choice {
  readonly engine: Engine;
  /** Why, and which setting was left out. */
  readonly reason: string;
  /** The options, with what was preferred. */
  readonly options: Omit<EngineOptions, 'output'>;
}

/**
 * The engine for a program: the one that is asked for, else the preferred one where it is for such programs, else the best one.
 * What is asked for by `id` and `options` is never left out, but refused where it cannot be.
 * @throws UserError as `chooseEngine` does
 */
export async function chooseFor(
  id: string | undefined,
  preferences: Preferences,
  target: Target,
  environment: Environment,
  options: Omit<EngineOptions, 'output'>,
): Promise<Choice> {
  const preferred = preferences.engine ?? 'auto';
  const fits = preferred === 'auto' || isFor(preferred, target, environment, options);
  const { engine, reason } = await chooseEngine(id ?? (fits ? preferred : 'auto'), target, environment, options);
  const { rateHz } = preferences;
  const wanted = rateHz !== undefined && options.rateHz === undefined;
  const rated = wanted && (engine.takesRate?.(options) ?? true);
  const left = [
    ...(id === undefined && !fits ? [`the setting heatline.engine (${preferred}) is not for this`] : []),
    ...(wanted && !rated ? [`${engine.id} has a rate of its own, so the setting heatline.rateHz is left out`] : []),
  ];
  const limited = engine.id === 'async' && options.blockedMs === undefined && preferences.blockedMs !== undefined;
  return {
    engine,
    reason: [reason, ...left].join('; '),
    options: { ...options, ...(rated ? { rateHz } : {}), ...(limited ? { blockedMs: preferences.blockedMs } : {}) },
  };
}

/** Whether an engine can be meant for such a program and such a recording. One that does not exist is for all: that is to be told. */
function isFor(id: string, target: Target, environment: Environment, options: Partial<EngineOptions>): boolean {
  const engine = engines.find((each) => each.id === id);
  if (engine === undefined) return true;
  if (!engine.languages.includes(languageOf(target, environment)?.id ?? 'python')) return false;
  if (target.kind === 'process' && !engine.attaches) return false;
  if (options.depth !== undefined || options.duty !== undefined) return id === 'memory';
  if (options.sample !== undefined) return id === 'locks';
  if (options.blockedMs !== undefined) return id === 'async';
  if (options.within !== undefined) return isWithin(id);
  if (options.function !== undefined || options.delaySeconds !== undefined) return id === 'sampler';
  if (options.only !== undefined) return id === 'lines' || id === 'line-profiler';
  return !options.perTest || id === 'sampler' || id === 'hybrid';
}
