import { GrowingInt32, GrowingUint32 } from './growing.js';
import type { FrameColumns, Profile } from './profile.js';
import { restack } from './restack.js';
import { inTime } from './stretches.js';
import { functionMatcher } from './weights.js';

/** Regular expressions on function names and files, as pprof's -hide and -show. */
export interface Hidden {
  /** Frames that match are taken out of their stacks: their time goes to who called them. */
  readonly hide?: string | undefined;
  /** Only frames that match stay. */
  readonly show?: string | undefined;
}

/**
 * The profile without some of its frames; samples that have none left are out. Functions keep their indexes; figures that
 * were counted per function or line stay as they are.
 * @throws UserError for what is no regular expression
 */
export function hideFrames(given: Profile, { hide, show }: Hidden): Profile {
  if (!hide && !show) return given;
  const profile = inTime(given);
  const hidden = hide ? functionMatcher(profile, hide) : undefined;
  const shown = show ? functionMatcher(profile, show) : undefined;
  const keeps = (func: number) => hidden?.[func] !== 1 && shown?.[func] !== 0;
  const { lines, locations } = profile;
  const kept = new GrowingUint32();
  const firstLine = new Uint32Array(locations.length + 1);
  for (let location = 0; location < locations.length; location++) {
    for (let line = locations.firstLine[location]!; line < locations.firstLine[location + 1]!; line++)
      if (keeps(lines.func[line]!)) kept.push(line);
    firstLine[location + 1] = kept.length;
  }
  const empty = (location: number) => firstLine[location] === firstLine[location + 1];
  const pick = (column: Int32Array | undefined) => column && Int32Array.from(kept.done(), (line) => column[line]!);
  const stacks = profile.frames === undefined ? hideInTree(profile, empty) : hideInRows(profile.frames, empty);
  const samples = keepSamples(profile, stacks.ofSample);
  return restack(profile, {
    locations: { ...locations, firstLine },
    lines: {
      length: kept.length,
      func: Uint32Array.from(kept.done(), (line) => lines.func[line]!),
      line: Int32Array.from(kept.done(), (line) => lines.line[line]!),
      column: pick(lines.column),
      endLine: pick(lines.endLine),
      endColumn: pick(lines.endColumn),
    },
    stacks:
      'rows' in stacks ? { rows: stacks.rows, ofSample: samples.rows } : { tree: stacks.tree, ofSample: Int32Array.from(samples.rows) },
    samples: samples.columns,
  });
}

/** Row of each sample, -1 for those that have no frame left. */
function hideInRows({ length, first, location, ofSample }: FrameColumns, empty: (location: number) => boolean) {
  const newFirst = new Uint32Array(length + 1);
  const newLocation = new GrowingUint32();
  for (let row = 0; row < length; row++) {
    for (let at = first[row]!; at < first[row + 1]!; at++) if (!empty(location[at]!)) newLocation.push(location[at]!);
    newFirst[row + 1] = newLocation.length;
  }
  const gone = (row: number) => newFirst[row] === newFirst[row + 1];
  return {
    rows: { length, first: newFirst, location: newLocation.done() },
    ofSample: Int32Array.from(ofSample, (row) => (gone(row) ? -1 : row)),
  };
}

function hideInTree({ stacks, samples }: Profile, empty: (location: number) => boolean) {
  const prefix = new GrowingInt32();
  const location = new GrowingUint32();
  const placeOf = new Int32Array(stacks.length);
  for (let stack = 0; stack < stacks.length; stack++) {
    const above = stacks.prefix[stack]! < 0 ? -1 : placeOf[stacks.prefix[stack]!]!;
    placeOf[stack] = above;
    if (empty(stacks.location[stack]!)) continue;
    placeOf[stack] = prefix.length;
    prefix.push(above);
    location.push(stacks.location[stack]!);
  }
  return {
    tree: { length: prefix.length, prefix: prefix.done(), location: location.done() },
    ofSample: samples.stack.map((stack) => (stack < 0 ? -1 : placeOf[stack]!)),
  };
}

/** Columns of the samples that still have a stack (-1: they have not), and their stacks. */
function keepSamples({ samples }: Profile, ofSample: Int32Array) {
  const kept = Uint32Array.from(ofSample.keys()).filter((sample) => ofSample[sample]! >= 0);
  const { labels } = samples;
  let first: Uint32Array | undefined;
  const labelRows: number[] = [];
  if (labels !== undefined) {
    first = new Uint32Array(kept.length + 1);
    for (let i = 0; i < kept.length; i++) {
      for (let label = labels.first[kept[i]!]!; label < labels.first[kept[i]! + 1]!; label++) labelRows.push(label);
      first[i + 1] = labelRows.length;
    }
  }
  const of = (column: Uint32Array) => Uint32Array.from(labelRows, (row) => column[row]!);
  return {
    rows: Uint32Array.from(kept, (sample) => ofSample[sample]!),
    columns: {
      length: kept.length,
      values: samples.values.map((column) => {
        if (column.length === 0) return column;
        return column instanceof BigInt64Array
          ? BigInt64Array.from(kept as Iterable<number>, (sample) => column[sample as unknown as number]!)
          : Float64Array.from(kept, (sample) => column[sample]!);
      }),
      thread: samples.thread && Int32Array.from(kept, (sample) => samples.thread![sample]!),
      time: samples.time && Float64Array.from(kept, (sample) => samples.time![sample]!),
      status: samples.status && Uint8Array.from(kept, (sample) => samples.status![sample]!),
      labels: labels && {
        first: first!,
        key: of(labels.key),
        text: of(labels.text),
        number: Float64Array.from(labelRows, (row) => labels.number[row]!),
        unit: of(labels.unit),
      },
    },
  };
}
