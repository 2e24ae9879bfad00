import { installed } from './installed.js';

/** line_profiler (https://github.com/pyutils/line_profiler): hits and times of lines, of the functions that are named or of the working directory's files. */
export const lineProfiler = installed({
  id: 'line-profiler',
  label: 'line_profiler',
  distribution: 'line_profiler',
  oldest: [4, 2],
  measures: ['lines', 'wall'],
  format: 'line-profiler',
  understands: ['only'],
});
