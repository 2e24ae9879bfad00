import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../core/errors.js';
import { jsonText } from '../core/report/figures.js';
import { Exit, FULL, say } from './failure.js';

/** A reader that goes away (`| head`) is no error of ours. */
export function safeOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      process.exitCode = isFull(error) ? Exit.full : Exit.usage;
      if (stream === process.stdout) say(cannotWrite('stdout', error).message);
    });
  }
}

/** Writes text to stdout, waiting when the reader is slower than we. */
export async function print(text: string): Promise<void> {
  if (text === '' || process.stdout.write(text)) return;
  await new Promise((resolve) => process.stdout.once('drain', resolve));
}

/** Writes many small pieces as few large ones. */
export async function printAll(pieces: Iterable<string>): Promise<void> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < 1 << 16) continue;
    await print(text);
    text = '';
  }
  await print(text);
}

/** One JSON value and a newline. */
export async function printJson(value: unknown): Promise<void> {
  await print(`${jsonText(value)}\n`);
}

/** Says before any work whether the file can be written, and that it is none of the inputs. @throws UserError `output` */
export function checkOutput(file: string, inputs: readonly string[] = []): void {
  if (file === '-') throw new UserError('output', '-: give the output a name; where there is /dev/stdout, that is one');
  const kind = kindOf(file);
  const same = kind === 'file' ? inputs.find((input) => isSame(input, file)) : undefined;
  if (same !== undefined) throw new UserError('output', `${file}: it is an input too; choose another name to write to`);
  if (kind === 'folder') throw new UserError('output', `${file}: it is a folder`);
  if (kind === 'device') return;
  const probe = temporary(file);
  try {
    closeSync(openSync(probe, 'wx'));
    rmSync(probe, { force: true });
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** Writes a file as a whole or not at all: what `fill` writes goes beside it and is renamed at the end. @throws UserError `output`, `output-full` */
export async function writeWhole(file: string, fill: (write: (chunk: Uint8Array) => void) => Promise<void>): Promise<void> {
  // A pipe or /dev/stdout is written to, never replaced.
  const device = kindOf(file) === 'device';
  const part = device ? file : temporary(file);
  let handle: number;
  try {
    handle = openSync(part, device ? 'w' : 'wx');
  } catch (error) {
    throw cannotWrite(file, error);
  }
  let open = true;
  try {
    await fill((chunk) => {
      try {
        for (let at = 0; at < chunk.length; ) at += writeSync(handle, chunk, at);
      } catch (error) {
        throw cannotWrite(file, error);
      }
    });
    try {
      fsyncSync(handle);
    } catch (error) {
      // Some file systems know no sync; the rename is what matters.
      if (isFull(error)) throw cannotWrite(file, error);
    }
    closeSync(handle);
    open = false;
    if (device) return;
    try {
      renameSync(part, throughLinks(file));
    } catch (error) {
      throw cannotWrite(file, error);
    }
  } catch (error) {
    if (open) closeSync(handle);
    if (!device) rmSync(part, { force: true });
    throw error;
  }
}

function kindOf(file: string): 'file' | 'folder' | 'device' | undefined {
  try {
    const found = statSync(file);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'device';
  } catch {
    return undefined;
  }
}

function isSame(a: string, b: string): boolean {
  try {
    const [one, other] = [statSync(a, { bigint: true }), statSync(b, { bigint: true })];
    return one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false;
  }
}

/** A link stays one: what it leads to is replaced. */
function throughLinks(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function temporary(link: string): string {
  const file = throughLinks(link);
  return join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
}

/** Sentences for what the system says of an output. */
const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there',
  EACCES: 'it may not be written here',
  EPERM: 'it may not be written here',
  EROFS: 'it may not be written here',
  ENOTDIR: 'its folder is a file',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it would be larger than files may be here',
};

/** UserError `output`, or `output-full` where there is no room. */
function cannotWrite(file: string, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return new UserError(isFull(error) ? FULL : 'output', `${file}: ${WHY[code] ?? `it cannot be written (${code || String(error)})`}`);
}

/** Whether there was no room: a full disk, or a user's share of it. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** `20260130-154501`, local time: files sort by it. */
export function stamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
