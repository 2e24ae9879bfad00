import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import type { Format } from './format.js';
import { MarshalReader, RefKind } from './pstats/marshal.js';
import { Code } from './pstats/marshalCodes.js';
import { SampledSums } from './pstats/sampled.js';
import { textAt } from './shared/textLines.js';

/** Objects that a file may share (by reference) are read again where they are used; this many bytes at most, per byte of the file. */
const MAX_REREAD = 16;
/** Python ≥ 3.15's sampler marks its files by the key `('__sampled__',)`, since what it calls calls are samples. */
const SAMPLED = '__sampled__';

/**
 * Python's pstats file: one marshalled dict, written by `cProfile`, `profile`, yappi, PyPy and Tachyon.
 * {(file, first line, name): (primitive calls, calls, tottime, cumtime, {caller key: (calls, primitive calls, tottime, cumtime)})}
 * with two traps: calls and primitive calls change places between a function and its callers, and a caller's value may be a
 * bare number of calls (Lib/cProfile.py `snapshot_stats`, Lib/pstats.py `print_call_line`). pyinstrument writes -1 for calls.
 *
 * The sampler's keys (Lib/profiling/sampling/pstats_collector.py) have the line that ran instead of the first one, and its
 * figures are samples: those become figures of lines, and those of a function are added up from its lines.
 */
export const pstats: Format = {
  id: 'pstats',
  label: 'cProfile (pstats)',
  globs: ['*.prof', '*.pstats', '*.cprof', '*.profile'],
  sniff(head) {
    if (head[0] !== 0x7b && head[0] !== 0xfb) return 0;
    const next = (head[1] ?? 0) & 0x7f;
    if (next === Code.smallTuple) return head[2] === 3 || head[2] === 1 ? 1 : 0;
    if (next === Code.tuple) return (head[2] === 3 || head[2] === 1) && head[3] === 0 && head[4] === 0 && head[5] === 0 ? 1 : 0;
    if (next === Code.null) return head.length === 2 ? 1 : 0;
    // Cut after the very first byte, which no text of the JSON family is.
    return head.length === 1 && head[0] === 0xfb ? 0.5 : 0;
  },
  async read(source, builder) {
    readStats(await source.bytes(), builder);
  },
};

