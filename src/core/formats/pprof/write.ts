import type { Profile, ValueType } from '../../model/profile.js';
import { stackRows } from '../../model/stackRows.js';
import { inTime } from '../../model/stretches.js';
import { gzip } from '../source.js';
import { STATUS_KEY, TIME_KEY, VALUE_KEY, WARNING_COMMENT } from './labels.js';
import { type Layout, layOut } from './layout.js';
import { ProtoWriter } from './protoWriter.js';
import { qualityComment } from './quality.js';
import { StringTable } from './stringTable.js';
import { PROFILE } from './wire.js';
import { PlaceBook, writeFunctions, writeLocations, writeMappings } from './writePlaces.js';
import { writeCalls, writeLineCosts } from './writeSums.js';

/** A gzipped profile.proto with everything that we show; sums as samples labelled `heatline` (docs/formats.md). */
export function writePprof(given: Profile): Uint8Array {
  const profile = inTime(given);
  const out = new ProtoWriter();
  const strings = new StringTable(profile);
  const layout = layOut(profile);
  const book = new PlaceBook(profile);
  for (const { type } of layout.columns) writeValueType(out, PROFILE.sampleType, type, strings);
  writeSamples(out, profile, layout, strings);
  if (profile.calls !== undefined) writeCalls(out, profile.calls, layout, book, strings);
  writeLineCosts(out, profile, layout, book, strings);
  writeMappings(out, profile);
  writeLocations(out, profile, book);
  writeFunctions(out, profile);
  if (profile.dropFrames !== '') out.number(PROFILE.dropFrames, strings.index(profile.dropFrames));
  if (profile.keepFrames !== '') out.number(PROFILE.keepFrames, strings.index(profile.keepFrames));
  out.number(PROFILE.timeNanos, profile.timeNanos ?? 0n);
  out.number(PROFILE.durationNanos, Math.round(profile.durationNanos ?? 0));
  if (profile.periodType !== undefined) writeValueType(out, PROFILE.periodType, profile.periodType, strings);
  out.number(PROFILE.period, Math.round(profile.period));
  const inner = new ProtoWriter();
  for (const comment of commentsOf(profile, layout)) inner.varint(strings.index(comment));
  out.block(PROFILE.comment, inner);
  const shown = layout.columns[layout.shown];
  if (shown !== undefined) out.number(PROFILE.defaultType, strings.index(shown.type.type));
  for (const string of strings.all) out.text(PROFILE.string, string);
  return gzip(out.done());
}

function commentsOf(profile: Profile, layout: Layout): string[] {
  const quality = qualityComment(profile.quality);
  return [
    ...profile.comments,
    ...(quality === undefined ? [] : [quality]),
    ...(layout.comment === undefined ? [] : [layout.comment]),
    ...profile.warnings.map((warning) => WARNING_COMMENT + warning),
  ];
}

function writeValueType(out: ProtoWriter, field: number, { type, unit }: ValueType, strings: StringTable): void {
  const inner = new ProtoWriter();
  inner.number(1, strings.index(type));
  inner.number(2, strings.index(unit));
  out.block(field, inner);
}

function writeSamples(out: ProtoWriter, profile: Profile, { columns }: Layout, strings: StringTable): void {
  const rows = stackRows(profile);
  const { samples } = profile;
  const sample = new ProtoWriter();
  const list = new ProtoWriter();
  const label = new ProtoWriter();
  const threadKey = samples.thread === undefined ? 0 : strings.index('thread');
  const timeKey = samples.time === undefined ? 0 : strings.index(TIME_KEY);
  const statusKey = samples.status === undefined ? 0 : strings.index(STATUS_KEY);
  const start = profile.timeNanos ?? 0n;
  const exact = columns.flatMap(({ exact: own }, i) => (own === undefined ? [] : [{ own, key: strings.index(VALUE_KEY + i) }]));
  for (let i = 0; i < samples.length; i++) {
    const row = rows.ofSample[i]!;
    for (let at = rows.first[row]!; at < rows.first[row + 1]!; at++) list.varint(rows.location[at]! + 1);
    sample.block(1, list);
    for (const { value } of columns) list.varint(value?.(i) ?? 0);
    sample.block(2, list);
    const thread = samples.thread?.[i] ?? -1;
    if (thread >= 0) {
      label.number(1, threadKey);
      label.number(2, strings.index(profile.threads[thread]!));
      sample.block(3, label);
    }
    const time = samples.time?.[i] ?? Number.NaN;
    if (!Number.isNaN(time)) {
      label.number(1, timeKey);
      label.number(3, start + BigInt(Math.round(time)));
      sample.block(3, label);
    }
    if (samples.status !== undefined) {
      label.number(1, statusKey);
      label.number(3, samples.status[i]!);
      sample.block(3, label);
    }
    for (const { own, key } of exact) {
      if (Number.isInteger(own(i))) continue;
      label.number(1, key);
      label.number(2, strings.index(String(own(i))));
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
