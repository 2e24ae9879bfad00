import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { GrowingUint32 } from '../../model/growing.js';
import type { ReadControl } from '../format.js';
import { pause } from '../shared/pause.js';
import { type Address, addressOf, before, type CodeSymbol, checkAddresses, LegacyPlaces, linesOf } from './places.js';

/** Samples between two looks at progress and cancellation. */
const STRIDE = 1 << 18;

/** How the words of a binary CPU profile are written, and what its first five say. */
export interface CpuHeader {
  readonly word: 4 | 8;
  readonly little: boolean;
  readonly java: boolean;
  /** Microseconds between two samples. */
  readonly period: number;
}

/** The header 0, 3, 0 (1: Java), period, 0 in words of either size and order; undefined for anything else. */
export function cpuHeader(bytes: Uint8Array): CpuHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const word of [4, 8] as const) {
    if (bytes.length < word * 5) return undefined;
    for (const little of [true, false]) {
      const [zero, three, java, period, padding] = Array.from({ length: 5 }, (_, i) => wordAt(view, i * word, word, little));
      if (zero !== 0n || three !== 3n || padding !== 0n || (java !== 0n && java !== 1n) || period! === 0n || period! > 3_600_000_000n)
        continue;
      return { word, little, java: java === 1n, period: Number(period) };
    }
  }
  return undefined;
}

function wordAt(view: DataView, at: number, word: 4 | 8, little: boolean): bigint {
  return word === 8 ? view.getBigUint64(at, little) : BigInt(view.getUint32(at, little));
}

function addressAt(view: DataView, at: number, word: 4 | 8, little: boolean): Address {
  if (word === 4) return view.getUint32(at, little);
  const high = view.getUint32(little ? at + 4 : at, little);
  return high < 2 ** 21 ? high * 2 ** 32 + view.getUint32(little ? at : at + 4, little) : view.getBigUint64(at, little);
}

/** Stacks while they are read: each is `length` of the addresses from `first` on, leaf first, as numbers of `known`. */
class Samples {
  readonly count: (number | bigint)[] = [];
  readonly first = new GrowingUint32();
  readonly length = new GrowingUint32();
  readonly address = new GrowingUint32();
  readonly known: Address[] = [];
  private readonly numbers = new Map<Address, number>();

  /** Number of an address. @throws ReadError */
  number(address: Address): number {
    let number = this.numbers.get(address);
    if (number === undefined) {
      checkAddresses(this.known.length);
      number = this.known.push(address) - 1;
      this.numbers.set(address, number);
    }
    return number;
  }

  /** Takes out the frame over the leaf. */
  dropCaller(sample: number): void {
    const first = this.first.array[sample]!;
    this.address.array[first + 1] = this.address.array[first]!;
    this.first.array[sample] = first + 1;
    this.length.array[sample]!--;
  }
}

/** gperftools' CPU profile: count, depth, addresses (leaf first), over and over; then text with what was mapped where. */
export async function readLegacyCpu(bytes: Uint8Array, header: CpuHeader, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const { samples, end } = await readSamples(bytes, header, builder, control);
  const period = header.period * 1000;
  builder.valueType({ type: 'samples', unit: 'count' });
  builder.valueType({ type: 'cpu', unit: 'nanoseconds' });
  builder.set({ defaultType: 1, period, periodType: { type: 'cpu', unit: 'nanoseconds' } });
  const places = new LegacyPlaces(builder);
  if (header.java) readJavaPlaces(linesOf(bytes, end), places);
  else {
    places.readMappings(linesOf(bytes, end));
    dropHandlers(samples);
  }
  const locations: number[] = [];
  for (let sample = 0; sample < samples.count.length; sample++) {
    if (sample % STRIDE === STRIDE - 1) await pause(control, 0.5 + sample / samples.count.length / 2);
    const count = samples.count[sample]!;
    const first = samples.first.array[sample]!;
    const length = samples.length.array[sample]!;
    for (let i = 0; i < length; i++) locations[i] = places.at(samples.known[samples.address.array[first + i]!]!);
    const nanos = Number(count) * period;
    builder.sampleFrames(locations, length, [count, Number.isSafeInteger(nanos) ? nanos : BigInt(count) * BigInt(period)]);
  }
}

