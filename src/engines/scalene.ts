import { installed } from './installed.js';

/** Scalene (https://github.com/plasma-umass/scalene): time of lines in Python, in native code and in the system. */
export const scalene = installed({
  id: 'scalene',
  label: 'Scalene',
  distribution: 'scalene',
  oldest: [2, 0],
  measures: ['cpu', 'native', 'lines'],
  format: 'scalene',
  rateHz: 100,
  understands: ['subprocesses'],
});
