import { ReadError } from '../../errors.js';
import type { ProfileBuilder } from '../../model/builder.js';
import { eventType } from './events.js';
import type { CallgrindFunctions } from './functions.js';

/** Share by which sums may miss what the file says of the whole: some tools round each figure. */
const TOLERANCE = 0.001;
/** Tools whose cost lines are the functions' first lines. */
const PYTHON = /^(?:yappi|pyprof2calltree)/;

/** Value types of the events, and what the file's figures are multiplied by. */
interface Types {
  readonly types: readonly number[];
  readonly scales: readonly number[];
}

/** Hands everything to the builder: only at the end inclusive costs can be told. @throws ReadError `empty` */
export function fillCallgrind(from: CallgrindFunctions, builder: ProfileBuilder): void {
  const creator = from.facts.get('creator') ?? '';
  const events = from.names.map((name) => eventType(name, creator));
  const calls = builder.valueType({ type: 'calls', unit: 'count' });
  const types = events.map(({ type, unit }) => builder.valueType({ type, unit }));
  const typed: Types = { types, scales: events.map(({ scale }) => scale) };
  builder.callTypes(calls, types[0]!, ...types.slice(1));
  builder.set({ defaultType: types[0]! });
  // pyprof2calltree says nothing of itself; nobody else counts "ns" in files of Python's sources.
  const isPython = PYTHON.test(creator) || (creator === '' && from.names[0] === 'ns');
  const ids = addFunctions(from, builder, isPython);
  const { totals, sums, whole } = inclusive(from);
  fillFunctions(from, builder, ids, totals, typed);
  fillEdges(from, builder, ids, typed);
  if (!isPython) fillLines(from, builder, ids, typed, whole);
  fillFacts(from, builder, creator, sums[0]!);
}

/** The builder's function of each; -1 of those that cost and call nothing. */
function addFunctions(from: CallgrindFunctions, builder: ProfileBuilder, isPython: boolean): Int32Array {
  const { texts, name, object, file, firstLine } = from;
  let used = 0;
  const ids = Int32Array.from({ length: name.length }, (_, func) => {
    const costs = from.linked.array[func] !== 0 || from.names.some((_, event) => from.self.get(func, event) !== 0);
    if (!costs) return -1;
    used++;
    const path = texts.get(file.array[func]!);
    const text = texts.get(name.array[func]!);
    // yappi writes `name file:line`.
    const place = isPython ? ` ${path}:` : '';
    const at = isPython ? text.lastIndexOf(place) : -1;
    const hasLine = at > 0 && /^\d{1,9}$/.test(text.slice(at + place.length));
    const start = at > 0 ? Number(text.slice(at + place.length)) || 0 : isPython ? firstLine.array[func]! : 0;
    const id = builder.string(hasLine ? text.slice(0, at) : text);
    return builder.func(id, builder.string(text), builder.string(fileOf(texts.get(object.array[func]!), path)), start);
  });
  if (used === 0) throw new ReadError('empty', 'It holds no costs: nothing was recorded, or it was not written to the end.');
  return ids;
}

/** `???` is valgrind's word for unknown files: functions of a library without sources are then known by the library. */
function fileOf(object: string, file: string): string {
  if (file !== '???' && file !== '') return file;
  return object === '???' ? '' : object;
}

function fillFunctions(
  from: CallgrindFunctions,
  builder: ProfileBuilder,
  ids: Int32Array,
  totals: Float64Array,
  { types, scales }: Types,
): void {
  for (const [func, id] of ids.entries()) {
    if (id < 0) continue;
    const calls = from.calls.array[func]!;
    const self = (event: number): number => from.self.get(func, event) * scales[event]!;
    const total = (event: number): number => totals[func * types.length + event]! * scales[event]!;
    // Of a function that nobody called, or only what is not in the file, the number of calls is not known.
    builder.functionCalls(id, calls, calls - from.selfCalls.array[func]!, self(0), total(0));
    for (let i = 1; i < types.length; i++) builder.functionCost(id, types[i]!, self(i), total(i));
  }
}

