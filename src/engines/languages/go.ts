import { UserError } from '../../core/errors.js';
import { goEngine } from '../go.js';
import type { Language } from './language.js';

/** Go: tests, benchmarks and mains. A service that runs is asked for a profile instead (`heatline fetch`). */
export const go: Language = {
  id: 'go',
  sources: /\.go$/i,
  runner: /^go(?:\.exe)?$/i,
  choose(_target, { subprocesses, native, gil, only }) {
    const asked = only !== undefined ? '--only' : gil ? '--gil' : native ? '--native' : subprocesses ? '--subprocesses' : undefined;
    if (asked !== undefined) throw new UserError('usage', `${asked} is not for Go programs: Go's own profiler records one whole process.`);
    return { engine: goEngine, reason: 'Go’s own profiler is part of every test, and of mains that have a flag for it' };
  },
};
