import { installed } from './installed.js';

/** pyinstrument (https://github.com/joerick/pyinstrument): stacks of the main thread in their order, taken where functions begin and end. */
export const pyinstrument = installed({
  id: 'pyinstrument',
  label: 'pyinstrument',
  distribution: 'pyinstrument',
  oldest: [4, 7],
  measures: ['wall'],
  format: 'pyisession',
  rateHz: 1000,
});
