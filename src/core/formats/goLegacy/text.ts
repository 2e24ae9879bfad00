import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import type { ReadControl } from '../format.js';
import { decodeText } from '../shared/byteStrings.js';
import { pause } from '../shared/pause.js';
import { readJavaPlaces } from './cpu.js';
import { type Address, addressesIn, addressOf, before, type CodeSymbol, LegacyPlaces, linesOf } from './places.js';

type Kind = 'heap' | 'contention' | 'count' | 'threads' | 'java-heap' | 'java-contention';

const HEAP_HEADER = /^heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *(heap[_a-z0-9]*|growthz?|fragmentationz?)\/?(\d*)/;
const HEAP_SAMPLE = /^(-?\d+): *(-?\d+) *\[ *(\d+): *(\d+) *\] @([ x0-9a-f]*)/;
const COUNT_HEADER = /^(\S+) profile: total \d+$/;
const COUNT_SAMPLE = /^(\d+) @((?: 0x[0-9a-f]+)+)$/;
const PAIR_SAMPLE = /^(\d+) +(\d+) +@([ x0-9a-f]*)/;
const THREADS_HEADER = /^--- threadz \d+ ---/;
const THREAD = /^--- Thread ([0-9a-f]+) \(name: (.*)\/(\d+)\) stack: ---/i;
/** `#	0x65da0f	main.sell+0x32f	/srv/main.go:41`, under the sample that it explains. */
const SYMBOL = /^#\s+(0x[0-9a-f]{1,16})(?:\s+(\S.*?)\+0x[0-9a-f]+\s+(\S.*):(\d+))?$/;
const LABELS = /^# labels: (\{.*\})$/;
/** What the sampling rate of Java's heap profiles always was. */
const JAVA_RATE = 524_288;
const STRIDE = 20_000;
/** A longer comment is none of Go's. */
const MAX_SYMBOL = 4096;

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
  const reader = new LegacyReader(kind, builder, places);
  let lines = 0;
  let read = 0;
  let bad = 0;
  for (const line of linesOf(bytes, 0, end)) {
    if (!reader.line(line) && bad++ === 0)
      builder.warn(`Some lines were left out, since they are no samples, such as "${line.slice(0, 60)}".`);
    read += line.length + 1;
    if (++lines % STRIDE === 0) await pause(control, Math.min(1, read / end));
  }
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
  private addresses: Address[] = [];
  private blockSize = -1;
  private labels: string | undefined;
  private readonly symbols = new Map<Address, CodeSymbol[]>();
  /** Addresses that the comments of the sample at hand name. */
  private readonly shown = new Set<Address>();
  private lastSymbol: Address | undefined;

  constructor(
    private readonly kind: Kind,
    private readonly builder: ProfileBuilder,
    private readonly places: LegacyPlaces,
  ) {}

  /** False for a line that is nothing known. */
  line(line: string): boolean {
    if (line === '') return true;
    if (line.startsWith('#')) {
      this.comment(line);
      return true;
    }
    if (!this.header) return this.first(line);
    if (this.kind === 'threads') return this.threadLine(line);
    if (this.attributes && this.attribute(line)) return true;
    this.flush();
    // Java's names of addresses were read before.
    return this.sample(line) || (this.kind.startsWith('java') && line.startsWith('0x'));
  }

  private first(line: string): boolean {
    this.header = true;
    const { builder, kind } = this;
    if (kind === 'heap') this.heapHeader(HEAP_HEADER.exec(line)!);
    else if (kind === 'count') this.types([COUNT_HEADER.exec(line)![1]!, 'count']);
    else if (kind === 'threads') {
      this.types(['thread', 'count']);
      this.threadLine(line);
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
  private attribute(line: string): boolean {
    const equals = line.indexOf('=');
    if (equals < 0 || PAIR_SAMPLE.test(line)) {
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

  private sample(line: string): boolean {
    if (this.kind === 'heap') {
      const found = HEAP_SAMPLE.exec(line);
      if (found === null) return false;
      const live = this.scaled(Number(found[1]), Number(found[2]));
      const all = this.hasAlloc ? this.scaled(Number(found[3]), Number(found[4])) : [];
      // The size of a block is that of the figures read last.
      if (Number(found[1]) !== 0) this.blockSize = Math.trunc(Number(found[2]) / Number(found[1]));
      else this.blockSize = this.hasAlloc && Number(found[3]) !== 0 ? Math.trunc(Number(found[4]) / Number(found[3])) : 0;
      return this.start([...all, ...live], found[5]!);
    }
    if (this.kind === 'count') {
      const found = COUNT_SAMPLE.exec(line);
      return found !== null && this.start([integer(found[1]!)], found[2]!);
    }
    const found = PAIR_SAMPLE.exec(line);
    if (found === null) return false;
    const [delay, count] = [Number(found[1]), Number(found[2])];
    if (this.kind === 'contention') {
      const nanos = this.hertz > 0 ? Math.trunc((delay * this.period) / (this.hertz / 1e9)) : delay;
      return this.start([count * this.period, nanos], found[3]!);
    }
    if (this.kind === 'java-contention') return this.start([count * this.period, delay * this.period], found[3]!);
    if (count === 0) return false;
    this.blockSize = Math.trunc(delay / count);
    return this.start(unsampled(count, delay, JAVA_RATE), found[3]!);
  }

  private scaled(count: number, size: number): [number, number] {
    return this.rate > 1 ? unsampled(count, size, this.rate) : [count, size];
  }

  private start(values: (number | bigint)[], stack: string): true {
    this.values = values;
    this.addresses = addressesIn(stack);
    if (!this.kind.startsWith('java')) this.addresses = this.addresses.map(before);
    return true;
  }

  private comment(line: string): void {
    if (this.values === undefined) return;
    const symbol = line.length < MAX_SYMBOL ? SYMBOL.exec(line) : null;
    if (symbol === null) {
      this.labels ??= LABELS.exec(line)?.[1];
      return;
    }
    const address = addressOf(symbol[1]!);
    this.shown.add(address);
    const inlined = this.lastSymbol === address;
    this.lastSymbol = address;
    const known = this.symbols.get(address);
    if (known !== undefined && !inlined) return;
    const own = { name: symbol[2] ?? '', file: symbol[3] ?? '', line: Number(symbol[4] ?? 0) };
    if (known === undefined) this.symbols.set(address, own.name === '' ? [] : [own]);
    else if (own.name !== '' && known.length < 1000 && !this.places.has(address)) known.push(own);
  }

  private threadLine(line: string): boolean {
    const found = THREAD.exec(line);
    if (found !== null) {
      this.flush();
      this.thread = this.builder.thread(`${found[2]}/${found[3]}`);
      return true;
    }
    if (line.startsWith('---')) return true;
    if (this.thread < 0) return true;
    // The same stack once more: it is still at hand, and counts for this thread, too.
    if (line.includes('same as previous thread')) {
      this.values = [1];
      return true;
    }
    if (this.values === undefined) this.addresses = [];
    this.values = [1];
    for (const address of addressesIn(line)) this.addresses.push(this.addresses.length === 0 ? address : before(address));
    return true;
  }

  /** Adds the sample at hand. */
  flush(): void {
    const { builder, values } = this;
    if (values === undefined) return;
    const stack = this.named();
    const locations = stack.map(([address, symbols]) => this.places.at(address, symbols));
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
  private named(): [Address, CodeSymbol[]][] {
    const { addresses, symbols, shown, kind } = this;
    const first = addresses.findIndex((address) => shown.has(address));
    if (first < 0) return dropDouble(addresses, kind).map((address) => [address, []]);
    return addresses.slice(kind === 'heap' ? first : 0).map((address, i) => {
      const hidden = kind !== 'heap' && i < first ? '<runtime>' : 'runtime.goexit';
      return [address, symbols.get(address) ?? (shown.has(address) ? [] : [{ name: hidden, file: '', line: 0 }])];
    });
  }

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
function dropDouble(addresses: readonly Address[], kind: Kind): readonly Address[] {
  return kind === 'threads' && addresses.length > 1 && before(addresses[0]!) === addresses[1]
    ? [addresses[0]!, ...addresses.slice(2)]
    : addresses;
}

/** What was allocated, from what was sampled at a mean distance of `rate` bytes: large blocks are hit more often. */
function unsampled(count: number, size: number, rate: number): [number, number] {
  if (count === 0 || size === 0) return [0, 0];
  const scale = 1 / (1 - Math.exp(-(size / count) / rate));
  return [Math.trunc(count * scale), Math.trunc(size * scale)];
}

function integer(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt.asIntN(64, BigInt(digits));
}