/** An edge's share of the called function's own costs is not in the file: it is taken to be as its share of all. */
function fillEdges(from: CallgrindFunctions, builder: ProfileBuilder, ids: Int32Array, { types, scales }: Types): void {
  const { caller, callee, edgeCosts } = from;
  const wide = types.length;
  const incoming = new Float64Array(ids.length * wide);
  for (let edge = 0; edge < caller.length; edge++) {
    for (let i = 0; i < wide; i++) incoming[callee.array[edge]! * wide + i]! += edgeCosts.get(edge, i);
  }
  for (let edge = 0; edge < caller.length; edge++) {
    const of = caller.array[edge]!;
    const to = callee.array[edge]!;
    const [source, target] = [ids[of]!, ids[to]!];
    const calls = from.edgeCalls.array[edge]!;
    const cost = (i: number): number => edgeCosts.get(edge, i) * scales[i]!;
    const self = (i: number): number => {
      const whole = incoming[to * wide + i]!;
      return (whole > 0 ? (from.self.get(to, i) * edgeCosts.get(edge, i)) / whole : 0) * scales[i]!;
    };
    builder.edge(source, target, calls, of === to ? 0 : calls, self(0), cost(0));
    for (let i = 1; i < wide; i++) builder.edgeCost(source, target, types[i]!, self(i), cost(i));
  }
}

function fillLines(
  from: CallgrindFunctions,
  builder: ProfileBuilder,
  ids: Int32Array,
  { types, scales }: Types,
  whole: readonly number[],
): void {
  const { texts, lineFunction, lineFile, line, lineSelf, lineCalls, object } = from;
  let lastFile = -1;
  let lastObject = -1;
  let name = 0;
  for (let row = 0; row < line.length; row++) {
    const func = lineFunction.array[row]!;
    if (lineFile.array[row] !== lastFile || object.array[func] !== lastObject) {
      lastFile = lineFile.array[row]!;
      lastObject = object.array[func]!;
      name = builder.string(fileOf(texts.get(lastObject), texts.get(lastFile)));
    }
    for (let i = 0; i < types.length; i++) {
      const self = lineSelf.get(row, i);
      const total = Math.min(self + lineCalls.get(row, i), whole[i]!);
      if (total > 0) builder.lineCost(types[i]!, ids[func]!, line.array[row]!, self * scales[i]!, total * scales[i]!, -1, name);
    }
  }
}

function fillFacts(from: CallgrindFunctions, builder: ProfileBuilder, creator: string, sum: number): void {
  const [engine, version] = /^([a-z][\w ]*?)[- ]v?(\d[\w.]*)/i.exec(creator)?.slice(1) ?? [creator];
  if (engine !== undefined && engine !== '') builder.quality({ engine, ...(version !== undefined && { engineVersion: version }) });
  for (const key of ['cmd', 'pid', 'thread']) {
    const value = from.facts.get(key);
    if (value !== undefined && value !== '') builder.comment(`${key}: ${value}`);
  }
  const said = from.totals > 0 ? from.totals : from.summary;
  if (said > 0 && Math.abs(said - sum) > said * TOLERANCE) {
    builder.warn(`The file says that it holds ${said} ${from.names[0]} in all, but its functions add up to ${sum}: it may not be whole.`);
  }
  for (const warning of from.warnings) builder.warn(warning);
}

/**
 * What functions cost with all they called (`totals`, a row of events each): what their callers say, or, for those that nobody called,
 * own costs and those of their calls. Calls of a function by itself are within others; in longer cycles costs may be counted again, as
 * callgrind_annotate does, but never more than the whole: the sum of own costs, or more where costs of functions that are not in the
 * file are in calls.
 */
function inclusive(from: CallgrindFunctions): { totals: Float64Array; sums: readonly number[]; whole: readonly number[] } {
  const { caller, callee, edgeCosts, self } = from;
  const functions = from.name.length;
  const wide = from.names.length;
  const totals = new Float64Array(functions * wide);
  const called = new Uint8Array(functions);
  for (let edge = 0; edge < caller.length; edge++) {
    const to = callee.array[edge]!;
    if (to === caller.array[edge]) continue;
    called[to] = 1;
    for (let i = 0; i < wide; i++) totals[to * wide + i]! += edgeCosts.get(edge, i);
  }
  const sums = new Array<number>(wide).fill(0);
  for (let func = 0; func < functions; func++) {
    for (let i = 0; i < wide; i++) {
      sums[i]! += self.get(func, i);
      if (called[func] === 0) totals[func * wide + i]! += self.get(func, i);
    }
  }
  for (let edge = 0; edge < caller.length; edge++) {
    const of = caller.array[edge]!;
    if (called[of] !== 0 || of === callee.array[edge]) continue;
    for (let i = 0; i < wide; i++) totals[of * wide + i]! += edgeCosts.get(edge, i);
  }
  const whole = sums.map((sum, i) => {
    let entered = 0;
    for (let func = 0; func < functions; func++) if (called[func] === 0) entered += totals[func * wide + i]!;
    return Math.max(sum, entered);
  });
  for (let func = 0; func < functions; func++) {
    for (let i = 0; i < wide; i++) {
      const at = func * wide + i;
      totals[at] = Math.min(Math.max(totals[at]!, self.get(func, i)), whole[i]!);
    }
  }
  return { totals, sums, whole };
}
