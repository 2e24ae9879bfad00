import { UserError } from '../core/errors.js';
import type { Engine, EngineOptions } from './engine.js';

/** What an engine is to measure: what was asked for, else its first. Throws UserError `usage` for what it cannot measure. Pure. */
export function measureOf(engine: Pick<Engine, 'id' | 'measures'>, { measure }: Pick<EngineOptions, 'measure'>): string {
  if (measure === undefined) return engine.measures[0]!;
  if (engine.measures.includes(measure)) return measure;
  throw new UserError('usage', `The engine ${engine.id} does not measure ${measure}, but ${engine.measures.join(', ')}.`);
}
