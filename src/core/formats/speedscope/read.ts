import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { GrowingFloat64, GrowingInt32 } from '../../model/growing.js';
import { secondsPer } from '../../model/units.js';
import type { ReadControl, Source } from '../format.js';
import { JsonCursor } from '../json/cursor.js';
import { SpanStack } from '../shared/spans.js';
import { placeInFile, placeStacks, type Split, splitSamples, type TakenSamples } from './split.js';

/** What py-spy puts before the real frames, as it also says in the profile's name: `thread (17): Main`, `process 12:"python"`. */
const PY_SPY_ROOT = /^(?:thread \((\w+)\)(?:: (.*))?$|process \d+:")/s;
/** How py-spy names a thread. */
const PY_SPY_THREAD = /^(?:Process (\d+) )?Thread (\S+) "(.*)"$/s;

/** Place of a frame that stands for no function: its time is its caller's. */
const NOWHERE = -1;

/** One of the file's profiles (a thread, usually): what it says of itself, and where its long arrays begin (0: nowhere). */
interface Part {
  name: string;
  unit: string;
  start: number;
  end: number;
  samples: number;
  weights: number;
  events: number;
}

/** What there is besides the parts. */
interface Shared {
  /** Location of each frame. */
  readonly places: GrowingInt32;
  readonly parts: Part[];
  /** Where the frames begin. */
  frames: number;
  exporter: string;
  /** Names of threads by their ids: py-spy may see a thread before it has one. */
  readonly names: Map<string, string>;
  /** Samples that were taken out of the text. */
  readonly split: Split | undefined;
  /** Set when the text ends too early. */
  cut: ReadError | undefined;
}

const MOST_UNITS = 100;
/** Bits of the number of a sample after which others are let run. */
const SLICE = 0x3ffff;

/**
 * Samples are taken out while the file arrives where that is possible (`split.ts`). Arrays may come before the frames and units that
 * they need: a first pass over what is left notes where they are.
 */
export async function readSpeedscope(source: Source, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const split = await splitSamples(source, control);
  const json = new JsonCursor(split?.rest ?? (await source.bytes()), split === undefined ? control : withoutProgress(control));
  try {
    await readText(json, split, builder);
  } catch (error) {
    if (split === undefined || !(error instanceof ReadError) || error.offset === undefined) throw error;
    throw new ReadError(error.code, error.message, placeInFile(split, error.offset), error.detail);
  }
}

function withoutProgress({ signal }: ReadControl): ReadControl {
  return signal === undefined ? {} : { signal };
}

async function readText(json: JsonCursor, split: Split | undefined, builder: ProfileBuilder): Promise<void> {
  const shared: Shared = { places: new GrowingInt32(), parts: [], frames: 0, exporter: '', names: new Map(), split, cut: undefined };
  await untilCut(shared, () => survey(json, shared));
  await untilCut(shared, () => readFrames(json, builder, shared));
  const { parts } = shared;
  if (parts.length === 0 || (shared.places.length === 0 && shared.cut !== undefined)) {
    throw shared.cut ?? new ReadError('corrupt', 'It holds no profile: the list "profiles" is empty or missing.');
  }
  // Weights come after the samples: without them samples can still be counted.
  for (const part of parts) if (shared.cut !== undefined && part.samples > 0 && part.weights === 0) part.unit = 'none';
  const units = [...new Set(parts.map(({ unit }) => unit))];
  if (units.length > MOST_UNITS) throw new ReadError('corrupt', `It has more than ${MOST_UNITS} units; speedscope knows six.`);
  // Parts that each have a unit of their own are not threads but several measures of one run, as memray writes them.
  const measures = units.length > 1 && units.length === parts.length;
  for (const unit of units) {
    const named = measures ? parts.find((part) => part.unit === unit)!.name : '';
    const type = valueType(unit, parts);
    builder.valueType(named === '' ? type : { ...type, type: named });
  }
  const start = Math.min(...parts.filter(({ unit }) => secondsPer(unit) !== undefined).map((part) => part.start * nanos(part.unit)));
  const end = Math.max(...parts.filter(({ unit }) => secondsPer(unit) !== undefined).map((part) => part.end * nanos(part.unit)));
  // Start values may be anything; those that are times of day since 2001 say when it was.
  if (start > 1e18 && start < 4e18) builder.set({ timeNanos: BigInt(Math.round(start)) });
  if (end > start) builder.set({ durationNanos: end - start });
  builder.set({ defaultType: 0 });
  const [engine, version] = shared.exporter.split('@');
  if (engine) builder.quality(version ? { engine, engineVersion: version } : { engine });
  if (parts.every(({ events }) => events > 0)) builder.quality({ rows: 'spans' });
  else if (parts.some(({ unit }) => secondsPer(unit) !== undefined)) builder.quality({ lasting: true });
  if (split !== undefined && split.ofSample.length > 0) {
    builder.checkSamples(split.ofSample.length);
    placeStacks(split.stacks, shared.places, (frame) => missingFrame(json, builder, shared, frame));
    builder.continueStacks(split.stacks);
  }
  for (const part of parts) {
    const values = units.map(() => 0);
    const reader = new PartReader(json, builder, shared, part, values, units.indexOf(part.unit), start, measures ? '' : part.name);
    await untilCut(shared, () => (part.events > 0 ? reader.events() : reader.samples()));
  }
  if (shared.cut !== undefined) builder.warn('The file ends too early: what is shown is the part before.');
}

/** Keeps the error of a text that ends too early: what was read so far is worth showing. */
async function untilCut(shared: Shared, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ReadError) || error.code !== 'truncated') throw error;
    shared.cut = error;
  }
}

