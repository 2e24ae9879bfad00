import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import { GrowingFloat64 } from '../model/growing.js';
import { checkRoom } from '../model/limits.js';
import type { Format } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';
import { hasLines, type Raw, readRaw } from './stackprof/raw.js';

/** One method: its sums, and those of its lines. */
export interface StackprofFrame {
  /** Function of the builder. */
  func: number;
  self: number;
  total: number;
  /** Line, then samples with the line anywhere on the stack (each time it is there), then samples in it. */
  readonly lines: number[];
}

interface Facts {
  mode: string;
  /** Microseconds; for `object`, allocations. */
  interval: number;
  samples: number;
  missed: number;
}

/**
 * stackprof's profiles as JSON (`stackprof --json`, `JSON.generate(StackProf.run(…))`; 0.2.x): sums per method and line, and
 * with `raw: true` every stack in order. Format: https://github.com/tmm1/stackprof (README, "Advanced usage"; ext/stackprof.c).
 * Each sample stands for the interval, as stackprof itself counts.
 */
export const stackprof: Format = {
  id: 'stackprof',
  label: 'stackprof JSON',
  globs: [],
  sniff(head) {
    const found = sniffJson(head);
    if (found?.root !== 'object') return 0;
    const has = (...names: string[]) => names.every((name) => found.paths.has(name));
    if (has('mode', 'interval', 'samples', 'gc_samples', 'missed_samples')) return 1;
    return has('frames', 'gc_samples') || has('frames', 'raw', 'raw_timestamp_deltas') ? 0.9 : 0;
  },
  async read(source, builder, control) {
    const json = new JsonCursor(await source.bytes(), control);
    const facts: Facts = { mode: '', interval: Number.NaN, samples: 0, missed: 0 };
    const frames = new Map<number, StackprofFrame>();
    const raw: Raw = {
      stacks: new GrowingFloat64(),
      lines: new GrowingFloat64(),
      stamps: new GrowingFloat64(),
      deltas: new GrowingFloat64(),
    };
    try {
      await readAll(json, builder, facts, frames, raw);
    } catch (error) {
      // What came before the cut is good: sums of some methods, or the first stacks.
      if (!(error instanceof ReadError) || error.code !== 'truncated' || frames.size === 0) throw error;
      builder.warn('The file ends too early: what comes after is missing.');
    }
    if (frames.size === 0) builder.warn('It holds no samples: nothing ran while it recorded.');
    describe(builder, facts);
    const worth = valuesOf(builder, facts);
    if (raw.stacks.length === 0) {
      if (frames.size > 0) builder.warn("It holds sums of methods and lines, no stacks: record with 'raw: true' to see who calls whom.");
      addSums(builder, frames, worth);
      return;
    }
    builder.set({ defaultType: worth.types.length - 1 });
    // Stacks that know their lines say all that the sums say; else lines are a type of its own.
    const byLine = hasLines(raw) ? undefined : builder.valueType({ type: 'samples by line', unit: 'count' });
    await readRaw(builder, raw, frames, byLine === undefined ? worth.factors : [...worth.factors, 0], json);
    if (byLine !== undefined) addSums(builder, frames, { types: [byLine], factors: [1] });
  },
};

async function readAll(
  json: JsonCursor,
  builder: ProfileBuilder,
  facts: Facts,
  frames: Map<number, StackprofFrame>,
  raw: Raw,
): Promise<void> {
  if (!json.object()) return;
  const list = async (into: GrowingFloat64): Promise<void> => {
    // A file in which a list comes twice would join what does not belong together.
    into.length = 0;
    if (json.array()) while (json.numbers(into, 1e6)) await json.pause();
  };
  while (json.nextKey()) {
    if (json.key === 'mode') facts.mode = json.string();
    else if (json.key === 'interval') facts.interval = json.number();
    else if (json.key === 'samples') facts.samples = json.number();
    else if (json.key === 'missed_samples') facts.missed = json.number();
    else if (json.key === 'frames') await readFrames(json, builder, frames);
    else if (json.key === 'raw') await list(raw.stacks);
    else if (json.key === 'raw_lines') await list(raw.lines);
    else if (json.key === 'raw_sample_timestamps') await list(raw.stamps);
    else if (json.key === 'raw_timestamp_deltas') await list(raw.deltas);
  }
}

