import type { Format } from './format.js';
import { cpuHeader, readLegacyCpu } from './goLegacy/cpu.js';
import { legacyKind, readLegacyText } from './goLegacy/text.js';
import { utf8 } from './shared/textLines.js';

/**
 * What profilers wrote before profile.proto, and what Go's `/debug/pprof/*?debug=1` and gperftools still write:
 * the forms that `go tool pprof` reads (https://gperftools.github.io/gperftools/cpuprofile-fileformat.html for the binary one).
 */
export const goLegacy: Format = {
  id: 'pprof-legacy',
  label: "pprof's older forms",
  globs: ['*.heap'],
  sniff(head) {
    return cpuHeader(head) !== undefined || legacyKind(utf8(head)) !== undefined ? 0.95 : 0;
  },
  async read(source, builder, control) {
    const bytes = await source.bytes();
    const header = cpuHeader(bytes);
    if (header === undefined) await readLegacyText(utf8(bytes), builder, control);
    else await readLegacyCpu(bytes, header, builder, control);
  },
};