async function survey(json: JsonCursor, shared: Shared): Promise<void> {
  if (!json.object()) return;
  while (json.nextKey()) {
    if (json.key === 'shared') await surveyShared(json, shared);
    else if (json.key === 'profiles' && json.array()) {
      while (json.item()) await surveyPart(json, shared.parts);
    } else if (json.key === 'exporter') shared.exporter = json.string();
  }
}

async function surveyShared(json: JsonCursor, shared: Shared): Promise<void> {
  if (!json.object()) return;
  while (json.nextKey()) {
    if (json.key !== 'frames') continue;
    shared.frames = json.at;
    await json.skipLong();
  }
}

async function readFrames(json: JsonCursor, builder: ProfileBuilder, shared: Shared): Promise<void> {
  if (shared.frames === 0) return;
  json.seek(shared.frames);
  // pyinstrument gives the line where the function begins, others the one that runs.
  const defined = shared.exporter.startsWith('pyinstrument');
  const standIn = defined ? /^\[self\]$/ : shared.exporter.startsWith('py-spy') ? PY_SPY_ROOT : undefined;
  const standIns = new Set<number>();
  const strings = json.table((text) => {
    const id = builder.string(text);
    const match = standIn?.exec(text);
    if (match) standIns.add(id);
    if (match?.[2]) shared.names.set(match[1]!, match[2]);
    return id;
  });
  if (!json.array()) return;
  while (json.item()) {
    let name = 0;
    let file = 0;
    let line = 0;
    let column = 0;
    if (json.object()) {
      while (json.nextKey()) {
        if (json.key === 'name') name = Math.max(0, json.interned(strings));
        else if (json.key === 'file') file = Math.max(0, json.interned(strings));
        else if (json.key === 'line') line = json.number();
        else if (json.key === 'col') column = json.number();
      }
    }
    shared.places.push(
      file === 0 && standIns.has(name) ? NOWHERE : builder.place(builder.func(name, name, file, defined ? line : 0), line, column),
    );
    if (json.due) await json.pause(false);
  }
}

async function surveyPart(json: JsonCursor, parts: Part[]): Promise<void> {
  const part: Part = { name: '', unit: 'none', start: 0, end: 0, samples: 0, weights: 0, events: 0 };
  if (!json.object()) return;
  parts.push(part);
  while (json.nextKey()) {
    const { key } = json;
    if (key === 'name') part.name = json.string();
    else if (key === 'unit') part.unit = json.string() || 'none';
    else if (key === 'startValue') part.start = json.number() || 0;
    else if (key === 'endValue') part.end = json.number() || 0;
    else if (key === 'samples' || key === 'weights' || key === 'events') {
      part[key] = json.at;
      await json.skipLong();
    }
  }
}

function nanos(unit: string): number {
  return (secondsPer(unit) ?? 0) * 1e9;
}

function valueType(unit: string, parts: readonly Part[]): { type: string; unit: string } {
  if (secondsPer(unit) !== undefined) return { type: 'time', unit };
  if (unit === 'bytes') return { type: 'memory', unit };
  const sampled = parts.every((part) => part.unit !== unit || part.events === 0);
  return sampled ? { type: 'samples', unit: 'count' } : { type: 'value', unit: 'count' };
}

/** As in py-spy's other formats. */
function threadName(name: string, names: ReadonlyMap<string, string>): string {
  const parts = PY_SPY_THREAD.exec(name);
  if (parts === null) return name;
  const [, process, id, own] = parts;
  return `${own || (names.get(id!) ?? `thread (${id})`)}${process === undefined ? '' : ` [process ${process}]`}`;
}

/** Place of a frame that the file does not have: where it is cut off, something; @throws ReadError elsewhere */
function missingFrame(json: JsonCursor, builder: ProfileBuilder, { cut }: Shared, frame: number): number {
  if (Number.isNaN(frame)) throw new ReadError('corrupt', 'The profile refers to a frame by something that is no number.', json.at);
  if (cut === undefined) throw new ReadError('corrupt', `The profile refers to frame ${frame}, which it does not have.`, json.at);
  const name = builder.string('(cut off)');
  return builder.place(builder.func(name, name, 0, 0), 0);
}

