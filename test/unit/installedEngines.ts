import type { Engine } from '../../src/engines/engine.js';
import { engines } from '../../src/engines/index.js';

/** Engines that are profilers out of the user's environment. */
export const ids: readonly string[] = ['line-profiler', 'pyinstrument', 'scalene', 'viztracer', 'yappi'];

export const engineOf = (id: string): Engine => engines.find((each) => each.id === id)!;
