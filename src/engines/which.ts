import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Absolute path of the first executable file called `name` in folders or PATH-like lists; undefined when there is none. */
export function findExecutable(name: string, paths: readonly string[], platform: NodeJS.Platform): string | undefined {
  const suffixes = platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : [''];
  for (const folder of paths.flatMap((path) => path.split(delimiter))) {
    if (!isAbsolute(folder)) continue;
    for (const suffix of suffixes) {
      const file = join(folder, name + suffix);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

/** Whether the path is a file that may be run. Never throws. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
