import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { type Address, addressOf, before, type CodeSymbol, LegacyPlaces, linesOf } from './places.js';

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

interface Sample {
  readonly count: bigint;
  stack: Address[];
}

/** gperftools' CPU profile: count, depth, addresses (leaf first), over and over; then text with what was mapped where. */
export function readLegacyCpu(bytes: Uint8Array, header: CpuHeader, builder: ProfileBuilder): void {
  const { samples, end } = readSamples(bytes, header, builder);
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
  for (const { count, stack } of samples) {
    const locations = stack.map((address) => places.at(address));
    builder.sampleFrames(locations, locations.length, [count, count * BigInt(period)]);
  }
}

function readSamples(bytes: Uint8Array, { word, little, java }: CpuHeader, builder: ProfileBuilder): { samples: Sample[]; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples: Sample[] = [];
  let at = word * 5;
  while (at + word * 2 <= bytes.length) {
    const count = wordAt(view, at, word, little);
    const depth = wordAt(view, at + word, word, little);
    const next = BigInt(at + word * 2) + depth * BigInt(word);
    if (next > BigInt(bytes.length)) break;
    const stack: Address[] = [];
    for (let i = 0; i < Number(depth); i++) {
      const address = addressAt(view, at + word * (2 + i), word, little);
      stack.push(i === 0 || java ? address : before(address));
    }
    at = Number(next);
    if (count === 0n && stack.length === 1 && stack[0] === 0) return { samples, end: at };
    samples.push({ count: BigInt.asIntN(64, count), stack });
  }
  // Without the mark of its end the rest may be cut off in the middle of a stack.
  if (samples.length === 0) throw new ReadError('truncated', 'The CPU profile ends before its first stack.', at);
  builder.warn('The CPU profile ends too early, so its last part is missing.');
  return { samples, end: bytes.length };
}

/**
 * Takes out what the profiler's own signal handler leaves right over the leaf: a frame that all but a thirty-second of the
 * stacks share there (twice, since there may be two), and the leaf's second appearance as its own caller.
 */
function dropHandlers(samples: readonly Sample[]): void {
  const margin = Math.floor(samples.length / 32);
  for (let round = 0; round < 2; round++) {
    const counts = new Map<Address, number>();
    for (const { stack } of samples) if (stack.length > 1) counts.set(stack[1]!, (counts.get(stack[1]!) ?? 0) + 1);
    const shared = [...counts].find(([, count]) => count >= samples.length - margin)?.[0];
    if (shared === undefined) break;
    for (const { stack } of samples) if (stack[1] === shared) stack.splice(1, 1);
  }
  for (const { stack } of samples) if (stack.length > 1 && before(stack[0]!) === stack[1]) stack.splice(1, 1);
}

const JAVA_PLACE = /^0x([0-9a-f]{1,16})\s+(\S.*)$/i;

/** Names of Java's addresses: `0x1f name (file:line)`. Takes them before any sample is added. */
export function readJavaPlaces(lines: Iterable<string>, places: LegacyPlaces): void {
  for (const line of lines) {
    const found = JAVA_PLACE.exec(line);
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
