import type { Mutation } from './mutations.js';
import type { Random } from './random.js';

const join = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** Two places in order, mostly near each other. */
function span(length: number, random: Random): [number, number] {
  const start = random.below(length + 1);
  const size = random.chance(0.5) ? random.below(64) : random.below(length);
  return [start, Math.min(length, start + size)];
}

function over(bytes: Uint8Array, at: number, put: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(put.subarray(0, Math.max(0, copy.length - at)), Math.min(at, copy.length));
  return copy;
}

/** Sizes and counts that a reader must not believe, as varints and as fixed integers of both byte orders. */
const CLAIMS = [
  'ffffffffffffffffff01',
  'ffffffffffffffff7f',
  '80808080808080808001',
  'ffffffff0f',
  '8080808008',
  '80808080808080808080808080',
  'ffffffff',
  'ffffff7f',
  '7fffffff',
  '80000000',
  '00000080',
  'ffffffffffffffff',
  'ffffffffffffff7f',
  '7fffffffffffffff',
  '000000000000f07f',
  '000000000000f87f',
  '00000040',
  '40000000',
  '00000000',
].map((hex) => Buffer.from(hex, 'hex'));

/** Changes that know nothing of what the bytes mean. */
export const mutateBytes: Readonly<Record<string, Mutation>> = {
  /** Every class of length: nothing, a few bytes, around powers of two, any, all but a few. */
  cut: (bytes, random) => {
    const around = 2 ** random.below(18) + random.below(3) - 1;
    const length = random.pick([random.below(16), around, random.below(bytes.length), bytes.length - 1 - random.below(16)]);
    return bytes.subarray(0, Math.max(0, Math.min(bytes.length, length)));
  },
  cutFront: (bytes, random) => bytes.subarray(random.chance(0.5) ? random.below(16) : random.below(bytes.length)),
  flipBit: (bytes, random) => {
    const copy = Uint8Array.from(bytes);
    for (let i = 1 + random.below(4); i > 0 && copy.length > 0; i--) copy[random.below(copy.length)]! ^= 1 << random.below(8);
    return copy;
  },
  flipHead: (bytes, random) => {
    const copy = Uint8Array.from(bytes);
    if (copy.length > 0) copy[random.below(Math.min(64, copy.length))] = random.below(256);
    return copy;
  },
  swapBytes: (bytes, random) => {
    const copy = Uint8Array.from(bytes);
    for (let i = 1 + random.below(8); i > 0 && copy.length > 1; i--) {
      const a = random.below(copy.length);
      const b = random.chance(0.5) ? Math.min(copy.length - 1, a + 1) : random.below(copy.length);
      [copy[a], copy[b]] = [copy[b]!, copy[a]!];
    }
    return copy;
  },
  noise: (bytes, random) => {
    const [start, end] = span(bytes.length, random);
    const copy = Uint8Array.from(bytes);
    for (let i = start; i < Math.min(end, start + 64); i++) copy[i] = random.below(256);
    return copy;
  },
  remove: (bytes, random) => {
    const [start, end] = span(bytes.length, random);
    return join(bytes.subarray(0, start), bytes.subarray(end));
  },
  repeat: (bytes, random) => {
    const [start, end] = span(bytes.length, random);
    const part = bytes.subarray(start, end);
    const times = Math.min(random.pick([2, 3, 20, 300]), 1 + Math.floor(500_000 / Math.max(1, part.length)));
    return join(bytes.subarray(0, start), ...new Array<Uint8Array>(times).fill(part), bytes.subarray(end));
  },
  swapParts: (bytes, random) => {
    const marks = [0, 0, 0, 0].map(() => random.below(bytes.length + 1)).sort((a, b) => a - b);
    const [a, b, c, d] = marks as [number, number, number, number];
    return join(bytes.subarray(0, a), bytes.subarray(c, d), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(d));
  },
  splice: (bytes, random, other) => {
    const [start, end] = span(other.length, random);
    const at = random.below(bytes.length + 1);
    return join(bytes.subarray(0, at), other.subarray(start, end), bytes.subarray(random.chance(0.5) ? at : random.below(bytes.length)));
  },
  halves: (bytes, random, other) => join(bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length))),
  twice: (bytes) => join(bytes, bytes),
  claim: (bytes, random) => over(bytes, random.below(bytes.length), random.pick(CLAIMS)),
  claimInserted: (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return join(bytes.subarray(0, at), random.pick(CLAIMS), bytes.subarray(at));
  },
  claimHead: (bytes, random) => over(bytes, random.below(Math.min(256, bytes.length)), random.pick(CLAIMS)),
  zeros: (bytes, random) => {
    const [start, end] = span(bytes.length, random);
    return Uint8Array.from(bytes).fill(random.pick([0, 0xff]), start, end);
  },
  nul: (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return join(bytes.subarray(0, at), Uint8Array.of(0), bytes.subarray(at));
  },
};
