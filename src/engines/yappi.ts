import { installed } from './installed.js';

/** yappi (https://github.com/sumerc/yappi): every call of every thread, by CPU time, or by wall time. */
export const yappi = installed({
  id: 'yappi',
  label: 'yappi',
  distribution: 'yappi',
  oldest: [1, 4],
  measures: ['cpu', 'wall'],
  format: 'pstats',
  understands: ['measure'],
});
