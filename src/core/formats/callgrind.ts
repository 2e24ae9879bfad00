import { fillCallgrind } from './callgrind/fill.js';
import { readCallgrindLines } from './callgrind/lines.js';
import type { Format } from './format.js';
import { headLines, utf8 } from './shared/textLines.js';

/** Lines that may stand before `events:`. */
const HEADER = /^(?:#.*|version: ?\d+|(?:creator|pid|cmd|part|thread|desc|positions|event|summary|totals): ?.*|)$/;

/**
 * Callgrind's format: sums of costs per function, line and call edge, as valgrind, yappi, pyprof2calltree, Xdebug and others write.
 * See https://valgrind.org/docs/manual/cl-format.html. Each event is a value type; the first is shown.
 */
export const callgrind: Format = {
  id: 'callgrind',
  label: 'Callgrind',
  globs: ['callgrind.out.*', '*.callgrind', '*.cachegrind', 'cachegrind.out.*'],
  sniff(head) {
    const lines = headLines(head).map((line) => line.trim());
    if (lines[0] === '# callgrind format') return 0.95;
    const events = lines.findIndex((line) => /^events: ?\S/.test(line));
    if (events < 0 || !lines.slice(0, events).every((line) => HEADER.test(line))) return 0;
    const rest = lines.slice(events + 1);
    return rest.every((line) => HEADER.test(line) || /^(?:c?f[nlie]|c?ob|calls|jump|jcnd|jf[in])=|^(?:\d|\+|-|\*)/.test(line)) ? 0.9 : 0.4;
  },
  async read(source, builder, control) {
    fillCallgrind(await readCallgrindLines(utf8(await source.bytes()), control), builder);
  },
};
