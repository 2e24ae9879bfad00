import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { unknownName } from '../pprof/places.js';
import { BLOCK, block, type Integer, integer, skip, VARINT, wireError } from '../pprof/wire.js';
import { type Attribute, fields, type OtlpMessage, readAttribute, type Span, stringAt } from './message.js';

/** What a profile says of itself; its samples are read by {@link addProfiles}. */
export interface ProfileFacts {
  readonly span: Span;
  readonly type: string;
  readonly unit: string;
  /** 0 where it is not told. */
  readonly timeNanos: bigint;
  readonly durationNanos: bigint;
  readonly periodType: { readonly type: string; readonly unit: string } | undefined;
  readonly period: number;
  /** In hexadecimal figures; '' where there is none. */
  readonly id: string;
  /** The profile as its writer had it, with the name of that format. */
  readonly original: { readonly format: string; readonly content: Uint8Array } | undefined;
  readonly attributes: readonly Attribute[];
  readonly samples: readonly Span[];
}

/** Times of one sample, and frames of all samples together, since stacks are told once and used often: more are refused with the message. */
const MOST_OBSERVATIONS = 2 ** 22;
const MOST_FRAMES = 2 ** 25;
/** Attributes that name a thread; the first that is there counts. */
const THREAD_NAME = 'thread.name';
const THREAD_ID = 'thread.id';

/** @throws ReadError */
export function readFacts({ reader, dictionary }: OtlpMessage, span: Span): ProfileFacts {
  const { strings } = dictionary;
  const facts = { type: '', unit: '', timeNanos: 0n, durationNanos: 0n, period: 0, id: '', format: '' };
  let periodType: { type: string; unit: string } | undefined;
  let payload: Uint8Array | undefined;
  const attributes: Attribute[] = [];
  const samples: Span[] = [];
  try {
    reader.pos = span.start;
    while (reader.pos < span.end) {
      const tag = reader.tag();
      const field = tag >>> 3;
      const kind = tag & 7;
      if (field === 3 && kind === 1) facts.timeNanos = fixed64(reader);
      else if (field === 4 && kind === VARINT) facts.durationNanos = BigInt(integer(reader, true));
      else if (field === 6 && kind === VARINT) facts.period = Number(integer(reader, true));
      else if (field === 11 && kind === VARINT) attributes.push(attributeAt(integer(reader, true)));
      else if (kind === BLOCK) {
        // Of older kinds the third field is a list of locations, of this one it is a time.
        if (field === 3) throw outdated(reader.pos);
        const inner = { end: block(reader), start: reader.pos };
        if (inner.end > span.end) throw new ReadError('truncated', 'A part of the message is longer than it says.', inner.start);
        if (field === 1) Object.assign(facts, valueType(inner));
        else if (field === 2) samples.push(inner);
        else if (field === 5) periodType = valueType(inner);
        else if (field === 7) facts.id = bytes(inner).toString('hex');
        else if (field === 9) facts.format = bytes(inner).toString('utf8');
        else if (field === 10) payload = bytes(inner);
        else if (field === 11) while (reader.pos < inner.end) attributes.push(attributeAt(integer(reader, true)));
        reader.pos = inner.end;
      } else skip(reader, kind);
    }
  } catch (error) {
    throw wireError(error, reader.pos);
  }
  const { format, ...rest } = facts;
  const original = format !== '' && payload !== undefined && payload.length > 0 ? { format, content: payload } : undefined;
  return { ...rest, span, periodType, original, attributes, samples };

  function valueType(inner: Span): { type: string; unit: string } {
    const found = { type: '', unit: '' };
    fields(reader, inner, {
      number(field, index) {
        if (field === 1) found.type = stringAt(strings, index);
        else if (field === 2) found.unit = stringAt(strings, index);
      },
    });
    return found;
  }

  function attributeAt(index: Integer): Attribute {
    const { pos } = reader;
    const found = readAttribute(reader, entryAt(dictionary.attributes, Number(index), 'attribute'), strings, 2);
    reader.pos = pos;
    return found;
  }

  function bytes({ start, end }: Span): Buffer {
    return Buffer.from(reader.buf.buffer, reader.buf.byteOffset + start, end - start);
  }
}

