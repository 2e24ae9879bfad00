import type { CallColumns, Profile, ValueType } from '../../model/profile.js';
import { stackRows } from '../../model/stackRows.js';
import { secondsPer } from '../../model/units.js';
import { gzip } from '../source.js';
import { unknownName } from './places.js';
import { ProtoWriter } from './protoWriter.js';
import { qualityComment } from './quality.js';
import { CALLS_KEY, CALLS_TYPE, TIME_KEY, TOTTIME_TYPE } from './samples.js';
import { type Integer, PROFILE } from './wire.js';

/** How one value type is written: pprof knows whole numbers only, so fractions of seconds become nanoseconds. */
interface Column {
  readonly type: ValueType;
  readonly value: (sample: number) => Integer;
}

/** A gzipped profile.proto with everything that we show; exact counts as samples labelled `heatline` (docs/formats.md). */
export function writePprof(profile: Profile): Uint8Array {
  const out = new ProtoWriter();
  const strings = new StringTable(profile);
  const columns = sampledColumns(profile);
  const types = columns.map(({ type }) => type);
  if (profile.calls !== undefined) types.push(CALLS_TYPE, TOTTIME_TYPE);
  const places = firstPlaces(profile);
  for (const type of types) writeValueType(out, PROFILE.sampleType, type, strings);
  writeSamples(out, profile, columns, types.length, strings);
  if (profile.calls !== undefined) writeCalls(out, profile, places, columns.length, strings);
  writeMappings(out, profile);
  writeLocations(out, profile, places);
  writeFunctions(out, profile);
  if (profile.dropFrames !== '') out.number(PROFILE.dropFrames, strings.index(profile.dropFrames));
  if (profile.keepFrames !== '') out.number(PROFILE.keepFrames, strings.index(profile.keepFrames));
  out.number(PROFILE.timeNanos, profile.timeNanos ?? 0n);
  out.number(PROFILE.durationNanos, Math.round(profile.durationNanos ?? 0));
  if (profile.periodType !== undefined) writeValueType(out, PROFILE.periodType, profile.periodType, strings);
  out.number(PROFILE.period, Math.round(profile.period));
  const inner = new ProtoWriter();
  for (const comment of profile.comments) inner.varint(strings.index(comment));
  const quality = qualityComment(profile.quality);
  if (quality !== undefined) inner.varint(strings.index(quality));
  out.block(PROFILE.comment, inner);
  const shown = defaultColumn(profile);
  if (types.length > 0) out.number(PROFILE.defaultType, strings.index(types[shown]!.type));
  for (const string of strings.all) out.text(PROFILE.string, string);
  return gzip(out.done());
}

class StringTable {
  readonly all: string[];
  private readonly known: Map<string, number>;

  constructor(profile: Profile) {
    this.all = [...profile.strings];
    this.known = new Map(this.all.map((string, index) => [string, index]));
  }

  index(string: string): number {
    const known = this.known.get(string);
    if (known !== undefined) return known;
    this.known.set(string, this.all.length);
    return this.all.push(string) - 1;
  }
}

function isCalls(profile: Profile, type: number): boolean {
  return type === profile.calls?.callsType || type === profile.calls?.timeType;
}

/** Place of the type shown first among the types as they are written. */
function defaultColumn(profile: Profile): number {
  const sampled = profile.sampleTypes.map((_, type) => type).filter((type) => !isCalls(profile, type));
  if (profile.defaultType === profile.calls?.callsType) return sampled.length;
  if (profile.defaultType === profile.calls?.timeType) return sampled.length + 1;
  return Math.max(0, sampled.indexOf(profile.defaultType));
}

function sampledColumns(profile: Profile): Column[] {
  const columns: Column[] = [];
  profile.sampleTypes.forEach((type, index) => {
    if (isCalls(profile, index)) return;
    const values = profile.samples.values[index]!;
    if (values instanceof BigInt64Array) {
      columns.push({ type, value: (sample) => values[sample]! });
      return;
    }
    const seconds = secondsPer(type.unit);
    const whole = values.every(Number.isInteger);
    const scale = whole || seconds === undefined ? 1 : seconds * 1e9;
    const written = whole || seconds === undefined ? type : { type: type.type, unit: 'nanoseconds' };
    columns.push({ type: written, value: (sample) => Math.round(values[sample]! * scale) });
  });
  return columns;
}

