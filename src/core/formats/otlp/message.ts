import type { Reader } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';
import { BLOCK, block, integer, openReader, skip, VARINT, wireError } from '../pprof/wire.js';

/** A name and what it is said to be; numbers have a unit where one is told. */
export interface Attribute {
  readonly key: string;
  readonly value: string | number;
  readonly unit: string;
}

/** Where a message lies in the content. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Profiles of one resource (a process, a container, a service) by one instrumentation scope. */
export interface ProfileGroup {
  readonly resource: readonly Attribute[];
  readonly scope: { readonly name: string; readonly version: string };
  readonly profiles: readonly Span[];
}

/** Tables that all profiles of a message share, as they lie in it. */
export interface Dictionary {
  readonly strings: readonly string[];
  readonly mappings: readonly Span[];
  readonly locations: readonly Span[];
  readonly functions: readonly Span[];
  readonly links: readonly Span[];
  readonly attributes: readonly Span[];
  readonly stacks: readonly Span[];
}

/** OTLP's ProfilesData, or ExportProfilesServiceRequest: they are the same to the byte. */
export interface OtlpMessage {
  readonly reader: Reader;
  readonly dictionary: Dictionary;
  readonly groups: readonly ProfileGroup[];
}

/** Entries of one table, and groups: more are refused. */
const MOST_ENTRIES = 2 ** 24;
/** How deep values may lie in lists of lists; deeper ones are left out. */
const DEEPEST = 8;

/**
 * Finds the parts of a message of OpenTelemetry's profiles, v1development
 * (https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/profiles/v1development/profiles.proto). @throws ReadError
 */
export function openOtlp(content: Uint8Array): OtlpMessage {
  const reader = openReader(content);
  try {
    const resources: Span[] = [];
    const tables: Span[][] = Array.from({ length: 8 }, () => []);
    eachBlock(reader, { start: 0, end: content.length }, (field, span) => {
      if (field === 1) push(resources, span);
      else if (field === 2) eachBlock(reader, span, (table, entry) => table < 8 && push(tables[table]!, entry));
    });
    const strings = tables[5]!.map((span) => textOf(reader, span));
    const [, mappings, locations, functions, links, , attributes, stacks] = tables as [
      Span[],
      Span[],
      Span[],
      Span[],
      Span[],
      Span[],
      Span[],
      Span[],
    ];
    const dictionary = { strings, mappings, locations, functions, links, attributes, stacks };
    const groups = resources.flatMap((span) => readResource(reader, span, strings));
    return { reader, dictionary, groups };
  } catch (error) {
    throw wireError(error, Math.min(reader.pos, content.length));
  }
}

function readResource(reader: Reader, span: Span, strings: readonly string[]): ProfileGroup[] {
  const resource: Attribute[] = [];
  const groups: ProfileGroup[] = [];
  eachBlock(reader, span, (field, inner) => {
    if (field === 1) eachBlock(reader, inner, (part, pair) => part === 1 && push(resource, readAttribute(reader, pair, strings, 1)));
    else if (field === 2) {
      let scope = { name: '', version: '' };
      const profiles: Span[] = [];
      eachBlock(reader, inner, (part, found) => {
        if (part === 1) scope = readScope(reader, found);
        else if (part === 2) push(profiles, found);
      });
      push(groups, { resource, scope, profiles });
    }
  });
  return groups;
}

function readScope(reader: Reader, span: Span): { name: string; version: string } {
  const scope = { name: '', version: '' };
  eachBlock(reader, span, (field, text) => {
    if (field === 1) scope.name = textOf(reader, text);
    else if (field === 2) scope.version = textOf(reader, text);
  });
  return scope;
}

/**
 * KeyValue, and KeyValueAndUnit of the dictionary.
 * @param kind 1: the key is a text (1) or a string's index (3); 2: the key is a string's index (1), and the unit too (3)
 */
export function readAttribute(reader: Reader, span: Span, strings: readonly string[], kind: 1 | 2): Attribute {
  let key = '';
  let unit = '';
  let value: string | number = '';
  fields(reader, span, {
    number(field, index) {
      if (field === (kind === 1 ? 3 : 1)) key = stringAt(strings, index);
      else if (field === 3) unit = stringAt(strings, index);
    },
    block(field, inner) {
      if (field === 1 && kind === 1) key = textOf(reader, inner);
      else if (field === 2) value = readValue(reader, inner, strings, 0);
    },
  });
  return { key, value, unit };
}

