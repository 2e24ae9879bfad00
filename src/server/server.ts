import type { CancellationToken, Connection, TextDocuments, WorkDoneProgressReporter } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { UserError } from '../core/errors.js';
import type { ProfileId, Requests, ViewParams } from '../protocol/lsp.js';
import type { Comparisons } from './comparisons.js';
import type { Texts } from './documents.js';
import type { OpenProfile, Store } from './store.js';

/** All that a feature may need; one per connection. */
export interface Server {
  readonly connection: Connection;
  readonly documents: TextDocuments<TextDocument>;
  readonly store: Store;
  readonly texts: Texts;
  readonly comparisons: Comparisons;
  /** What hover and lenses speak of. */
  active: ViewParams | null;
  /** What they tell the change since: profiles of one or several runs; empty for none. */
  baseline: readonly ProfileId[];
  /** The client can be asked to fetch its lenses anew. */
  canRefreshLenses: boolean;
}

/** How one request is answered. Throws UserError or ReadError; `cancelled` is looked at now and then. */
export interface Feature<M extends keyof Requests> {
  readonly method: M;
  answer(server: Server, params: Requests[M][0], call: Call): Promise<Requests[M][1]> | Requests[M][1];
}

export interface Call {
  readonly token: CancellationToken;
  /** Aborted when the token is cancelled: for what takes a signal. */
  readonly signal: AbortSignal;
  readonly progress: WorkDoneProgressReporter;
}

/** The open profile of a view whose every field was checked. @throws UserError */
export function viewed(server: Server, view: ViewParams): OpenProfile {
  const opened = server.store.get(view.profile);
  if (!Number.isInteger(view.type) || !opened.info.valueTypes[view.type])
    throw new UserError('no-such-type', 'The profile has no such kind of value.');
  if (view.thread !== undefined && !opened.info.threads.includes(view.thread)) {
    throw new UserError('no-such-thread', `The profile has no thread "${view.thread}".`);
  }
  if (view.range !== undefined && !(Number.isFinite(view.range.from) && view.range.from < view.range.to))
    throw new UserError('bad-request', 'The stretch of time is empty.');
  if (view.scope?.path.some((func) => !Number.isInteger(func) || func < 0 || func >= opened.info.functions))
    throw new UserError('no-such-function', 'The profile has no such function.');
  for (const pattern of [view.focus, view.ignore, view.hide, view.show, view.mergeRecursion, view.mergeDirectRecursion]) {
    try {
      if (pattern !== undefined) new RegExp(pattern);
    } catch (error) {
      throw new UserError('bad-pattern', `"${pattern}" is not a regular expression: ${String(error).split(': ').at(-1)}.`);
    }
  }
  return opened;
}

/** @throws UserError when `func` is not a function of the profile. */
export function checkFunction(opened: OpenProfile, func: number): void {
  if (!Number.isInteger(func) || func < 0 || func >= opened.info.functions) {
    throw new UserError('no-such-function', 'The profile has no such function.');
  }
}
