import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { events, openChunk } from '../../../src/core/formats/jfr/chunk.js';
import { project } from '../../rig/paths.js';
import type { BoundsCase } from './case.js';
import { FULL_SIZE, grownBytes } from './grow.js';

type Piece = Uint8Array | string | number;

/** Numbers are bytes, texts Latin-1. */
function bytes(...pieces: Piece[]): Uint8Array {
  return Buffer.concat(
    pieces.map((piece) =>
      typeof piece === 'number' ? Buffer.of(piece) : typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece,
    ),
  );
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  return Uint8Array.from([...out, value]);
}

function u32(value: number): Uint8Array {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}

function u64(value: number): Uint8Array {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
}

const nothing = new Uint8Array();

/** The first `count` parts again and again: making each of millions anew would take minutes. */
function cycle(count: number, part: (i: number) => Uint8Array): (i: number) => Uint8Array {
  const parts = Array.from({ length: count }, (_, i) => part(i));
  return (i) => parts[i % count]!;
}

// pprof: fields of a protobuf message.

const field = (number: number, content: Uint8Array): Uint8Array => bytes(varint(number * 8 + 2), varint(content.length), content);
const number = (field: number, value: number): Uint8Array => bytes(field * 8, varint(value));
const pprofHead = bytes(
  field(1, bytes(number(1, 1), number(2, 2))),
  ...['', 'cpu', 'nanoseconds', 'f'].map((text) => field(6, Buffer.from(text))),
);
const pprofPlace = (id: number, name: number): Uint8Array =>
  bytes(field(5, bytes(number(1, id), number(2, name))), field(4, bytes(number(1, id), field(4, bytes(number(1, id), number(2, 7))))));
const pprofPlaces = bytes(pprofHead, ...Array.from({ length: 1000 }, (_, i) => pprofPlace(i + 1, 3)));

// marshal: `{key: (primitive calls, calls, tottime, cumtime, {callers}), …}`.

const marshalText = (text: string): Uint8Array => bytes('z', text.length, text);
const marshalKey = (file: string, line: number, name: string): Uint8Array =>
  bytes(')', 3, marshalText(file), 'i', u32(line), marshalText(name));
const double = Buffer.from('000000000000f03f', 'hex');
const marshalFunction = (key: Uint8Array, callers: Uint8Array): Uint8Array =>
  bytes(key, ')', 5, 'i', u32(1), 'i', u32(1), 'g', double, 'g', double, '{', callers, '0');
const marshalCaller = (key: Uint8Array): Uint8Array => bytes(key, ')', 4, 'i', u32(1), 'i', u32(1), 'g', double, 'g', double);

// Pickles, protocol 4.

const pickleText = (text: string): Uint8Array => bytes(0x8c, text.length, text);
const pickleInt = (value: number): Uint8Array => bytes('J', u32(value));
const pickleObject = (module: string, name: string): Uint8Array =>
  bytes(0x80, 4, pickleText(module), pickleText(name), 0x93, ')', 0x81, '}(');
const lprofHead = bytes(
  pickleObject('line_profiler.line_profiler', 'LineStats'),
  pickleText('unit'),
  'G',
  Buffer.from('3e112e0be826d695', 'hex'),
  pickleText('timings'),
  '}(',
);
const lprofKey = (name: string): Uint8Array => bytes(pickleText('/srv/a.py'), pickleInt(1), pickleText(name), 0x87);
const lprofLine = (line: number): Uint8Array => bytes(pickleInt(line), 'K', 2, pickleInt(1000), 0x87);
const snapshotHead = bytes(pickleObject('tracemalloc', 'Snapshot'), pickleText('traceback_limit'), 'K', 8, pickleText('traces'), '](');
const pickleEnd = bytes('eub.');
const snapshotFrame = (file: string, line: number): Uint8Array => bytes(pickleText(file), pickleInt(line), 0x86);
const trace = (frames: Uint8Array, count = ')'): Uint8Array => bytes('(K', 0, pickleInt(64), frames, count, 't');

// Tachyon's container around records, strings and frames.

