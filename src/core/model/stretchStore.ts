import { GrowingUint32 } from './growing.js';
import type { StretchColumns } from './profile.js';

/** Samples `row` of the profile that have the stretches of samples `from` of what was read. */
interface Part {
  readonly stretches: StretchColumns;
  readonly row: GrowingUint32;
  readonly from: GrowingUint32;
}

/** Of which stretches of time the samples of a profile are sums, while it is being read: of one file's, or of several one after another. */
export class StretchStore {
  private readonly parts: Part[] = [];

  /** Sample `row`, which comes after all that were added, has the stretches of sample `from`. */
  add(row: number, stretches: StretchColumns, from: number): void {
    let part = this.parts.at(-1);
    if (part?.stretches !== stretches) {
      part = { stretches, row: new GrowingUint32(), from: new GrowingUint32() };
      this.parts.push(part);
    }
    part.row.push(row);
    part.from.push(from);
  }

  /** @param samples of the whole profile */
  done(samples: number): StretchColumns | undefined {
    const [part] = this.parts;
    if (part === undefined) return undefined;
    const isWhole = this.parts.length === 1 && part.row.length === samples && part.stretches.first.length === samples + 1;
    // As many in the same order are the same.
    return isWhole ? part.stretches : this.gather(samples);
  }

  private gather(samples: number): StretchColumns {
    const first = new Uint32Array(samples + 1);
    for (const { stretches, row, from } of this.parts)
      for (let i = 0; i < row.length; i++) {
        const sample = from.array[i]!;
        first[row.array[i]! + 1] = stretches.first[sample + 1]! - stretches.first[sample]!;
      }
    for (let i = 0; i < samples; i++) first[i + 1]! += first[i]!;
    const length = first[samples]!;
    const column = () => new Float64Array(length);
    const types = Math.max(...this.parts.map(({ stretches }) => stretches.values.length));
    const told = Array.from({ length: types }, (_, type) => this.parts.every(({ stretches }) => stretches.values[type] !== undefined));
    const all = { first, begin: column(), length: column(), values: told.map((isTold) => (isTold ? column() : undefined)) };
    for (const { stretches, row, from } of this.parts)
      for (let i = 0; i < row.length; i++) {
        const [begin, end] = [stretches.first[from.array[i]!]!, stretches.first[from.array[i]! + 1]!];
        const at = first[row.array[i]!]!;
        all.begin.set(stretches.begin.subarray(begin, end), at);
        all.length.set(stretches.length.subarray(begin, end), at);
        for (const [type, into] of all.values.entries()) into?.set(stretches.values[type]!.subarray(begin, end), at);
      }
    return all;
  }
}
