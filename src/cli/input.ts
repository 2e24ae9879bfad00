import { ReadError, UserError } from '../core/errors.js';
import type { Source } from '../core/formats/format.js';
import { readProfile } from '../core/formats/index.js';
import { bytesSource, fileSource } from '../core/formats/source.js';
import { Merger } from '../core/model/merge.js';
import type { Profile } from '../core/model/profile.js';
import { InputError, say } from './failure.js';
import { expandFiles } from './files.js';
import { progress } from './terminal.js';

/** Options that every command that shows a profile has. */
export interface ViewOptions {
  readonly value?: string;
  readonly thread?: string;
  readonly focus?: string;
  readonly ignore?: string;
  readonly json?: boolean;
}

/** What stdin is called in messages. */
const STDIN = 'stdin';
/** Largest input that is taken from a pipe, in bytes. */
const MAX_PIPED = 2 ** 31;

/** Reads a profile, `-` from stdin; what was repaired while reading is said on stderr. @throws InputError */
export async function readInput(file: string): Promise<Profile> {
  const name = file === '-' ? STDIN : file;
  try {
    const profile = await readProfile(file === '-' ? await stdinSource() : fileSource(file));
    for (const warning of profile.warnings) say(`${name}: ${warning.replace(/\.$/, '')}`);
    return profile;
  } catch (error) {
    if (error instanceof ReadError) throw new InputError(name, error);
    throw error;
  }
}

/** Reads one profile, or several and adds them up, one at a time. @throws InputError */
export async function readInputs(words: readonly string[]): Promise<Profile> {
  const files = expandFiles(words);
  return files.length === 1 ? readInput(files[0]!) : await mergeInputs(files);
}

/** @param unreadable told of files that cannot be read; without it they end the work @throws InputError */
export async function mergeInputs(files: readonly string[], unreadable?: (error: InputError) => void): Promise<Profile> {
  if (files.filter((file) => file === '-').length > 1) throw new UserError('usage', 'stdin can be only one of the inputs');
  const merger = new Merger();
  const line = progress();
  const heard = new Set<string>();
  let last: unknown;
  try {
    for (const [index, file] of files.entries()) {
      line.show(`merging ${index + 1} of ${files.length}: ${file}`);
      try {
        const profile = await readInput(file);
        for (const warning of profile.warnings) heard.add(warning);
        merger.add(profile);
      } catch (error) {
        if (!(error instanceof InputError) || unreadable === undefined) throw error;
        line.end();
        last = error;
        unreadable(error);
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
