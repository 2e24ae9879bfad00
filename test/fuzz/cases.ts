import type { Seed } from './corpus.js';
import { hostile } from './hostile.js';
import { mutate } from './mutations.js';
import { Random } from './random.js';

/** A file to read, and what it was made of. */
export interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const attacks = Object.keys(hostile(1));

/** How many cases there are that no seed changes: every attack, then every fixture as it is. They come first. */
export function fixedCases(corpus: readonly Seed[]): number {
  return corpus.length + attacks.length;
}

/** Case `number` of a seed: the same bytes every time, for the same fixtures. `million`: see `hostile`. */
export function makeCase(corpus: readonly Seed[], seed: number, number: number, million: number): Case {
  const attack = attacks[number];
  if (attack !== undefined) return { name: attack, bytes: hostile(million)[attack]!() };
  const plain = corpus[number - attacks.length];
  if (plain !== undefined) return { name: plain.name, bytes: plain.bytes };
  const random = new Random(Math.imul(seed, 1_000_003) + number);
  const from = corpus[number % corpus.length]!;
  const other = random.pick(corpus);
  // Packed files are mutated in what they hold; a few in the packing.
  const packed = from.bytes !== from.content && random.chance(0.1);
  const { bytes, done } = mutate(packed ? from.bytes : from.content, random, other.content);
  return { name: `${from.name} ${packed ? 'packed ' : ''}${done.join('+')}`, bytes };
}
