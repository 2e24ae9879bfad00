import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { ReadError, UserError } from '../core/errors.js';
import type { ReadControl, Source } from '../core/formats/format.js';
import { readProfile } from '../core/formats/index.js';
import { bytesSource, fileSource } from '../core/formats/source.js';
import { Merger } from '../core/model/merge.js';
import type { Profile } from '../core/model/profile.js';
import { InputError, say } from './failure.js';
import { expandFiles } from './files.js';
import { progress } from './terminal.js';
import type { WindowOptions } from './windowOptions.js';
import { isFolder, readFolder, windowWords } from './windows.js';

/** What stdin is called in messages. */
const STDIN = 'stdin';
/** Largest input that is taken from a pipe, in bytes. */
const MAX_PIPED = 2 ** 31;
/** A read that takes longer shows how far it is, in milliseconds. */
const PATIENCE = 700;
/** Files that are worth a thread of their own, and the most threads. */
const FILES_PER_THREAD = 16;
const MAX_THREADS = 8;

/** Reads a profile, `-` from stdin; what was repaired while reading is said on stderr. @param run see `ReadControl` @throws InputError */
export async function readInput(file: string, run?: object): Promise<Profile> {
  const name = file === '-' ? STDIN : file;
  const line = progress();
  const began = Date.now();
  const control: ReadControl = {
    ...(run === undefined ? {} : { run }),
    progress(fraction) {
      if (Date.now() - began > PATIENCE) line.show(`reading ${name}: ${Math.floor(fraction * 100)} %`);
    },
  };
  try {
    const profile = await readProfile(file === '-' ? await stdinSource() : fileSource(file), control);
    line.end();
    tellWarnings(name, profile.warnings);
    return profile;
  } catch (error) {
    line.end();
    if (error instanceof ReadError) throw new InputError(name, error);
    throw error;
  }
}

/**
 * Reads one profile, or several and adds them up, one at a time; of a folder of windows those that are wanted. @throws InputError,
 * UserError `usage` when windows are chosen of what is no folder
 */
export async function readInputs(words: readonly string[], chosen: WindowOptions = {}): Promise<Profile> {
  const folder = folderOf(words, chosen);
  if (folder !== undefined) return readFolder(folder, chosen);
  const files = expandFiles(words);
  if (files.length > 1) return mergeInputs(files);
  // What is read goes into columns, outside of V8's heap: its room for young objects would grow to 48 MB and hardly be used.
  setFlagsFromString('--semi-space-growth-factor=1');
  return readInput(files[0]!);
}

/** The folder of windows that is meant, which stands alone; undefined for files. @throws UserError `usage` */
export function folderOf(words: readonly string[], chosen: WindowOptions): string | undefined {
  const folder = words.find(isFolder);
  if (folder === undefined) {
    const [option] = windowWords(chosen);
    if (option !== undefined) throw new UserError('usage', `${option} chooses among the windows of a folder, and ${words[0]} is none`);
    return undefined;
  }
  if (words.length > 1) throw new UserError('usage', `${folder}: a folder of windows is read alone`);
  return folder;
}

/** @param unreadable told of files that cannot be read; without it they end the work @throws InputError */
export async function mergeInputs(files: readonly string[], unreadable?: (error: InputError) => void): Promise<Profile> {
  if (files.filter((file) => file === '-').length > 1) throw new UserError('usage', 'stdin can be only one of the inputs');
  const line = progress();
  const heard = new Set<string>();
  let last: unknown;
  let done = 0;
  const told = (file: string, warnings: readonly string[]) => {
    for (const warning of warnings) heard.add(warning);
    line.show(`merged ${++done} of ${files.length}: ${file}`);
  };
  const failed = (error: InputError) => {
    if (unreadable === undefined) throw error;
    line.end();
    last = error;
    unreadable(error);
  };
  let merger = new Merger();
  const threads = files.includes('-') ? 1 : Math.min(availableParallelism(), MAX_THREADS, Math.floor(files.length / FILES_PER_THREAD));
  try {
    if (threads > 1) {
      merger = await (await import('./mergeThreads.js')).mergeInThreads(files, threads, unreadable !== undefined, {
        read(file, warnings) {
          tellWarnings(file, warnings);
          told(file, warnings);
        },
        unreadable: (file, error) => failed(new InputError(file, error)),
      });
    } else {
      const run = {};
      for (const file of files) {
        try {
          const profile = await readInput(file, run);
          merger.add(profile);
          told(file, profile.warnings);
        } catch (error) {
          const failure = error instanceof ReadError ? new InputError(file, error) : error;
          if (!(failure instanceof InputError)) throw failure;
          failed(failure);
        }
      }
    }
  } finally {
    line.end();
  }
  if (merger.count === 0 && last !== undefined) throw last;
  const merged = merger.finish();
  for (const warning of merged.warnings) if (!heard.has(warning)) say(warning.replace(/\.$/, ''));
  return merged;
}

function tellWarnings(name: string, warnings: readonly string[]): void {
  for (const warning of warnings) say(`${name}: ${warning.replace(/\.$/, '')}`);
}

async function stdinSource(): Promise<Source> {
  if (process.stdin.isTTY) throw new UserError('usage', 'there is no profile on stdin: send one through a pipe');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_PIPED) throw new ReadError('too-large', 'It is larger than 2 GiB, which is more than can be read from a pipe.');
    chunks.push(chunk);
  }
  return bytesSource(STDIN, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
}