function readStats(bytes: Uint8Array, builder: ProfileBuilder): void {
  const reader = new MarshalReader(bytes, (text) => builder.string(text));
  const sampled = isMarked(bytes);
  const callsType = builder.valueType({ type: sampled ? 'samples' : 'calls', unit: 'count' });
  const timeType = builder.valueType({ type: 'time', unit: 'seconds' });
  builder.callTypes(callsType, timeType);
  builder.set({ defaultType: timeType });
  const sums = new SampledSums(builder, callsType, timeType);
  const sampledMark = builder.string(SAMPLED);
  const figures = new Float64Array(4);
  let reread = 0;

  /** Functions and lines of the keys read so far. */
  const keyFunc: number[] = [];
  const keyLine: number[] = [];
  /** Index of a key object, or -1 for the sampler's mark. */
  const key = (): number => {
    const at = reader.pos;
    const code = reader.next();
    const ref = reader.ref;
    if (code === Code.ref) return reader.referred(RefKind.key, 'a function');
    if (code !== Code.smallTuple && code !== Code.tuple) reader.fail('a function (file, line, name) was expected', at);
    const size = reader.size(code);
    if (size === 1 && reader.string() === sampledMark) return -1;
    if (size !== 3) reader.fail('a function has no (file, line, name)', at);
    const file = reader.string();
    const line = Math.max(0, reader.number());
    const name = reader.name();
    const index = keyFunc.length;
    keyFunc.push(builder.func(name, name, file, sampled ? 0 : line));
    keyLine.push(line);
    reader.define(ref, RefKind.key, index);
    return index;
  };

  /** Negative numbers of calls mean that they were not counted. */
  let uncounted = false;
  const counted = (calls: number): number => {
    if (calls >= 0) return finite(calls);
    uncounted = true;
    return 0;
  };

  /** Reads with `read` the object at hand, or an earlier one that a reference leads back to. */
  const shared = (read: (code: number) => void): void => {
    const at = reader.pos;
    const code = reader.next();
    if (code !== Code.ref || !reader.isRefTo(RefKind.other)) {
      reader.define(reader.ref, RefKind.other, at);
      read(code);
      return;
    }
    const index = reader.uint32();
    const { pos, refs } = reader;
    const start = reader.valueOf(index);
    reader.pos = start;
    // Read again, the object and what is in it get their old reference numbers.
    reader.refs = index;
    const first = reader.next();
    reader.define(index, RefKind.other, start);
    read(first);
    reread += reader.pos - start;
    if (reread > bytes.length * MAX_REREAD + 2 ** 20) throw new ReadError('too-large', 'Its shared parts would unfold beyond measure.', at);
    reader.pos = pos;
    reader.refs = refs;
  };

  const edgeFigures = (code: number): void => {
    if (code !== Code.smallTuple && code !== Code.tuple && code !== Code.list) {
      const calls = reader.numberOf(code);
      figures[0] = calls;
      figures[1] = calls;
      figures[2] = 0;
      figures[3] = 0;
      return;
    }
    const size = reader.size(code);
    if (size < 4) reader.fail('the figures of a caller are incomplete');
    for (let i = 0; i < 4; i++) figures[i] = reader.number();
    for (let i = 4; i < size; i++) reader.skip();
  };

  let callee = -1;
  const callers = (code: number): void => {
    if (code !== Code.dict) reader.fail('the callers of a function were expected', reader.pos - 1);
    while (!atEnd(reader)) {
      const caller = key();
      if (caller < 0) reader.fail('a caller is not a function');
      shared(edgeFigures);
      if (sampled) sums.edge(keyFunc[caller]!, keyFunc[callee]!, counted(figures[0]!));
      else
        builder.edge(
          keyFunc[caller]!,
          keyFunc[callee]!,
          counted(figures[0]!),
          counted(figures[1]!),
          finite(figures[2]!),
          finite(figures[3]!),
        );
    }
  };
  const functionFigures = (code: number): void => {
    if (code !== Code.smallTuple && code !== Code.tuple && code !== Code.list) reader.fail('the figures of a function were expected');
    const size = reader.size(code);
    if (size < 4) reader.fail('the figures of a function are incomplete');
    const primitive = counted(reader.number());
    const calls = counted(reader.number());
    const self = finite(reader.number());
    const total = finite(reader.number());
    if (sampled) sums.line(keyFunc[callee]!, keyLine[callee]!, primitive, calls, self, total);
    else builder.functionCalls(keyFunc[callee]!, calls, primitive, self, total);
    if (size > 4) shared(callers);
    for (let i = 5; i < size; i++) reader.skip();
  };

  if (reader.next() !== Code.dict) reader.fail('it does not start with a dictionary', 0);
  while (!atEnd(reader)) {
    callee = key();
    if (callee < 0) {
      reader.skip();
      continue;
    }
    shared(functionFigures);
  }
  if (sampled) sums.finish();
  if (uncounted) builder.warn('It does not say how often functions were called.');
  if (reader.pos < bytes.length) builder.warn(`${bytes.length - reader.pos} bytes after the end of the profile were left out.`);
}

/** Passes over the null that ends a dict. */
function atEnd(reader: MarshalReader): boolean {
  if (reader.bytes[reader.pos] !== Code.null) return false;
  reader.pos++;
  return true;
}

/** Python's files may hold what is no number, or has no end: that is nothing measured. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** Whether the sampler's mark is among the keys: a tuple of one string. */
function isMarked(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(SAMPLED.charCodeAt(0)); at >= 0; at = bytes.indexOf(SAMPLED.charCodeAt(0), at + 1)) {
    if (!textAt(bytes, at, SAMPLED)) continue;
    // `)`, 1, and a string with a length of one byte, or of four.
    for (const head of [4, 7]) if (at >= head && (bytes[at - head]! & 0x7f) === Code.smallTuple && bytes[at - head + 1] === 1) return true;
  }
  return false;
}