function tachyon(
  record: (i: number) => Uint8Array,
  string: (i: number) => Uint8Array,
  frame: (i: number) => Uint8Array,
  share: readonly [number, number, number],
): Uint8Array {
  const fill = (part: (i: number) => Uint8Array, size: number): { all: Uint8Array; count: number } => {
    const all = Buffer.allocUnsafe(Math.max(0, size));
    let at = 0;
    let count = 0;
    for (let piece = part(0); at + piece.length <= size; piece = part(count)) {
      all.set(piece, at);
      at += piece.length;
      count++;
    }
    return { all: all.subarray(0, at), count };
  };
  const room = FULL_SIZE - 1000;
  const aThousand = (part: (i: number) => Uint8Array): number => {
    let size = 0;
    for (let i = 0; i < 1000; i++) size += part(i).length;
    return size;
  };
  const records = fill(record, room * share[0]);
  const strings = fill(string, share[1] < 1 / 1000 ? aThousand(string) : room * share[1]);
  const frames = fill(frame, share[2] < 1 / 1000 ? aThousand(frame) : room * share[2]);
  const stringsAt = 64 + records.all.length;
  const framesAt = stringsAt + strings.all.length;
  const size = framesAt + frames.all.length + 32;
  const header = Buffer.alloc(64);
  header.write('HCAT');
  header.writeUInt32LE(1, 4);
  header.set([3, 15, 0], 8);
  header.writeBigUInt64LE(1000n, 20);
  header.writeBigUInt64LE(BigInt(records.count), 28);
  header.writeBigUInt64LE(BigInt(stringsAt), 40);
  header.writeBigUInt64LE(BigInt(framesAt), 48);
  header.writeUInt32LE(9, 60);
  return bytes(header, records.all, strings.all, frames.all, u32(strings.count), u32(frames.count), u64(size), Buffer.alloc(16));
}

const tachyonText = (text: string): Uint8Array => bytes(varint(text.length), text);
const tachyonFrame = (file: number, name: number, line: number): Uint8Array =>
  bytes(varint(file), varint(name), varint(line * 2), 0, 0, 0, 0);
const tachyonSample = (thread: number, kind: number, ...rest: Piece[]): Uint8Array => bytes(u64(thread), u32(0), kind, 1, 1, ...rest);
const fullStack = (i: number): Uint8Array => tachyonSample(1, 1, 10, ...Array.from({ length: 10 }, (_, d) => (i * 7 + d * 3) % 100));

// MOJO.

function mojoInt(value: number): Uint8Array {
  return value < 64 ? Uint8Array.of(value) : bytes((value & 63) | 128, varint(Math.floor(value / 64)));
}
const mojoFrame = (key: number, name: number, line: number): Uint8Array => bytes(3, mojoInt(key), 2, mojoInt(name), mojoInt(line), 0, 0, 0);
const mojoString = (key: number, text: string): Uint8Array => bytes(11, mojoInt(key), text, 0);
const mojoStack = (process: number, thread: string): Uint8Array => bytes(2, mojoInt(process), 0, thread, 0);
const mojoHead = bytes(
  'MOJ',
  3,
  1,
  'mode',
  0,
  'wall',
  0,
  mojoStack(1, '1'),
  mojoString(2, 'a.py'),
  mojoString(3, 'f'),
  mojoFrame(4, 3, 1),
  9,
  1,
);

// JFR: chunks of a real recording, with more events in them.

interface JfrParts {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  readonly metadataAt: number;
  readonly sample: Uint8Array;
  readonly chunk: ReturnType<typeof openChunk>;
}

function jfrParts(): JfrParts {
  const whole = readFileSync(join(project, 'test/fixtures/profiles/jfr/shop.jfr'));
  const size = Number(whole.readBigInt64BE(8));
  const chunk = openChunk(whole, 0);
  let sample = nothing;
  let at = 68;
  for (const { type } of events(chunk)) {
    const { end } = chunk.reader;
    // The metadata, which is not given, may lie between two events.
    if (chunk.classes.get(type)?.name === 'jdk.ExecutionSample' && sample.length === 0) {
      const begin = eventStart(whole, 68, end);
      sample = whole.subarray(begin, end);
    }
    at = end;
  }
  return {
    header: whole.subarray(0, 68),
    body: whole.subarray(68, Math.max(size, at)),
    metadataAt: Number(whole.readBigInt64BE(24)),
    sample,
    chunk,
  };
}

