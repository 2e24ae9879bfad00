import { installEnvironment, pythonOf } from './environments.js';
import type { Say } from './install.js';

const memray = 'memray==1.20.0';
/** Profilers, a test runner, a notebook's kernel and a build backend that a user has in the environment of the program, in the versions that tests run. */
const wanted = [
  'line_profiler==5.1.0',
  memray,
  'pyinstrument==5.1.3',
  'scalene==2.4.0',
  'viztracer==1.1.1',
  'yappi==1.7.6',
  'pytest==9.2.0',
  'pytest-xdist==3.8.0',
  'ipykernel==7.4.0',
  'gevent==26.9.0',
  'eventlet==0.41.3',
  'uvloop==0.23.0',
  'setuptools==80.9.0',
];

/** The interpreter of the virtual environment of Python 3.15 that {@link installMemray} makes. */
export const memrayPython = (): string => pythonOf('memray');

/** Installs memray for an interpreter that has no pip, by the pip of {@link profilersPython}'s. Throws Error when that fails three times. */
export function installMemray(python: string, say: Say): Promise<string> {
  const before = 'Installing memray for Python 3.15 into the cache: 60 MB, once';
  const pip = profilersPython();
  return installEnvironment({ name: 'memray', packages: [memray], options: ['--only-binary', ':all:'], pip, before }, python, say);
}

/** The interpreter of the virtual environment that holds them; it is there once {@link installProfilers} has made it. */
export const profilersPython = (): string => pythonOf('profilers');

/** Installs them by pip into a virtual environment in the cache, once; nothing is compiled. Throws Error when that fails three times. */
export function installProfilers(python: string, say: Say): Promise<string> {
  const before = 'Installing profilers for Python into the cache: 200 MB, once';
  return installEnvironment({ name: 'profilers', packages: wanted, options: ['--only-binary', ':all:'], before }, python, say);
}
