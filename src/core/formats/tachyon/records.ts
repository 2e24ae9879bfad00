import { ReadError } from '../../errors.js';
import { ThreadStatus } from '../../model/profile.js';
import { ByteCursor } from './cursor.js';
import { TachyonSamples, type TachyonThread } from './samples.js';

/** Kinds of records: the stack is the thread's last one, a whole one, one with more frames on top, one with others on top. */
const REPEAT = 0;
const FULL = 1;
const SUFFIX = 2;
const POP_PUSH = 3;

/** Records between two pauses. */
const STRIDE = 1 << 16;

/** More threads than this are no recording of a program. */
const MAX_THREADS = 2 ** 18;

/**
 * Reads sample records up to their end.
 * @param frames number of frames in the table
 * @param push gives the stack (-1 none) of which `frame` is called from stack `prefix` (-1: it is the root)
 * @param pause called now and then with the share that is done
 * @throws ReadError
 */
export async function readRecords(
  bytes: Uint8Array,
  littleEndian: boolean,
  frames: number,
  push: (prefix: number, frame: number) => number,
  pause: (share: number) => Promise<void>,
): Promise<TachyonSamples> {
  const samples = new TachyonSamples();
  const cursor = new ByteCursor(bytes, 0, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const threadOf = threadFinder(samples.threads);

  let time = 0;
  let status = 0;
  /** Reads the time and the status that begin each sample. */
  const begin = (thread: TachyonThread): void => {
    thread.time += cursor.varint();
    if (thread.time > Number.MAX_SAFE_INTEGER) throw new ReadError('corrupt', 'A sample is later than any can be.', cursor.at);
    time = thread.time;
    status = cursor.byte();
    if (status & ThreadStatus.mainThread) thread.main = true;
  };
  /** Reads `count` frames, the topmost first, and puts them on what is left of the thread's stack. */
  const read: number[] = [];
  const put = (thread: TachyonThread, count: number): void => {
    cursor.room(count, 1);
    read.length = 0;
    for (let i = 0; i < count; i++) {
      const frame = cursor.varint();
      if (frame >= frames) throw new ReadError('corrupt', `A stack has frame ${frame}; the file has ${frames}.`, cursor.at);
      read.push(frame);
    }
    const { stacks, frames: known } = thread;
    let { kept } = thread;
    for (let i = count - 1; i >= 0; i--, kept++) {
      const frame = read[i]!;
      // What the file gives anew is often what was there: such frames need not be looked up.
      if (known[kept] === frame) continue;
      stacks.length = known.length = kept;
      stacks.push(push(stacks.at(-1) ?? -1, frame));
      known.push(frame);
    }
    stacks.length = known.length = kept;
  };
  const keep = (thread: TachyonThread, count: number, at: number): void => {
    if (count > thread.stacks.length || count < 0) {
      throw new ReadError('corrupt', `A stack shares frames with one of only ${thread.stacks.length}.`, at);
    }
    thread.kept = count;
  };

  for (let record = 1; cursor.at < bytes.length; record++) {
    if (record % STRIDE === 0) await pause(cursor.at / bytes.length);
    const at = cursor.at;
    cursor.room(13, 1);
    const low = view.getUint32(littleEndian ? at : at + 4, littleEndian);
    const high = view.getUint32(littleEndian ? at + 4 : at, littleEndian);
    const row = threadOf(high, low, view.getUint32(at + 8, littleEndian));
    const thread = samples.threads[row]!;
    cursor.at += 12;
    const kind = cursor.byte();
    if (kind === REPEAT) {
      const count = cursor.varint();
      cursor.room(count, 2);
      const stack = thread.stacks.at(-1) ?? -1;
      for (let i = 0; i < count; i++) {
        begin(thread);
        samples.add(row, stack, time, status);
      }
      continue;
    }
    if (kind > POP_PUSH) throw new ReadError('corrupt', `A sample is written in an unknown way (${kind}).`, at);
    begin(thread);
    if (kind === FULL) keep(thread, 0, at);
    else if (kind === SUFFIX) keep(thread, cursor.varint(), at);
    else keep(thread, thread.stacks.length - cursor.varint(), at);
    put(thread, cursor.varint());
    samples.add(row, thread.stacks.at(-1) ?? -1, time, status);
  }
  return samples;
}

/** Finds or makes the row of a thread, asked mostly for the same few. */
function threadFinder(threads: TachyonThread[]): (high: number, low: number, interpreter: number) => number {
  const rows = new Map<bigint, number>();
  let lastHigh = -1;
  let lastLow = -1;
  let lastInterpreter = -1;
  let last = -1;
  return (high, low, interpreter) => {
    if (low === lastLow && high === lastHigh && interpreter === lastInterpreter) return last;
    const id = (BigInt(high) << 32n) | BigInt(low);
    const key = (BigInt(interpreter) << 64n) | id;
    let row = rows.get(key);
    if (row === undefined) {
      row = threads.length;
      if (row === MAX_THREADS) throw new ReadError('too-large', `It has more than ${MAX_THREADS} threads.`);
      rows.set(key, row);
      threads.push({ id, interpreter, main: false, time: 0, stacks: [], frames: [], kept: 0 });
    }
    [lastHigh, lastLow, lastInterpreter, last] = [high, low, interpreter, row];
    return row;
  };
}
