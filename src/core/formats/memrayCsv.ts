import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format } from './format.js';
import { ByteStrings, decodeText } from './shared/byteStrings.js';
import { type CsvRow, csvRow } from './shared/csv.js';
import { pause } from './shared/pause.js';
import { textAt, utf8 } from './shared/textLines.js';

/** memray knows some twenty. */
const MOST_ALLOCATORS = 1000;
const HEADER = 'allocator,num_allocations,size,tid,thread_name,stack_trace';
const BAR = 0x7c;
const QUOTE = 0x22;
/** Rows between two looks at progress and cancellation. */
const STRIDE = 1 << 14;

/**
 * What `python -m memray transform csv` writes (memray 1): rows of allocator, allocations, bytes, thread and a stack, the innermost
 * frame first, `function;file;line` joined by `|`.
 */
export const memrayCsv: Format = {
  id: 'memray-csv',
  label: 'memray CSV',
  globs: [],
  sniff(head) {
    return textAt(utf8(head.subarray(0, 256)), 0, HEADER) ? 1 : 0;
  },
  async read(source, builder, control) {
    const bytes = utf8(await source.bytes());
    builder.valueType({ type: 'allocations', unit: 'count' });
    builder.valueType({ type: 'space', unit: 'bytes' });
    builder.quality({ engine: 'memray' });
    const row: CsvRow = { count: 0, starts: [], ends: [], quoted: [] };
    const rows = new RowReader(bytes, builder);
    let count = 0;
    for (let at = csvRow(bytes, 0, row); at < bytes.length; count++) {
      const next = csvRow(bytes, at, row);
      const empty = row.count === 1 && row.starts[0] === row.ends[0];
      if (next < 0 || (row.count < 6 && next === bytes.length && !empty)) {
        builder.warn('The file is not whole: it ends in the middle of a row, which was left out.');
        break;
      }
      if (!empty) rows.add(row, at);
      at = next;
      if (count % STRIDE === STRIDE - 1) await pause(control, at / bytes.length);
    }
    if (rows.added === 0) builder.warn('It holds no memory: nothing was held at the high-water mark.');
  },
};

class RowReader {
  added = 0;
  private readonly places: ByteStrings;
  private readonly threads: ByteStrings;
  private readonly allocators: ByteStrings;
  private kinds = 0;
  private readonly oddPlaces = new Map<string, number>();
  private readonly allocatorKey: number;
  private readonly locations: number[] = [];

  constructor(
    private readonly bytes: Uint8Array,
    private readonly builder: ProfileBuilder,
  ) {
    this.places = new ByteStrings(bytes, (start, end) => this.place(decodeText(bytes, start, end)));
    this.threads = new ByteStrings(bytes, (start, end) => builder.thread(threadName(decodeText(bytes, start, end))));
    this.allocators = new ByteStrings(bytes, (start, end) => {
      if (this.kinds++ === MOST_ALLOCATORS) throw new ReadError('corrupt', `It names more than ${MOST_ALLOCATORS} allocators.`, start);
      return builder.string(decodeText(bytes, start, end));
    });
    this.allocatorKey = builder.string('allocator');
  }

  add(row: CsvRow, at: number): void {
    if (row.count < 6) throw new ReadError('corrupt', `A row has ${row.count} of the six parts.`, at);
    const { builder } = this;
    const values = [this.number(row, 1, at), this.number(row, 2, at)];
    const thread = row.quoted[4] ? builder.thread(threadName(this.text(row, 4))) : this.threads.number(row.starts[4]!, row.ends[4]!);
    this.locations.length = 0;
    const [start, end] = [row.starts[5]!, row.ends[5]!];
    const quote = row.quoted[5] ? this.bytes.indexOf(QUOTE, start) : -1;
    if (quote >= 0 && quote < end) this.frames(this.text(row, 5));
    else this.rawFrames(start, end);
    builder.sampleFrames(this.locations, this.locations.length, values, thread);
    builder.label(this.allocatorKey, this.allocators.number(row.starts[0]!, row.ends[0]!), 0, 0);
    this.added++;
  }

  private text(row: CsvRow, field: number): string {
    const text = decodeText(this.bytes, row.starts[field]!, row.ends[field]!);
    return row.quoted[field] ? text.replaceAll('""', '"') : text;
  }

  private number(row: CsvRow, field: number, at: number): number {
    const text = this.text(row, field);
    if (!/^\d{1,15}$/.test(text)) throw new ReadError('corrupt', 'A number is not written as one.', at);
    return Number(text);
  }

  /** Frames of a field as it stands: parts between bars that end in `;line`. */
  private rawFrames(start: number, end: number): void {
    for (let from = start, to = start; from < end; to++) {
      if (to < end && (this.bytes[to] !== BAR || !this.endsInLine(from, to))) continue;
      this.locations.push(this.places.number(from, to));
      from = to + 1;
    }
  }

  /** A bar may stand in a file's name; before one that ends a frame comes `;` and digits. */
  private endsInLine(from: number, to: number): boolean {
    let at = to - 1;
    while (at >= from && this.bytes[at]! >= 0x30 && this.bytes[at]! <= 0x39) at--;
    return at < to - 1 && at > from && this.bytes[at] === 0x3b;
  }

  /** The same of a field in which quotes stood. */
  private frames(text: string): void {
    let from = 0;
    let part = 0;
    for (let to = text.indexOf('|'); from < text.length; to = text.indexOf('|', to + 1)) {
      if (to < 0) to = text.length;
      if (to === text.length || /;\d+$/.test(text.slice(part, to))) {
        this.oddPlace(text.slice(from, to));
        from = to + 1;
      }
      part = to + 1;
    }
  }

  private oddPlace(frame: string): void {
    let place = this.oddPlaces.get(frame);
    if (place === undefined) {
      place = this.place(frame);
      this.oddPlaces.set(frame, place);
    }
    this.locations.push(place);
  }

  /** `function;file;line` */
  private place(frame: string): number {
    const { builder } = this;
    const first = frame.indexOf(';');
    const last = frame.lastIndexOf(';');
    const line = /^\d{1,9}$/.test(frame.slice(last + 1)) ? Number(frame.slice(last + 1)) : 0;
    const name = builder.string(first < 0 ? frame : frame.slice(0, first));
    return builder.place(builder.func(name, name, builder.string(last > first ? frame.slice(first + 1, last) : ''), 0), line);
  }
}

/** `0x2 (worker)` is "worker"; `0x1` has no name. */
function threadName(text: string): string {
  const open = text.indexOf(' (');
  return open > 0 && text.endsWith(')') ? text.slice(open + 2, -1) : `Thread ${text}`;
}
