import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { ValueTotal, WindowFacts } from './facts.js';

/** A file that is no window, and why: it is not read again as long as it stays the same. */
export interface Unreadable {
  readonly path: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  /** One sentence. */
  readonly reason: string;
}

/** What the index keeps of one day. */
export interface Shard {
  readonly windows: readonly WindowFacts[];
  readonly unreadable: readonly Unreadable[];
}

/** Begins every file of the index; another version begins otherwise, and is made anew. */
const MAGIC = Buffer.from('heatline windows 1\n');
const HASH = 32;

/** Columns of windows; texts are indexes into `texts`. What a window has several of lies between its `first` and the next one's. */
interface Columns {
  readonly texts: readonly string[];
  readonly count: number;
  readonly paths: string;
  readonly startNanos: readonly bigint[];
  /** Bytes, mtimeMs, processId, durationNanos, samples of each. */
  readonly figures: Float64Array;
  /** Service, version, host, profileId (-1 for none) of each. */
  readonly names: Int32Array;
  /** Type and unit. */
  readonly typeFirst: Uint32Array;
  readonly types: Uint32Array;
  readonly totals: Float64Array;
  /** Totals past 2^53, by their place in `totals`. */
  readonly exact: ReadonlyMap<number, bigint>;
  /** Name and text. */
  readonly tagFirst: Uint32Array;
  readonly tags: Uint32Array;
  /** Key, 1 if it is cut, number of values; then the values' texts. Their totals follow one another in `labelTotals`. */
  readonly labelFirst: Uint32Array;
  readonly labels: Uint32Array;
  readonly labelTotalFirst: Uint32Array;
  readonly labelTotals: Float64Array;
  readonly unreadable: readonly Unreadable[];
}

const FIGURES = 5;
const NAMES = 4;

export function packShard({ windows, unreadable }: Shard): Buffer {
  const index = new Map<string, number>();
  const text = (one: string): number => {
    let known = index.get(one);
    if (known === undefined) {
      known = index.size;
      index.set(one, known);
    }
    return known;
  };
  const figures: number[] = [];
  const names: number[] = [];
  const [types, totals, tags, labels, labelTotals]: number[][] = [[], [], [], [], []];
  const [typeFirst, tagFirst, labelFirst, labelTotalFirst]: number[][] = [[], [], [], []];
  const exact = new Map<number, bigint>();
  for (const window of windows) {
    figures.push(window.bytes, window.mtimeMs, window.processId, window.durationNanos, window.samples);
    names.push(text(window.service), text(window.version), text(window.host));
    names.push(window.profileId === undefined ? -1 : text(window.profileId));
    typeFirst!.push(types!.length / 2);
    for (const { type, unit, total } of window.types) {
      types!.push(text(type), text(unit));
      if (typeof total === 'bigint') exact.set(totals!.length, total);
      totals!.push(Number(total));
    }
    tagFirst!.push(tags!.length / 2);
    for (const [name, value] of Object.entries(window.tags)) tags!.push(text(name), text(value));
    labelFirst!.push(labels!.length);
    labelTotalFirst!.push(labelTotals!.length);
    for (const [key, values] of Object.entries(window.labels)) {
      labels!.push(text(key), window.cutLabels.includes(key) ? 1 : 0, values.length, ...values.map(text));
      for (const one of window.labelTotals[key] ?? []) labelTotals!.push(...one);
    }
  }
  typeFirst!.push(types!.length / 2);
  tagFirst!.push(tags!.length / 2);
  labelFirst!.push(labels!.length);
  labelTotalFirst!.push(labelTotals!.length);
  const columns: Columns = {
    texts: [...index.keys()],
    count: windows.length,
    paths: windows.map(({ path }) => path).join('\0'),
    startNanos: windows.map(({ startNanos }) => startNanos),
    figures: Float64Array.from(figures),
    names: Int32Array.from(names),
    typeFirst: Uint32Array.from(typeFirst!),
    types: Uint32Array.from(types!),
    totals: Float64Array.from(totals!),
    exact,
    tagFirst: Uint32Array.from(tagFirst!),
    tags: Uint32Array.from(tags!),
    labelFirst: Uint32Array.from(labelFirst!),
    labels: Uint32Array.from(labels!),
    labelTotalFirst: Uint32Array.from(labelTotalFirst!),
    labelTotals: Float64Array.from(labelTotals!),
    unreadable,
  };
  const content = serialize(columns);
  return Buffer.concat([MAGIC, createHash('sha256').update(content).digest(), content]);
}

