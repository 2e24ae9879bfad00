import { ReadError } from '../errors.js';
import type { Format } from './format.js';

/** pprof's protobuf (https://github.com/google/pprof/blob/main/proto/profile.proto), gzip or plain. */
export const pprof: Format = {
  id: 'pprof',
  label: 'pprof',
  globs: ['*.pb.gz', '*.pprof', '*.pb'],
  sniff: () => 0,
  async read() {
    throw new ReadError('unsupported', 'to be written');
  },
};
