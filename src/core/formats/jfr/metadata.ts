import { ReadError } from '../../errors.js';
import type { JfrReader } from './reader.js';

/** A field of an event or of a constant. */
export interface JfrField {
  readonly name: string;
  readonly type: JfrClass | undefined;
  readonly kind: 'int' | 'byte' | 'float' | 'double' | 'text' | 'key' | 'struct';
  readonly array: boolean;
}

export interface JfrClass {
  readonly id: number;
  readonly name: string;
  readonly fields: JfrField[];
  /** Bytes that a value has at least; filled in when first asked for, -1 while that is worked out. */
  size?: number;
}

interface RawField {
  readonly name: string;
  readonly type: number;
  readonly pooled: boolean;
  readonly array: boolean;
}

const PRIMITIVES = new Map<string, JfrField['kind']>([
  ['boolean', 'byte'],
  ['byte', 'byte'],
  ['char', 'int'],
  ['short', 'int'],
  ['int', 'int'],
  ['long', 'int'],
  ['float', 'float'],
  ['double', 'double'],
  ['java.lang.String', 'text'],
]);
/** Values within values; the classes of the virtual machine are three deep. */
const MAX_DEPTH = 32;

/** The classes that a chunk describes, by id. The reader stands at the metadata event. */
export function readMetadata(reader: JfrReader): Map<number, JfrClass> {
  const begin = reader.at;
  const size = reader.int();
  if (reader.int() !== 0) throw new ReadError('corrupt', 'The recording has no description of its events where it should be.', begin);
  const chunkEnd = reader.end;
  reader.end = Math.min(chunkEnd, begin + size);
  for (let i = 0; i < 3; i++) reader.int();
  const texts: string[] = [];
  const count = reader.int();
  for (let i = 0; i < count; i++) {
    const found = reader.text();
    texts.push('text' in found ? found.text : '');
  }
  const raw = readElements(reader, texts);
  reader.end = chunkEnd;
  const classes = new Map<number, JfrClass>();
  for (const { id, name } of raw) if (id >= 0) classes.set(id, { id, name, fields: [] });
  for (const { id, fields } of raw) {
    const own = classes.get(id);
    if (own === undefined || own.fields.length > 0) continue;
    for (const { name, type, pooled, array } of fields) {
      const of = classes.get(type);
      if (of === undefined) throw new ReadError('corrupt', 'The recording describes a field of a type that it does not describe.', begin);
      own.fields.push({ name, type: of, kind: pooled ? 'key' : (PRIMITIVES.get(of.name) ?? 'struct'), array });
    }
  }
  return classes;
}

/** The tree of elements: classes with their fields; the rest (annotations, settings) is passed over. */
function readElements(reader: JfrReader, texts: readonly string[]): { id: number; name: string; fields: RawField[] }[] {
  const classes: { id: number; name: string; fields: RawField[] }[] = [];
  /** Children that are still to come, outermost first. */
  const left = [1];
  while (left.length > 0) {
    if (left[left.length - 1]!-- <= 0) {
      left.pop();
      continue;
    }
    const element = texts[reader.int()] ?? '';
    const attributes = new Map<string, string>();
    const count = reader.int();
    for (let i = 0; i < count; i++) {
      const key = texts[reader.int()] ?? '';
      attributes.set(key, texts[reader.int()] ?? '');
    }
    const number = (key: string) => Number(attributes.get(key) ?? -1);
    if (element === 'class') classes.push({ id: number('id'), name: attributes.get('name') ?? '', fields: [] });
    else if (element === 'field') {
      classes.at(-1)?.fields.push({
        name: attributes.get('name') ?? '',
        type: number('class'),
        pooled: attributes.get('constantPool') === 'true',
        array: attributes.has('dimension') && attributes.get('dimension') !== '0',
      });
    }
    left.push(reader.int());
  }
  return classes;
}

/** Passes over a field's value. */
export function skipField(reader: JfrReader, field: JfrField, depth = 0): void {
  if (!field.array) {
    skipOne(reader, field, depth);
    return;
  }
  const count = reader.int();
  if (field.kind === 'struct' && sizeOf(field.type!) === 0) return;
  for (let i = 0; i < count; i++) skipOne(reader, field, depth);
}

function skipOne(reader: JfrReader, { kind, type }: JfrField, depth: number): void {
  if (kind === 'int' || kind === 'key') reader.int();
  else if (kind === 'byte') reader.byte();
  else if (kind === 'float') reader.skip(4);
  else if (kind === 'double') reader.skip(8);
  else if (kind === 'text') reader.text();
  else skipStruct(reader, type!, depth + 1);
}

export function skipStruct(reader: JfrReader, type: JfrClass, depth = 0): void {
  if (depth > MAX_DEPTH) throw new ReadError('corrupt', 'The values of the recording lie too deep within each other.', reader.at);
  // What takes no bytes could be taken without end.
  if (sizeOf(type) === 0) return;
  for (const field of type.fields) skipField(reader, field, depth);
}

/** Bytes of a value at least: 0 only for what never has any. A class within itself has no end. */
function sizeOf(type: JfrClass): number {
  if (type.size !== undefined) {
    if (type.size < 0) throw new ReadError('corrupt', 'The recording describes a value that holds itself.');
    return type.size;
  }
  type.size = -1;
  let size = 0;
  for (const field of type.fields) size += field.array || field.kind !== 'struct' ? 1 : sizeOf(field.type!);
  type.size = Math.min(size, 1);
  return type.size;
}