function writeValueType(out: ProtoWriter, field: number, { type, unit }: ValueType, strings: StringTable): void {
  const inner = new ProtoWriter();
  inner.number(1, strings.index(type));
  inner.number(2, strings.index(unit));
  out.block(field, inner);
}

function writeSamples(out: ProtoWriter, profile: Profile, columns: readonly Column[], types: number, strings: StringTable): void {
  const rows = stackRows(profile);
  const { samples } = profile;
  const sample = new ProtoWriter();
  const list = new ProtoWriter();
  const label = new ProtoWriter();
  const threadKey = samples.thread === undefined ? 0 : strings.index('thread');
  const timeKey = samples.time === undefined ? 0 : strings.index(TIME_KEY);
  for (let i = 0; i < samples.length; i++) {
    const row = rows.ofSample[i]!;
    for (let at = rows.first[row]!; at < rows.first[row + 1]!; at++) list.varint(rows.location[at]! + 1);
    sample.block(1, list);
    for (const column of columns) list.varint(column.value(i));
    for (let rest = columns.length; rest < types; rest++) list.varint(0);
    sample.block(2, list);
    const thread = samples.thread?.[i] ?? -1;
    if (thread >= 0) {
      label.number(1, threadKey);
      label.number(2, strings.index(profile.threads[thread]!));
      sample.block(3, label);
    }
    if (samples.time !== undefined && !Number.isNaN(samples.time[i])) {
      label.number(1, timeKey);
      label.number(3, (profile.timeNanos ?? 0n) + BigInt(Math.round(samples.time[i]!)));
      sample.block(3, label);
    }
    if (samples.labels !== undefined) writeLabels(sample, label, samples.labels, i);
    out.block(PROFILE.sample, sample);
  }
}

function writeLabels(sample: ProtoWriter, label: ProtoWriter, labels: NonNullable<Profile['samples']['labels']>, index: number): void {
  for (let at = labels.first[index]!; at < labels.first[index + 1]!; at++) {
    label.number(1, labels.key[at]!);
    label.number(2, labels.text[at]!);
    if (labels.text[at] === 0) label.number(3, Math.round(labels.number[at]!));
    label.number(4, labels.unit[at]!);
    sample.block(3, label);
  }
}

/**
 * Location ids of the functions' first lines, for exact counts: the profile's own where it has such a plain location,
 * else ones that `writeLocations` adds after them. 0 for functions without counts.
 */
function firstPlaces(profile: Profile): Uint32Array {
  const { functions, locations, lines, calls } = profile;
  const ids = new Uint32Array(functions.length);
  if (calls === undefined) return ids;
  for (let i = 0; i < locations.length; i++) {
    const at = locations.firstLine[i]!;
    if (locations.firstLine[i + 1]! - at !== 1 || locations.mapping[i]! >= 0 || (lines.column?.[at] ?? 0) > 0) continue;
    const func = lines.func[at]!;
    if (ids[func] === 0 && lines.line[at] === functions.startLine[func]) ids[func] = i + 1;
  }
  const needed = new Uint8Array(functions.length);
  for (let func = 0; func < functions.length; func++) if (isCounted(calls, func)) needed[func] = 1;
  for (const ends of [calls.edges.caller, calls.edges.callee]) for (const func of ends) needed[func] = 1;
  let next = locations.length + 1;
  for (let func = 0; func < functions.length; func++) {
    if (needed[func] === 0) ids[func] = 0;
    else if (ids[func] === 0) ids[func] = next++;
  }
  return ids;
}

function isCounted({ functions }: CallColumns, func: number): boolean {
  return functions.calls[func] !== 0 || functions.primitive[func] !== 0 || functions.self[func] !== 0 || functions.total[func] !== 0;
}

