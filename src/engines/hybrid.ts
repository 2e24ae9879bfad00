import { inTheBox } from './inTheBox.js';

/** Exact call counts and line samples in the same run. */
export const hybrid = inTheBox({
  id: 'hybrid',
  label: 'Counts and lines (in the box)',
  measures: ['wall', 'cpu', 'calls'],
  format: 'pprof',
  samples: true,
});
