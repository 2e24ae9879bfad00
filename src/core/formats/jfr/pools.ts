import { GrowingFloat64, GrowingInt32 } from '../../model/growing.js';
import { checkRoom } from '../../model/limits.js';
import { type JfrClass, type JfrField, skipField, skipStruct } from './metadata.js';
import type { JfrReader, JfrText } from './reader.js';

/** A method by the keys of its parts. */
interface Method {
  readonly type: number;
  readonly name: number;
  readonly descriptor: number;
}

/** The constants of a chunk that stacks are made of. */
export class JfrPools {
  /** Rows of `method` and `line`, leaf first: `first` and the one after the last. */
  readonly stacks = new Map<number, { readonly first: number; readonly end: number; readonly truncated: boolean }>();
  readonly method = new GrowingFloat64();
  readonly line = new GrowingInt32();
  readonly methods = new Map<number, Method>();
  /** Key of the name. */
  readonly classes = new Map<number, number>();
  readonly symbols = new Map<number, JfrText>();
  readonly texts = new Map<number, JfrText>();
  readonly threads = new Map<number, { readonly java: JfrText; readonly system: JfrText }>();

  text(found: JfrText | undefined): string {
    if (found === undefined) return '';
    if ('text' in found) return found.text;
    const other = this.texts.get(found.key);
    // A text that refers to another has been followed once: enough for what recorders write, and no cycle.
    return other !== undefined && 'text' in other ? other.text : '';
  }

  symbol(key: number): string {
    return this.text(this.symbols.get(key));
  }
}

const NONE: JfrText = { text: '' };

/** Takes the constants of a checkpoint event; the reader stands behind its type. */
export function readCheckpoint(reader: JfrReader, classes: ReadonlyMap<number, JfrClass>, pools: JfrPools): void {
  for (let i = 0; i < 3; i++) reader.int();
  reader.byte();
  const count = reader.int();
  for (let i = 0; i < count; i++) {
    const type = classes.get(reader.int());
    const entries = reader.int();
    // A type that is not described has no length: what follows cannot be found.
    if (type === undefined) return;
    const take = TAKERS.get(type.name);
    for (let entry = 0; entry < entries; entry++) {
      const key = reader.int();
      if (take === undefined) skipStruct(reader, type);
      else take(reader, type, key, pools);
    }
  }
}

type Taker = (reader: JfrReader, type: JfrClass, key: number, pools: JfrPools) => void;

/** Goes through the fields of a value: integers and texts go to `int` and `text`, the others are passed over. */
function plain(
  reader: JfrReader,
  type: JfrClass,
  int: (name: string, value: number) => void,
  text: (name: string, value: JfrText) => void = nothing,
): void {
  for (const field of type.fields) {
    if (field.array) skipField(reader, field);
    else if (field.kind === 'int' || field.kind === 'key') int(field.name, reader.int());
    else if (field.kind === 'text') text(field.name, reader.text());
    else skipField(reader, field);
  }
}

function nothing(): void {}

const TAKERS: ReadonlyMap<string, Taker> = new Map<string, Taker>([
  ['jdk.types.StackTrace', takeStack],
  [
    'jdk.types.Method',
    (reader, type, key, pools) => {
      // Recorders write those that they saw running; more than can be shown are refused before they fill the memory.
      checkRoom('functions', pools.methods.size);
      const method = { type: 0, name: 0, descriptor: 0 };
      plain(reader, type, (name, value) => {
        if (name === 'type' || name === 'name' || name === 'descriptor') method[name] = value;
      });
      pools.methods.set(key, method);
    },
  ],
  [
    'java.lang.Class',
    (reader, type, key, pools) => {
      pools.classes.set(key, 0);
      plain(reader, type, (name, value) => {
        if (name === 'name') pools.classes.set(key, value);
      });
    },
  ],
  [
    'jdk.types.Symbol',
    (reader, type, key, pools) => {
      checkRoom('texts', pools.symbols.size);
      let symbol: JfrText = NONE;
      plain(reader, type, nothing, (name, value) => {
        if (name === 'string') symbol = value;
      });
      pools.symbols.set(key, symbol);
    },
  ],
  ['java.lang.String', (reader, _type, key, pools) => void pools.texts.set(key, reader.text())],
  [
    'java.lang.Thread',
    (reader, type, key, pools) => {
      const thread: { java: JfrText; system: JfrText } = { java: NONE, system: NONE };
      plain(reader, type, nothing, (name, value) => {
        if (name === 'javaName') thread.java = value;
        else if (name === 'osName') thread.system = value;
      });
      pools.threads.set(key, thread);
    },
  ],
]);

function takeStack(reader: JfrReader, type: JfrClass, key: number, pools: JfrPools): void {
  const first = pools.method.length;
  let truncated = false;
  for (const field of type.fields) {
    if (field.name === 'frames' && field.array && field.kind === 'struct') takeFrames(reader, field, pools);
    else if (field.name === 'truncated' && field.kind === 'byte' && !field.array) truncated = reader.byte() !== 0;
    else skipField(reader, field);
  }
  pools.stacks.set(key, { first, end: pools.method.length, truncated });
}

function takeFrames(reader: JfrReader, { type }: JfrField, pools: JfrPools): void {
  const { fields } = type!;
  const count = reader.int();
  if (fields.length === 0) return;
  for (let i = 0; i < count; i++) {
    let method = 0;
    let line = 0;
    for (const field of fields) {
      const whole = !field.array && (field.kind === 'int' || field.kind === 'key');
      if (whole && field.name === 'method') method = reader.int();
      else if (whole && field.name === 'lineNumber') line = reader.int();
      else skipField(reader, field);
    }
    pools.method.push(method);
    pools.line.push(line);
  }
}
