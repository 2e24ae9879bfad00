import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** Largest source file whose text is shown, in bytes. */
const MAX_SOURCE = 1 << 24;

/** Ends of a path that are looked for in the source folder are at most so long, in components. */
const LONGEST_END = 32;

/**
 * Text of a file's line. A file that is not where the profile says (it comes from another machine, or the path is
 * relative) is looked for in the source folder: by its whole path, then by ever shorter ends of it.
 */
export function sourceReader(source: string | undefined): (file: string, line: number) => string | undefined {
  const known = new Map<string, string[] | undefined>();
  const load = (file: string): string[] | undefined => {
    for (const place of places(file, source)) {
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

function places(file: string, source: string | undefined): string[] {
  if (file === '' || file.startsWith('<')) return [];
  const found = [resolve(file)];
  if (source === undefined) return found;
  const parts = file.split(/[\\/]/).filter((part) => part !== '' && part !== '.' && part !== '..' && !/^[a-z]:$/i.test(part));
  for (let length = Math.min(parts.length, LONGEST_END); length > 0; length--) found.push(join(source, ...parts.slice(-length)));
  // The source may be that very file.
  if (basename(source) === parts.at(-1)) found.push(source);
  return found;
}
