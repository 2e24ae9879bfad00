import type { Format } from './format.js';
import { readPprof, readSplit } from './pprof/read.js';
import { sniffPprof } from './pprof/sniff.js';
import { splitProfile } from './pprof/split.js';
import { writePprof } from './pprof/write.js';

/** pprof's protobuf (https://github.com/google/pprof/blob/main/proto/profile.proto), packed with gzip or plain. */
export const pprof: Format = {
  id: 'pprof',
  label: 'pprof',
  globs: ['*.pb.gz', '*.pprof', '*.pb'],
  sniff: sniffPprof,
  async read(source, builder, control) {
    // What repeats the tables of the file before is known again by its bytes.
    const pieces = control.run === undefined ? source.pieces?.() : undefined;
    const split = pieces && (await splitProfile(pieces, control));
    if (split !== undefined) await readSplit(split, builder, control);
    else await readPprof(await source.bytes(), builder, control);
  },
  async write(profile, sink) {
    await sink.write(writePprof(profile));
  },
};