/** Where the event begins that ends at `end`. */
function eventStart(whole: Uint8Array, from: number, end: number): number {
  for (let at = from; ; ) {
    let size = 0;
    for (let i = 0, scale = 1; ; i++, scale *= 128) {
      size += (whole[at + i]! & 127) * scale;
      if (whole[at + i]! < 128) break;
    }
    if (at + size === end) return at;
    at += size;
  }
}

/** A chunk with `more` before its own events. */
function jfrChunk({ header, body, metadataAt }: JfrParts, more: Uint8Array): Uint8Array {
  const head = Buffer.from(header);
  head.writeBigInt64BE(BigInt(68 + more.length + body.length), 8);
  head.writeBigInt64BE(BigInt(metadataAt + more.length), 24);
  head.writeBigInt64BE(head.readBigInt64BE(16) + BigInt(more.length), 16);
  return bytes(head, more, body);
}

/** An event around its fields, type first. */
function jfrEvent(content: Uint8Array): Uint8Array {
  for (let size = content.length + 1; ; size++) {
    const length = varint(size);
    if (length.length + content.length === size) return bytes(length, content);
  }
}

/** A pool of constants: `value` makes field by field what is not 0. */
function jfrPool(
  { chunk }: JfrParts,
  name: string,
  count: number,
  value: (i: number, field: string) => Uint8Array | undefined,
): Uint8Array {
  const type = [...chunk.classes.values()].find((found) => found.name === name)!;
  const entries: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    entries.push(varint(1_000_000 + i));
    for (const { name: field, kind } of type.fields)
      entries.push(value(i, field) ?? (kind === 'float' ? u32(0) : kind === 'double' ? u64(0) : Uint8Array.of(0)));
  }
  return bytes(varint(type.id), varint(count), Buffer.concat(entries));
}

function jfrDistinct(count: number): Uint8Array {
  const parts = jfrParts();
  const key = (i: number): Uint8Array => varint(1_000_000 + i);
  const pools = bytes(
    jfrPool(parts, 'jdk.types.Symbol', count, (i, name) =>
      name === 'string' ? bytes(3, varint(String(i).length + 1), `f${i}`) : undefined,
    ),
    jfrPool(parts, 'jdk.types.Method', count, (i, name) => (name === 'name' ? key(i) : undefined)),
    jfrPool(parts, 'jdk.types.StackTrace', count, (i, name) => (name === 'frames' ? bytes(1, key(i), 1, 0, 0) : undefined)),
  );
  const checkpoint = jfrEvent(bytes(1, 0, 0, 0, 0, 3, pools));
  const type = [...parts.chunk.classes.values()].find(({ name }) => name === 'jdk.ExecutionSample')!;
  const samples: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    samples.push(jfrEvent(bytes(varint(type.id), ...type.fields.map(({ name }) => (name === 'stackTrace' ? key(i) : Uint8Array.of(0))))));
  }
  return jfrChunk(parts, bytes(checkpoint, Buffer.concat(samples)));
}

