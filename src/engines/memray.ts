import type { Engine } from './engine.js';
import { installed } from './installed.js';

const engine = installed({
  id: 'memray',
  label: 'memray',
  distribution: 'memray',
  oldest: [1, 10],
  measures: ['alloc'],
  format: 'pprof',
  understands: ['native'],
});

/** memray (https://github.com/bloomberg/memray): every block, those of C and C++ too, alive at the end and at the peak. */
export const memray: Engine = {
  ...engine,
  probe: async (environment) =>
    environment.platform === 'win32'
      ? { state: 'missing', reason: 'memray is for Linux and macOS', fix: 'Take the engine memory.' }
      : await engine.probe(environment),
  // Its own file, which a program that is killed leaves behind.
  plan: (target, environment, options) => ({
    ...engine.plan(target, environment, options),
    after: [],
    scratch: [`${options.output}.memray`],
  }),
};
