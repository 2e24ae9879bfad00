import type { Profile, Quality, ValueType } from './profile.js';

/**
 * The only writer of profiles: interns strings, functions, locations and stacks, checks every index, and gives
 * immutable columns. Readers call it; nothing else makes a Profile.
 *
 * Two ways to add samples: `stack()` + `sample()` for text formats (root first, one frame at a time), and
 * `sampleFrames()` for pprof (leaf first, from a scratch array, no object per sample).
 */
export class ProfileBuilder {
  constructor(readonly format: string) {}

  /** Interns; '' is 0. */
  string(_text: string): number {
    throw new Error('to be written');
  }

  /** Interns by (name, systemName, file, startLine); arguments are string indexes. */
  func(_name: number, _systemName: number, _file: number, _startLine: number): number {
    throw new Error('to be written');
  }

  /** Interns a plain location with one line. column: 1-based, 0 unknown. */
  place(_func: number, _line: number, _column?: number): number {
    throw new Error('to be written');
  }

  /** Adds a location with several (inlined, innermost first) lines, a mapping (-1 none) and an address. Not interned. */
  location(_mapping: number, _address: bigint, _funcs: ArrayLike<number>, _lines: ArrayLike<number>, _columns?: ArrayLike<number>): number {
    throw new Error('to be written');
  }

  mapping(_file: number, _buildId: number, _start: bigint, _limit: bigint, _offset: bigint): number {
    throw new Error('to be written');
  }

  /** Interns the stack `prefix` + `location`; prefix -1 starts one. */
  stack(_prefix: number, _location: number): number {
    throw new Error('to be written');
  }

  thread(_name: string): number {
    throw new Error('to be written');
  }

  /** Adds a value type and gives its index. All types are added before the first sample. */
  valueType(_type: ValueType): number {
    throw new Error('to be written');
  }

  /** Adds a sample; gives its index. `values` has one entry per value type. time: ns since start. */
  sample(_stack: number, _values: ArrayLike<number | bigint>, _thread?: number, _time?: number): number {
    throw new Error('to be written');
  }

  /** Adds a sample whose frames are `locations[0..count)`, leaf first. */
  sampleFrames(
    _locations: ArrayLike<number>,
    _count: number,
    _values: ArrayLike<number | bigint>,
    _thread?: number,
    _time?: number,
  ): number {
    throw new Error('to be written');
  }

  /** A label of the sample added last. text 0 for a number. */
  label(_key: number, _text: number, _number: number, _unit: number): void {
    throw new Error('to be written');
  }

  /** Exact figures of a function (cProfile's nc, cc, tt, ct). Asks for `callTypes` first. */
  functionCalls(_func: number, _calls: number, _primitive: number, _self: number, _total: number): void {
    throw new Error('to be written');
  }

  /** Exact figures of an edge caller → callee. */
  edge(_caller: number, _callee: number, _calls: number, _primitive: number, _self: number, _total: number): void {
    throw new Error('to be written');
  }

  /** Says which value types (indexes) are backed by call counts. */
  callTypes(_callsType: number, _timeType: number): void {
    throw new Error('to be written');
  }

  /** Facts about the whole; later calls win. */
  set(
    _facts: Partial<Pick<Profile, 'defaultType' | 'timeNanos' | 'durationNanos' | 'periodType' | 'period' | 'dropFrames' | 'keepFrames'>>,
  ): void {
    throw new Error('to be written');
  }

  comment(_text: string): void {
    throw new Error('to be written');
  }

  quality(_quality: Quality): void {
    throw new Error('to be written');
  }

  /** A sentence for the user; repeated ones are kept once. */
  warn(_sentence: string): void {
    throw new Error('to be written');
  }

  /** Freezes and hands out the columns. The builder cannot be used afterwards. */
  finish(): Profile {
    throw new Error('to be written');
  }
}
