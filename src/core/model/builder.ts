import { clean, ReadError } from '../errors.js';
import { CallStore } from './callStore.js';
import { FunctionStore } from './functionStore.js';
import { checkRoom, lineNumber } from './limits.js';
import { LineCostStore } from './lineCostStore.js';
import { MappingStore } from './mappingStore.js';
import { PlaceStore } from './placeStore.js';
import type { Places, Profile, Quality, SampleColumns, StretchColumns, ValueType } from './profile.js';
import { SampleStore } from './sampleStore.js';
import { type GrowingRows, StackStore } from './stackStore.js';

type Facts = Pick<Profile, 'defaultType' | 'timeNanos' | 'durationNanos' | 'periodType' | 'period' | 'dropFrames' | 'keepFrames'>;

/** Repeated warnings are kept once, and no file can make us keep more than this many. */
const MAX_WARNINGS = 50;

/**
 * The only writer of profiles: interns strings, functions, locations and stacks, checks every index, and gives immutable columns.
 * Samples are added by `stack()` + `sample()` (text formats; root first, one frame at a time), or by `sampleFrames()` (pprof; leaf
 * first, from a scratch array, no object per sample).
 */
export class ProfileBuilder {
  private texts: string[] = [''];
  private readonly textIndex = new Map<string, number>([['', 0]]);
  private readonly functions = new FunctionStore();
  private readonly placeStore = new PlaceStore();
  private readonly mappings = new MappingStore();
  private readonly threadNames: string[] = [];
  private readonly threadIndex = new Map<string, number>();
  private readonly types: ValueType[] = [];
  private readonly stackStore = new StackStore();
  private readonly sampleStore: SampleStore;
  private calls: CallStore | undefined;
  private readonly lineCosts = new Map<number, LineCostStore>();
  private facts: Partial<Facts> = {};
  private facetsOfQuality: Quality = {};
  private readonly comments: string[] = [];
  private readonly warnings = new Set<string>();
  private places: Places | undefined;
  private finished = false;

  constructor(
    readonly format: string,
    most = Number.POSITIVE_INFINITY,
  ) {
    this.sampleStore = new SampleStore(most);
  }

  /** Interns; '' is 0. */
  string(text: string): number {
    const known = this.textIndex.get(text);
    if (known !== undefined) return known;
    if (this.places?.strings === this.texts) {
      // Others may have them, too: what is added is added to our own.
      this.texts = [...this.texts];
      for (const [index, shared] of this.texts.entries()) this.textIndex.set(shared, index);
      return this.string(text);
    }
    checkRoom('texts', this.texts.length);
    this.textIndex.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }

  /** Interns by (name, file, startLine), the identity of a frame; arguments are string indexes. The first systemName stays. */
  func(name: number, systemName: number, file: number, startLine: number): number {
    this.check(name, this.texts.length, 'string');
    this.check(systemName, this.texts.length, 'string');
    this.check(file, this.texts.length, 'string');
    this.checkThawed();
    return this.functions.intern(name, systemName, file, lineNumber(startLine));
  }

  /** How many functions there are so far. */
  get functionCount(): number {
    return this.functions.length;
  }

  functionName(func: number): string {
    return this.texts[this.functions.nameOf(func)]!;
  }

  /** What `set({timeNanos})` said so far. */
  get startNanos(): bigint | undefined {
    return this.facts.timeNanos;
  }

  /** Interns a plain location with one line. Columns: 1-based UTF-8 bytes; the end is after the last byte; 0 unknown. */
  place(func: number, line: number, column = 0, endLine = 0, endColumn = 0): number {
    const at = lineNumber(line);
    const from = lineNumber(column);
    const end = lineNumber(endLine);
    const to = lineNumber(endColumn);
    const known = this.placeStore.find(func, at, from, end, to);
    if (known >= 0) return known;
    const row = this.location(-1, 0n, [func], [at], [from], [[end], [to]]);
    this.placeStore.intern();
    return row;
  }

  /** Adds a location with several (inlined, innermost first) lines, a mapping (-1 none) and an address. Not interned. */
  location(
    mapping: number,
    address: bigint,
    funcs: ArrayLike<number>,
    lines: ArrayLike<number>,
    columns?: ArrayLike<number>,
    ends?: readonly [lines: ArrayLike<number>, columns: ArrayLike<number>],
  ): number {
    this.checkThawed();
    if (mapping !== -1) this.check(mapping, this.mappings.length, 'mapping');
    for (let i = 0; i < funcs.length; i++) this.check(funcs[i]!, this.functions.length, 'function');
    return this.placeStore.add(mapping, address, funcs, lines, columns, ends);
  }

  mapping(file: number, buildId: number, start: bigint, limit: bigint, offset: bigint): number {
    this.check(file, this.texts.length, 'string');
    this.check(buildId, this.texts.length, 'string');
    return this.mappings.add(file, buildId, start, limit, offset);
  }

