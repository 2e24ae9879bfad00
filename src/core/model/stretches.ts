import type { Profile, SampleColumns, StretchColumns, ValueColumn } from './profile.js';
import { without } from './restack.js';

const known = new WeakMap<Profile, Profile>();

/**
 * The profile with a sample for each stretch of time that a sample is the sum of (`SampleColumns.stretches`), which lasts from
 * its `time` on: for who puts samples in the order of time. Sums stay what they are; samples without stretches stay, without a
 * time. Profiles that have none are given as they are. Computed once per profile, at first use: there may be many to a sample.
 */
export function inTime(profile: Profile): Profile {
  const { stretches } = profile.samples;
  if (stretches === undefined) return profile;
  let made = known.get(profile);
  if (made === undefined) {
    made = spread(profile, stretches);
    known.set(profile, made);
  }
  return made;
}

function spread(profile: Profile, stretches: StretchColumns): Profile {
  const { samples } = profile;
  const sampleOf = samplesOf(samples.length, stretches);
  const { length } = sampleOf;
  const time = new Float64Array(length).fill(Number.NaN);
  for (let row = 0, i = 0; i < samples.length; i++) {
    const { first, begin } = stretches;
    for (let at = first[i]!; at < first[i + 1]!; at++) time[row++] = begin[at]!;
    if (first[i] === first[i + 1]) row++;
  }
  const { thread, status } = samples;
  const columns: Omit<SampleColumns, 'stack' | 'stretches'> = {
    length,
    values: samples.values.map((column, type) => spreadValues(column, stretches, stretches.values[type], length)),
    thread: thread && Int32Array.from(sampleOf, (sample) => thread[sample]!),
    time,
    status: status && Uint8Array.from(sampleOf, (sample) => status[sample]!),
    labels: samples.labels && spreadLabels(samples.labels, sampleOf),
  };
  return withSamples(profile, columns, sampleOf);
}

/** What is grown at first use stays ungrown. */
function withSamples(profile: Profile, columns: Omit<SampleColumns, 'stack'>, sampleOf: Uint32Array): Profile {
  const { frames } = profile;
  let stack: Int32Array | undefined;
  const samples = Object.defineProperty(columns, 'stack', {
    enumerable: true,
    get: () => {
      stack ??= Int32Array.from(sampleOf, (sample) => profile.samples.stack[sample]!);
      return stack;
    },
  }) as SampleColumns;
  const made = {
    ...without(profile, 'stacks', 'samples'),
    frames: frames && { ...frames, ofSample: sampleOf.map((sample) => frames.ofSample[sample]!) },
    samples,
  };
  return Object.defineProperty(made, 'stacks', { enumerable: true, get: () => profile.stacks }) as Profile;
}

/** The sample of each row: as often as it has stretches, and once if it has none. */
function samplesOf(samples: number, { first }: StretchColumns): Uint32Array {
  let length = 0;
  for (let i = 0; i < samples; i++) length += Math.max(1, first[i + 1]! - first[i]!);
  const sampleOf = new Uint32Array(length);
  for (let row = 0, i = 0; i < samples; i++) {
    const next = row + Math.max(1, first[i + 1]! - first[i]!);
    sampleOf.fill(i, row, next);
    row = next;
  }
  return sampleOf;
}

/** Values of stretches that add up to those of their samples. What no double holds stays in one piece, at the first. */
function spreadValues(column: ValueColumn, stretches: StretchColumns, told: Float64Array | undefined, length: number): ValueColumn {
  if (column.length === 0) return column;
  const { first } = stretches;
  const values = new Float64Array(length);
  const large: [row: number, value: bigint][] = [];
  for (let row = 0, i = 0; i + 1 < first.length; i++) {
    const from = first[i]!;
    const to = first[i + 1]!;
    const value = Number(column[i]!);
    if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER) && typeof column[i] === 'bigint') large.push([row, column[i] as bigint]);
    else if (from === to) values[row] = value;
    else if (told !== undefined) values.set(told.subarray(from, to), row);
    else shareOut(value, stretches.length.subarray(from, to), values.subarray(row));
    row += Math.max(1, to - from);
  }
  if (column instanceof Float64Array) return values;
  const exact = BigInt64Array.from(values, (value) => BigInt(value));
  for (const [row, value] of large) exact[row] = value;
  return exact;
}

/**
 * Shares out a value by lengths; parts of a whole number are whole, and all of them add up to the value.
 * @param into takes as many parts as there are lengths
 */
export function shareOut(value: number, lengths: Float64Array, into: Float64Array): void {
  let whole = 0;
  for (let i = 0; i < lengths.length; i++) whole += lengths[i]!;
  const rounds = Number.isInteger(value) && value !== whole;
  let passed = 0;
  let given = 0;
  for (let i = 0; i < lengths.length; i++) {
    passed += lengths[i]!;
    const share = whole > 0 ? value * (passed / whole) : 0;
    const upTo = value === whole ? passed : i === lengths.length - 1 ? value : rounds ? Math.round(share) : share;
    into[i] = upTo - given;
    given = upTo;
  }
}

function spreadLabels(labels: NonNullable<SampleColumns['labels']>, sampleOf: Uint32Array): NonNullable<SampleColumns['labels']> {
  const first = new Uint32Array(sampleOf.length + 1);
  for (let row = 0; row < sampleOf.length; row++) {
    first[row + 1] = first[row]! + labels.first[sampleOf[row]! + 1]! - labels.first[sampleOf[row]!]!;
  }
  const labelOf = new Uint32Array(first[sampleOf.length]!);
  for (let row = 0; row < sampleOf.length; row++) {
    let label = labels.first[sampleOf[row]!]!;
    for (let at = first[row]!; at < first[row + 1]!; at++) labelOf[at] = label++;
  }
  return {
    first,
    key: labelOf.map((label) => labels.key[label]!),
    text: labelOf.map((label) => labels.text[label]!),
    number: Float64Array.from(labelOf, (label) => labels.number[label]!),
    unit: labelOf.map((label) => labels.unit[label]!),
  };
}
