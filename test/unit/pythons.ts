import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Every interpreter of this machine that tests may ask: those of pyenv, and python3 on PATH. Name → executable. */
export function findPythons(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  if (existsSync(versions)) {
    for (const name of readdirSync(versions).sort()) {
      const python = join(versions, name, 'bin', 'python');
      if (existsSync(python)) found.set(name, python);
    }
  }
  try {
    execFileSync('python3', ['-c', 'import cProfile']);
    found.set('python3', 'python3');
  } catch {
    // None on PATH.
  }
  return found;
}
