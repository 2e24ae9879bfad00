import { GrowingBytes, GrowingUint32 } from '../../../model/growing.js';
import { KeyTable, mixed } from './keyTable.js';
import { UNUSUAL } from './unusual.js';

const decoder = new TextDecoder();

/** Texts of many files, each known again by its bytes: most files of a run repeat nearly all of them, in another order. */
export class RunTexts {
  /** '' is 0. */
  readonly strings: string[] = [''];
  private readonly known = new Map<string, number>([['', 0]]);
  /** Ways in which texts were written, by two hashes and their length. */
  private readonly ways = new KeyTable();
  /** Of the text at hand. */
  private hash = 0;
  private other = 0;
  /** Of every way: where its bytes begin, and its row. */
  private readonly first = new GrowingUint32();
  private readonly row = new GrowingUint32();
  private readonly bytes = new GrowingBytes();
  private view = new DataView(this.bytes.array.buffer);
  /** So that no file can be made whose texts all have one hash. */
  private readonly seed = Math.floor(Math.random() * 2 ** 31);

  /** Bytes that are kept. */
  get size(): number {
    return this.bytes.length;
  }

  /** Rows of texts into `rows`. @param ranges where each begins and ends, in pairs @param view of the content */
  readAll(content: Uint8Array, view: DataView, ranges: Uint32Array, rows: Uint32Array): void {
    const { ways, first, row } = this;
    for (let i = 0; i < ranges.length / 2; i++) {
      const begin = ranges[2 * i]!;
      const end = ranges[2 * i + 1]!;
      this.mix(content, view, begin, end);
      let way = ways.find(this.hash, this.other, end - begin);
      if (way < 0) way = this.add(content, begin, end);
      else if (!this.isSame(first.array[way]!, content, view, begin, end)) throw UNUSUAL;
      rows[i] = row.array[way]!;
    }
  }

  private mix(content: Uint8Array, view: DataView, from: number, to: number): void {
    let hash = this.seed;
    let other = to - from;
    let pos = from;
    for (; pos + 4 <= to; pos += 4) {
      const four = view.getInt32(pos, true);
      hash = mixed(hash, four);
      other = (Math.imul(other, 31) + four) | 0;
    }
    for (; pos < to; pos++) {
      hash = mixed(hash, content[pos]!);
      other = (Math.imul(other, 31) + content[pos]!) | 0;
    }
    this.hash = hash;
    this.other = other;
  }

  /** A way that was not found. */
  private add(content: Uint8Array, from: number, to: number): number {
    const way = this.first.length;
    this.ways.put(this.hash, this.other, to - from, way);
    this.first.push(this.bytes.length);
    this.bytes.append(content, from, to);
    if (this.view.buffer !== this.bytes.array.buffer) this.view = new DataView(this.bytes.array.buffer);
    this.row.push(this.rowOf(decoder.decode(content.subarray(from, to))));
    return way;
  }

  rowOf(text: string): number {
    let row = this.known.get(text);
    if (row === undefined) {
      row = this.strings.push(text) - 1;
      this.known.set(text, row);
    }
    return row;
  }

  private isSame(start: number, content: Uint8Array, view: DataView, from: number, to: number): boolean {
    const own = this.bytes.array;
    let at = start;
    let pos = from;
    for (; pos + 4 <= to; pos += 4, at += 4) if (this.view.getInt32(at, true) !== view.getInt32(pos, true)) return false;
    for (; pos < to; pos++, at++) if (own[at] !== content[pos]) return false;
    return true;
  }
}
