import type { LaunchPlan } from './engine.js';

/** Interrupted first, since only then programs clean up and tools write, with so many seconds for it; then made to end. */
export function stopSteps(interruptSeconds = 5): LaunchPlan['stop'] {
  return [
    { signal: 'SIGINT', waitSeconds: interruptSeconds },
    { signal: 'SIGTERM', waitSeconds: 5 },
    { signal: 'SIGKILL', waitSeconds: 2 },
  ];
}
