import type { Reader } from 'protobufjs/minimal';
import type { Places } from '../../model/profile.js';
import { StackRun } from '../../model/stackRun.js';
import type { Locations } from './places.js';
import type { Scan } from './scan.js';
import { block, PROFILE } from './wire.js';

/** What a file's tables of strings, mappings, functions and locations say, by the file's own indexes and by the builder's. */
export interface Tables {
  readonly strings: readonly string[];
  /** The builder's index of each string. */
  readonly stringRow: Uint32Array;
  readonly locations: Locations;
  /** The builder's columns of them. */
  readonly places: Places;
}

interface Remembered {
  readonly tables: Tables;
  readonly bytes: Uint8Array;
  readonly scan: Scan;
}

/** Larger files are not kept for the sake of the next one. */
const MAX_KEPT = 2 ** 26;
const TABLES = [PROFILE.mapping, PROFILE.location, PROFILE.function, PROFILE.string];
/** Numbers of the profile that say what becomes of locations. */
const FATES = [PROFILE.dropFrames, PROFILE.keepFrames];

/** The last file of each run over many files. */
const remembered = new WeakMap<object, Remembered>();

/** The tables of the file before, when those of this one are byte for byte the same: runs of one service often repeat them. */
export function recallTables(run: object | undefined, reader: Reader, scan: Scan): Tables | undefined {
  const before = run === undefined ? undefined : remembered.get(run);
  if (before === undefined) return undefined;
  for (const field of FATES) if (before.scan.numbers[field]?.at(-1) !== scan.numbers[field]?.at(-1)) return undefined;
  for (const field of TABLES) {
    const [one, other] = [before.scan.blocks[field], scan.blocks[field]];
    if (one?.length !== other?.length) return undefined;
    if (one === undefined || other === undefined) continue;
    const here = reader.buf.subarray(other[0] ?? 0, endOf(reader, other));
    const there = before.bytes.subarray(one[0] ?? 0, (one[0] ?? 0) + here.length);
    if (Buffer.compare(here, there) !== 0) return undefined;
  }
  return before.tables;
}

export function rememberTables(run: object, reader: Reader, scan: Scan, tables: Tables): void {
  if (typeof Buffer === 'undefined' || reader.buf.length > MAX_KEPT) remembered.delete(run);
  else remembered.set(run, { tables, bytes: reader.buf, scan });
}

const stackRuns = new WeakMap<Tables, StackRun>();

/** Stacks of all files with these tables but the first, which did not know that others would follow. */
export function stacksOf(tables: Tables): StackRun {
  let stacks = stackRuns.get(tables);
  if (stacks === undefined) {
    stacks = new StackRun();
    stackRuns.set(tables, stacks);
  }
  return stacks;
}

/** Where the last of some blocks ends. */
function endOf(reader: Reader, starts: Uint32Array): number {
  const last = starts.at(-1);
  if (last === undefined) return 0;
  reader.len = reader.buf.length;
  reader.pos = last;
  return block(reader);
}
