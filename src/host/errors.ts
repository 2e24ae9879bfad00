import type { UserError } from '../core/errors.js';

/** True for a UserError of any bundle: each of them has a class of its own, so `instanceof` would miss the engines'. */
export function isUserError(error: unknown): error is UserError {
  return error instanceof Error && error.name === 'UserError';
}