/** Formats of bytes. */
// biome-ignore format: one line a case
export const binaryCases: readonly BoundsCase[] = [
  ['pprof', 'plain', () => grownBytes(pprofPlaces, cycle(4000, (i) => field(2, bytes(field(1, bytes(...Array.from({ length: 10 }, (_, d) => varint(1 + ((i * 7 + d * 31) % 1000))))), number(2, 1)))))],
  ['pprof', 'all functions distinct', () => grownBytes(pprofHead, (i) => bytes(field(6, Buffer.from(`f${i}`)), pprofPlace(i + 1, i + 4), field(2, bytes(number(1, i + 1), number(2, 1)))))],
  ['pprof', 'shortest samples', () => grownBytes(pprofPlaces, () => Buffer.from('12041001080a', 'hex').subarray(0, 6))],
  ['pprof', 'one stack', () => bytes(pprofPlaces, field(2, bytes(field(1, Buffer.alloc(FULL_SIZE - 1_000_000, 1)), number(2, 1))))],
  ['pprof', 'all texts distinct', () => grownBytes(pprofPlaces, (i) => field(6, Buffer.from(`f${i}`)))],
  ['pprof', 'labels', () => grownBytes(pprofPlaces, (i) => field(2, bytes(number(1, 1), number(2, 1), field(3, bytes(number(1, 3), number(3, i))))))],
  ['pprof-legacy', 'plain CPU profile', () => grownBytes(bytes(...[0, 3, 0, 10000, 0].map(u64)), cycle(5000, (i) => bytes(u64(1), u64(5), ...Array.from({ length: 5 }, (_, d) => u64(65536 + ((i * 7 + d * 31) % 5000))))))],
  ['pprof-legacy', 'CPU profile of distinct addresses', () => grownBytes(bytes(...[0, 3, 0, 10000, 0].map(u32)), (i) => bytes(u32(1), u32(1), u32(i + 65536)))],
  ['pprof-legacy', 'shortest CPU samples', () => grownBytes(bytes(...[0, 3, 0, 10000, 0].map(u32)), () => bytes(u32(1), u32(0)))],
  ['pprof-legacy', 'CPU profile of one stack', () => bytes(...[0, 3, 0, 10000, 0, 1, Math.floor(FULL_SIZE / 4) - 7].map(u32), Buffer.alloc(4 * (Math.floor(FULL_SIZE / 4) - 7), 7))],
  ['pstats', 'plain', () => grownBytes(bytes('{'), cycle(90000, (i) => marshalFunction(marshalKey('/srv/module.py', i % 5000, `function${i % 90000}`), bytes(...[7, 11, 13].map((k) => marshalCaller(marshalKey('/srv/module.py', (i * k) % 5000, `function${(i * k) % 90000}`)))))), bytes('0'))],
  ['pstats', 'all functions distinct', () => grownBytes(bytes('{'), (i) => marshalFunction(marshalKey('a', 1, `f${i}`), nothing), bytes('0'))],
  ['pstats', 'all edges distinct', () => grownBytes(bytes('{', marshalKey('a', 1, 'f'), ')', 5, 'i', u32(1), 'i', u32(1), 'g', double, 'g', double, '{'), (i) => bytes(marshalKey('', i, ''), 'i', u32(1)), bytes('00'))],
  ['pstats', 'sampled', () => grownBytes(bytes('{', ')', 1, marshalText('__sampled__'), 'T'), (i) => marshalFunction(marshalKey('a.py', i, `f${i % 1000}`), nothing), bytes('0'))],
  ['tachyon', 'plain', () => tachyon(cycle(1000, fullStack), (i) => tachyonText(`function${i}`), (i) => tachyonFrame(0, i % 1000, i), [0.99, 0, 0])],
  ['tachyon', 'all frames distinct', () => tachyon((i) => tachyonSample(1, 1, 1, varint(i % 1000)), (i) => tachyonText(`f${i}`), (i) => tachyonFrame(0, i % 1000, i), [0.01, 0, 0.98])],
  ['tachyon', 'all names distinct', () => tachyon((i) => tachyonSample(1, 1, 1, varint(i % 1000)), (i) => tachyonText(`f${i}`), (i) => tachyonFrame(0, i, 1), [0.01, 0.49, 0.49])],
  ['tachyon', 'all names distinct, no frames', () => tachyon((i) => tachyonSample(1, 1, 1, varint(i % 1000)), (i) => tachyonText(String(i)), (i) => tachyonFrame(0, i % 1000, 1), [0.01, 0.98, 0])],
  ['tachyon', 'all threads distinct', () => tachyon((i) => tachyonSample(i, 1, 1, 0), (i) => tachyonText(`f${i}`), (i) => tachyonFrame(0, i, 1), [0.99, 0, 0])],
  ['tachyon', 'repeated samples', () => tachyon((i) => (i === 0 ? tachyonSample(1, 1, 1, 0) : bytes(u64(1), u32(0), 0, varint(1_000_000), Buffer.alloc(2_000_000, 1))), (i) => tachyonText(`f${i}`), (i) => tachyonFrame(0, i, 1), [0.98, 0, 0])],
  ['tachyon', 'one stack', () => tachyon((i) => (i === 0 ? tachyonSample(1, 1, 1, 0) : tachyonSample(1, 2, varint(i * 0), varint(1_000_000), Buffer.alloc(1_000_000, 7))), (i) => tachyonText(`f${i}`), (i) => tachyonFrame(0, i, 1), [0.98, 0, 0])],
  ['austin-mojo', 'plain', () => grownBytes(mojoHead, (i) => bytes(mojoStack(1, 'abc123'), ...Array.from({ length: 10 }, (_, d) => (i < 1000 && d === 0 ? mojoFrame(100 + i, 3, i) : bytes(5, mojoInt(100 + ((i * 7 + d * 31) % 1000))))), 9, mojoInt(100)))],
  ['austin-mojo', 'all frames distinct', () => grownBytes(mojoHead, (i) => bytes(mojoStack(1, '1'), mojoFrame(i + 9, 3, i), 9, 1))],
  ['austin-mojo', 'all names distinct', () => grownBytes(mojoHead, (i) => bytes(mojoStack(1, '1'), mojoString(i + 9, String(i)), mojoFrame(i + 9, i + 9, 1), 9, 1))],
  ['austin-mojo', 'all threads distinct', () => grownBytes(mojoHead, (i) => bytes(mojoStack(1, i.toString(16)), 5, 4, 9, 1))],
  ['austin-mojo', 'all processes distinct', () => grownBytes(mojoHead, (i) => bytes(mojoStack(i + 2, '1'), mojoString(3, 'f'), mojoFrame(4, 3, 1), 9, 1))],
  ['austin-mojo', 'shortest samples', () => grownBytes(mojoHead, () => bytes(2, 1, 0, 0, 9, 1))],
  ['austin-mojo', 'frames that are nowhere', () => grownBytes(mojoHead, () => bytes(mojoStack(1, '1'), 5, 9, 5, 9, 5, 9, 9, 1))],
  ['austin-mojo', 'one stack', () => bytes(mojoHead, mojoStack(1, '1'), Buffer.alloc(FULL_SIZE - 1_000_000, Buffer.of(5, 4)), 9, 1)],
  ['line-profiler', 'plain', () => grownBytes(lprofHead, (i) => bytes(lprofKey(`function${i}`), '](', ...Array.from({ length: 50 }, (_, k) => lprofLine(k)), 'e'), bytes('uub.'))],
  ['line-profiler', 'all functions distinct', () => grownBytes(lprofHead, (i) => bytes(pickleText(''), 'K', 1, pickleText(String(i)), 0x87, ']'), bytes('uub.'))],
  ['line-profiler', 'lines of one function', () => grownBytes(bytes(lprofHead, lprofKey('f'), ']('), (i) => lprofLine(i), bytes('euub.'))],
  ['line-profiler', 'shortest lines', () => grownBytes(bytes(lprofHead, lprofKey('f'), ']('), () => bytes('K', 1, 'K', 1, 'K', 1, 0x87), bytes('euub.'))],
  ['line-profiler', 'all values kept', () => grownBytes(bytes(lprofHead, lprofKey('f'), ']('), () => bytes(']', 0x94), bytes('euub.'))],
  ['line-profiler', 'numbers', () => grownBytes(bytes(lprofHead, lprofKey('f'), ']('), () => bytes('K', 1), bytes('euub.'))],
  ['tracemalloc', 'plain', () => grownBytes(snapshotHead, cycle(900, (i) => trace(bytes('(', ...Array.from({ length: 8 }, (_, d) => snapshotFrame(`/srv/module${d}.py`, (i * 7 + d) % 900)), 't'))), pickleEnd)],
  ['tracemalloc', 'all lines distinct', () => grownBytes(snapshotHead, (i) => trace(bytes(snapshotFrame('a', i), 0x85)), pickleEnd)],
  ['tracemalloc', 'all files distinct', () => grownBytes(snapshotHead, (i) => trace(bytes(snapshotFrame(String(i), 1), 0x85)), pickleEnd)],
  ['tracemalloc', 'shortest traces', () => grownBytes(snapshotHead, () => bytes('K', 1, ')', 0x86), pickleEnd)],
  ['jfr', 'plain', () => { const parts = jfrParts(); return jfrChunk(parts, grownBytes(nothing, () => parts.sample)); }],
  ['jfr', 'many parts', () => { const parts = jfrParts(); const chunk = jfrChunk(parts, nothing); return grownBytes(nothing, () => chunk); }],
  ['jfr', 'all methods distinct', () => jfrDistinct(1_000_000)],
  ['jfr', 'twice too many methods', () => jfrDistinct(2_300_000)],
];