/** Undefined for what is damaged, or of another version. */
export function unpackShard(bytes: Buffer): Shard | undefined {
  const content = bytes.subarray(MAGIC.length + HASH);
  if (bytes.length < MAGIC.length + HASH || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (
    !createHash('sha256')
      .update(content)
      .digest()
      .equals(bytes.subarray(MAGIC.length, MAGIC.length + HASH))
  )
    return undefined;
  try {
    const columns = deserialize(content) as Columns;
    const paths = columns.count === 0 ? [] : columns.paths.split('\0');
    return { windows: paths.map((path, row) => new KeptWindow(path, row, columns)), unreadable: columns.unreadable };
  } catch {
    // Another version of Node wrote it.
    return undefined;
  }
}

/** A window of the index: what few ask for is put together when it is asked for. */
class KeptWindow implements WindowFacts {
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly processId: number;
  readonly durationNanos: number;
  readonly samples: number;
  readonly service: string;
  readonly version: string;
  readonly host: string;
  readonly startNanos: bigint;
  declare readonly profileId?: string;
  readonly #columns: Columns;
  readonly #row: number;

  constructor(
    readonly path: string,
    row: number,
    columns: Columns,
  ) {
    const { figures, names, texts, startNanos } = columns;
    const at = row * FIGURES;
    this.bytes = figures[at]!;
    this.mtimeMs = figures[at + 1]!;
    this.processId = figures[at + 2]!;
    this.durationNanos = figures[at + 3]!;
    this.samples = figures[at + 4]!;
    const name = row * NAMES;
    this.service = texts[names[name]!]!;
    this.version = texts[names[name + 1]!]!;
    this.host = texts[names[name + 2]!]!;
    this.startNanos = startNanos[row]!;
    if (names[name + 3]! >= 0) this.profileId = texts[names[name + 3]!]!;
    this.#columns = columns;
    this.#row = row;
  }

  get types(): ValueTotal[] {
    const { typeFirst, types, totals, exact, texts } = this.#columns;
    const found: ValueTotal[] = [];
    for (let i = typeFirst[this.#row]!; i < typeFirst[this.#row + 1]!; i++)
      found.push({ type: texts[types[2 * i]!]!, unit: texts[types[2 * i + 1]!]!, total: exact.get(i) ?? totals[i]! });
    return found;
  }

  get tags(): Record<string, string> {
    const { tagFirst, tags, texts } = this.#columns;
    const found: [string, string][] = [];
    for (let i = tagFirst[this.#row]!; i < tagFirst[this.#row + 1]!; i++) found.push([texts[tags[2 * i]!]!, texts[tags[2 * i + 1]!]!]);
    return Object.fromEntries(found);
  }

  get labels(): Record<string, readonly string[]> {
    return Object.fromEntries(this.#labels().map(({ key, values }) => [key, values]));
  }

  get labelTotals(): Record<string, readonly (readonly number[])[]> {
    return Object.fromEntries(this.#labels().map(({ key, totals }) => [key, totals]));
  }

  get cutLabels(): string[] {
    return this.#labels().flatMap(({ key, isCut }) => (isCut ? [key] : []));
  }

  /** All of it, also what is put together when it is asked for: the same as a window that was just read. */
  toJSON(): WindowFacts {
    const { types, tags, labels, labelTotals, cutLabels } = this;
    return { ...this, types, tags, labels, labelTotals, cutLabels };
  }

  /** One key of the labels, without putting the others together. */
  label(key: string): LabelFacts | undefined {
    const { labelFirst, labels, texts } = this.#columns;
    let total = 0;
    for (let at = labelFirst[this.#row]!; at < labelFirst[this.#row + 1]!; at += 3 + labels[at + 2]!) {
      if (texts[labels[at]!] === key) return this.#labelAt(at, total);
      total += labels[at + 2]!;
    }
    return undefined;
  }

  #labels(): (LabelFacts & { readonly key: string })[] {
    const { labelFirst, labels, texts } = this.#columns;
    const found = [];
    let total = 0;
    for (let at = labelFirst[this.#row]!; at < labelFirst[this.#row + 1]!; at += 3 + labels[at + 2]!) {
      found.push({ key: texts[labels[at]!]!, ...this.#labelAt(at, total) });
      total += labels[at + 2]!;
    }
    return found;
  }

  /** @param at its place among the labels @param before values of this window before its first */
  #labelAt(at: number, before: number): LabelFacts {
    const { labels, labelTotalFirst, labelTotals, texts, typeFirst } = this.#columns;
    const types = typeFirst[this.#row + 1]! - typeFirst[this.#row]!;
    const from = labelTotalFirst[this.#row]! + before * types;
    const values = Array.from({ length: labels[at + 2]! }, (_, i) => texts[labels[at + 3 + i]!]!);
    const totals = values.map((_, i) => Array.from(labelTotals.subarray(from + i * types, from + (i + 1) * types)));
    return { isCut: labels[at + 1] === 1, values, totals };
  }
}

/** What a window tells of one key of labels. */
export interface LabelFacts {
  readonly values: readonly string[];
  /** In their order: totals by type. */
  readonly totals: readonly (readonly number[])[];
  readonly isCut: boolean;
}

export function labelFacts(window: WindowFacts, key: string): LabelFacts | undefined {
  if (window instanceof KeptWindow) return window.label(key);
  const values = Object.hasOwn(window.labels, key) ? window.labels[key] : undefined;
  return values && { values, totals: window.labelTotals[key]!, isCut: window.cutLabels.includes(key) };
}
