import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import type { ReadControl } from '../format.js';
import { ByteStrings, decodeText } from '../shared/byteStrings.js';
import { eachLine, textAt } from '../shared/textLines.js';
import { readJavaPlaces } from './cpu.js';
import { type Address, addressOf, before, type CodeSymbol, checkAddresses, LegacyPlaces, linesOf } from './places.js';
import { LineScanner } from './scanner.js';

type Kind = 'heap' | 'contention' | 'count' | 'threads' | 'java-heap' | 'java-contention';

const HEAP_HEADER = /^heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *(heap[_a-z0-9]*|growthz?|fragmentationz?)\/?(\d*)/;
const COUNT_HEADER = /^(\S+) profile: total \d+$/;
const THREADS_HEADER = /^--- threadz \d+ ---/;
const THREAD = /^--- Thread ([0-9a-f]+) \(name: (.*)\/(\d+)\) stack: ---/i;
/** `#	0x65da0f	main.sell+0x32f	/srv/main.go:41`, under the sample that it explains. */
const SYMBOL = /^#\s+(0x[0-9a-f]{1,16})(?:\s+(\S.*?)\+0x[0-9a-f]+\s+(\S.*):(\d+))?$/;
const LABELS = /^# labels: (\{.*\})$/;
/** In place of the stack of a thread. */
const SAME = 'same as previous thread';
const HASH = 0x23;
const SPACE = 0x20;
/** What the sampling rate of Java's heap profiles always was. */
const JAVA_RATE = 524_288;
/** Longest line that is looked at; no stack takes 16 MiB. */
const MAX_LINE = 1 << 24;
/** Lines `key=value` after the header, at most. */
const MAX_ATTRIBUTES = 1000;
/** A longer comment is none of Go's. */
const MAX_SYMBOL = 4096;
const MAX_LABELS = 1 << 20;

/** What Go writes under a sample: the name of one of its addresses (undefined: it has none), or labels as JSON. */
interface Comment {
  readonly address?: Address;
  readonly symbol?: CodeSymbol | undefined;
  readonly labels?: string | undefined;
}

/** Which of the text forms this is, by its first line that is no comment. */
export function legacyKind(bytes: Uint8Array): Kind | undefined {
  for (const line of linesOf(bytes, 0, Math.min(bytes.length, 4096))) {
    if (line === '' || line.startsWith('#')) continue;
    if (HEAP_HEADER.test(line)) return 'heap';
    if (/^--- heapz 1 ---$/.test(line)) return 'java-heap';
    if (/^--- contentionz 1 ---$/.test(line) && /^\s*format *= *java$/m.test(decodeText(bytes, 0, Math.min(bytes.length, 4096))))
      return 'java-contention';
    if (/^--- (?:contentionz |mutex:|contention:)/.test(line)) return 'contention';
    if (COUNT_HEADER.test(line)) return 'count';
    return THREADS_HEADER.test(line) || THREAD.test(line) ? 'threads' : undefined;
  }
  return undefined;
}

/** @throws ReadError for what is none of the forms */
export async function readLegacyText(bytes: Uint8Array, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const kind = legacyKind(bytes);
  if (kind === undefined) throw new ReadError('corrupt', 'It does not begin as a profile does.', 0);
  const places = new LegacyPlaces(builder);
  const end = mapStart(bytes);
  if (kind.startsWith('java')) readJavaPlaces(linesOf(bytes), places);
  else places.readMappings(linesOf(bytes, end));
  const text = bytes.subarray(0, end);
  const reader = new LegacyReader(text, kind, builder, places);
  let bad = 0;
  await eachLine(text, control, (start, to) => {
    let from = start;
    while (from < to && text[from]! <= SPACE) from++;
    const stop = Math.min(to, from + MAX_LINE);
    if (!reader.line(from, stop) && bad++ === 0)
      builder.warn(`Some lines were left out, since they are no samples, such as "${decodeText(text, from, Math.min(stop, from + 60))}".`);
  });
  reader.flush();
  if (reader.samples === 0 && bad > 0) throw new ReadError('corrupt', 'None of its lines is a sample.');
}

