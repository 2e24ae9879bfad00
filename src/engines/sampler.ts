import { inTheBox } from './inTheBox.js';

/** Line samples only: nearly no cost, no counts. */
export const sampler = inTheBox({
  id: 'sampler',
  label: 'Line sampler (in the box)',
  measures: ['wall', 'cpu'],
  format: 'pprof',
  samples: true,
});
