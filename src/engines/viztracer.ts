import { installed } from './installed.js';

/** viztracer (https://github.com/gaogaotiantian/viztracer): beginning and end of every call, thread by thread. */
export const viztracer = installed({
  id: 'viztracer',
  label: 'viztracer',
  distribution: 'viztracer',
  oldest: [1, 0],
  measures: ['wall', 'calls'],
  format: 'chrome-trace',
  understands: ['subprocesses'],
});
