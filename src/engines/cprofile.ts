import { inTheBox } from './inTheBox.js';

/** The standard library's tracer: writes a .prof that pstats and other tools read. */
export const cprofile = inTheBox({
  id: 'cprofile',
  label: 'cProfile',
  measures: ['wall', 'calls'],
  format: 'pstats',
  samples: false,
});
