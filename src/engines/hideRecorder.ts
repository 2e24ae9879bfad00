import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import type { LaunchPlan } from './engine.js';
import { hideInMojo } from './hideInMojo.js';
import { rewriteLines } from './rewriteLines.js';

/** Takes the frames of our runner, under which a tool saw the program, out of the tool's file. Other plans' files stay as they are. */
export async function hideRecorder(plan: LaunchPlan): Promise<void> {
  const ours = runnerFolder(plan);
  if (ours === undefined) return;
  if (plan.format === 'pyspy-raw') await hideInRaw(plan.output, ours);
  if (plan.format === 'austin-mojo') hideInMojo(plan.output, ours);
  if (plan.format === 'tachyon') hideInTachyon(plan.output, ours);
}

/** Folder of our Python runner, where the plan starts the program under it. */
export function runnerFolder({ argv }: LaunchPlan): string | undefined {
  return argv.map(dirname).find((folder, at) => basename(folder) === 'heatline' && basename(argv[at]!) === '__main__.py');
}

async function hideInRaw(file: string, ours: string): Promise<void> {
  const folder = `${ours}/`.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\//g, '[\\\\/]');
  const frame = new RegExp(`(^|;)[^;(]+ \\(${folder}\\w+\\.py(?::\\d+)?\\)(?=;| \\d+$)`, 'g');
  await rewriteLines(file, async function* (lines) {
    for await (const line of lines) {
      const rest = line.replace(frame, '').replace(/^;/, '');
      if (rest !== '' && !/^\d+$| ?^ \d+$/.test(rest)) yield `${rest}\n`;
    }
  });
}

const HEADER = 64;
const STRINGS_AT = 40;
/** The tool's converters, and our reader, leave out frames of files with this end: the tool's own start of a program. */
const LEFT_OUT = Buffer.from('_sync_coordinator.py');

/**
 * Gives our files in the table of strings a name, of the same length, that readers leave out. The samples may be packed
 * and are not touched. A file that is not as expected stays as it is.
 */
function hideInTachyon(file: string, ours: string): void {
  const handle = openSync(file, 'r+');
  try {
    const head = Buffer.alloc(HEADER);
    if (readSync(handle, head, 0, HEADER, 0) < HEADER || head.toString('latin1', 0, 4) !== 'HCAT') return;
    const [start, end] = [Number(head.readBigUInt64LE(STRINGS_AT)), Number(head.readBigUInt64LE(STRINGS_AT + 8))];
    if (!(start >= HEADER && start < end && end <= fstatSync(handle).size)) return;
    const strings = Buffer.alloc(end - start);
    readSync(handle, strings, 0, strings.length, start);
    const prefix = Buffer.from(ours + sep);
    for (let at = 0; at < strings.length; ) {
      let length = 0;
      for (let shift = 0; at < strings.length && shift < 35; shift += 7) {
        const byte = strings[at++]!;
        length += (byte & 127) * 2 ** shift;
        if (byte < 128) break;
      }
      const text = strings.subarray(at, at + length);
      if (length >= LEFT_OUT.length && text.subarray(0, prefix.length).equals(prefix)) LEFT_OUT.copy(text, length - LEFT_OUT.length);
      at += length;
    }
    writeSync(handle, strings, 0, strings.length, start);
  } finally {
    closeSync(handle);
  }
}