  /** Interns the stack `prefix` + `location`; prefix -1 starts one. */
  stack(prefix: number, location: number): number {
    if (prefix !== -1) this.check(prefix, this.stackStore.length, 'stack');
    this.check(location, this.placeStore.length, 'location');
    return this.stackStore.stack(prefix, location);
  }

  /** Interns a thread's name. */
  thread(name: string): number {
    const known = this.threadIndex.get(name);
    if (known !== undefined) return known;
    checkRoom('threads', this.threadNames.length);
    this.threadIndex.set(name, this.threadNames.length);
    return this.threadNames.push(name) - 1;
  }

  /** Adds a value type and gives its index. All types are added before the first sample. */
  valueType(type: ValueType): number {
    this.sampleStore.addType();
    this.types.push({ type: type.type, unit: type.unit });
    return this.types.length - 1;
  }

  /** Adds a sample; gives its index. `values` has one entry per value type. time: ns since the profile's start. */
  sample(stack: number, values: ArrayLike<number | bigint>, thread = -1, time?: number): number {
    if (stack !== -1) this.check(stack, this.stackStore.length, 'stack');
    this.stackStore.addByStack(stack);
    return this.row(values, thread, time);
  }

  /** Adds a sample whose frames are `locations[0..count)`, leaf first. */
  sampleFrames(locations: ArrayLike<number>, count: number, values: ArrayLike<number | bigint>, thread = -1, time?: number): number {
    const bound = this.placeStore.length;
    for (let i = 0; i < count; i++) if (!(locations[i]! < bound)) this.check(locations[i]!, bound, 'location');
    this.stackStore.addByFrames(locations, count);
    return this.row(values, thread, time);
  }

  /** For readers that collect samples before they add them. @throws ReadError for more than there may be */
  checkSamples(count: number): void {
    this.sampleStore.check(count);
  }

  /** Makes room for what is going to come by `sampleFrames` or in place; estimates will do. Value types come before. */
  expect(samples: number, frames: number): void {
    this.stackStore.expect(samples, frames);
    this.sampleStore.expect(samples);
  }

  /**
   * The same without a copy, for millions of frames: write up to `max` location indexes, leaf first, into the array given
   * here from `frameStart` on (indexes must come from `location`), then call `sampleInPlace`.
   */
  frameRoom(max: number): Uint32Array {
    if (!this.stackStore.beginFrames()) throw new Error('frames are written in place before any stack');
    return this.stackStore.room(max);
  }

  get frameStart(): number {
    return this.stackStore.start;
  }

  sampleInPlace(count: number, values: ArrayLike<number | bigint>, thread: number, time: number | undefined): number {
    this.stackStore.commit(count);
    return this.row(values, thread, time);
  }

  /** Whole stacks go on from these, which profiles of one run with the same places share; comes before any sample. */
  continueStacks(rows: GrowingRows, run?: object): void {
    this.stackStore.continueRows(rows, run);
  }

  /** Adds a sample whose stack is a row of those. */
  sampleOfRow(row: number, values: ArrayLike<number | bigint>, thread: number, time: number | undefined): number {
    this.stackStore.commitRow(row);
    return this.row(values, thread, time);
  }

  /** Takes whole columns of samples, which were checked, in place of single ones. @param rows of their stacks, of those that are continued */
  takeSamples(columns: Omit<SampleColumns, 'stack'>, rows: Uint32Array): void {
    this.stackStore.takeRows(rows);
    this.sampleStore.take(columns);
  }

  private row(values: ArrayLike<number | bigint>, thread: number, time: number | undefined): number {
    if (thread !== -1) this.check(thread, this.threadNames.length, 'thread');
    return this.sampleStore.add(values, thread, time);
  }

  /** What the thread of the sample added last was doing: bits of `ThreadStatus`. */
  status(bits: number): void {
    this.sampleStore.setStatus(bits);
  }

  /** The sample added last is the sum of these stretches of `sample`. */
  seenAt(stretches: StretchColumns, sample: number): void {
    this.sampleStore.seenAt(stretches, sample);
  }

  /** A label of the sample added last. text 0 for a number. */
  label(key: number, text: number, number: number, unit: number): void {
    this.check(key, this.texts.length, 'string');
    this.check(text, this.texts.length, 'string');
    this.check(unit, this.texts.length, 'string');
    this.sampleStore.label(key, text, Number.isFinite(number) ? number : 0, unit);
  }

  /** Exact figures of a function (cProfile's nc, cc, tt, ct); those given twice for a function add up. Asks for `callTypes` first. */
  functionCalls(func: number, calls: number, primitive: number, self: number, total: number): void {
    this.check(func, this.functions.length, 'function');
    this.callStore().addFunction(func, calls, primitive, self, total);
  }

  /** Exact figures of an edge caller → callee. */
  edge(caller: number, callee: number, calls: number, primitive: number, self: number, total: number): void {
    this.check(caller, this.functions.length, 'function');
    this.check(callee, this.functions.length, 'function');
    this.callStore().addEdge(caller, callee, calls, primitive, self, total);
  }