async function readFrames(json: JsonCursor, builder: ProfileBuilder, frames: Map<number, StackprofFrame>): Promise<void> {
  if (!json.object()) return;
  while (json.nextKey()) {
    if (json.due) await json.pause();
    const id = Number(json.key);
    if (!json.object()) continue;
    let name = '';
    let file = '';
    let line = 0;
    const frame: StackprofFrame = { func: 0, self: 0, total: 0, lines: [] };
    while (json.nextKey()) {
      if (json.key === 'name') name = json.string();
      else if (json.key === 'file') file = json.string();
      else if (json.key === 'line') line = json.number();
      else if (json.key === 'samples') frame.self = count(json.number());
      else if (json.key === 'total_samples') frame.total = count(json.number());
      else if (json.key === 'lines') readLines(json, frame.lines);
    }
    const own = builder.string(name === '' ? '(unknown)' : name);
    // Methods written in C have no place.
    frame.func = builder.func(own, own, builder.string(file === '<cfunc>' ? '' : file), line);
    checkRoom('functions', frames.size);
    frames.set(id, frame);
  }
}

/** `{"12": [total, self]}`, of old versions `{"12": self}`. */
function readLines(json: JsonCursor, lines: number[]): void {
  if (!json.object()) return;
  while (json.nextKey()) {
    const line = Number(json.key);
    let total: number;
    let self: number;
    if (json.kind() === 'array') {
      const both = new GrowingFloat64();
      json.array();
      while (json.numbers(both, 1000));
      total = count(both.length > 0 ? both.array[0]! : 0);
      self = count(both.length > 1 ? both.array[1]! : 0);
    } else {
      self = count(json.number());
      total = self;
    }
    if (line > 0 && Number.isInteger(line)) lines.push(line, total, self);
  }
}

/** Counts are whole and not negative; what is not counts nothing. */
function count(value: number): number {
  return value > 0 && value < Number.MAX_SAFE_INTEGER ? Math.trunc(value) : 0;
}

function describe(builder: ProfileBuilder, { mode, interval, samples, missed }: Facts): void {
  builder.quality({ engine: 'stackprof' });
  if ((mode === 'cpu' || mode === 'wall') && interval > 0 && interval < 1e12) {
    builder.quality({ rateAsked: 1e6 / interval });
    builder.set({ periodType: { type: mode, unit: 'nanoseconds' }, period: interval * 1000 });
  }
  if (missed > 0 && samples >= 0 && Number.isFinite(missed + samples)) builder.quality({ missed: missed / (missed + samples) });
}

/** What a sample is worth: the value types and, for each, its factor. */
interface Worth {
  readonly types: readonly number[];
  readonly factors: readonly number[];
}

function valuesOf(builder: ProfileBuilder, { mode, interval }: Facts): Worth {
  const samples = builder.valueType({ type: 'samples', unit: 'count' });
  const each = interval > 0 && interval < 1e12 ? interval : 1;
  if (mode === 'cpu' || mode === 'wall')
    return { types: [samples, builder.valueType({ type: mode, unit: 'nanoseconds' })], factors: [1, each * 1000] };
  if (mode === 'object') return { types: [samples, builder.valueType({ type: 'allocations', unit: 'count' })], factors: [1, each] };
  return { types: [samples], factors: [1] };
}

function addSums(builder: ProfileBuilder, frames: ReadonlyMap<number, StackprofFrame>, { types, factors }: Worth): void {
  for (const { func, self, total, lines } of frames.values()) {
    let restSelf = self;
    let restTotal = Math.max(self, total);
    const add = (line: number, own: number, all: number): void => {
      for (const [i, type] of types.entries()) builder.lineCost(type, func, line, own * factors[i]!, all * factors[i]!);
    };
    for (let at = 0; at < lines.length; at += 3) {
      // A line counts each time it is on the stack: it cannot have been there more often than the method.
      const all = Math.min(lines[at + 1]!, Math.max(self, total));
      const own = Math.min(lines[at + 2]!, all);
      restSelf -= own;
      restTotal -= all;
      add(lines[at]!, own, all);
    }
    // Line 0 makes the sum over lines what the file says of the method.
    if (restSelf !== 0 || restTotal !== 0) add(0, restSelf, restTotal);
  }
}
