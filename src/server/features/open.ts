import { UserError } from '../../core/errors.js';
import { pathOfUri } from '../paths.js';
import type { Call, Feature, Server } from '../server.js';
import type { OpenProfile } from '../store.js';

export const open: Feature<'profile/open'> = {
  method: 'profile/open',
  async answer(server, params, call) {
    const file = pathOfUri(params.uri);
    if (file === undefined) throw new UserError('not-a-file', 'Only profiles on disk can be opened.');
    return (await load(server, file, params.meta, call)).info;
  },
};

/** Reads a file into the store, with progress and cancellation as the caller asked for. */
export async function load(server: Server, file: string, meta: string | undefined, call: Call): Promise<OpenProfile> {
  call.progress.begin('Reading the profile', 0, undefined, true);
  try {
    return await server.store.load(file, meta, {
      signal: call.signal,
      progress: (fraction) => call.progress.report(Math.round(fraction * 100)),
    });
  } finally {
    call.progress.done();
  }
}
