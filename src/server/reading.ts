import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { ReadControl } from '../core/formats/format.js';
import { readProfile } from '../core/formats/index.js';
import { fileSource } from '../core/formats/source.js';
import { withStates } from '../core/model/states.js';
import { AnalysisHere } from './analysis/here.js';
import type { Analysis } from './analysis/queries.js';
import { prepareThread } from './threads/spareThread.js';
import { AnalysisThread } from './threads/thread.js';

/** Bytes up to which reading is faster than starting a thread, and short enough to keep others waiting. */
const SMALL = 4 * 1024 * 1024;
/** The same for packed files, which may unpack to a thousand times their size. */
const SMALL_PACKED = 64 * 1024;

/**
 * Reads a profile; a large one lives in a thread of its own, so that the server keeps answering.
 * @param goesOn it will be read again soon @throws ReadError
 */
export async function openAnalysis(file: string, control: ReadControl, goesOn = false): Promise<Analysis> {
  if (!isSmall(file)) {
    const thread = await AnalysisThread.open(file, control);
    if (goesOn) prepareThread();
    return thread;
  }
  return new AnalysisHere(withStates(await readProfile(fileSource(file), control)));
}

function isSmall(file: string): boolean {
  try {
    const { size } = statSync(file);
    return size <= SMALL_PACKED || (size <= SMALL && !isPacked(file));
  } catch {
    return true; // The reader says what is wrong.
  }
}

/** gzip or zstd. */
function isPacked(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const head = new Uint8Array(4);
    readSync(handle, head, 0, 4, 0);
    return (head[0] === 0x1f && head[1] === 0x8b) || (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd);
  } finally {
    closeSync(handle);
  }
}
