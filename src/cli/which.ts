import { statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Windows runs these by their name alone; what has no such ending beside them is a script for another shell. */
const WINDOWS = ['.exe', '.cmd', '.bat'];

/** The file that a bare command name means by PATH. */
export function which(program: string): string | undefined {
  const suffixes = process.platform !== 'win32' || WINDOWS.some((end) => program.toLowerCase().endsWith(end)) ? [''] : [...WINDOWS, ''];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    for (const suffix of suffixes) if (isFile(join(folder, program + suffix))) return join(folder, program + suffix);
  }
  return undefined;
}

export function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
