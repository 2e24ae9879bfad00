import { UserError } from '../../core/errors.js';
import { pathOfUri } from '../paths.js';
import type { Call, Feature, Server } from '../server.js';
import type { Live, OpenProfile } from '../store.js';

export const open: Feature<'profile/open'> = {
  method: 'profile/open',
  async answer(server, params, call) {
    const file = pathOfUri(params.uri);
    if (file === undefined) throw new UserError('not-a-file', 'Only profiles on disk can be opened.');
    return (await load(server, file, params.meta, call, params.live)).info;
  },
};

/** Reads a file into the store, with progress and cancellation as the caller asked for. */
export async function load(server: Server, file: string, meta: string | undefined, call: Call, live?: Live): Promise<OpenProfile> {
  call.progress.begin('Reading the profile', 0, undefined, true);
  try {
    const control = { signal: call.signal, progress: (fraction: number) => call.progress.report(Math.round(fraction * 100)) };
    return await server.store.load(file, meta, control, live);
  } finally {
    call.progress.done();
  }
}
