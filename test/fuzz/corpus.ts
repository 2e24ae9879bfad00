import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A fixture as it is on disk and, if that is gzip, what is in it. */
export interface Seed {
  /** Path under test/fixtures/profiles, with `/`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

/** Every profile under `folder` (test/fixtures/profiles): not the notes, the judges' output, or the programs that made them. `only`: those with this in their name. */
export function readCorpus(folder: string, only = ''): Seed[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^README\.md$|\.judge\.|\.(?:py|go|rb|c|rs|js|sh|mod|java)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .filter((path) => relative(folder, path).split(sep).join('/').includes(only))
    .map((path) => {
      const bytes = readFileSync(path);
      return { name: relative(folder, path).split(sep).join('/'), bytes, content: contentOf(bytes) };
    });
}

function contentOf(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch {
    // A fixture may be broken on purpose.
    return bytes;
  }
}
