import { afterEach } from 'vitest';
import type { Workbench } from '../rig/workbench.js';

/**
 * After each try of a test that failed: a picture of the window, `NAME-failed.png`, and in the log what a person could read in its
 * terminals, notices and status bar. Pickers, menus and notices that it left open are closed then: the next try begins without them.
 * Call it after an `afterEach` that closes the window: the last one runs first.
 */
export function tellFailures(name: string, window: () => Workbench | undefined): void {
  afterEach(async ({ task }) => {
    const shown = window();
    if (task.result?.state !== 'fail' || shown === undefined) return;
    await shown.screenshot(`${name}-failed`).catch(() => undefined);
    console.error(`${task.name}: the window showed\n${await shown.texts().catch(String)}`);
    for (let layer = 0; layer < 4; layer++) await shown.page.keyboard.press('Escape').catch(() => undefined);
  });
}
