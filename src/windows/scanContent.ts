import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../core/errors.js';
import { type Scan, scanProfiles } from '../core/formats/pprof/scan.js';
import { sniffPprof } from '../core/formats/pprof/sniff.js';
import {
  allNumbers,
  BLOCK,
  block,
  enter,
  type Integer,
  integer,
  openReader,
  PROFILE,
  skip,
  truncated,
  VARINT,
  wireError,
} from '../core/formats/pprof/wire.js';
import { LabelSums } from './labelSums.js';

/** What a pprof file says beside its stacks. */
export interface Content {
  /** 0 where it is not told. */
  readonly startNanos: bigint;
  readonly durationNanos: number;
  readonly samples: number;
  readonly types: readonly { readonly type: string; readonly unit: string; readonly total: number | bigint }[];
  readonly comments: readonly string[];
  readonly labels: readonly {
    readonly key: string;
    readonly values: readonly string[];
    readonly totals: readonly (readonly number[])[];
    readonly isCut: boolean;
  }[];
}

const HEAD = 4096;
const MOST_TYPES = 1000;
const NONE = new Uint32Array(0);

/** Goes once through a pprof file. Several profiles one after another are added up, as `readProfile` does. @throws ReadError */
export function scanContent(content: Uint8Array): Content {
  if (content.length === 0) throw new ReadError('empty', 'The file is empty: nothing was recorded, or it was not written to the end.', 0);
  if (sniffPprof(content.subarray(0, HEAD)) === 0) throw new ReadError('unknown-format', 'It is no pprof file.', 0);
  const reader = openReader(content);
  try {
    const scans = scanProfiles(reader);
    const cutAt = scans.find((scan) => scan.cutAt !== undefined)?.cutAt;
    if (cutAt !== undefined) throw truncated(cutAt);
    return joinParts(scans.map((scan) => readPart(reader, scan)));
  } catch (error) {
    throw wireError(error, Math.min(reader.pos, content.length));
  }
}

function joinParts(parts: readonly Content[]): Content {
  const [first, ...others] = parts;
  if (first === undefined || others.length === 0) return first!;
  const names = ({ types }: Content) => types.map(({ type, unit }) => `${type}/${unit}`).join();
  if (others.some((part) => names(part) !== names(first)))
    throw new ReadError('unsupported', 'The file holds several profiles one after another that do not measure the same.');
  return {
    ...first,
    samples: parts.reduce((sum, { samples }) => sum + samples, 0),
    types: first.types.map(({ type, unit }, i) => ({
      type,
      unit,
      total: small(parts.reduce((sum, part) => sum + BigInt(part.types[i]!.total), 0n)),
    })),
    comments: [...new Set(parts.flatMap(({ comments }) => comments))],
    labels: LabelSums.join(parts.map(({ labels }) => labels)),
  };
}

function readPart(reader: Reader, scan: Scan): Content {
  const strings = scan.blocks[PROFILE.string] ?? NONE;
  const textAt = (index: Integer): string => {
    const start = typeof index === 'number' ? strings[index] : undefined;
    if (start === undefined) throw new ReadError('corrupt', `The profile refers to string ${index}, which it does not have.`, reader.pos);
    reader.len = reader.buf.length;
    reader.pos = start;
    return reader.string();
  };
  const number = (field: number): Integer => scan.numbers[field]?.at(-1) ?? 0;
  const starts = scan.blocks[PROFILE.sampleType] ?? NONE;
  if (starts.length > MOST_TYPES)
    throw new ReadError('too-large', `The profile has ${starts.length} value types, which is more than can be read safely.`);
  if (starts.length === 0) throw new ReadError('corrupt', 'The profile does not say what its samples measure.');
  const types = Array.from(starts, (start) => {
    const figures: Integer[] = [0, 0, 0];
    allNumbers(reader, enter(reader, start), figures);
    return { type: textAt(figures[1]!), unit: textAt(figures[2]!) };
  });
  const samples = scan.blocks[PROFILE.sample] ?? NONE;
  const sums = new SampleSums(reader, types.length);
  for (let i = 0; i < samples.length; i++) sums.add(samples[i]!, i);
  return {
    startNanos: BigInt(number(PROFILE.timeNanos)),
    durationNanos: Math.max(0, Number(number(PROFILE.durationNanos))),
    samples: samples.length,
    types: types.map((type, i) => ({ ...type, total: sums.total(i) })),
    comments: (scan.numbers[PROFILE.comment] ?? []).map(textAt),
    labels: sums.labels.done(textAt),
  };
}

/** Adds up values of samples, exactly, and what of them bears which label. */
class SampleSums {
  readonly labels: LabelSums;
  /** Of each type: a sum below 2^53, and what no longer fitted there. */
  private readonly sums: Float64Array;
  private readonly more: (bigint | undefined)[];
  private readonly values: Float64Array;

  constructor(
    private readonly reader: Reader,
    private readonly types: number,
  ) {
    this.sums = new Float64Array(types);
    this.more = new Array(types).fill(undefined);
    this.values = new Float64Array(types);
    this.labels = new LabelSums(types);
  }

  total(type: number): number | bigint {
    const more = this.more[type];
    return more === undefined ? this.sums[type]! : small(more + BigInt(this.sums[type]!));
  }

  /** @param start of the sample's block @param sample its number */
  add(start: number, sample: number): void {
    const { reader, labels } = this;
    const end = enter(reader, start);
    let count = 0;
    let firstLabel = -1;
    while (reader.pos < end) {
      const at = reader.pos;
      const tag = reader.tag();
      const field = tag >>> 3;
      const kind = tag & 7;
      if (field === 2 && kind === BLOCK) for (const stop = block(reader); reader.pos < stop; ) this.value(count++, integer(reader, true));
      else if (field === 2 && kind === VARINT) this.value(count++, integer(reader, true));
      else {
        // Values may stand behind labels, which need them: labels are looked at in the end.
        if (field === 3 && firstLabel < 0) firstLabel = at;
        skip(reader, kind);
      }
    }
    if (reader.pos > end) throw truncated(end);
    if (count !== this.types)
      throw new ReadError('corrupt', `A sample has ${count} values where the profile has ${this.types} types.`, start);
    if (firstLabel >= 0) labels.read(reader, firstLabel, end, sample, this.values);
  }

  private value(type: number, value: Integer): void {
    if (type >= this.types) return;
    this.values[type] = Number(value);
    const sum = this.sums[type]! + Number(value);
    if (typeof value === 'number' && Number.isSafeInteger(sum)) {
      this.sums[type] = sum;
      return;
    }
    this.more[type] = (this.more[type] ?? 0n) + BigInt(this.sums[type]!) + BigInt(value);
    this.sums[type] = 0;
  }
}

function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
