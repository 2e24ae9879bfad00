import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format } from './format.js';
import { eachLine, utf8 } from './shared/textLines.js';

/** Records hold 256 entries at most; a line that is longer than this (bytes) is no record. */
const MAX_RECORD = 1 << 22;
const MODES = new Set(['wall', 'cpu', 'gil', 'exception']);

/** One recording: its tables, and figures per line while they are summed. */
interface Run {
  /** Nanoseconds. */
  interval: number;
  mode: string;
  readonly strings: Map<number, number>;
  readonly frames: Map<number, Line>;
  samples: number;
  ended: boolean;
}

interface Line {
  readonly func: number;
  readonly line: number;
  self: number;
  total: number;
}

/**
 * Line records of Python's `profiling.sampling --jsonl` (CPython ≥ 3.15, Lib/profiling/sampling/jsonl_collector.py): samples per
 * position in the code, alone and with what it called; no stacks. Positions of one line are joined here, so that the total of a
 * line that stands in a stack several times, at other columns, may count a sample twice; never more than all samples.
 */
export const tachyonJsonl: Format = {
  id: 'tachyon-jsonl',
  label: 'Tachyon JSON lines',
  globs: ['*.jsonl'],
  sniff(head) {
    const text = new TextDecoder().decode(utf8(head.subarray(0, 1024)));
    return /^\s*\{"type":\s*"meta",\s*"v":\s*\d+,\s*"run_id":/.test(text) && text.includes('"sample_interval_usec"') ? 1 : 0;
  },
  async read(source, builder, control) {
    const bytes = utf8(await source.bytes());
    const runs = new Map<string, Run>();
    const decoder = new TextDecoder();
    let broken = -1;
    await eachLine(bytes, control, (start, end) => {
      if (start === end) return;
      const record = end - start > MAX_RECORD ? undefined : parse(decoder.decode(bytes.subarray(start, end)));
      // The rest of what is cut is left out; damage in the middle is not.
      if (broken >= 0) throw new ReadError('corrupt', 'A line is not a record of JSON.', broken);
      if (record === undefined) broken = start;
      else take(record, runs, builder, start);
    });
    if (runs.size === 0) throw new ReadError('corrupt', 'It holds no recording.', 0);
    if (broken >= 0 || [...runs.values()].some((run) => !run.ended)) {
      builder.warn('The file is not whole: its end is missing, so that some lines have no figures.');
    }
    finish([...runs.values()], builder);
  },
};

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function take(record: Record<string, unknown>, runs: Map<string, Run>, builder: ProfileBuilder, at: number): void {
  const id = String(record.run_id);
  if (record.type === 'meta') {
    if (record.v !== 0) throw new ReadError('unsupported', `Its format has version ${String(record.v)}; only version 0 is known.`, at);
    const interval = 1000 * whole(record.sample_interval_usec, at);
    const mode = typeof record.mode === 'string' && MODES.has(record.mode) ? record.mode : 'wall';
    if (!runs.has(id)) runs.set(id, { interval, mode, strings: new Map(), frames: new Map(), samples: 0, ended: false });
    return;
  }
  const run = runs.get(id);
  if (run === undefined) throw new ReadError('corrupt', 'A record belongs to a recording that was not announced.', at);
  if (record.type === 'string_table') {
    for (const entry of entries(record.strings, at)) {
      if (typeof entry.value !== 'string') throw new ReadError('corrupt', 'A text is none.', at);
      run.strings.set(whole(entry.str_id, at), builder.string(entry.value));
    }
  } else if (record.type === 'frame_table') {
    for (const entry of entries(record.frames, at)) {
      const file = run.strings.get(whole(entry.path_str_id, at));
      const name = run.strings.get(whole(entry.func_str_id, at));
      if (file === undefined || name === undefined) throw new ReadError('corrupt', 'A frame has a name that the file does not have.', at);
      const line = typeof entry.line === 'number' ? entry.line : 0;
      run.frames.set(whole(entry.frame_id, at), { func: builder.func(name, name, file, 0), line, self: 0, total: 0 });
    }
  } else if (record.type === 'agg' && record.kind === 'frame') {
    run.samples = whole(record.samples_total, at);
    for (const entry of entries(record.entries, at)) {
      const frame = run.frames.get(whole(entry.frame_id, at));
      if (frame === undefined) throw new ReadError('corrupt', 'Figures belong to a frame that the file does not have.', at);
      frame.self += whole(entry.self, at);
      frame.total += whole(entry.cumulative, at);
    }
  } else if (record.type === 'end') {
    run.samples = whole(record.samples_total, at);
    run.ended = true;
  }
}

function entries(list: unknown, at: number): Record<string, unknown>[] {
  if (!Array.isArray(list) || !list.every(isRecord)) throw new ReadError('corrupt', 'A record holds no list of entries.', at);
  return list;
}

function whole(value: unknown, at: number): number {
  if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) return value;
  throw new ReadError('corrupt', 'A number is missing in a record.', at);
}

function finish(runs: readonly Run[], builder: ProfileBuilder): void {
  const { mode, interval } = runs[0]!;
  builder.set({ periodType: { type: mode, unit: 'nanoseconds' }, period: interval });
  builder.quality({ engine: 'tachyon', ...(interval > 0 ? { rateAsked: 1e9 / interval } : {}) });
  const count = builder.valueType({ type: 'samples', unit: 'count' });
  const time = builder.valueType({ type: mode, unit: 'nanoseconds' });
  for (const run of runs) {
    const lines = new Map<string, Line>();
    for (const frame of run.frames.values()) {
      const key = `${frame.func}:${frame.line}`;
      const known = lines.get(key);
      if (known === undefined) lines.set(key, frame);
      else {
        known.self += frame.self;
        known.total += frame.total;
      }
    }
    for (const { func, line, self, total } of lines.values()) {
      const bounded = Math.max(self, Math.min(total, run.samples));
      builder.lineCost(count, func, line, self, bounded);
      builder.lineCost(time, func, line, self * run.interval, bounded * run.interval);
    }
  }
}
