// Tests with real engines say at their end which engines ran, so that a run's log shows what was not merely skipped.
import { afterAll } from 'vitest';

/**
 * Prints one line when the tests of the file, or of the `describe` that it is called in, are done:
 * `engine yappi: yappi 1.7.6 on CPython 3.11.7`. Call it where those tests are not skipped.
 */
export function tellEngine(id: string, version: string): void {
  afterAll(() => console.log(`engine ${id}: ${version}`));
}
