import { ReadError, UserError } from '../../src/core/errors.js';
import { formats, readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { callTree } from '../../src/core/model/callTree.js';
import { compare } from '../../src/core/model/compare.js';
import { flameLayout } from '../../src/core/model/flame.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';
import { mergeProfiles } from '../../src/core/model/merge.js';
import { calleesOf, callersOf } from '../../src/core/model/neighbours.js';
import type { Profile } from '../../src/core/model/profile.js';
import { summarize } from '../../src/core/model/summary.js';
import { packProfile, unpackProfile } from '../../src/core/model/transport.js';
import { columnNodes } from '../../src/core/model/treeNodes.js';
import { infoText } from '../../src/core/report/info.js';
import { linesText } from '../../src/core/report/lines.js';
import { topText } from '../../src/core/report/top.js';

/** What became of a file. A partial profile is one with warnings. */
export interface Outcome {
  readonly kind: 'profile' | 'partial' | 'error';
  /** Format id, or the error's code. */
  readonly what: string;
  readonly samples: number;
  /** Processor time of reading alone, seconds. */
  readonly reading: number;
}

/** More value types, functions and boxes than this are not all looked at: the first ones are enough to fail. */
const LOOKED_AT = 3;
/** Value types times functions from which on every figure is asked for the shown type only. */
const MANY = 2_000_000;
/** What is written in another format is read again up to this size; bytes. */
const MAX_WRITTEN = 2 ** 26;

/**
 * Reads a file and, if that gives a profile, does everything with it that the product does.
 * @throws whatever is a bug: anything but a ReadError from reading, anything at all afterwards, and figures that are no numbers
 */
export async function look(name: string, bytes: Uint8Array): Promise<Outcome> {
  let profile: Profile;
  const began = process.cpuUsage();
  const reading = (): number => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6;
  };
  try {
    profile = await readProfile(bytesSource(name, bytes));
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    checkError(error, bytes);
    return { kind: 'error', what: error.code, samples: 0, reading: reading() };
  }
  const seconds = reading();
  for (const warning of profile.warnings) checkSentence(warning);
  await use(profile);
  return {
    kind: profile.warnings.length > 0 ? 'partial' : 'profile',
    what: profile.format,
    samples: profile.samples.length,
    reading: seconds,
  };
}

const CODES = ['empty', 'truncated', 'corrupt', 'unknown-format', 'too-large', 'unsupported', 'io'];

function checkError({ code, message, offset }: ReadError, bytes: Uint8Array): void {
  if (!CODES.includes(code)) throw new Error(`the error has the code "${code}", which no one knows`);
  checkSentence(message);
  if (offset === undefined) return;
  // Offsets are of the unpacked content, which may be larger than the file.
  const packed = bytes[0] === 0x1f || bytes[0] === 0x28;
  if (!(offset >= 0) || !Number.isInteger(offset) || (!packed && offset > bytes.length + 4)) {
    throw new Error(`the error's offset is ${offset} in a file of ${bytes.length} bytes: ${message}`);
  }
}

function checkSentence(whole: string): void {
  // What is quoted is the file's own.
  const message = whole.replaceAll(/"[^"]*"/g, '"…"');
  const bad =
    message.length > 400 || /[\n\r\0\u202a-\u202e\u2066-\u2069]| at .*:\d+:\d+|TypeError|RangeError|undefined|NaN|\[object/.test(message);
  if (bad || !/[.!?]$/.test(message)) throw new Error(`not one clean sentence: ${JSON.stringify(message.slice(0, 600))}`);
}

async function use(profile: Profile): Promise<void> {
  infoText(profile);
  summarize(profile);
  const types = profile.sampleTypes.map((_, type) => type);
  const shown = profile.defaultType;
  const few = types.length * profile.functions.length > MANY ? [shown] : types.slice(0, 50);
  for (const type of few) figures(profile, type);
  for (const type of new Set([shown, ...types.slice(0, LOOKED_AT)])) if (type < types.length) views(profile, type);
  for (const format of formats) {
    if (format.write === undefined) continue;
    const again = await written(profile, format.id);
    if (again !== undefined && again.sampleTypes.length > 0) figures(again, again.defaultType);
  }
  const merged = orSentence(() => mergeProfiles([profile, profile]));
  if (merged !== undefined && merged.sampleTypes.length > 0) figures(merged, merged.defaultType);
  const { packed, transfer } = packProfile(profile);
  const arrived = unpackProfile(structuredClone(packed, { transfer }));
  if (types.length > 0) callTree(arrived, { type: shown });
}

/** What a step gives; undefined when it says in a sentence why it cannot be done (stacks too deep to be written out). */
function orSentence<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof ReadError || error instanceof UserError)) throw error;
    checkSentence(error.message);
    return undefined;
  }
}

function figures(profile: Profile, type: number): void {
  const table = functionTable(profile, { type });
  numbers(table.self, 'self of functions');
  numbers(table.total, 'total of functions');
  if (Number.isNaN(table.sum)) throw new Error('the sum of functions is no number');
  for (const [file, { self, total }] of lineTable(profile, { type }).files) {
    numbers(self, `self of lines of ${file}`);
    numbers(total, `total of lines of ${file}`);
  }
}

function views(profile: Profile, type: number): void {
  const spec = { type };
  for (const inverted of [false, true]) {
    for (const justMyCode of [false, true]) {
      const tree = callTree(profile, spec, { inverted, justMyCode });
      numbers(tree.self, 'self of a call tree');
      numbers(tree.total, 'total of a call tree');
      for (const root of [-1, 0, tree.length - 1]) flameLayout(profile, columnNodes(tree), root, 1 / 2000);
    }
  }
  const { functions } = profile;
  for (let func = 0; func < Math.min(LOOKED_AT, functions.length); func++) {
    callersOf(profile, spec, func);
    calleesOf(profile, spec, func);
  }
  if (profile.threads.length > 0) functionTable(profile, { type, thread: profile.threads[0]! });
  functionTable(profile, { type, focus: 'a' });
  topText(profile, spec);
  linesText(profile, spec);
  compare(profile, spec, profile, spec);
}

async function written(profile: Profile, format: string): Promise<Profile | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const write = (chunk: Uint8Array): void => {
    size += chunk.length;
    // A short file can stand for stacks that make a long one: written out, they would fill the disk, not the memory.
    if (size > MAX_WRITTEN) throw new ReadError('too-large', 'It is too long to be written in a test.');
    chunks.push(Uint8Array.from(chunk));
  };
  try {
    await formats.find(({ id }) => id === format)!.write!(profile, { write });
  } catch (error) {
    // Some profiles cannot be said in some formats; then a sentence says so.
    return orSentence(() => {
      throw error;
    });
  }
  const bytes = Buffer.concat(chunks);
  try {
    return await readProfile(bytesSource(`again.${format}`, bytes));
  } catch (error) {
    // Text formats hold nothing of a profile without samples; what pprof wrote must come back always.
    if (error instanceof ReadError && format !== 'pprof') return undefined;
    throw new Error(`what was written as ${format} is not read again: ${error instanceof Error ? error.message : error}`);
  }
}

function numbers(values: ArrayLike<number>, what: string): void {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) throw new Error(`${what} has a figure that is no number`);
}