/**
 * Adds profiles to a builder: each measures one type, which becomes a column, and stands beside the others. A sample that was seen
 * several times becomes one for each time. @param most frames and labels of all samples together @throws ReadError
 */
export function addProfiles(message: OtlpMessage, profiles: readonly ProfileFacts[], builder: ProfileBuilder, most = MOST_FRAMES): void {
  const columns = new Map<string, number>();
  for (const { type, unit } of profiles) {
    const key = `${type}\n${unit}`;
    if (!columns.has(key)) columns.set(key, builder.valueType({ type: type || 'samples', unit: unit || 'count' }));
  }
  const first = profiles[0];
  if (first === undefined) return;
  const times = profiles.flatMap(({ timeNanos }) => (timeNanos > 0n ? [timeNanos] : []));
  const start = times.reduce((least, time) => (time < least ? time : least), times[0] ?? 0n);
  const end = profiles.reduce(
    (most, { timeNanos, durationNanos }) => (timeNanos + durationNanos > most ? timeNanos + durationNanos : most),
    0n,
  );
  if (start > 0n) builder.set({ timeNanos: start });
  if (end > start) builder.set({ durationNanos: Number(end - start) });
  builder.set({ defaultType: 0, period: first.period, ...(first.periodType === undefined ? {} : { periodType: first.periodType }) });
  const tables = new Tables(message, builder, most);
  const values = new Array<number | bigint>(columns.size).fill(0);
  try {
    for (const { type, unit, samples } of profiles) {
      const column = columns.get(`${type}\n${unit}`)!;
      for (const span of samples) addSample(message, span, tables, builder, values, column, start);
    }
  } catch (error) {
    throw wireError(error, message.reader.pos);
  }
}

function addSample(
  { reader }: OtlpMessage,
  span: Span,
  tables: Tables,
  builder: ProfileBuilder,
  values: (number | bigint)[],
  column: number,
  start: bigint,
): void {
  let stack = 0;
  let link = 0;
  const attributes: number[] = [];
  const figures: Integer[] = [];
  const moments: bigint[] = [];
  reader.pos = span.start;
  while (reader.pos < span.end) {
    const tag = reader.tag();
    const field = tag >>> 3;
    const kind = tag & 7;
    if (kind === VARINT) number(field, integer(reader, true));
    else if (kind === 1 && field === 5) moments.push(fixed64(reader));
    else if (kind === BLOCK) {
      const end = block(reader);
      if (end > span.end) throw new ReadError('truncated', 'A part of the message is longer than it says.', reader.pos);
      if (field === 5) while (reader.pos < end) moments.push(fixed64(reader));
      else if (field === 2 || field === 4) while (reader.pos < end) number(field, integer(reader, true));
      reader.pos = end;
    } else skip(reader, kind);
    if (moments.length > MOST_OBSERVATIONS) throw new ReadError('too-large', 'A sample has more times than can be read safely.');
  }
  if (moments.length > 0 && figures.length > 0 && moments.length !== figures.length)
    throw new ReadError('corrupt', `A sample has ${figures.length} values and ${moments.length} times.`, span.start);
  const frames = tables.stack(stack);
  const { thread, labels } = tables.attributes(attributes, link);
  tables.spend((frames.length + labels.length + 1) * Math.max(1, moments.length));
  const add = (value: Integer, time: number | undefined) => {
    values[column] = value;
    builder.sampleFrames(frames, frames.length, values, thread, time);
    for (const { key, text, number: figure, unit } of labels) builder.label(key, text, figure, unit);
  };
  // Without times all values are one sum; without values each time counts once.
  if (moments.length === 0) add(total(figures), undefined);
  else for (const [i, moment] of moments.entries()) add(figures.length === 0 ? 1 : figures[i]!, Number(moment - start));
  values[column] = 0;

  function number(field: number, value: Integer): void {
    if (field === 1) stack = Number(value);
    else if (field === 2) attributes.push(Number(value));
    else if (field === 3) link = Number(value);
    else if (field === 4) figures.push(value);
  }
}

