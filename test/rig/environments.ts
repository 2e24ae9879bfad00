import { spawnSync } from 'node:child_process';
import { lstatSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, canInstallPackages, makeOnce, runLogged, type Say, tail } from './install.js';
import { cacheFolder } from './paths.js';

/** A virtual environment of the cache. */
export interface Environment {
  readonly name: string;
  /** With their versions. */
  readonly packages: readonly string[];
  /** Further words for `pip install`. */
  readonly options: readonly string[];
  /** Another interpreter, whose pip installs: for one that came without. */
  readonly pip?: string;
  /** What is said before it is made. */
  readonly before: string;
}

/** The interpreter of the environment of this name; it is there once {@link installEnvironment} has made it. */
export const pythonOf = (name: string): string => pythonIn(join(cacheFolder(), name));

const pythonIn = (folder: string): string => join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** Installs packages by pip into a virtual environment in the cache, once. Throws Error when that fails three times. */
export async function installEnvironment({ name, packages, options, pip, before }: Environment, python: string, say: Say): Promise<string> {
  const version = spawnSync(python, ['--version'], { encoding: 'utf8' }).stdout;
  const make = async (folder: string): Promise<void> => {
    const log = join(folder, 'install.log');
    const run = async (program: string, ...args: readonly string[]): Promise<void> => {
      const status = await runLogged(program, args, { cwd: folder, env: process.env, log });
      if (status !== 0) throw new Error(`${args[1]} said ${status}; the end of ${log}:\n${tail(log, 5)}`);
    };
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    if (pip !== undefined) {
      await run(python, '-m', 'venv', '--without-pip', '.');
      const [, minor] = /^Python (\d+\.\d+)/.exec(version) ?? [];
      const place = join('lib', `python${minor}`, 'site-packages');
      await run(pip, ...install, ...options, '--no-compile', '--python-version', minor!, '--target', place, ...packages);
      await run(pythonIn(folder), '-m', 'compileall', '-q', place);
      return;
    }
    try {
      await run(python, '-m', 'venv', '.');
    } catch (error) {
      if (canInstallPackages()) aptInstall(['python3-venv'], say);
      throw error;
    }
    await run(pythonIn(folder), ...install, ...options, ...packages);
  };
  const folder = await makeOnce(name, `${packages} ${python} ${version}`, say, make, () => say(before));
  const link = join(cacheFolder(), name);
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync(folder, link, 'junction');
  return pythonOf(name);
}
