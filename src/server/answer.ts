import { type CancellationToken, LSPErrorCodes, ResponseError, type WorkDoneProgressParams } from 'vscode-languageserver/node';
import { ReadError, UserError } from '../core/errors.js';
import type { ErrorData, Requests } from '../protocol/lsp.js';
import type { Feature, Server } from './server.js';

/** Runs a feature; what it throws becomes a ResponseError with our code. Bugs are logged with their stack. */
export async function answer<M extends keyof Requests>(
  server: Server,
  feature: Feature<M>,
  params: Requests[M][0],
  token: CancellationToken,
): Promise<Requests[M][1] | ResponseError<ErrorData>> {
  if (token.isCancellationRequested) return cancelled();
  const abort = new AbortController();
  /** Whoever cancels has their answer at once, whatever is still being computed. */
  const gone = new Promise<typeof CANCELLED>((resolve) => {
    token.onCancellationRequested(() => {
      abort.abort();
      resolve(CANCELLED);
    });
  });
  try {
    if (typeof params !== 'object' || params === null)
      throw new UserError('bad-request', `${feature.method} was asked without parameters.`);
    const progress = server.connection.window.attachWorkDoneProgress((params as WorkDoneProgressParams).workDoneToken);
    const answered = Promise.resolve(feature.answer(server, params, { token, signal: abort.signal, progress }));
    // When nobody waits for it any more, its failure is nobody's.
    answered.catch(() => undefined);
    const result = await Promise.race([answered, gone]);
    return result === CANCELLED ? cancelled() : result;
  } catch (error) {
    if (token.isCancellationRequested) return cancelled();
    if (error instanceof ReadError) {
      if (error.detail) server.connection.console.warn(`${feature.method}: ${error.message} ${error.detail}`);
      const data = error.offset === undefined ? { code: error.code } : { code: error.code, offset: error.offset };
      return new ResponseError<ErrorData>(LSPErrorCodes.RequestFailed, error.message, data);
    }
    if (error instanceof UserError) return new ResponseError<ErrorData>(LSPErrorCodes.RequestFailed, error.message, { code: error.code });
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    server.connection.console.error(`${feature.method}: ${text}`);
    return new ResponseError<ErrorData>(LSPErrorCodes.RequestFailed, 'Heatline could not answer; the log says more.', { code: 'bug' });
  }
}

const CANCELLED = Symbol('cancelled');

function cancelled(): ResponseError<ErrorData> {
  return new ResponseError<ErrorData>(LSPErrorCodes.RequestCancelled, 'Cancelled.', { code: 'cancelled' });
}