function total(figures: readonly Integer[]): Integer {
  if (figures.length === 1) return figures[0]!;
  const sum = figures.reduce<bigint>((before, figure) => before + BigInt(figure), 0n);
  const small = Number(sum);
  return Number.isSafeInteger(small) ? small : sum;
}

interface Label {
  readonly key: number;
  readonly text: number;
  readonly number: number;
  readonly unit: number;
}

interface Said {
  readonly thread: number;
  readonly labels: readonly Label[];
}

/** Entries of the dictionary as the builder has them, each read when it is first used. */
class Tables {
  private readonly stacks = new Map<number, readonly number[]>();
  private readonly locations = new Map<number, number>();
  private readonly functions = new Map<number, number>();
  private readonly mappings = new Map<number, number>();
  private readonly said = new Map<string, Said>();
  private spent = 0;

  constructor(
    private readonly message: OtlpMessage,
    private readonly builder: ProfileBuilder,
    private readonly most: number,
  ) {}

  /** @throws ReadError for more frames and labels than can be kept */
  spend(frames: number): void {
    this.spent += frames;
    if (this.spent > this.most) throw new ReadError('too-large', 'The stacks of all samples are more than can be read safely.');
  }

  /** Locations, leaf first. Stack 0 is none. */
  stack(index: number): readonly number[] {
    return remembered(this.stacks, index, () => {
      if (index === 0) return [];
      const found: number[] = [];
      const span = entryAt(this.message.dictionary.stacks, index, 'stack');
      const ids: number[] = [];
      fields(this.message.reader, span, { packed: [1], number: (field, id) => field === 1 && ids.push(id) });
      for (const id of ids) found.push(this.location(id));
      return found;
    });
  }

  /** Thread and labels of a sample. */
  attributes(indexes: readonly number[], link: number): Said {
    return remembered(this.said, `${indexes} ${link}`, () => {
      const { builder, message } = this;
      const { reader, dictionary } = message;
      const found = indexes.map((index) =>
        readAttribute(reader, entryAt(dictionary.attributes, index, 'attribute'), dictionary.strings, 2),
      );
      const text = (key: string) => String(found.find((attribute) => attribute.key === key)?.value ?? '');
      const name = text(THREAD_NAME) || text(THREAD_ID);
      const labels = found.flatMap(({ key, value, unit }): Label[] => {
        if (key === '' || key === (text(THREAD_NAME) === '' ? THREAD_ID : THREAD_NAME)) return [];
        if (typeof value === 'number') return [{ key: builder.string(key), text: 0, number: value, unit: builder.string(unit) }];
        return value === '' ? [] : [{ key: builder.string(key), text: builder.string(value), number: 0, unit: 0 }];
      });
      for (const [key, hex] of link === 0 ? [] : this.link(link))
        labels.push({ key: builder.string(key), text: builder.string(hex), number: 0, unit: 0 });
      return { thread: name === '' ? -1 : builder.thread(name), labels };
    });
  }

  private link(index: number): [string, string][] {
    const { reader, dictionary } = this.message;
    const ids: [string, string][] = [];
    fields(reader, entryAt(dictionary.links, index, 'link'), {
      block(field, { start, end }) {
        const hex = Buffer.from(reader.buf.buffer, reader.buf.byteOffset + start, end - start).toString('hex');
        if ((field === 1 || field === 2) && /[^0]/.test(hex)) ids.push([field === 1 ? 'trace_id' : 'span_id', hex]);
      },
    });
    return ids;
  }