/** AnyValue; lists are written as JSON writes them. */
function readValue(reader: Reader, span: Span, strings: readonly string[], depth: number): string | number {
  let value: string | number = '';
  reader.pos = span.start;
  while (reader.pos < span.end) {
    const tag = reader.tag();
    const field = tag >>> 3;
    const kind = tag & 7;
    if (field === 2 && kind === VARINT) value = integer(reader, false) === 0 ? 'false' : 'true';
    else if (field === 3 && kind === VARINT) {
      const number = integer(reader, true);
      value = typeof number === 'bigint' ? String(number) : number;
    } else if (field === 4 && kind === 1) value = String(reader.double());
    else if (field === 8 && kind === VARINT) value = stringAt(strings, Number(integer(reader, true)));
    else if (kind === BLOCK) {
      const inner = { end: block(reader), start: reader.pos };
      if (inner.end > span.end) throw cut(inner.start);
      if (field === 1) value = textOf(reader, inner);
      else if (field === 7) value = Buffer.from(reader.buf.subarray(inner.start, inner.end)).toString('hex');
      else if (field === 5 && depth < DEEPEST)
        value = JSON.stringify(list(reader, inner, (one) => readValue(reader, one, strings, depth + 1)));
      else if (field === 6 && depth < DEEPEST) {
        const pairs = list(reader, inner, (one) => readAttribute(reader, one, strings, 1));
        value = JSON.stringify(Object.fromEntries(pairs.map((pair) => [pair.key, pair.value])));
      }
      reader.pos = inner.end;
    } else skip(reader, kind);
  }
  return value;
}

function list<T>(reader: Reader, span: Span, read: (span: Span) => T): T[] {
  const found: T[] = [];
  eachBlock(reader, span, (field, inner) => field === 1 && push(found, read(inner)));
  return found;
}

/** What is done with the fields of a message; numbers of a packed list come one by one. */
export interface FieldVisitor {
  number?(field: number, value: number): void;
  /** A block; `asNumbers` hands it to `number` as a packed list instead. */
  block?(field: number, span: Span): void;
  readonly packed?: readonly number[];
}

/** Goes through the fields of a message. Figures past 2^53 are rounded: see `integers` for such as must not be. @throws ReadError */
export function fields(reader: Reader, span: Span, visitor: FieldVisitor): void {
  reader.pos = span.start;
  while (reader.pos < span.end) {
    const tag = reader.tag();
    const field = tag >>> 3;
    const kind = tag & 7;
    if (kind === VARINT) {
      const value = Number(integer(reader, true));
      visitor.number?.(field, value);
    } else if (kind === BLOCK) {
      const end = block(reader);
      if (end > span.end) throw cut(reader.pos);
      if (visitor.packed?.includes(field)) while (reader.pos < end) visitor.number?.(field, Number(integer(reader, true)));
      else visitor.block?.(field, { start: reader.pos, end });
      reader.pos = end;
    } else skip(reader, kind);
  }
  if (reader.pos > span.end) throw cut(span.end);
}

/** Goes through the blocks of a message; `visit` may move the reader. @throws ReadError */
export function eachBlock(reader: Reader, span: Span, visit: (field: number, span: Span) => unknown): void {
  fields(reader, span, { block: visit });
}

export function textOf(reader: Reader, { start, end }: Span): string {
  return Buffer.from(reader.buf.buffer, reader.buf.byteOffset + start, end - start).toString('utf8');
}

/** @throws ReadError for a string that is not there */
export function stringAt(strings: readonly string[], index: number): string {
  const text = strings[index];
  if (text !== undefined) return text;
  // Index 0 means none, and who sends no strings at all may leave the empty one out.
  if (index === 0) return '';
  throw new ReadError('corrupt', `The profile refers to string ${index}, which it does not have.`);
}

function push<T>(into: T[], value: T): void {
  if (into.length >= MOST_ENTRIES) throw new ReadError('too-large', 'The message has more parts than can be read safely.');
  into.push(value);
}

function cut(offset: number): ReadError {
  return new ReadError('truncated', 'A part of the message is longer than it says.', offset);
}
