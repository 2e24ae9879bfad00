// What tests of pprof share: reading, all that is shown of a profile, and files written field by field.
import { readProfile } from '../../src/core/formats/index.js';
import { ProtoWriter } from '../../src/core/formats/pprof/protoWriter.js';
import { bytesSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';
import { inTime } from '../../src/core/model/stretches.js';

export const read = (bytes: Uint8Array): Promise<Profile> => readProfile(bytesSource('unknown', bytes));

/** All that we show of a profile, free of the order in which strings, functions and stacks were numbered. */
export function shown(given: Profile) {
  const profile = inTime(given);
  const { strings, functions, locations, lines, samples, stacks, calls } = profile;
  const name = (func: number) =>
    `${strings[functions.name[func]!]}|${strings[functions.systemName[func]!]}|${strings[functions.file[func]!]}|${functions.startLine[func]}`;
  const place = (location: number) => {
    const parts: string[] = [];
    for (let at = locations.firstLine[location]!; at < locations.firstLine[location + 1]!; at++) {
      parts.push(
        `${name(lines.func[at]!)}:${lines.line[at]}:${lines.column?.[at] ?? 0}-${lines.endLine?.[at] ?? 0}:${lines.endColumn?.[at] ?? 0}`,
      );
    }
    const mapping = locations.mapping[location]!;
    const file = mapping < 0 ? '' : strings[profile.mappings.file[mapping]!];
    return `${parts.join('<')} ${locations.address?.[location] ?? 0n} ${file}`;
  };
  return {
    types: profile.sampleTypes,
    defaultType: profile.defaultType,
    samples: Array.from({ length: samples.length }, (_, i) => {
      const stack: string[] = [];
      for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) stack.push(place(stacks.location[at]!));
      const labels: string[] = [];
      for (let at = samples.labels?.first[i] ?? 0; at < (samples.labels?.first[i + 1] ?? 0); at++) {
        const { key, text, number, unit } = samples.labels!;
        labels.push(`${strings[key[at]!]}=${strings[text[at]!]}/${number[at]} ${strings[unit[at]!]}`);
      }
      const thread = samples.thread?.[i] ?? -1;
      const values = samples.values.map((column) => (column.length === 0 ? 'counted' : String(column[i])));
      return {
        stack,
        values,
        thread: thread < 0 ? '' : profile.threads[thread],
        labels,
        time: samples.time?.[i],
        status: samples.status?.[i],
      };
    }),
    counted: calls && {
      functions: Array.from(functions.name.keys())
        .filter((func) => calls.functions.calls[func]! > 0)
        .map((func) => `${name(func)} ${Object.values(calls.functions).map((column) => column[func])}`)
        .sort(),
      edges: Array.from(calls.edges.caller, (caller, edge) => {
        const { calls: count, primitive, self, total } = calls.edges;
        return `${name(caller)} > ${name(calls.edges.callee[edge]!)} ${[count[edge], primitive[edge], self[edge], total[edge]]}`;
      }).sort(),
      costs: calls.costs.map(({ type, functions: own, edges }) => [
        type,
        Array.from(own.self, (self, func) => `${name(func)} ${self} ${own.total[func]}`)
          .filter((row) => !row.endsWith(' 0 0'))
          .sort(),
        Array.from(edges.self, (self, edge) => `${self} ${edges.total[edge]}`).sort(),
      ]),
    },
    lineCosts: profile.lineCosts.map(({ type, ...costs }) => [
      type,
      ...Array.from({ length: costs.length }, (_, i) =>
        [name(costs.func[i]!), strings[costs.file[i]!], costs.line[i], costs.self[i], costs.total[i], costs.calls[i]].join(' '),
      ).sort(),
    ]),
    facts: [
      profile.timeNanos,
      profile.durationNanos,
      profile.periodType,
      profile.period,
      profile.comments,
      profile.quality,
      profile.warnings,
    ],
    frames: [profile.dropFrames, profile.keepFrames],
  };
}

/** A profile written field by field, in odd but legal ways. */
export function handmade(
  change: (out: ProtoWriter, inner: ProtoWriter, row: ProtoWriter) => void,
  strings = ['', 'cpu', 'ns', 'f', 'g'],
): Uint8Array {
  const out = new ProtoWriter();
  change(out, new ProtoWriter(), new ProtoWriter());
  for (const string of strings) out.text(6, string);
  return out.done().slice();
}

/** A value type by the indexes of its strings. */
export function type(out: ProtoWriter, inner: ProtoWriter, kind: number, unit: number): void {
  inner.number(1, kind);
  inner.number(2, unit);
  out.block(1, inner);
}

/** A function, and a location in it of the same id. */
export function functionAndLocation(out: ProtoWriter, inner: ProtoWriter, row: ProtoWriter, id: bigint | number, name: number): void {
  row.number(1, id);
  row.number(2, 7);
  inner.number(1, id);
  inner.block(4, row);
  out.block(4, inner);
  inner.number(1, id);
  inner.number(2, name);
  out.block(5, inner);
}

/** Columns of a message Moments: numbers of samples, nanoseconds, and by value type the values. */
export interface HandMoments {
  readonly sample: readonly number[];
  readonly begin: readonly number[];
  readonly length: readonly number[];
  readonly columns?: Readonly<Record<number, readonly number[]>>;
}

/** The field with which a profile goes on that knows when its samples were seen. */
export function momentsField({ sample, begin, length, columns = {} }: HandMoments): Buffer {
  const short = Buffer.from(Uint32Array.from(sample).buffer);
  const long = (numbers: readonly number[]) => Buffer.from(BigUint64Array.from(numbers, BigInt).buffer);
  const parts = Object.entries(columns).map(([type, values]) =>
    block(4, Buffer.concat([Buffer.from([1 << 3, Number(type)]), block(2, long(values))])),
  );
  return block(1003, Buffer.concat([block(1, short), block(2, long(begin)), block(3, long(length)), ...parts]));
}

function block(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left & 127) | 128);
  return Buffer.from([...bytes, left]);
}