/** Exact counts as samples: stacks of one function, or of callee and caller. @param places see firstPlaces */
function writeCalls(out: ProtoWriter, profile: Profile, places: Uint32Array, zeros: number, strings: StringTable): void {
  const { functions, edges, timeType } = profile.calls!;
  const nanos = (secondsPer(profile.sampleTypes[timeType]!.unit) ?? 1e-9) * 1e9;
  const place = (func: number) => places[func]!;
  const keys = ['calls', 'primitive', 'tottime', 'cumtime'].map((key) => strings.index(key));
  const units = ['count', 'count', 'nanoseconds', 'nanoseconds'].map((unit) => strings.index(unit));
  const marker = strings.index(CALLS_KEY);
  const sample = new ProtoWriter();
  const list = new ProtoWriter();
  const label = new ProtoWriter();
  const write = (kind: string, frames: readonly number[], calls: number, tottime: number, figures: readonly number[]) => {
    for (const frame of frames) list.varint(frame);
    sample.block(1, list);
    for (let i = 0; i < zeros; i++) list.varint(0);
    list.varint(calls);
    list.varint(tottime);
    sample.block(2, list);
    label.number(1, marker);
    label.number(2, strings.index(kind));
    sample.block(3, label);
    figures.forEach((figure, i) => {
      label.number(1, keys[i]!);
      label.number(3, figure);
      label.number(4, units[i]!);
      sample.block(3, label);
    });
    out.block(PROFILE.sample, sample);
  };
  // What the edges leave over of a function stands at the function, so that foreign tools' sums are exact.
  const restCalls = functions.calls.slice();
  const restTime = functions.self.map((self) => Math.round(self * nanos));
  for (let edge = 0; edge < edges.length; edge++) {
    const callee = edges.callee[edge]!;
    const tottime = Math.round(edges.self[edge]! * nanos);
    restCalls[callee]! -= edges.calls[edge]!;
    restTime[callee]! -= tottime;
    const figures = [edges.calls[edge]!, edges.primitive[edge]!, tottime, Math.round(edges.total[edge]! * nanos)];
    write('edge', [place(callee), place(edges.caller[edge]!)], edges.calls[edge]!, tottime, figures);
  }
  for (let func = 0; func < functions.calls.length; func++) {
    const times = [Math.round(functions.self[func]! * nanos), Math.round(functions.total[func]! * nanos)];
    const figures = [functions.calls[func]!, functions.primitive[func]!, ...times];
    if (!isCounted(profile.calls!, func)) continue;
    write('function', [place(func)], restCalls[func]!, restTime[func]!, figures);
  }
}

function writeMappings(out: ProtoWriter, { mappings }: Profile): void {
  const inner = new ProtoWriter();
  for (let i = 0; i < mappings.length; i++) {
    inner.number(1, i + 1);
    inner.number(2, mappings.start[i]!);
    inner.number(3, mappings.limit[i]!);
    inner.number(4, mappings.offset[i]!);
    inner.number(5, mappings.file[i]!);
    inner.number(6, mappings.buildId[i]!);
    // has_functions, has_filenames, has_line_numbers: nobody needs to look for symbols again.
    for (const flag of [7, 8, 9]) inner.number(flag, 1);
    out.block(PROFILE.mapping, inner);
  }
}

function writeLocations(out: ProtoWriter, profile: Profile, places: Uint32Array): void {
  const { locations, lines, functions, mappings, strings } = profile;
  const inner = new ProtoWriter();
  const row = new ProtoWriter();
  const line = (func: number, at: number, column: number) => {
    row.number(1, func + 1);
    row.number(2, at);
    row.number(3, column);
    inner.block(4, row);
  };
  for (let i = 0; i < locations.length; i++) {
    const mapping = locations.mapping[i]!;
    const address = locations.address?.[i] ?? 0n;
    inner.number(1, i + 1);
    inner.number(2, mapping + 1);
    inner.number(3, address);
    for (let at = locations.firstLine[i]!; at < locations.firstLine[i + 1]!; at++) {
      const func = lines.func[at]!;
      // A name that the reader made up for a bare address is not written.
      const madeUp = address !== 0n && functions.file[func] === 0 && lines.line[at] === 0;
      if (madeUp && strings[functions.name[func]!] === unknownName(mapping < 0 ? undefined : strings[mappings.file[mapping]!])) continue;
      line(func, lines.line[at]!, lines.column?.[at] ?? 0);
    }
    out.block(PROFILE.location, inner);
  }
  for (let func = 0; func < functions.length; func++) {
    if (places[func]! <= locations.length) continue;
    inner.number(1, places[func]!);
    line(func, functions.startLine[func]!, 0);
    out.block(PROFILE.location, inner);
  }
}

function writeFunctions(out: ProtoWriter, { functions }: Profile): void {
  const inner = new ProtoWriter();
  for (let i = 0; i < functions.length; i++) {
    inner.number(1, i + 1);
    inner.number(2, functions.name[i]!);
    inner.number(3, functions.systemName[i]!);
    inner.number(4, functions.file[i]!);
    inner.number(5, functions.startLine[i]!);
    out.block(PROFILE.function, inner);
  }
}
