import { existsSync, readdirSync } from 'node:fs';
import nativePath, { join, type PlatformPath } from 'node:path';

/** Patterns name at most so many files: a slip (`/**`) ends in a sentence and not in a walk over the disk. */
const MOST = 200_000;

/**
 * Files that the words mean. Shells expand `*.prof` themselves, but Windows' cmd and PowerShell do not, and quoted
 * patterns arrive as they are: `*` and `?` within a name, `**` for any folders. A word that is a file's name is that
 * file; a pattern that fits nothing stays as it is, and reading it says that there is no such file.
 */
export function expandFiles(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    if (word === '-' || !/[*?]/.test(word) || existsSync(word)) return [word];
    const { root, parts } = splitPattern(word);
    const found: string[] = [];
    match(root, parts, 0, found);
    return found.length > 0 ? found.sort() : [word];
  });
}

/** Where a pattern begins (`/`, `C:\`, `\\server\share\`, '' for here), and its components. Only Windows separates by backslashes. */
export function splitPattern(pattern: string, path: PlatformPath = nativePath): { root: string; parts: string[] } {
  const { root } = path.parse(pattern);
  const rest = pattern.slice(root.length);
  return { root, parts: rest.split(path.sep === '\\' ? /[\\/]+/ : /\/+/) };
}

function match(folder: string, parts: readonly string[], at: number, found: string[]): void {
  const part = parts[at]!;
  const isLast = at === parts.length - 1;
  if (part === '**' && !isLast) {
    match(folder, parts, at + 1, found);
    for (const { name, isFolder } of entries(folder)) {
      if (isFolder && !name.startsWith('.')) match(join(folder, name), parts, at, found);
    }
    return;
  }
  if (!/[*?]/.test(part)) {
    const next = part === '' ? folder : join(folder, part);
    if (!isLast) match(next, parts, at + 1, found);
    else if (existsSync(next)) found.push(next);
    return;
  }
  for (const { name, isFolder } of entries(folder)) {
    if (found.length >= MOST || !fits(name, part) || (name.startsWith('.') && !part.startsWith('.'))) continue;
    if (!isLast && isFolder) match(join(folder, name), parts, at + 1, found);
    else if (isLast && !isFolder) found.push(join(folder, name));
  }
}

function entries(folder: string): { name: string; isFolder: boolean }[] {
  try {
    return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
    }));
  } catch {
    return [];
  }
}

/** Whether a name fits a pattern of `*` and `?`, in time linear in either for each star; on Windows case does not matter. */
export function fits(whole: string, wanted: string, path: PlatformPath = nativePath): boolean {
  const [name, pattern] = path.sep === '\\' ? [whole.toLowerCase(), wanted.toLowerCase()] : [whole, wanted];
  let at = 0;
  let here = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    if (pattern[here] === '*') {
      star = here++;
      resume = at;
    } else if (pattern[here] === '?' || pattern[here] === name[at]) {
      at++;
      here++;
    } else if (star >= 0) {
      here = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[here] === '*') here++;
  return here === pattern.length;
}