  /** A further cost of a function, of a type that `callTypes` named after the first two; those given twice add up. */
  functionCost(func: number, type: number, self: number, total: number): void {
    this.check(func, this.functions.length, 'function');
    this.callStore().addFunctionCost(func, type, self, total);
  }

  /** The same of an edge; comes right after its `edge`. */
  edgeCost(caller: number, callee: number, type: number, self: number, total: number): void {
    this.callStore().addEdgeCost(caller, callee, type, self, total);
  }

  /**
   * What a line cost, in formats that keep sums per line and no stacks. `file` (a string index) is the function's unless code of
   * another file was inlined; calls -1 where unknown. Rows of the same line add up. The type has no values of samples then.
   */
  lineCost(type: number, func: number, line: number, self: number, total: number, calls = -1, file = this.functions.fileOf(func)): void {
    this.check(type, this.types.length, 'value type');
    this.check(func, this.functions.length, 'function');
    this.check(file, this.texts.length, 'string');
    let store = this.lineCosts.get(type);
    if (store === undefined) {
      store = new LineCostStore(type);
      this.lineCosts.set(type, store);
    }
    store.add(func, file, lineNumber(line), self, total, calls);
  }

  private callStore(): CallStore {
    if (this.calls === undefined) throw new Error('callTypes comes before calls');
    return this.calls;
  }

  /** Says which value types (indexes) are backed by call counts: the count, its time, and further costs if any. */
  callTypes(callsType: number, timeType: number, ...moreTypes: number[]): void {
    for (const type of [callsType, timeType, ...moreTypes]) this.check(type, this.types.length, 'value type');
    this.calls = new CallStore(callsType, timeType, moreTypes);
  }

  /** Facts about the whole; later calls win. */
  set(facts: Partial<Facts>): void {
    const known = { ...this.facts, ...facts };
    // What is no number of nanoseconds is not known.
    const durationNanos = Number.isFinite(known.durationNanos) ? known.durationNanos : undefined;
    this.facts = { ...known, durationNanos, period: Number.isFinite(known.period) ? known.period! : 0 };
  }

  comment(text: string): void {
    this.comments.push(text);
  }

  /** Facts about the recorder; later calls win, fact by fact. */
  quality(quality: Quality): void {
    this.facetsOfQuality = { ...this.facetsOfQuality, ...quality };
  }

  /** A sentence for the user; repeated ones are kept once. */
  warn(sentence: string): void {
    if (this.warnings.size < MAX_WARNINGS) this.warnings.add(clean(sentence));
  }

  /** Strings, functions, mappings and locations so far, for `takePlaces` of other builders; from then on only strings can be added. */
  freezePlaces(): Places {
    if (this.places !== undefined) return this.places;
    this.places = {
      strings: this.texts,
      functions: this.functions.done(),
      ...this.placeStore.done(),
      mappings: this.mappings.done(),
    };
    return this.places;
  }

  /** Takes what another builder froze instead of places of its own. */
  takePlaces(places: Places): void {
    if (this.texts.length > 1) throw new Error('places are taken before anything is added');
    this.places = places;
    this.texts = places.strings as string[];
  }

  private checkThawed(): void {
    if (this.places !== undefined) throw new Error('no functions and locations are added to frozen places');
  }

  /** Freezes and hands out the columns. The builder cannot be used afterwards. */
  finish(): Profile {
    if (this.finished) throw new Error('finish() was called before');
    this.finished = true;
    const { facts, sampleStore, stackStore } = this;
    const defaultType = facts.defaultType ?? this.types.length - 1;
    if (this.types.length > 0) this.check(defaultType, this.types.length, 'value type');
    const places = this.freezePlaces();
    const summed = (type: number) => this.calls?.holds(type) === true || this.lineCosts.has(type);
    return {
      format: this.format,
      sampleTypes: this.types,
      defaultType: Math.max(0, defaultType),
      ...places,
      strings: this.texts,
      get stacks() {
        return stackStore.tree().stacks;
      },
      frames: stackStore.frames(),
      samples: sampleStore.done(summed, () => stackStore.tree().ofSample),
      threads: this.threadNames,
      calls: this.calls?.done(places.functions.length),
      lineCosts: Array.from(this.lineCosts.values(), (store) => store.done()),
      timeNanos: facts.timeNanos,
      durationNanos: facts.durationNanos,
      periodType: facts.periodType,
      period: facts.period ?? 0,
      comments: this.comments,
      dropFrames: facts.dropFrames ?? '',
      keepFrames: facts.keepFrames ?? '',
      quality: this.facetsOfQuality,
      warnings: [...this.warnings],
    };
  }

  private check(index: number, length: number, what: string): void {
    if (index >= 0 && index < length && Number.isInteger(index)) return;
    throw new ReadError('corrupt', `The profile refers to ${what} ${index}, which it does not have.`);
  }
}
