import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import { AustinSamples, austinMode } from './austin/samples.js';
import type { Format, ReadControl } from './format.js';
import { decodeText } from './shared/byteStrings.js';

const EVENT = {
  metadata: 1,
  stack: 2,
  frame: 3,
  invalid: 4,
  frameRef: 5,
  kernel: 6,
  gc: 7,
  idle: 8,
  time: 9,
  memory: 10,
  string: 11,
  stringRef: 12,
  repeat: 13,
} as const;
const NEWEST = 3;
/** Repeated frames per byte of the file: real stacks are some tens deep and cost some bytes each. */
const MAX_GROWTH = 64;
/** Events between two looks at progress and cancellation. */
const STRIDE = 1 << 18;

/**
 * MOJO, Austin's binary format, versions 1 to 3 (2 has columns, 3 interpreters). Three bytes `MOJ`, a version, then events, each one
 * byte of kind and its fields: numbers of 6 + 7 + 7 … bits whose second highest bit of the first byte is the sign, and texts that end
 * in a zero byte. Frames come root first and are named once; keys of texts and frames are one process's own.
 * See https://github.com/P403n1x87/austin/wiki/The-MOJO-file-format and src/mojo.h there.
 */
export const austinMojo: Format = {
  id: 'austin-mojo',
  label: 'Austin MOJO',
  globs: ['*.mojo'],
  sniff: (head) => (head[0] === 0x4d && head[1] === 0x4f && head[2] === 0x4a && head.length > 3 && head[3]! < 0x40 ? 0.95 : 0),
  async read(source, builder, control) {
    await new MojoReader(await source.bytes(), builder).read(control);
  },
};

class Truncated extends Error {}

/** A thread, and the frames of its last sample for one that says "as before, but". */
interface Seen {
  readonly process: string;
  readonly thread: string;
  frames: number[];
}

class MojoReader {
  private at = 3;
  private version = 0;
  private readonly samples: AustinSamples;
  /** By process: keys are low bits of addresses. Values are the builder's strings and places. */
  private readonly strings = new Map<number, Map<number | string, number>>();
  private readonly places = new Map<number, Map<number | string, number>>();
  /** By process and thread. */
  private readonly seen = new Map<string, Seen>();
  private readonly nativeFiles = new Set<number>();
  private readonly native = new Set<number>();
  private repeated = false;
  private repeatedFrames = 0;

