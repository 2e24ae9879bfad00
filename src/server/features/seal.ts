import { UserError } from '../../core/errors.js';
import { seal } from '../seal.js';
import type { Feature } from '../server.js';

export const sealRecording: Feature<'recording/seal'> = {
  method: 'recording/seal',
  async answer(server, params, call) {
    if (typeof params.folder !== 'string' || !Array.isArray(params.roots))
      throw new UserError('bad-request', 'A recording has a folder and roots.');
    call.progress.begin('Reading the recording', 0);
    try {
      const progress = (fraction: number) => call.progress.report(Math.round(fraction * 100));
      return (await seal(server.store, params.folder, params.meta, params.roots, { progress, signal: call.signal })).info;
    } finally {
      call.progress.done();
    }
  },
};
