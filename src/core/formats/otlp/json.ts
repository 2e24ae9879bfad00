import { Writer } from 'protobufjs/minimal';
import { ReadError } from '../../errors.js';

/** How a field is written: a message by its fields, or a plain value. Names are those of JSON. */
type Kind = 'text' | 'index' | 'number' | 'unsigned' | 'fixed' | 'double' | 'flag' | 'hex' | 'base64' | Message;
interface Field {
  readonly id: number;
  readonly kind: Kind | (() => Kind);
  readonly isList?: boolean;
}
type Message = Readonly<Record<string, Field>>;

const one = (id: number, kind: Field['kind']): Field => ({ id, kind });
const list = (id: number, kind: Field['kind']): Field => ({ id, kind, isList: true });

const VALUE: Message = {
  stringValue: one(1, 'text'),
  boolValue: one(2, 'flag'),
  intValue: one(3, 'number'),
  doubleValue: one(4, 'double'),
  arrayValue: one(5, () => ({ values: list(1, VALUE) })),
  kvlistValue: one(6, () => ({ values: list(1, PAIR) })),
  bytesValue: one(7, 'base64'),
  stringValueStrindex: one(8, 'index'),
};
const PAIR: Message = { key: one(1, 'text'), value: one(2, VALUE), keyStrindex: one(3, 'index') };
const TYPE: Message = { typeStrindex: one(1, 'index'), unitStrindex: one(2, 'index') };
const SAMPLE: Message = {
  stackIndex: one(1, 'index'),
  attributeIndices: list(2, 'index'),
  linkIndex: one(3, 'index'),
  values: list(4, 'number'),
  timestampsUnixNano: list(5, 'fixed'),
};
const PROFILE: Message = {
  sampleType: one(1, TYPE),
  samples: list(2, SAMPLE),
  timeUnixNano: one(3, 'fixed'),
  durationNano: one(4, 'unsigned'),
  periodType: one(5, TYPE),
  period: one(6, 'number'),
  profileId: one(7, 'hex'),
  originalPayloadFormat: one(9, 'text'),
  originalPayload: one(10, 'base64'),
  attributeIndices: list(11, 'index'),
};
const LINE: Message = { functionIndex: one(1, 'index'), line: one(2, 'number'), column: one(3, 'number') };
const REQUEST: Message = {
  resourceProfiles: list(1, {
    resource: one(1, { attributes: list(1, PAIR) }),
    scopeProfiles: list(2, { scope: one(1, { name: one(1, 'text'), version: one(2, 'text') }), profiles: list(2, PROFILE) }),
  }),
  dictionary: one(2, {
    mappingTable: list(1, {
      memoryStart: one(1, 'unsigned'),
      memoryLimit: one(2, 'unsigned'),
      fileOffset: one(3, 'unsigned'),
      filenameStrindex: one(4, 'index'),
      attributeIndices: list(5, 'index'),
    }),
    locationTable: list(2, {
      mappingIndex: one(1, 'index'),
      address: one(2, 'unsigned'),
      lines: list(3, LINE),
      attributeIndices: list(4, 'index'),
    }),
    functionTable: list(3, {
      nameStrindex: one(1, 'index'),
      systemNameStrindex: one(2, 'index'),
      filenameStrindex: one(3, 'index'),
      startLine: one(4, 'number'),
    }),
    linkTable: list(4, { traceId: one(1, 'hex'), spanId: one(2, 'hex') }),
    stringTable: list(5, 'text'),
    attributeTable: list(6, { keyStrindex: one(1, 'index'), value: one(2, VALUE), unitStrindex: one(3, 'index') }),
    stackTable: list(7, { locationIndices: list(1, 'index') }),
  }),
};
/** How deep values may lie in lists of lists. */
const DEEPEST = 32;
const LIMITS = {
  index: [-(2n ** 31n), 2n ** 31n],
  number: [-(2n ** 63n), 2n ** 63n],
  unsigned: [0n, 2n ** 64n],
  fixed: [0n, 2n ** 64n],
} as const;

/**
 * The same message as OTLP/HTTP has it in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): names in lowerCamelCase, ids
 * of traces, spans and profiles in hexadecimal figures, other bytes in base64, 64-bit numbers as texts or numbers; what is unknown is left
 * out. @returns protobuf @throws ReadError
 */
export function fromOtlpJson(body: Uint8Array): Uint8Array {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new ReadError('corrupt', 'The body is no JSON.');
  }
  const writer = Writer.create();
  write(writer, REQUEST, value, 'The request', 0);
  return writer.finish();
}

function write(writer: Writer, message: Message, value: unknown, name: string, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object');
  if (depth > DEEPEST) throw new ReadError('corrupt', 'The request has lists in lists in lists.');
  for (const [key, { id, kind, isList }] of Object.entries(message)) {
    const found = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    if (found === undefined || found === null) continue;
    if (isList && !Array.isArray(found)) throw wrong(key, 'a list');
    const plain = typeof kind === 'function' ? kind() : kind;
    for (const each of isList ? (found as unknown[]) : [found]) field(writer, id, plain, each, key, depth);
  }
}

function field(writer: Writer, id: number, kind: Kind, value: unknown, name: string, depth: number): void {
  const tag = (wire: number) => writer.uint32(id * 8 + wire);
  if (typeof kind === 'object') {
    tag(2).fork();
    write(writer, kind, value, name, depth + 1);
    writer.ldelim();
  } else if (kind === 'text') {
    if (typeof value !== 'string') throw wrong(name, 'a text');
    tag(2).string(value);
  } else if (kind === 'hex' || kind === 'base64') {
    const isFine = kind === 'hex' ? /^(?:[0-9a-f]{2})*$/i : /^[A-Za-z0-9+/_-]*={0,2}$/;
    if (typeof value !== 'string' || !isFine.test(value)) throw wrong(name, kind === 'hex' ? 'hexadecimal figures' : 'base64');
    tag(2).bytes(Buffer.from(value, kind));
  } else if (kind === 'flag') tag(0).bool(value === true);
  else if (kind === 'double') {
    const number = typeof value === 'string' ? Number(value.replace(/^(-?)inf$/i, '$1Infinity')) : value;
    if (typeof number !== 'number') throw wrong(name, 'a number');
    tag(1).double(number);
  } else {
    const number = whole(value, name);
    const [least, end] = LIMITS[kind];
    if (number < least || number >= end) throw wrong(name, 'a number that fits');
    if (kind === 'fixed') tag(1).fixed64(longOf(number));
    else tag(0).uint64(longOf(number));
  }
}

/** Negative ones in two's complement, as they are on the wire. */
function longOf(number: bigint): never {
  const bits = BigInt.asUintN(64, number);
  return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: true } as never;
}

function whole(value: unknown, name: string): bigint {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw wrong(name, 'a whole number');
}

function wrong(name: string, wanted: string): ReadError {
  return new ReadError('corrupt', `${name} wants to be ${wanted}.`);
}