async function readSamples(
  bytes: Uint8Array,
  { word, little, java }: CpuHeader,
  builder: ProfileBuilder,
  control: ReadControl,
): Promise<{ samples: Samples; end: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Samples();
  let at = word * 5;
  while (at + word * 2 <= bytes.length) {
    const count = addressAt(view, at, word, little);
    const depth = addressAt(view, at + word, word, little);
    if (!(depth <= (bytes.length - at) / word - 2)) break;
    const length = Number(depth);
    const first = samples.address.length;
    for (let i = 0; i < length; i++) {
      const address = addressAt(view, at + word * (2 + i), word, little);
      samples.address.push(samples.number(i === 0 || java ? address : before(address)));
    }
    at += (2 + length) * word;
    if (count === 0 && length === 1 && samples.known[samples.address.array[first]!] === 0) return { samples, end: at };
    samples.count.push(typeof count === 'number' ? count : BigInt.asIntN(64, count));
    samples.first.push(first);
    samples.length.push(length);
    if (samples.count.length % STRIDE === 0) await pause(control, at / bytes.length / 2);
  }
  // Without the mark of its end the rest may be cut off in the middle of a stack.
  if (samples.count.length === 0) throw new ReadError('truncated', 'The CPU profile ends before its first stack.', at);
  builder.warn('The CPU profile ends too early, so its last part is missing.');
  return { samples, end: bytes.length };
}

/**
 * Takes out what the profiler's own signal handler leaves right over the leaf: a frame that all but a thirty-second of the
 * stacks share there (twice, since there may be two), and the leaf's second appearance as its own caller.
 */
function dropHandlers(samples: Samples): void {
  const all = samples.count.length;
  const margin = Math.floor(all / 32);
  const caller = (sample: number): number =>
    samples.length.array[sample]! > 1 ? samples.address.array[samples.first.array[sample]! + 1]! : -1;
  for (let round = 0; round < 2; round++) {
    const counts = new Uint32Array(samples.known.length);
    for (let sample = 0; sample < all; sample++) if (caller(sample) >= 0) counts[caller(sample)]!++;
    const shared = all === 0 ? -1 : counts.findIndex((count) => count > 0 && count >= all - margin);
    if (shared < 0) break;
    for (let sample = 0; sample < all; sample++) if (caller(sample) === shared) samples.dropCaller(sample);
  }
  for (let sample = 0; sample < all; sample++) {
    if (
      caller(sample) >= 0 &&
      before(samples.known[samples.address.array[samples.first.array[sample]!]!]!) === samples.known[caller(sample)]!
    )
      samples.dropCaller(sample);
  }
}

const JAVA_PLACE = /^0x([0-9a-f]{1,16})\s+(\S.*)$/i;

/** Names of Java's addresses: `0x1f name (file:line)`. Takes them before any sample is added. */
export function readJavaPlaces(lines: Iterable<string>, places: LegacyPlaces): void {
  for (const line of lines) {
    const found = line.charCodeAt(0) === 0x30 ? JAVA_PLACE.exec(line) : null;
    if (found !== null) places.at(addressOf(`0x${found[1]}`), [javaSymbol(found[2]!)], 0);
  }
}

function javaSymbol(text: string): CodeSymbol {
  const open = text.lastIndexOf(' (');
  const inside = open > 0 && text.endsWith(')') ? text.slice(open + 2, -1) : undefined;
  const name = inside === undefined ? text : text.slice(0, open).trim();
  const place = inside === undefined ? null : /^(.+):(-?\d+)$/.exec(inside);
  if (place !== null) return { name, file: place[1]!, line: Math.max(0, Number(place[2])) };
  if (inside !== undefined) return { name, file: inside.split('/').at(-1)!, line: 0 };
  return { name: text.includes('generated stub/JIT') ? 'STUB' : text, file: '', line: 0 };
}
