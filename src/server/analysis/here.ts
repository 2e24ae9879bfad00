import { UserError } from '../../core/errors.js';
import type { Profile } from '../../core/model/profile.js';
import { answers } from './answers.js';
import type { Analysis, Queries } from './queries.js';
import { Tables } from './tables.js';

/** A small profile, which answers where it is: each query takes less time than a message to a thread would be worth. */
export class AnalysisHere implements Analysis {
  private tables: Tables | undefined;

  constructor(profile: Profile) {
    this.tables = new Tables(profile);
  }

  get alive(): boolean {
    return this.tables !== undefined;
  }

  async ask<Q extends keyof Queries>(query: Q, params: Queries[Q][0], signal?: AbortSignal): Promise<Queries[Q][1]> {
    signal?.throwIfAborted();
    if (this.tables === undefined) throw closed();
    return answers[query](this.tables, params);
  }

  dispose(): void {
    this.tables = undefined;
  }
}

/** Said to whoever asks a profile that was closed meanwhile. */
export function closed(): UserError {
  return new UserError('not-open', 'This profile is no longer open; open it again.');
}
