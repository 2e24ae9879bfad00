import type { ProfileBuilder } from '../../model/builder.js';
import { GrowingFloat64, GrowingInt32 } from '../../model/growing.js';
import { checkRoom } from '../../model/limits.js';
import type { JsonCursor } from '../json/cursor.js';
import type { ByteStrings } from '../shared/byteStrings.js';
import { SpanStack } from '../shared/spans.js';
import type { ChromeCpuProfiles } from './cpuProfiles.js';

/** Kinds of events that are kept; X has its duration. */
const BEGIN = -1;
const END = -2;
const NOT_MADE = -2;
/** What py-spy puts around the real frames. */
const PY_SPY_ROOT = /^(?:thread \(\w+\)(?:: (.*))?$|process \d+:")/s;
/** Times are rounded by their writers: so many microseconds past the end of the event around are no mistake. */
const ROUNDING = 1;

/** The parts of an event that we look at. */
interface Event {
  name: number;
  phase: string;
  process: number;
  thread: number;
  time: number;
  duration: number;
  /** Where `args` begin; 0 nowhere. */
  args: number;
}

/** Begin, end and complete events, of all threads in the order of the file, and the names of threads. */
export class TraceEvents {
  /** Events that began but are not read to their end: true where the file was cut. */
  inside = false;
  /** Events of kinds that have no stack. */
  asynchronous = 0;

  private readonly names: string[] = [];
  private readonly nameTable: ByteStrings;
  private readonly phases: ByteStrings;
  private readonly phaseNames: string[] = [];
  private readonly ids: string[] = [];
  private readonly idTable: ByteStrings;
  private readonly strings: ByteStrings;
  /** Place of a frame by its name alone; -1 for what is no function. */
  private readonly placeOfName = new GrowingInt32();

  private readonly threadOf = new Map<string, number>();
  private readonly threads: { readonly process: number; readonly thread: number }[] = [];
  private readonly threadNames = new Map<string, string>();

  private readonly thread = new GrowingInt32();
  private readonly name = new GrowingInt32();
  private readonly place = new GrowingInt32();
  private readonly time = new GrowingFloat64();
  private readonly duration = new GrowingFloat64();

  constructor(
    private readonly json: JsonCursor,
    private readonly builder: ProfileBuilder,
    private readonly profiles: ChromeCpuProfiles,
  ) {
    this.nameTable = json.table((text) => {
      this.placeOfName.push(NOT_MADE);
      return this.names.push(text) - 1;
    });
    this.phases = json.table((text) => this.phaseNames.push(text) - 1);
    this.idTable = json.table((text) => this.ids.push(text) - 1);
    this.strings = json.table((text) => builder.string(text));
  }

  get length(): number {
    return this.time.length;
  }

  /** Takes the array of events. */
  async read(): Promise<void> {
    const { json } = this;
    if (!json.array()) return;
    while (json.item()) {
      this.inside = true;
      this.event();
      this.inside = false;
      if (json.due) await json.pause();
    }
  }

  private event(): void {
    const { json } = this;
    if (!json.object()) return;
    const event: Event = { name: -1, phase: '', process: -1, thread: -1, time: Number.NaN, duration: Number.NaN, args: 0 };
    let id = -1;
    while (json.nextKey()) {
      switch (json.key) {
        case 'name':
          event.name = json.interned(this.nameTable);
          break;
        case 'ph':
          event.phase = this.phaseNames[json.interned(this.phases)] ?? '';
          break;
        case 'pid':
          event.process = json.internedId(this.idTable);
          break;
        case 'tid':
          event.thread = json.internedId(this.idTable);
          break;
        case 'ts':
          event.time = this.number();
          break;
        case 'dur':
          event.duration = this.number();
          break;
        case 'id':
          id = json.internedId(this.idTable);
          break;
        case 'args':
          event.args = json.at;
          break;
      }
    }
    const end = json.at;
    this.take(event, id);
    json.at = end;
  }

  /** Some writers put numbers into quotes. */
  private number(): number {
    return this.json.kind() === 'string' ? Number(this.json.string() || Number.NaN) : this.json.number();
  }

  private take(event: Event, id: number): void {
    const { phase, name } = event;
    if (phase === 'X' || phase === 'B') {
      if (Number.isNaN(event.time) || name < 0) return;
      const duration = phase === 'B' ? BEGIN : Math.max(0, event.duration || 0);
      this.add(event, this.placeOf(event), duration);
    } else if (phase === 'E') {
      if (!Number.isNaN(event.time)) this.add(event, -1, END);
    } else if (phase === 'M') this.metadata(event);
    else if (phase === 'b' || phase === 'S') this.asynchronous++;
    const text = this.names[name];
    if (text !== 'Profile' && text !== 'ProfileChunk' && text !== 'CpuProfile') return;
    const process = this.ids[event.process] ?? '';
    const thread = this.ids[event.thread] ?? '';
    // Sources of one process have the same id.
    this.profiles.take(text, event.args, `${process}:${this.ids[id] ?? thread}`, process, thread);
  }

  private add(event: Event, place: number, duration: number): void {
    this.thread.push(this.threadNumber(event.process, event.thread));
    this.name.push(event.name);
    this.place.push(place);
    this.time.push(event.time);
    this.duration.push(duration);
  }

  private lastKey = [-1, -1, -1];
  private threadNumber(process: number, thread: number): number {
    // Events of one thread mostly follow each other.
    const { lastKey } = this;
    if (lastKey[0] === process && lastKey[1] === thread) return lastKey[2]!;
    const key = `${process}:${thread}`;
    let number = this.threadOf.get(key);
    if (number === undefined) {
      checkRoom('threads', this.threads.length);
      number = this.threads.push({ process, thread }) - 1;
      this.threadOf.set(key, number);
    }
    this.lastKey = [process, thread, number];
    return number;
  }

  /** Where the function is: py-spy and Hermes say it in `args`, viztracer in the name. */
  private placeOf({ name, args, process, thread }: Event): number {
    const { json, builder } = this;
    let file = 0;
    let line = 0;
    let column = 0;
    if (args > 0) {
      json.at = args;
      if (json.object()) {
        while (json.nextKey()) {
          if (json.key === 'filename' || json.key === 'url') file = Math.max(0, json.interned(this.strings));
          else if (json.key === 'line') line = this.number();
          else if (json.key === 'column') column = this.number();
        }
      }
    }
    if (file !== 0) {
      const own = builder.string(this.names[name]!);
      return builder.place(builder.func(own, own, file, 0), line, column);
    }
    let place = this.placeOfName.array[name]!;
    if (place === NOT_MADE) {
      const root = PY_SPY_ROOT.exec(this.names[name]!);
      const key = `${this.ids[process] ?? ''}:${this.ids[thread] ?? ''}`;
      if (root?.[1] && !this.threadNames.has(key)) this.threadNames.set(key, root[1]);
      place = root === null ? placeOfText(builder, this.names[name]!) : -1;
      this.placeOfName.array[name] = place;
    }
    return place;
  }

  private metadata(event: Event): void {
    const { json } = this;
    if (this.names[event.name] !== 'thread_name' || event.args === 0) return;
    json.at = event.args;
    if (!json.object()) return;
    while (json.nextKey()) {
      if (json.key === 'name') this.threadNames.set(`${this.ids[event.process] ?? ''}:${this.ids[event.thread] ?? ''}`, json.string());
    }
  }

  /** A thread as people know it. */
  threadName(process: string, thread: string): string {
    return this.threadNames.get(`${process}:${thread}`) || `thread (${thread})`;
  }

  /** Adds what ran between any two events of a thread as one sample, value its microseconds. */
  async emit(): Promise<void> {
    const { builder, time, thread } = this;
    builder.valueType({ type: 'wall', unit: 'microseconds' });
    builder.quality({ rows: 'spans' });
    let origin = Number.POSITIVE_INFINITY;
    let end = Number.NEGATIVE_INFINITY;
    const first = new Uint32Array(this.threads.length + 1);
    for (let i = 0; i < time.length; i++) {
      origin = Math.min(origin, time.array[i]!);
      end = Math.max(end, time.array[i]! + Math.max(0, this.duration.array[i]!));
      first[thread.array[i]! + 1]!++;
    }
    builder.set({ durationNanos: (end - origin) * 1000 });
    for (let i = 0; i < this.threads.length; i++) first[i + 1]! += first[i]!;
    const next = first.slice();
    const order = new Uint32Array(time.length);
    for (let i = 0; i < time.length; i++) order[next[thread.array[i]!]!++] = i;
    const processes = new Set(this.threads.map(({ process }) => process)).size;
    for (const [index, { process, thread: own }] of this.threads.entries()) {
      const name = this.threadName(this.ids[process] ?? '', this.ids[own] ?? '');
      const number = builder.thread(processes > 1 ? `${name} [process ${this.ids[process] ?? ''}]` : name);
      this.emitThread(order.subarray(first[index]!, first[index + 1]!), number, origin);
      await this.json.pause(false);
    }
  }

  private emitThread(order: Uint32Array, thread: number, origin: number): void {
    const { builder, time, duration, place, name } = this;
    // Complete events are often written when they end. Of two that begin together the longer is around the other.
    const before = (a: number, b: number): number =>
      time.array[a]! - time.array[b]! ||
      (duration.array[a]! >= 0 && duration.array[b]! >= 0 ? duration.array[b]! - duration.array[a]! : 0) ||
      a - b;
    if (!order.every((event, i) => i === 0 || before(order[i - 1]!, event) <= 0)) order.sort(before);
    const values = [0];
    const spans = new SpanStack(builder, (stack, from, to) => {
      values[0] = to - from;
      builder.sample(stack, values, thread, (from - origin) * 1000);
    });
    // By depth: when a complete event ends; Infinity for those that an event of their own ends.
    const ends: number[] = [];
    const finish = (at: number): void => {
      while (ends.length > 0 && ends.at(-1)! <= at) spans.closeTop(ends.pop()!);
    };
    for (const event of order) {
      const at = time.array[event]!;
      const length = duration.array[event]!;
      finish(at);
      if (length === END) {
        if (name.array[event]! < 0 && ends.length > 0) spans.closeTop(at);
        else spans.close(name.array[event]!, at);
        ends.length = spans.depth;
        continue;
      }
      const around = ends.at(-1) ?? Number.POSITIVE_INFINITY;
      if (at + length > around + ROUNDING) builder.warn('Some events end after the events around them; they are cut there.');
      spans.open(place.array[event]!, length === BEGIN ? name.array[event]! : -1, at);
      ends.push(length === BEGIN ? Number.POSITIVE_INFINITY : Math.min(around, at + length));
    }
    finish(Number.MAX_VALUE);
    if (spans.depth > 0) spans.end(time.array[order[order.length - 1]!]!);
  }
}

/** viztracer's names are `function (file:first line)`. */
function placeOfText(builder: ProfileBuilder, text: string): number {
  const colon = text.endsWith(')') ? text.lastIndexOf(':') : -1;
  const open = colon > 0 ? text.lastIndexOf(' (', colon) : -1;
  const digits = text.slice(colon + 1, -1);
  if (open <= 0 || !/^\d{1,9}$/.test(digits)) {
    const whole = builder.string(text === '' ? '(unnamed)' : text);
    return builder.place(builder.func(whole, whole, 0, 0), 0);
  }
  const name = builder.string(text.slice(0, open));
  return builder.place(builder.func(name, name, builder.string(text.slice(open + 2, colon)), Number(digits)), Number(digits));
}