/** Where the section of mapped files begins; the end of the file without one. */
function mapStart(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = ['--- Memory map: ---', 'MAPPED_LIBRARIES:'].map((mark) => buffer.indexOf(mark, 0, 'latin1')).filter((at) => at >= 0);
  return Math.min(bytes.length, ...found);
}

/** Takes the lines of a text profile; a sample is added when the comments that explain its addresses have been read. */
class LegacyReader {
  samples = 0;
  private header = false;
  private attributes = true;
  private hasAlloc = false;
  private rate = 0;
  private period = 1;
  private hertz = 0;
  private thread = -1;
  private values: (number | bigint)[] | undefined;
  private readonly addresses: Address[] = [];
  private attributeCount = 0;
  private blockSize = -1;
  private labels: string | undefined;
  private readonly scanner: LineScanner;
  private readonly comments: ByteStrings;
  private readonly knownComments: Comment[] = [];
  private readonly symbols = new Map<Address, CodeSymbol[]>();
  /** Addresses that the comments of the sample at hand name. */
  private readonly shown = new Set<Address>();
  private lastSymbol: Address | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly kind: Kind,
    private readonly builder: ProfileBuilder,
    private readonly places: LegacyPlaces,
  ) {
    this.scanner = new LineScanner(bytes);
    this.isJava = kind.startsWith('java');
    this.comments = new ByteStrings(bytes, (start, end) => {
      checkAddresses(this.knownComments.length);
      return this.knownComments.push(parseComment(decodeText(bytes, start, end))) - 1;
    });
  }
  private readonly isJava: boolean;

  /** False for a line that is nothing known. */
  line(start: number, end: number): boolean {
    const { bytes } = this;
    if (start === end) return true;
    if (bytes[start] === HASH) {
      // Nothing is explained where there is no sample; a comment that is longer is none of Go's.
      if (this.values !== undefined && end - start < MAX_LABELS) this.comment(this.knownComments[this.comments.number(start, end)]!);
      return true;
    }
    if (!this.header) return this.first(decodeText(bytes, start, end).trim());
    if (this.kind === 'threads') return this.threadLine(start, end);
    if (this.attributes && this.attribute(start, end)) return true;
    this.flush();
    // Java's names of addresses were read before.
    return this.sample(start, end) || (this.isJava && textAt(bytes, start, '0x'));
  }

  private first(line: string): boolean {
    this.header = true;
    const { builder, kind } = this;
    if (kind === 'heap') this.heapHeader(HEAP_HEADER.exec(line)!);
    else if (kind === 'count') this.types([COUNT_HEADER.exec(line)![1]!, 'count']);
    else if (kind === 'threads') {
      this.types(['thread', 'count']);
      this.startThread(line);
    } else if (kind === 'contention') this.types(['contentions', 'count'], ['delay', 'nanoseconds']);
    const periodType = { heap: 'space', count: COUNT_HEADER.exec(line)?.[1] ?? '', threads: 'thread' }[kind as string] ?? 'contentions';
    if (!kind.startsWith('java'))
      builder.set({ periodType: { type: periodType, unit: kind === 'heap' ? 'bytes' : 'count' }, period: kind === 'heap' ? this.rate : 1 });
    this.attributes = kind.endsWith('contention') || kind === 'java-heap';
    return true;
  }

  private types(...types: (readonly [string, string])[]): void {
    for (const [type, unit] of types) this.builder.valueType({ type, unit });
  }

  private heapHeader([, objects, space, allObjects, allSpace, name, rate]: RegExpExecArray): void {
    const grows = !name!.startsWith('heap');
    this.hasAlloc = !grows && ((allObjects !== objects && allObjects !== '0') || (allSpace !== space && allSpace !== '0'));
    if (name === 'heap') this.rate = Math.floor(Number(rate) / 2);
    else this.rate = name === 'heapz_v2' || name === 'heap_v2' ? Number(rate) : 1;
    const live = [
      [this.hasAlloc ? 'inuse_objects' : 'objects', 'count'],
      [this.hasAlloc ? 'inuse_space' : 'space', 'bytes'],
    ] as const;
    this.types(
      ...(this.hasAlloc
        ? ([
            ['alloc_objects', 'count'],
            ['alloc_space', 'bytes'],
          ] as const)
        : []),
      ...live,
    );
  }

  /** `key=value` lines between the header and the samples. */
  private attribute(start: number, end: number): boolean {
    const line = decodeText(this.bytes, start, Math.min(end, start + 1000));
    const equals = line.indexOf('=');
    if (equals < 0 || this.scanner.pair(start, end) || ++this.attributeCount > MAX_ATTRIBUTES) {
      this.attributes = false;
      return false;
    }
    const value = line.slice(equals + 1).trim();
    const key = line.slice(0, equals).trim();
    if (key === 'cycles/second') this.hertz = Number(value);
    else if (key === 'sampling period') {
      this.period = Number(value) || 1;
      this.builder.set({ period: this.period });
    } else if (key === 'ms since reset') this.builder.set({ durationNanos: Number(value) * 1e6 });
    else if (key === 'resolution' && this.kind === 'java-heap') this.types(['inuse_objects', 'count'], ['inuse_space', value]);
    else if (key === 'resolution') this.types(['contentions', 'count'], ['delay', value]);
    return true;
  }

  private sample(start: number, end: number): boolean {
    const { scanner } = this;
    const { values } = scanner.figures;
    if (this.kind === 'heap') {
      if (!scanner.heap(start, end)) return false;
      const [objects, space, allObjects, allSpace] = values.map(Number) as [number, number, number, number];
      const live = this.scaled(objects, space);
      // The size of a block is that of the figures read last.
      if (objects !== 0) this.blockSize = Math.trunc(space / objects);
      else this.blockSize = this.hasAlloc && allObjects !== 0 ? Math.trunc(allSpace / allObjects) : 0;
      return this.start(this.hasAlloc ? [...this.scaled(allObjects, allSpace), ...live] : live, end);
    }
    if (this.kind === 'count') return scanner.count(start, end) && this.start([values[0]!], end);
    if (!scanner.pair(start, end)) return false;
    const delay = Number(values[0]);
    const count = Number(values[1]);
    if (this.kind === 'contention') {
      const nanos = this.hertz > 0 ? Math.trunc((delay * this.period) / (this.hertz / 1e9)) : delay;
      return this.start([count * this.period, nanos], end);
    }
    if (this.kind === 'java-contention') return this.start([count * this.period, delay * this.period], end);
    if (count === 0) return false;
    this.blockSize = Math.trunc(delay / count);
    return this.start(unsampled(count, delay, JAVA_RATE), end);
  }

  private scaled(count: number, size: number): [number, number] {
    return this.rate > 1 ? unsampled(count, size, this.rate) : [count, size];
  }

  private start(values: (number | bigint)[], end: number): true {
    const { addresses } = this;
    this.values = values;
    addresses.length = 0;
    this.scanner.addresses(end, addresses);
    if (!this.isJava) for (let i = 0; i < addresses.length; i++) addresses[i] = before(addresses[i]!);
    return true;
  }

  private comment({ address, symbol, labels }: Comment): void {
    if (address === undefined) {
      this.labels ??= labels;
      return;
    }
    this.shown.add(address);
    const inlined = this.lastSymbol === address;
    this.lastSymbol = address;
    const known = this.symbols.get(address);
    if (known !== undefined && !inlined) return;
    if (known === undefined) this.symbols.set(address, symbol === undefined ? [] : [symbol]);
    else if (symbol !== undefined && known.length < 1000 && !this.places.has(address)) known.push(symbol);
  }

  private threadLine(start: number, end: number): boolean {
    const { bytes, addresses } = this;
    if (textAt(bytes, start, '---')) {
      this.startThread(decodeText(bytes, start, Math.min(end, start + MAX_LABELS)));
      return true;
    }
    if (this.thread < 0) return true;
    // The same stack once more: it is still at hand, and counts for this thread, too.
    if (isSameAsPrevious(bytes, start, end)) {
      this.values = [1];
      return true;
    }
    if (this.values === undefined) addresses.length = 0;
    this.values = [1];
    const first = addresses.length;
    this.scanner.at = start;
    this.scanner.addresses(end, addresses, true);
    for (let i = Math.max(1, first); i < addresses.length; i++) addresses[i] = before(addresses[i]!);
    return true;
  }

  private startThread(line: string): void {
    const found = THREAD.exec(line);
    if (found === null) return;
    this.flush();
    this.thread = this.builder.thread(`${found[2]}/${found[3]}`);
  }

  /** Adds the sample at hand. */
  flush(): void {
    const { builder, values } = this;
    if (values === undefined) return;
    const { locations } = this;
    locations.length = 0;
    this.place(locations);
    builder.sampleFrames(locations, locations.length, values, this.thread);
    if (this.blockSize >= 0) builder.label(builder.string('bytes'), 0, this.blockSize, builder.string('bytes'));
    if (this.labels !== undefined) this.addLabels(this.labels);
    this.samples++;
    this.values = undefined;
    this.labels = undefined;
    this.lastSymbol = undefined;
    this.shown.clear();
    this.blockSize = -1;
  }

  /**
   * The stack with what Go says of it. Go hides functions of its runtime at the leaf, and `runtime.goexit`; in heap profiles
   * those at the leaf are the allocator, whose cost is its caller's.
   */
  private place(locations: number[]): void {
    const { addresses, symbols, shown, kind, places } = this;
    const first = shown.size === 0 ? -1 : addresses.findIndex((address) => shown.has(address));
    if (first < 0) {
      const isDouble = isLeafDouble(addresses, kind);
      for (let i = 0; i < addresses.length; i++) if (i !== 1 || !isDouble) locations.push(places.at(addresses[i]!));
      return;
    }
    for (let i = kind === 'heap' ? first : 0; i < addresses.length; i++) {
      const address = addresses[i]!;
      const hidden = kind !== 'heap' && i < first ? '<runtime>' : 'runtime.goexit';
      locations.push(places.at(address, symbols.get(address) ?? (shown.has(address) ? [] : [{ name: hidden, file: '', line: 0 }])));
    }
  }
  private readonly locations: number[] = [];

  private addLabels(json: string): void {
    let labels: unknown;
    try {
      labels = JSON.parse(json);
    } catch {
      return;
    }
    if (typeof labels !== 'object' || labels === null) return;
    for (const [key, text] of Object.entries(labels)) {
      if (typeof text === 'string') this.builder.label(this.builder.string(key), this.builder.string(text), 0, 0);
    }
  }
}

/** Stacks of threads may have their leaf twice: as the place where it stands and as a caller. */
function isLeafDouble(addresses: readonly Address[], kind: Kind): boolean {
  return kind === 'threads' && addresses.length > 1 && before(addresses[0]!) === addresses[1];
}

/** Whether a line says that a thread's stack is the one before. */
function isSameAsPrevious(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === SAME.charCodeAt(0) && textAt(bytes, at, SAME)) return true;
  return false;
}

function parseComment(line: string): Comment {
  const found = line.length < MAX_SYMBOL ? SYMBOL.exec(line) : null;
  if (found === null) return { labels: LABELS.exec(line)?.[1] };
  const [, address, name, file, number] = found;
  return { address: addressOf(address!), symbol: name === undefined ? undefined : { name, file: file ?? '', line: Number(number) } };
}

/** What was allocated, from what was sampled at a mean distance of `rate` bytes: large blocks are hit more often. */
function unsampled(count: number, size: number, rate: number): [number, number] {
  if (count === 0 || size === 0) return [0, 0];
  const scale = 1 / (1 - Math.exp(-(size / count) / rate));
  return [Math.trunc(count * scale), Math.trunc(size * scale)];
}
