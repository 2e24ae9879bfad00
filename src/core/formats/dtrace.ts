import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format } from './format.js';
import { ByteStrings, decodeText } from './shared/byteStrings.js';
import { decimal, eachLine, headLines, utf8 } from './shared/textLines.js';

/** ``module`function+0x1d``, or the bare address of code without a name. */
const FRAME = /^\s+(?:\S[^`]*`\S.*|0x[\da-f]+)$/i;
/** `  0  64091      :tick-60s `: which probe ended the run. */
const PROBE = /^\d+ +\d+ +\S*$/;
const COUNT = /^\s+\d+$/;

/**
 * Stacks that DTrace counted, `@[ustack()] = count()`: indented frames, leaf first, then a line with the count. What stands at the
 * left edge is no stack (DTrace's heading).
 */
export const dtrace: Format = {
  id: 'dtrace',
  label: 'DTrace stacks',
  globs: ['*.stacks', '*.dtrace'],
  sniff(head) {
    let frames = 0;
    let counts = 0;
    let other = 0;
    for (const line of headLines(head)) {
      const text = line.trimEnd();
      if (text === '') continue;
      if (FRAME.test(text)) frames += text.includes('`') ? 1 : 0;
      else if (COUNT.test(text)) counts++;
      else other++;
    }
    return frames > 1 && counts > 0 && frames >= counts && other <= 2 + (frames + counts) * 0.1 ? 0.85 : 0;
  },
  async read(source, builder, control) {
    const bytes = utf8(await source.bytes());
    builder.valueType({ type: 'samples', unit: 'count' });
    builder.quality({ engine: 'dtrace' });
    const places = new ByteStrings(bytes, (start, end) => {
      const text = decodeText(bytes, start, end);
      return PROBE.test(text) ? -1 : place(builder, text);
    });
    const rows: number[] = [];
    let samples = 0;
    let lost = 0;
    await eachLine(bytes, control, (start, end) => {
      if (end === start) return;
      let at = start;
      while (at < end && bytes[at]! <= 0x20) at++;
      if (at === start) {
        rows.length = 0;
        return;
      }
      const count = decimal(bytes, at, end);
      if (Number.isNaN(count)) {
        const frame = places.number(at, end);
        if (frame < 0) rows.length = 0;
        else rows.push(frame);
        return;
      }
      if (rows.length === 0) lost++;
      else {
        builder.sampleFrames(rows, rows.length, [count]);
        samples++;
      }
      rows.length = 0;
    });
    if (samples === 0) throw new ReadError('corrupt', 'It holds no stack with a count.', 0);
    if (rows.length > 0) builder.warn('The last stack has no count: the file may not be whole.');
    if (lost > 0) builder.warn(`${lost} counts without a stack were left out.`);
  },
};

function place(builder: ProfileBuilder, text: string): number {
  const tick = text.indexOf('`');
  let name = tick < 0 ? text : text.slice(tick + 1);
  const plus = name.lastIndexOf('+0x');
  if (plus > 0 && /^[\da-f]+$/i.test(name.slice(plus + 3))) name = name.slice(0, plus);
  const id = builder.string(name);
  return builder.place(builder.func(id, id, builder.string(tick < 0 ? '' : text.slice(0, tick)), 0), 0);
}
