import { ReadError } from '../../errors.js';
import { PickleDict, PickleObject, type PickleValue } from './values.js';

/** Questions to what a pickle built; all throw ReadError when it is something else. `what` names it in the message. */

export function wrong(what: string): never {
  throw new ReadError('corrupt', `The pickle holds no ${what} where it should.`);
}

export function object(value: PickleValue | undefined, what: string): PickleObject {
  return value instanceof PickleObject ? value : wrong(what);
}

export function dict(value: PickleValue | undefined, what: string): PickleDict {
  return value instanceof PickleDict ? value : wrong(what);
}

export function list(value: PickleValue | undefined, what: string, least = 0): readonly PickleValue[] {
  return Array.isArray(value) && value.length >= least ? value : wrong(what);
}

export function text(value: PickleValue | undefined, what: string): string {
  return typeof value === 'string' ? value : wrong(what);
}

/** A number; one beyond 2^53 is rounded, one beyond measure (1e200: products of two stay finite) is none. */
export function number(value: PickleValue | undefined, what: string): number {
  const plain = typeof value === 'bigint' ? Number(value) : value;
  return typeof plain === 'number' && Math.abs(plain) < 1e200 ? plain : wrong(what);
}
