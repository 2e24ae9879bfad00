import { ReadError } from '../errors.js';
import { GrowingFloat64, GrowingInt32 } from '../model/growing.js';
import type { Format } from './format.js';
import { decodeText } from './shared/byteStrings.js';
import { eachLine, headLines, textAt, utf8 } from './shared/textLines.js';

const MARK = 'import time:';
/** Microseconds in the module itself, and with what it imported; two spaces more for each level; `cached` is no import (3.14, `=2`). */
const LINE = /^import time: +(\d+|cached) \| +(\d+|cached) \| ( *)(\S.*)$/;
/** What is meant to be such a line. */
const CLAIM = /^import time: +\d/;
const HEADING = /^import time: self \[us\] \|/;
/** Deeper than any import can be; a stack of that many frames is drawn nowhere. */
const DEEPEST = 10_000;
/** Digits of a time that doubles hold exactly. */
const DIGITS = 15;

/**
 * What Python's `-X importtime` prints on standard error (3.7 and newer): a line for each import that has ended, those that it made before
 * it. The program's own lines stand between and before them. There are names and no files; each heading is another process.
 */
export const importTime: Format = {
  id: 'importtime',
  label: 'Python import time',
  globs: ['*.importtime'],
  sniff(head) {
    let found = 0;
    for (const line of headLines(head)) {
      const at = line.indexOf(MARK);
      if (at >= 0 && (LINE.test(line.slice(at)) || HEADING.test(line.slice(at)))) found++;
      if (found === 2) return 0.95;
    }
    return 0;
  },
  async read(source, builder, control) {
    const bytes = utf8(await source.bytes());
    builder.valueType({ type: 'imports', unit: 'count' });
    builder.valueType({ type: 'import', unit: 'microseconds' });
    builder.set({ defaultType: 1 });
    builder.quality({ engine: 'importtime', rows: 'sums' });
    const places: number[] = [];
    const times = new GrowingFloat64();
    const depths = new GrowingInt32();
    const processes: number[] = [];
    let broken = 0;
    await eachLine(bytes, control, (start, end) => {
      const at = markIn(bytes, start, end);
      if (at < 0) return;
      const text = decodeText(bytes, at, end);
      if (HEADING.test(text)) {
        processes.push(places.length);
        return;
      }
      const [, own = '', , indent = '', name = ''] = LINE.exec(text) ?? [];
      if (own === 'cached') return;
      if (own === '' || own.length > DIGITS || indent.length > 2 * DEEPEST) {
        if (CLAIM.test(text)) broken++;
        return;
      }
      const id = builder.string(name);
      places.push(builder.place(builder.func(id, id, builder.string(''), 0), 0));
      times.push(Number(own));
      depths.push(indent.length >> 1);
    });
    if (places.length === 0) throw new ReadError('corrupt', 'It holds no import that has ended.', 0);
    const threads = processes.length > 1 ? processes.map((_, i) => builder.thread(`process ${i + 1}`)) : [];
    // From its end a text with callers after callees is one with callers first.
    const way: { readonly depth: number; readonly stack: number }[] = [];
    let process = processes.length - 1;
    for (let row = places.length - 1; row >= 0; row--) {
      while (process > 0 && row < processes[process]!) {
        process--;
        way.length = 0;
      }
      const depth = depths.array[row]!;
      while (way.length > 0 && way.at(-1)!.depth >= depth) way.pop();
      const stack = builder.stack(way.at(-1)?.stack ?? -1, places[row]!);
      way.push({ depth, stack });
      builder.sample(stack, [1, times.array[row]!], threads[Math.max(0, process)]);
    }
    if (broken > 0) builder.warn(`${broken} lines of imports could not be read.`);
  },
};

/** Where the last mark of a line begins: a program may have left text without a line's end before it. -1 for none. */
function markIn(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - MARK.length; at >= start; at--) if (bytes[at] === MARK.charCodeAt(0) && textAt(bytes, at, MARK)) return at;
  return -1;
}
