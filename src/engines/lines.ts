import { inTheBox } from './inTheBox.js';

/** Exact hits and times of lines, of the functions that are named or of the working directory's files. */
export const lines = inTheBox({
  id: 'lines',
  label: 'Exact lines (in the box)',
  measures: ['lines', 'calls', 'wall'],
  format: 'pprof',
  samples: false,
});
