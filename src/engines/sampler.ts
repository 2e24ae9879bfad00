import { inTheBox } from './inTheBox.js';

/** Line samples only: nearly no cost, no counts. It also joins programs of CPython 3.14 and newer, without any tool. */
export const sampler = inTheBox({
  id: 'sampler',
  label: 'Line sampler (in the box)',
  measures: ['wall', 'cpu'],
  format: 'pprof',
  samples: true,
  joins: true,
});
