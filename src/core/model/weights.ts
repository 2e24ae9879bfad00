import { UserError } from '../errors.js';
import { matchingLabels } from './labelFilter.js';
import type { Profile, ValueColumn, ViewSpec } from './profile.js';
import { stackIndex } from './stackIndex.js';
import { stackRows } from './stackRows.js';
import { rangeParts } from './timing.js';
import { scopedRows } from './treeScope.js';

/** What each distinct stack (row of `stackIndex` and of `stackRows`) weighs in a view. */
export interface Weights {
  readonly value: Float64Array;
  /** Exact values, when the column's numbers pass 2^53. */
  readonly exact: BigInt64Array | undefined;
  /** Samples behind each row. */
  readonly count: Float64Array;
  readonly total: number;
  readonly exactTotal: bigint | undefined;
  readonly samples: number;
}

/** What stacks weigh before some of them are filtered out by their frames. */
type RowWeights = Pick<Weights, 'value' | 'exact' | 'count'>;

/** Of the last two views that differ in more than frames, newest first. */
const lastWeighed = new WeakMap<Profile, readonly { readonly key: string; readonly weights: RowWeights }[]>();

/**
 * Weighs every stack for one value type, thread, labels, time, focus and ignore. Of types backed by call counts all weights are 0.
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function weigh(profile: Profile, spec: ViewSpec): Weights {
  const stays = chosenRows(profile, spec);
  const all = recalled(profile, spec);
  const { value, count, exact } = stays === undefined ? all : filtered(all, stays);
  let total = 0;
  let seen = 0;
  for (let row = 0; row < value.length; row++) {
    total += value[row]!;
    seen += count[row]!;
  }
  const exactTotal = exact?.reduce((sum, own) => sum + own, 0n);
  return { value, exact, count, total: exactTotal === undefined ? total : Number(exactTotal), exactTotal, samples: seen };
}

/** Samples are many: who tries one focus after another has them added up once. */
function recalled(profile: Profile, spec: ViewSpec): RowWeights {
  const { type, thread, tagFocus, tagIgnore, range } = spec;
  const key = JSON.stringify([type, thread, tagFocus, tagIgnore, range]);
  const known = lastWeighed.get(profile) ?? [];
  const found = known.find((each) => each.key === key) ?? { key, weights: weighSamples(profile, spec) };
  lastWeighed.set(profile, [found, ...known.filter((each) => each !== found).slice(0, 1)]);
  return found.weights;
}

function filtered(all: RowWeights, stays: Uint8Array): RowWeights {
  const [value, count, exact] = [all.value.slice(), all.count.slice(), all.exact?.slice()];
  for (let row = 0; row < stays.length; row++) {
    if (stays[row] === 1) continue;
    value[row] = 0;
    count[row] = 0;
    if (exact !== undefined) exact[row] = 0n;
  }
  return { value, count, exact };
}

/** Adds up samples by their stacks: those that have the thread, labels and time of a view. */
function weighSamples(profile: Profile, spec: ViewSpec): RowWeights {
  const rows = stackIndex(profile);
  const { samples } = profile;
  const column = samples.values[spec.type];
  const value = new Float64Array(rows.length);
  const count = new Float64Array(rows.length);
  const exact = column instanceof BigInt64Array ? new BigInt64Array(rows.length) : undefined;
  if (column === undefined || column.length === 0) return { value, count, exact };
  const counts = sampleCounts(profile, spec);
  const chosen = chosenSamples(profile, spec);
  const parts = spec.range === undefined ? undefined : rangeParts(profile, spec.range, spec.type);
  for (let i = 0; i < samples.length; i++) {
    if (chosen?.[i] === 0) continue;
    const part = parts?.[i] ?? 1;
    if (part === 0) continue;
    const row = rows.ofSample[i]!;
    const own = column[i]!;
    if (exact !== undefined) exact[row]! += part === 1 ? (own as bigint) : BigInt(Math.round(Number(own) * part));
    else value[row]! += (own as number) * part;
    count[row]! += counts === undefined ? 1 : Number(counts[i]!);
  }
  if (exact !== undefined) for (let row = 0; row < rows.length; row++) value[row] = Number(exact[row]!);
  return { value, count, exact };
}

const countColumns = new WeakMap<Profile, { column: ValueColumn | undefined }>();

/** The column that says how many samples a row stands for (`samples/count`); without one each row is one sample. */
export function countColumn(profile: Profile): ValueColumn | undefined {
  let known = countColumns.get(profile);
  if (known === undefined) {
    // Looked for once: it is asked for with every value type, of which a file may have a million.
    const type = profile.sampleTypes.findIndex(({ type, unit }) => /^samples?$/.test(type) && unit === 'count');
    const column = type < 0 ? undefined : profile.samples.values[type];
    known = { column: column !== undefined && column.length === profile.samples.length ? column : undefined };
    countColumns.set(profile, known);
  }
  return known.column;
}

