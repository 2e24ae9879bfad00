import type { ReadControl } from '../format.js';

/** For loops over what may be long: tells the share (0..1) that is done, and lets others run. @throws the signal's reason */
export async function pause(control: ReadControl, share: number): Promise<void> {
  control.progress?.(share);
  await new Promise((resolve) => setTimeout(resolve, 0));
  control.signal?.throwIfAborted();
}
