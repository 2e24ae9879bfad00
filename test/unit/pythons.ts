import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onPath } from '../rig/install.js';
import { cacheFolder } from '../rig/paths.js';

/** Interpreters that the tests' set-up links into the cache, or that a system has on PATH (docs/testing.md). */
const names = ['python3.13', 'python3.14', 'python3.15', 'python3.16', 'pypy3'];

/**
 * Every interpreter of this machine that tests may ask: those of pyenv, those that the set-up brought, those on PATH, and last python3
 * itself. Name → executable.
 */
export function findPythons(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  if (existsSync(versions)) {
    for (const name of readdirSync(versions).sort()) {
      const python = join(versions, name, 'bin', 'python');
      if (existsSync(python)) found.set(name, python);
    }
  }
  const path = join(cacheFolder(), 'bin') + delimiter + (process.env.PATH ?? '');
  for (const name of names) {
    const python = onPath(name, path);
    if (python !== undefined && runs(python)) found.set(name, python);
  }
  if (runs('python3')) found.set('python3', 'python3');
  return found;
}

/** Some systems pack the standard library in parts; pyenv's commands are there for versions that are not chosen. */
function runs(python: string): boolean {
  try {
    execFileSync(python, ['-c', 'import cProfile'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
