import { UserError } from '../../core/errors.js';
import { rbspy } from '../rbspy.js';
import { stackprof } from '../stackprof.js';
import type { Language } from './language.js';

/** Ruby: scripts, tools that are scripts, and running programs. */
export const ruby: Language = {
  id: 'ruby',
  sources: /\.rbw?$/i,
  runner: /^ruby[\d.]*(?:\.exe)?$/i,
  choose(target, { subprocesses, native, gil, only, measure }) {
    const asked = only !== undefined ? '--only' : gil ? '--gil' : native ? '--native' : undefined;
    if (asked !== undefined) throw new UserError('usage', `${asked} is not for Ruby programs.`);
    if (target.kind === 'process') return { engine: rbspy, reason: 'it joins a running Ruby program without stopping it' };
    if (subprocesses && measure !== 'alloc') return { engine: rbspy, reason: 'only rbspy sees child processes' };
    return { engine: stackprof, reason: 'it samples from inside Ruby, in time, CPU or allocations' };
  },
};
