import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../core/errors.js';
import { type Scan, scanProfiles } from '../core/formats/pprof/scan.js';
import { BLOCK, block, enter, type Integer, integer, openReader, PROFILE, skip, VARINT, wireError } from '../core/formats/pprof/wire.js';

/** What has to be known of a pprof file before something is appended to it. */
export interface Checked {
  readonly strings: number;
  /** 0 where it is not told. */
  readonly timeNanos: bigint;
  readonly durationNanos: bigint;
}

/**
 * Whether a pprof file is whole and refers only to what it has: what is written must be readable by every tool, `go tool pprof` first
 * of all, which refuses such files. @param content unpacked @throws ReadError
 */
export function checkPprof(content: Uint8Array): Checked {
  const reader = openReader(content);
  try {
    const [scan, ...more] = scanProfiles(reader);
    if (scan === undefined || more.length > 0) throw new ReadError('unsupported', 'There are several profiles one after another.');
    if (scan.cutAt !== undefined) throw new ReadError('truncated', 'The profile ends too early.', scan.cutAt);
    return checkScan(reader, scan, content);
  } catch (error) {
    throw wireError(error, Math.min(reader.pos, content.length));
  }
}

function checkScan(reader: Reader, scan: Scan, content: Uint8Array): Checked {
  const of = (field: number): Uint32Array => scan.blocks[field] ?? new Uint32Array();
  const strings = of(PROFILE.string);
  if (strings.length === 0 || content[strings[0]!] !== 0) throw corrupt('Its first string is not the empty one.');
  const types = of(PROFILE.sampleType).length;
  if (types === 0) throw corrupt('The profile does not say what its samples measure.');
  const text = within(strings.length, 'string');
  for (const field of [PROFILE.sampleType, PROFILE.periodType]) each(reader, of(field), { 1: text, 2: text });
  const functions = new Set<Integer>([0]);
  each(reader, of(PROFILE.function), { 1: (id) => functions.add(id), 2: text, 3: text, 4: text });
  const mappings = new Set<Integer>([0]);
  each(reader, of(PROFILE.mapping), { 1: (id) => mappings.add(id), 5: text, 6: text });
  const locations = new Ids();
  const line = { 1: known(functions, 'function') };
  each(reader, of(PROFILE.location), { 1: (id) => locations.add(id), 2: known(mappings, 'mapping') }, { 4: line });
  const label = { 1: text, 2: text, 4: text };
  for (const start of of(PROFILE.sample)) {
    const values = checkSample(reader, enter(reader, start), locations, label);
    if (values !== types) throw corrupt(`A sample has ${values} values where the profile has ${types} types.`);
  }
  for (const field of [PROFILE.comment, PROFILE.dropFrames, PROFILE.keepFrames, PROFILE.defaultType])
    for (const index of scan.numbers[field] ?? []) text(index);
  const last = (field: number) => BigInt(scan.numbers[field]?.at(-1) ?? 0);
  return { strings: strings.length, timeNanos: last(PROFILE.timeNanos), durationNanos: last(PROFILE.durationNanos) };
}

/** Most of a profile are these. Gives how many values the sample has. */
function checkSample(reader: Reader, end: number, locations: Ids, label: Fields): number {
  const { buf } = reader;
  let values = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if ((tag & 7) === VARINT && field < 3) {
      if (field === 1) locations.check(integer(reader, false));
      else skip(reader, VARINT);
      values += Number(field === 2);
    } else if ((tag & 7) !== BLOCK || field > 3) skip(reader, tag & 7);
    else {
      const stop = block(reader);
      if (field === 1) while (reader.pos < stop) locations.check(integer(reader, false));
      else if (field === 3) message(reader, stop, label, NONE as never);
      else {
        // Each value ends with a byte below 128.
        for (let at = reader.pos; at < stop; at++) values += Number(buf[at]! < 128);
        if (stop > reader.pos && buf[stop - 1]! >= 128) throw corrupt('A value of a sample is cut off.');
        reader.pos = stop;
      }
      if (reader.pos !== stop) throw corrupt('A part of the profile is longer than it says.');
    }
  }
  if (reader.pos !== end) throw corrupt('A part of the profile is longer than it says.');
  return values;
}

/** Ids of locations; small ones, as nearly all are, in a table. */
class Ids {
  private readonly small = new Uint8Array(1 << 18);
  private readonly others = new Set<Integer>();

  add(id: Integer): void {
    if (id < this.small.length) this.small[Number(id)] = 1;
    else this.others.add(id);
  }

  check(id: Integer): void {
    if (typeof id === 'number' && id < this.small.length ? this.small[id] === 1 : this.others.has(id)) return;
    throw corrupt(`The profile refers to location ${id}, which it does not have.`);
  }
}

type Take = (value: Integer) => unknown;
type Fields = Readonly<Record<number, Take>>;
const NONE: Fields = {};

function each(reader: Reader, starts: Uint32Array, fields: Fields, inner: Readonly<Record<number, Fields>> = {}): void {
  for (const start of starts) message(reader, enter(reader, start), fields, inner);
}

/** Goes through a message; numbers, alone or packed, are handed to what `fields` has for them, messages in it are gone into by `inner`. */
function message(reader: Reader, end: number, fields: Fields, inner: Readonly<Record<number, Fields>>): void {
  while (reader.pos < end) {
    const tag = reader.tag();
    const field = tag >>> 3;
    const kind = tag & 7;
    const take = fields[field];
    const parts = inner[field];
    if (kind === VARINT && take !== undefined) take(integer(reader, false));
    else if (kind !== BLOCK || (take === undefined && parts === undefined)) skip(reader, kind);
    else {
      const stop = block(reader);
      if (parts !== undefined) message(reader, stop, parts, NONE as never);
      else while (reader.pos < stop) take!(integer(reader, false));
      if (reader.pos !== stop) throw corrupt('A part of the profile is longer than it says.');
    }
  }
  if (reader.pos !== end) throw corrupt('A part of the profile is longer than it says.');
}

function within(count: number, what: string): Take {
  return (index) => {
    if (!(index >= 0 && index < count)) throw corrupt(`The profile refers to ${what} ${index}, which it does not have.`);
  };
}

function known(ids: ReadonlySet<Integer>, what: string): Take {
  return (id) => {
    if (!ids.has(id)) throw corrupt(`The profile refers to ${what} ${id}, which it does not have.`);
  };
}

function corrupt(message: string): ReadError {
  return new ReadError('corrupt', message);
}
