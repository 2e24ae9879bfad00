import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

/** Largest source file whose text is shown, in bytes. */
const MAX_SOURCE = 1 << 24;

/** Text of a file's line; relative files are looked for in the working directory and in the source folder. */
export function sourceReader(source: string | undefined): (file: string, line: number) => string | undefined {
  const known = new Map<string, string[] | undefined>();
  const load = (file: string): string[] | undefined => {
    const places = isAbsolute(file) ? [file] : [resolve(file), ...(source === undefined ? [] : [join(source, file), source])];
    for (const place of places) {
      try {
        const found = statSync(place);
        if (found.isFile() && found.size <= MAX_SOURCE) return readFileSync(place, 'utf8').split(/\r\n|\r|\n/);
      } catch {
        // Not here: the table is shown without text.
      }
    }
    return undefined;
  };
  return (file, line) => {
    if (!known.has(file)) known.set(file, load(file));
    return known.get(file)?.[line - 1];
  };
}
