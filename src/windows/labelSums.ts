import type { Reader } from 'protobufjs/minimal';
import { BLOCK, block, type Integer, integer, skip, VARINT } from '../core/formats/pprof/wire.js';

/** Values that are listed of one key, and keys of one window. */
export const MOST_VALUES = 100;
export const MOST_KEYS = 32;

/** One key of labels in a window. */
export interface LabelColumn {
  readonly key: string;
  readonly values: readonly string[];
  /** In the order of the values: totals by value type, right to 15 digits. */
  readonly totals: readonly (readonly number[])[];
  /** There are more values than are listed, or such as are numbers. */
  readonly isCut: boolean;
}

/** A key by its string in the file. */
interface Key {
  readonly texts: Map<number, Sum>;
  isCut: boolean;
}

interface Sum {
  readonly totals: Float64Array;
  /** The last sample that was added: a label that a sample bears twice counts once. */
  last: number;
}

/** What of a window bears which label. All values are followed, and the largest listed: which those are is known in the end. */
export class LabelSums {
  private readonly keys = new Map<number, Key>();
  private readonly types: number;

  constructor(types: number) {
    this.types = types;
  }

  /** Labels between `pos` and `end` of a sample, in the midst of what else it has. */
  read(reader: Reader, pos: number, end: number, sample: number, values: Float64Array): void {
    reader.pos = pos;
    while (reader.pos < end) {
      const tag = reader.tag();
      if (tag !== ((3 << 3) | BLOCK)) {
        skip(reader, tag & 7);
        continue;
      }
      const stop = block(reader);
      let key: Integer = 0;
      let text: Integer = 0;
      while (reader.pos < stop) {
        const part = reader.tag();
        if ((part & 7) !== VARINT) skip(reader, part & 7);
        else if (part >>> 3 === 1) key = integer(reader, false);
        else if (part >>> 3 === 2) text = integer(reader, false);
        else integer(reader, true);
      }
      this.add(Number(key), Number(text), sample, values);
    }
  }

  private add(key: number, text: number, sample: number, values: Float64Array): void {
    let known = this.keys.get(key);
    if (known === undefined) {
      if (this.keys.size >= MOST_KEYS) return;
      known = { texts: new Map(), isCut: false };
      this.keys.set(key, known);
    }
    if (text === 0) {
      known.isCut = true;
      return;
    }
    let sum = known.texts.get(text);
    if (sum === undefined) {
      sum = { totals: new Float64Array(this.types), last: -1 };
      known.texts.set(text, sum);
    }
    if (sum.last === sample) return;
    sum.last = sample;
    for (let type = 0; type < this.types; type++) sum.totals[type]! += values[type]!;
  }

  /** @param textAt a string of the file; throws for one that it does not have */
  done(textAt: (index: number) => string): LabelColumn[] {
    return Array.from(this.keys, ([key, { texts, isCut }]) => {
      const found = Array.from(texts, ([text, { totals }]) => ({ text, totals }));
      const listed = largest(found);
      return {
        key: textAt(key),
        values: listed.map(({ text }) => textAt(text)),
        totals: listed.map(({ totals }) => [...totals]),
        isCut: isCut || found.length > listed.length,
      };
    });
  }

  /** Labels of several parts of one file. */
  static join(parts: readonly (readonly LabelColumn[])[]): LabelColumn[] {
    const keys = new Map<string, { sums: Map<string, Float64Array>; isCut: boolean }>();
    for (const { key, values, totals, isCut } of parts.flat()) {
      const known = keys.get(key) ?? { sums: new Map<string, Float64Array>(), isCut: false };
      keys.set(key, known);
      known.isCut ||= isCut;
      values.forEach((text, i) => {
        const sum = known.sums.get(text) ?? new Float64Array(totals[i]!.length);
        known.sums.set(text, sum);
        totals[i]!.forEach((total, type) => {
          sum[type]! += total;
        });
      });
    }
    return Array.from(keys, ([key, { sums, isCut }]) => {
      const listed = largest(Array.from(sums, ([text, totals]) => ({ text, totals })));
      return {
        key,
        values: listed.map(({ text }) => text),
        totals: listed.map(({ totals }) => [...totals]),
        isCut: isCut || sums.size > listed.length,
      };
    });
  }
}

/** Those with the largest figures of any type, in their order. */
function largest<T extends { readonly totals: Float64Array }>(found: readonly T[]): readonly T[] {
  if (found.length <= MOST_VALUES) return found;
  const whole = found[0]!.totals.map((_, type) => found.reduce((sum, { totals }) => sum + Math.abs(totals[type]!), 0));
  const share = ({ totals }: T) => totals.reduce((most, total, type) => Math.max(most, Math.abs(total) / (whole[type]! || 1)), 0);
  const shares = new Map(found.map((one) => [one, share(one)]));
  const kept = new Set([...found].sort((a, b) => shares.get(b)! - shares.get(a)!).slice(0, MOST_VALUES));
  return found.filter((one) => kept.has(one));
}
