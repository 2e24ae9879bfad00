import type { Format } from './format.js';
import { readPprof } from './pprof/read.js';
import { sniffPprof } from './pprof/sniff.js';
import { writePprof } from './pprof/write.js';

/** pprof's protobuf (https://github.com/google/pprof/blob/main/proto/profile.proto), packed with gzip or plain. */
export const pprof: Format = {
  id: 'pprof',
  label: 'pprof',
  globs: ['*.pb.gz', '*.pprof', '*.pb'],
  sniff: sniffPprof,
  async read(source, builder, control) {
    await readPprof(await source.bytes(), builder, control);
  },
  async write(profile, sink) {
    await sink.write(writePprof(profile));
  },
};
