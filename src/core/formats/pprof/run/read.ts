import type { ProfileBuilder } from '../../../model/builder.js';
import { readComments } from '../comments.js';
import { COUNTED_COMMENT, DOC_COMMENT } from '../labels.js';
import { PROFILE } from '../wire.js';
import { RunReader } from './reader.js';
import { UNUSUAL } from './unusual.js';

/** Larger files are read by themselves. */
const MOST_BYTES = 2 ** 24;
/** Value types of one file. */
const MOST_TYPES = 1000;

/** The reader of each run over many files. */
const readers = new WeakMap<object, RunReader>();

/**
 * Reads a file of a run, of which the files before told most: false, and the builder is as it was, for what is not a usual whole profile.
 * The profile's places and stacks are those of all files of the run so far.
 */
export function readInRun(bytes: Uint8Array, builder: ProfileBuilder, run: object): boolean {
  if (bytes.length > MOST_BYTES) return false;
  let reader = readers.get(run);
  if (reader === undefined) {
    reader = new RunReader();
    readers.set(run, reader);
  }
  try {
    read(reader, bytes, builder);
    return true;
  } catch (error) {
    if (error !== UNUSUAL) throw error;
    return false;
  }
}

function read(reader: RunReader, bytes: Uint8Array, builder: ProfileBuilder): void {
  const main = reader.open(bytes);
  const { numberAt, timeNanos } = reader;
  const types = reader.readTypes(PROFILE.sampleType);
  if (types.length === 0 || types.length > MOST_TYPES) throw UNUSUAL;
  const periodType = reader.readTypes(PROFILE.periodType).at(-1);
  const comments = Array.from(reader.comments.done(), (index) => reader.text(index));
  if (comments.some((comment) => comment.startsWith(COUNTED_COMMENT))) throw UNUSUAL;
  const docs = reader.text(numberAt[PROFILE.docUrl]!);
  const named = reader.text(numberAt[PROFILE.defaultType]!);
  const keepFrames = reader.text(numberAt[PROFILE.keepFrames]!);
  const { columns, rows, threads } = reader.readSamples(types.length);

  // From here on nothing can be wrong.
  builder.checkSamples(columns.length);
  builder.takePlaces(reader.places.places(main));
  for (const type of types) builder.valueType(type);
  readComments(comments, builder);
  if (docs !== '') builder.comment(DOC_COMMENT + docs);
  for (const thread of threads) builder.thread(thread);
  const found = named === '' ? -1 : types.findIndex(({ type }) => type === named);
  const last = types.length - 1;
  builder.set({
    defaultType: found >= 0 ? found : last,
    periodType,
    period: numberAt[PROFILE.period]!,
    dropFrames: '',
    keepFrames,
    ...(timeNanos === 0n ? {} : { timeNanos }),
    ...(numberAt[PROFILE.durationNanos] === 0 ? {} : { durationNanos: numberAt[PROFILE.durationNanos]! }),
  });
  const used = columns.values.map((column) => column.some((value) => value !== 0));
  if (numberAt[PROFILE.defaultType] === 0 && !used[last] && used.includes(true)) builder.set({ defaultType: used.indexOf(true) });
  builder.continueStacks(reader.places.rows, reader.places);
  builder.takeSamples(columns, rows);
}
