import { spawnSync } from 'node:child_process';
import { lstatSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, canInstallPackages, makeOnce, runLogged, type Say, tail } from './install.js';
import { cacheFolder } from './paths.js';

/** Profilers, a test runner, a notebook's kernel and a build backend that a user has in the environment of the program, in the versions that tests run. */
const wanted = [
  'line_profiler==5.1.0',
  'memray==1.20.0',
  'pyinstrument==5.1.3',
  'scalene==2.4.0',
  'viztracer==1.1.1',
  'yappi==1.7.6',
  'pytest==9.2.0',
  'pytest-xdist==3.8.0',
  'ipykernel==7.4.0',
  'setuptools==80.9.0',
];

const link = (): string => join(cacheFolder(), 'profilers');

/** The interpreter of the virtual environment that holds them; it is there once {@link installProfilers} has made it. */
export const profilersPython = (): string => join(link(), process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** Installs them by pip into a virtual environment in the cache, once; nothing is compiled. Throws Error when that fails three times. */
export async function installProfilers(python: string, say: Say): Promise<string> {
  const make = async (folder: string): Promise<void> => {
    const log = join(folder, 'install.log');
    const run = async (program: string, ...args: readonly string[]): Promise<void> => {
      const status = await runLogged(program, args, { cwd: folder, env: process.env, log });
      if (status !== 0) throw new Error(`${args[1]} said ${status}; the end of ${log}:\n${tail(log, 5)}`);
    };
    try {
      await run(python, '-m', 'venv', '.');
    } catch (error) {
      if (canInstallPackages()) aptInstall(['python3-venv'], say);
      throw error;
    }
    const own = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
    await run(own, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', ...wanted);
  };
  const version = spawnSync(python, ['--version'], { encoding: 'utf8' }).stdout;
  const folder = await makeOnce('profilers', `${wanted} ${python} ${version}`, say, make, () =>
    say('Installing profilers for Python into the cache: 200 MB, once'),
  );
  if (lstatSync(link(), { throwIfNoEntry: false }) !== undefined) rmSync(link());
  symlinkSync(folder, link(), 'junction');
  return profilersPython();
}
