import { readFileSync, statSync } from 'node:fs';
import { sourcePlaces } from './paths.js';

/** Largest source file whose text is shown, in bytes. */
const MAX_SOURCE = 1 << 24;

/**
 * Text of a file's line. A file that is not where the profile says (it comes from another machine, or the path is
 * relative) is looked for in the source folder: by its whole path, then by ever shorter ends of it.
 */
export function sourceReader(source: string | undefined): (file: string, line: number) => string | undefined {
  const known = new Map<string, string[] | undefined>();
  const load = (file: string): string[] | undefined => {
    for (const place of sourcePlaces(file, source)) {
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
