/** Why something was not taken, as it is counted. */
export type Reason =
  | 'busy'
  | 'closing'
  | 'disk'
  | 'disk full'
  | 'failed'
  | 'not a profile'
  | 'path'
  | 'slow'
  | 'time'
  | 'token'
  | 'too large'
  | 'too many services'
  | 'unsupported'
  | 'web page';

/** An upload that is not taken, and what its client is told: one sentence. Nothing of such an upload was answered with success. */
export class Refusal extends Error {
  /** @param status of HTTP @param retryAfter seconds after which the same may be sent again */
  constructor(
    readonly status: number,
    readonly reason: Reason,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

export function notAProfile(message: string): Refusal {
  return new Refusal(400, 'not a profile', message);
}

export function tooLarge(message: string): Refusal {
  return new Refusal(413, 'too large', message);
}