  private location(index: number): number {
    return remembered(this.locations, index, () => {
      const { reader, dictionary } = this.message;
      let mapping = 0;
      let address = 0n;
      const lines: Span[] = [];
      const span = entryAt(dictionary.locations, index, 'location');
      reader.pos = span.start;
      while (reader.pos < span.end) {
        const tag = reader.tag();
        const field = tag >>> 3;
        if ((tag & 7) === VARINT) {
          const value = integer(reader, false);
          if (field === 1) mapping = Number(value);
          else if (field === 2) address = BigInt(value);
        } else if ((tag & 7) === BLOCK) {
          const end = block(reader);
          if (end > span.end) throw new ReadError('truncated', 'A part of the message is longer than it says.', reader.pos);
          if (field === 3) lines.push({ start: reader.pos, end });
          reader.pos = end;
        } else skip(reader, tag & 7);
      }
      const places = lines.map((line) => {
        const figures = [0, 0, 0, 0];
        fields(reader, line, {
          number(field, value) {
            if (field < figures.length) figures[field] = value;
          },
        });
        return { func: this.function(figures[1]!), line: figures[2]!, column: figures[3]! };
      });
      const row = mapping === 0 ? -1 : this.mapping(mapping);
      if (places.length === 0) places.push({ func: this.unnamed(mapping), line: 0, column: 0 });
      const only = places[0];
      if (row === -1 && address === 0n && places.length === 1 && only !== undefined)
        return this.builder.place(only.func, only.line, only.column);
      return this.builder.location(
        row,
        address,
        places.map(({ func }) => func),
        places.map(({ line }) => line),
        places.map(({ column }) => column),
      );
    });
  }

  private function(index: number): number {
    return remembered(this.functions, index, () => {
      const { reader, dictionary } = this.message;
      const { strings } = dictionary;
      const figures = [0, 0, 0, 0, 0];
      if (index !== 0)
        fields(reader, entryAt(dictionary.functions, index, 'function'), {
          number(field, value) {
            if (field < figures.length) figures[field] = value;
          },
        });
      const text = (at: number) => this.builder.string(stringAt(strings, at));
      const [, name, system, file, line] = figures as [number, number, number, number, number];
      return this.builder.func(text(name || system), text(system), text(file), line);
    });
  }

  /** As pprof's reader names what has no name; pprof's writer leaves such names out, so that its tools can find better ones. */
  private unnamed(mapping: number): number {
    const file = mapping === 0 ? '' : stringAt(this.message.dictionary.strings, this.fileOf(mapping));
    return this.builder.func(this.builder.string(unknownName(file)), 0, 0, 0);
  }

  private fileOf(mapping: number): number {
    let file = 0;
    fields(this.message.reader, entryAt(this.message.dictionary.mappings, mapping, 'mapping'), {
      number(field, value) {
        if (field === 4) file = value;
      },
    });
    return file;
  }

  private mapping(index: number): number {
    return remembered(this.mappings, index, () => {
      const { reader, dictionary } = this.message;
      const figures: Integer[] = [0, 0, 0, 0];
      let file = 0;
      const attributes: number[] = [];
      const span = entryAt(dictionary.mappings, index, 'mapping');
      reader.pos = span.start;
      while (reader.pos < span.end) {
        const tag = reader.tag();
        const field = tag >>> 3;
        if ((tag & 7) === VARINT) {
          const value = integer(reader, false);
          if (field < 4) figures[field] = value;
          else if (field === 4) file = Number(value);
          else if (field === 5) attributes.push(Number(value));
        } else if ((tag & 7) === BLOCK && field === 5) {
          for (const end = block(reader); reader.pos < end; ) attributes.push(Number(integer(reader, false)));
        } else skip(reader, tag & 7);
      }
      const build = attributes
        .map((at) => readAttribute(reader, entryAt(dictionary.attributes, at, 'attribute'), dictionary.strings, 2))
        .find(({ key }) => key.startsWith('process.executable.build_id'));
      const id = this.builder.string(build === undefined ? '' : String(build.value));
      const [, start, limit, offset] = figures.map(BigInt) as [bigint, bigint, bigint, bigint];
      return this.builder.mapping(this.builder.string(stringAt(dictionary.strings, file)), id, start, limit, offset);
    });
  }
}

function outdated(offset: number): ReadError {
  const sentence =
    "This is an older kind of OpenTelemetry's profile (OTLP), laid out in another way: have pprof or collapsed stacks written instead.";
  return new ReadError('unknown-format', sentence, offset);
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let found = known.get(key);
  if (found === undefined) {
    found = make();
    known.set(key, found);
  }
  return found;
}

function entryAt(entries: readonly Span[], index: number, what: string): Span {
  const found = entries[index];
  if (found === undefined) throw new ReadError('corrupt', `The profile refers to ${what} ${index}, which it does not have.`);
  return found;
}

function fixed64(reader: OtlpMessage['reader']): bigint {
  const { low, high } = reader.fixed64();
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
