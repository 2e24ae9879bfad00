import { closeSync, openSync, readSync } from 'node:fs';

/** What the linker of Go puts before a program's facts. */
const MARK = Buffer.from('\xff Go buildinf:', 'latin1');
const CHUNK = 1 << 20;
/** Further in than this nobody looks: a program of 256 MB. */
const LIMIT = 256 * CHUNK;

/** Whether a file is a program that Go has built. Reads it without running it; never throws. */
export function isGoProgram(file: string): boolean {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return false;
  }
  try {
    const bytes = Buffer.alloc(CHUNK + MARK.length);
    for (let at = 0; at < LIMIT; at += CHUNK) {
      const length = readSync(handle, bytes, 0, bytes.length, at);
      if (at === 0 && !isProgram(bytes.subarray(0, length))) return false;
      if (bytes.subarray(0, length).includes(MARK)) return true;
      if (length < bytes.length) return false;
    }
    return false;
  } catch {
    return false;
  } finally {
    closeSync(handle);
  }
}

/** ELF, Mach-O (either byte order), or Windows. */
function isProgram(head: Buffer): boolean {
  if (head.length < 4) return false;
  const magic = head.readUInt32BE(0);
  return magic === 0x7f454c46 || magic === 0xcffaedfe || magic === 0xfeedfacf || magic >>> 16 === 0x4d5a;
}