  private process = 0;
  private frames: number[] = [];
  private open = false;
  private cut = false;
  private time = 0;
  private memory = 0;
  private hasTime = false;
  private hasMemory = false;
  private idle = false;
  private inGc = false;
  private count = 0;
  private missing = 0;
  /** The place of frames that are named nowhere. */
  private unknown: number | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly builder: ProfileBuilder,
  ) {
    this.samples = new AustinSamples(builder);
  }

  async read(control: ReadControl): Promise<void> {
    const { bytes, builder, samples } = this;
    try {
      this.version = this.integer();
      if (this.version < 1 || this.version > NEWEST) {
        throw new ReadError('unsupported', `It is version ${this.version} of Austin's format; 1 to ${NEWEST} can be read.`, 3);
      }
      for (let events = 1; this.at < bytes.length; events++) {
        this.event();
        if (events % STRIDE !== 0) continue;
        control.progress?.(this.at / bytes.length);
        await new Promise((resolve) => setTimeout(resolve, 0));
        control.signal?.throwIfAborted();
      }
    } catch (error) {
      if (!(error instanceof Truncated)) throw error;
      this.cut = true;
    }
    // The last sample is whole when it has its figures, which come after its frames.
    if (this.hasMemory || (this.hasTime && !samples.isFull)) this.close();
    else if (this.open) this.cut = true;
    if (this.cut && this.count === 0) throw new ReadError('truncated', 'The file ends before the first sample is whole.', bytes.length);
    if (this.cut) builder.warn('The file is not whole: what follows the last whole sample was left out.');
    samples.finish();
    if (this.count === 0) throw new ReadError('empty', 'Austin took no sample.', bytes.length);
    if (this.missing > 0) builder.warn(`${this.missing} frames are named nowhere in the file and are shown as unknown.`);
  }

  private event(): void {
    const start = this.at;
    const kind = this.bytes[this.at++]!;
    switch (kind) {
      case EVENT.metadata:
        this.metadata(this.text(), this.text());
        break;
      case EVENT.stack:
        this.stack();
        break;
      case EVENT.frame:
        this.frame();
        break;
      case EVENT.invalid:
        this.samples.invalid();
        break;
      case EVENT.frameRef:
        this.frames.push(this.placeOf(this.key()));
        break;
      case EVENT.kernel:
        this.frames.push(this.place(this.text(), '[kernel]'));
        break;
      case EVENT.gc:
        this.inGc = true;
        break;
      case EVENT.idle:
        this.idle = true;
        break;
      case EVENT.time:
        this.time = Math.max(0, this.integer());
        this.hasTime = true;
        break;
      case EVENT.memory:
        this.memory = this.integer();
        this.hasMemory = true;
        break;
      case EVENT.string: {
        const key = this.integer();
        const text = this.text();
        const id = this.builder.string(text);
        this.ofProcess(this.strings).set(key, id);
        if (!text.endsWith('.py') && !(text.startsWith('<') && text.endsWith('>'))) this.nativeFiles.add(id);
        break;
      }
      case EVENT.stringRef:
        this.integer();
        break;
      case EVENT.repeat:
        this.repeat();
        break;
      default:
        throw new ReadError('corrupt', `There is no event of kind ${kind} in Austin's format.`, start);
    }
  }

  private metadata(key: string, value: string): void {
    const mode = key === 'mode' ? austinMode(value) : undefined;
    if (mode !== undefined) this.samples.begin(mode);
    else this.samples.metadata(key, value);
  }

  private stack(): void {
    // Everything of the stack is read before the one before it is taken for whole.
    const process = this.integer();
    const interpreter = this.version >= 3 ? this.integer() : 0;
    const text = this.text();
    this.close();
    this.process = process;
    this.interpreter = interpreter;
    // Most samples are of the thread before: it is not made anew each time.
    if (process !== this.lastProcess || text !== this.lastText) {
      this.lastProcess = process;
      this.lastText = text;
      this.pending = this.threadOf(process, text);
    }
    this.open = true;
  }
  private interpreter = 0;
  private lastProcess: number | undefined;
  private lastText = '';
  private pending: Seen = { process: '', thread: '', frames: [] };

  private threadOf(pid: number, text: string): Seen {
    // Thread ids are hexadecimal here and decimal in Austin's text.
    const thread = /^[\da-f]{1,15}$/i.test(text) ? String(Number.parseInt(text, 16)) : text;
    const key = `${pid}:${thread}`;
    let seen = this.seen.get(key);
    if (seen === undefined) {
      seen = { process: String(pid), thread, frames: [] };
      this.seen.set(key, seen);
    }
    return seen;
  }

  /** Takes the sample at hand for whole. */
  private close(): void {
    if (!this.open) return;
    const { samples, frames, pending, interpreter } = this;
    samples.begin(this.hasMemory ? (this.hasTime ? 'full' : 'memory') : 'wall');
    const thread = samples.thread(pending.process, interpreter, pending.thread);
    if (this.inGc) frames.push(this.place('GC', ''));
    samples.add(frames, frames.length, thread, { time: this.time, idle: this.idle, memory: this.memory });
    this.count++;
    if (this.inGc) frames.pop();
    // They are kept, and those kept before make room for the next sample's.
    this.frames = pending.frames;
    this.frames.length = 0;
    pending.frames = frames;
    this.open = this.repeated = this.idle = this.inGc = this.hasTime = this.hasMemory = false;
    this.time = this.memory = 0;
  }

  /**
   * The frames so far are the innermost; the others are those of the thread's last sample, native ones at its end left out
   * (austin-python's mojo-compress writes so).
   */
  private repeat(): void {
    if (this.repeated) throw new ReadError('corrupt', 'A sample repeats the one before it twice.', this.at - 1);
    this.repeated = true;
    const before = this.pending.frames;
    let length = before.length;
    while (length > 0 && this.native.has(before[length - 1]!)) length--;
    this.repeatedFrames += length;
    if (this.repeatedFrames > MAX_GROWTH * this.bytes.length)
      throw new ReadError('too-large', 'Its samples repeat far too many frames.', this.at);
    this.frames = [...before.slice(0, length), ...this.frames];
  }

  private frame(): void {
    const key = this.key();
    const file = this.stringOf(this.integer());
    const name = this.stringOf(this.integer());
    const line = this.integer();
    const [endLine, column, endColumn] = this.version >= 2 ? [this.integer(), this.integer(), this.integer()] : [0, 0, 0];
    const place = this.builder.place(this.builder.func(name, name, file, 0), line, column, endLine, endColumn);
    this.ofProcess(this.places).set(key, place);
    if (this.nativeFiles.has(file)) this.native.add(place);
  }

  private stringOf(key: number): number {
    // Austin's own key for a scope that could not be read.
    if (key === 1) return this.builder.string('<unknown>');
    return this.strings.get(this.process)?.get(key) ?? this.builder.string('<unknown>');
  }

  private placeOf(key: number | string): number {
    const place = this.places.get(this.process)?.get(key);
    if (place !== undefined) return place;
    this.missing++;
    this.unknown ??= this.place('<unknown>', '');
    return this.unknown;
  }

  private place(name: string, file: string): number {
    const id = this.builder.string(name);
    return this.builder.place(this.builder.func(id, id, this.builder.string(file), 0), 0);
  }

  private ofProcess(maps: Map<number, Map<number | string, number>>): Map<number | string, number> {
    let map = maps.get(this.process);
    if (map === undefined) {
      map = new Map();
      maps.set(this.process, map);
    }
    return map;
  }

  private integer(): number {
    const start = this.at;
    let byte = this.byte();
    const negative = (byte & 0x40) !== 0;
    let value = byte & 0x3f;
    for (let scale = 64; byte >= 0x80; scale *= 128) {
      if (this.at - start > 9) throw new ReadError('corrupt', 'A number is longer than 64 bits.', start);
      byte = this.byte();
      value += (byte & 0x7f) * scale;
    }
    return negative ? -value : value;
  }

  /** A number that is only compared: one too large for a double is taken as its bytes. */
  private key(): number | string {
    const start = this.at;
    const value = this.integer();
    return Number.isSafeInteger(value) ? value : String.fromCharCode(...this.bytes.subarray(start, this.at));
  }

  private byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new Truncated();
    this.at++;
    return byte;
  }

  private text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new Truncated();
    const text = decodeText(this.bytes, this.at, end);
    this.at = end + 1;
    return text;
  }
}