/** Reads the samples of one part. */
class PartReader {
  private readonly thread: number;
  private readonly nanos: number;

  constructor(
    private readonly json: JsonCursor,
    private readonly builder: ProfileBuilder,
    private readonly shared: Shared,
    private readonly part: Part,
    /** One per value type of the file, all 0 but that of this part. */
    private readonly values: number[],
    private readonly type: number,
    /** Nanoseconds that are the profile's start. */
    private readonly origin: number,
    thread: string,
  ) {
    this.thread = thread === '' ? -1 : builder.thread(threadName(thread, shared.names));
    this.nanos = nanos(part.unit);
  }

  /** Sample by sample: its frames, root first, and its weight. */
  async samples(): Promise<void> {
    const weights = await this.weights();
    const taken = this.shared.split?.taken.get(this.part.samples);
    const count = taken === undefined ? await this.samplesInText(weights) : await this.samplesTaken(taken, weights);
    let lacking = 0;
    for (let i = 0; i < count; i++) if (!(i < weights.length) || Number.isNaN(weights.array[i]!)) lacking++;
    if (lacking > 0) this.builder.warn(`${lacking} of ${count} samples have no weight.`);
  }

  private async weights(): Promise<GrowingFloat64> {
    const { json, part } = this;
    const weights = new GrowingFloat64();
    if (part.weights > 0) {
      json.seek(part.weights);
      if (json.array()) while (json.numbers(weights, 1 << 20)) await json.pause(false);
    }
    return weights;
  }

  /** @returns number of samples */
  private async samplesTaken({ from, to }: TakenSamples, weights: GrowingFloat64): Promise<number> {
    const { json, builder, values, type, thread } = this;
    const { ofSample } = this.shared.split!;
    let at = this.part.start;
    for (let sample = from; sample < to; sample++) {
      const weight = this.weight(weights, sample - from);
      values[type] = weight;
      builder.sampleOfRow(ofSample[sample]!, values, thread, this.time(at));
      at += weight;
      if ((sample & SLICE) === SLICE) await json.pause(false);
    }
    return to - from;
  }

  /** @returns number of samples */
  private async samplesInText(weights: GrowingFloat64): Promise<number> {
    const { json, builder, part, values, type } = this;
    const row = new GrowingFloat64();
    let frames = new Uint32Array(64);
    let at = part.start;
    let count = 0;
    if (part.samples === 0) return 0;
    json.seek(part.samples);
    if (!json.array()) return 0;
    for (; json.item(); count++) {
      row.length = 0;
      if (json.array()) json.numbers(row);
      const depth = row.length;
      if (depth > frames.length) frames = new Uint32Array(depth * 2);
      let length = 0;
      for (let i = depth - 1; i >= 0; i--) {
        const place = this.place(row.array[i]!);
        if (place >= 0) frames[length++] = place;
      }
      const weight = this.weight(weights, count);
      values[type] = weight;
      builder.sampleFrames(frames, length, values, this.thread, this.time(at));
      at += weight;
      if (json.due) await json.pause();
    }
    return count;
  }

  /** What is not there is nothing where it is a time, and else one sample. */
  private weight(weights: GrowingFloat64, sample: number): number {
    const weight = sample < weights.length ? weights.array[sample]! : Number.NaN;
    return Number.isNaN(weight) ? (this.nanos > 0 ? 0 : 1) : weight;
  }

  /** From event to event: frames that open and close. */
  async events(): Promise<void> {
    const { json, builder, part, values, type } = this;
    const spans = new SpanStack(builder, (stack, from, to) => {
      values[type] = to - from;
      builder.sample(stack, values, this.thread, this.time(from));
    });
    json.seek(part.events);
    if (!json.array()) return;
    const kinds = json.table((text) => (text === 'O' ? 1 : text === 'C' ? 2 : 0));
    while (json.item()) {
      let kind = 0;
      let frame = -1;
      let at = Number.NaN;
      if (json.object()) {
        while (json.nextKey()) {
          if (json.key === 'type') kind = json.interned(kinds);
          else if (json.key === 'frame') frame = json.number();
          else if (json.key === 'at') at = json.number();
        }
      }
      if (kind === 1) spans.open(this.place(frame), frame, at);
      else if (kind === 2) spans.close(frame, at);
      if (json.due) await json.pause();
    }
    spans.end(part.end);
  }

  private place(frame: number): number {
    const { json, builder, shared } = this;
    if (frame >= 0 && frame < shared.places.length && Number.isInteger(frame)) return shared.places.array[frame]!;
    return missingFrame(json, builder, shared, frame);
  }

  private time(at: number): number | undefined {
    return this.nanos > 0 ? at * this.nanos - this.origin : undefined;
  }
}