/** How many samples each row stands for in a view's time: of one that is seen in several stretches, those that lie there. */
export function sampleCounts(profile: Profile, { range }: ViewSpec): ValueColumn | undefined {
  const column = countColumn(profile);
  if (range === undefined || column === undefined || profile.samples.stretches === undefined) return column;
  const parts = rangeParts(profile, range, profile.samples.values.indexOf(column));
  return parts.map((part, i) => Math.round(part * Number(column[i]!)));
}

/** Flags (0/1) per sample: it has the thread and the labels of the view; undefined when all do. @throws UserError */
export function chosenSamples(profile: Profile, { thread, tagFocus, tagIgnore }: ViewSpec): Uint8Array | undefined {
  const { samples, threads } = profile;
  if (thread === undefined && !tagFocus && !tagIgnore) return undefined;
  const flags = tagFocus ? matchingLabels(profile, tagFocus) : new Uint8Array(samples.length).fill(1);
  const untagged = tagIgnore ? matchingLabels(profile, tagIgnore) : undefined;
  if (untagged !== undefined) for (let i = 0; i < flags.length; i++) if (untagged[i] === 1) flags[i] = 0;
  if (thread === undefined) return flags;
  const index = threads.indexOf(thread);
  const column = samples.thread;
  if (column === undefined) return index === -1 ? flags : flags.fill(0);
  for (let i = 0; i < flags.length; i++) if (column[i] !== index) flags[i] = 0;
  return flags;
}

/**
 * Flags (0/1) per stack row, as pprof's -focus and -ignore: a stack stays when any of its frames matches focus and none
 * matches ignore, and when it goes through the scope's node; undefined when all stay. @throws UserError
 */
export function chosenRows(profile: Profile, { focus, ignore, scope }: ViewSpec): Uint8Array | undefined {
  const tests = [
    focus ? matchingRows(profile, functionMatcher(profile, focus)) : undefined,
    ignore ? matchingRows(profile, functionMatcher(profile, ignore)).map((flag) => 1 - flag) : undefined,
    scope && scopedRows(profile, scope),
  ].filter((flags) => flags !== undefined);
  return tests.length === 0 ? undefined : tests.reduce((all, flags) => all.map((flag, row) => flag & flags[row]!));
}

/** Flags (0/1) per function: its name or file matches the regular expression. @throws UserError */
export function functionMatcher(profile: Profile, source: string): Uint8Array {
  const pattern = compile(source);
  const { functions, strings } = profile;
  const ofFile = new Map<number, boolean>();
  const flags = new Uint8Array(functions.length);
  for (let func = 0; func < functions.length; func++) {
    const file = functions.file[func]!;
    let matches = ofFile.get(file);
    if (matches === undefined) {
      matches = pattern.test(strings[file]!);
      ofFile.set(file, matches);
    }
    if (matches || pattern.test(strings[functions.name[func]!]!)) flags[func] = 1;
  }
  return flags;
}

/** Flags (0/1) per stack row: any of its frames, inlined ones too, is a flagged function. */
export function matchingRows(profile: Profile, functions: Uint8Array): Uint8Array {
  const { locations, lines } = profile;
  const places = new Uint8Array(locations.length);
  for (let location = 0; location < locations.length; location++) {
    for (let line = locations.firstLine[location]!; line < locations.firstLine[location + 1]!; line++) {
      if (functions[lines.func[line]!] === 1) places[location] = 1;
    }
  }
  const { length, stackOf } = stackIndex(profile);
  const flags = new Uint8Array(length);
  if (stackOf !== undefined) {
    const { prefix, location } = profile.stacks;
    const ofStack = new Uint8Array(prefix.length);
    for (let stack = 0; stack < ofStack.length; stack++) {
      const above = prefix[stack]!;
      ofStack[stack] = places[location[stack]!]! | (above < 0 ? 0 : ofStack[above]!);
    }
    for (let row = 0; row < length; row++) if (stackOf[row]! >= 0) flags[row] = ofStack[stackOf[row]!]!;
    return flags;
  }
  const rows = stackRows(profile);
  for (let row = 0; row < length; row++) {
    for (let at = rows.first[row]!; at < rows.first[row + 1]!; at++) {
      if (places[rows.location[at]!] === 0) continue;
      flags[row] = 1;
      break;
    }
  }
  return flags;
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    throw new UserError('bad-expression', `"${source}" is not a regular expression.`);
  }
}
