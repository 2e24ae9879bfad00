import { defineConfig } from 'vitest/config';

/** `npx vitest run --project unit`: no browser, no editor. `--project e2e`: a real browser, and a real VS Code in it. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          globalSetup: ['test/unit/globalSetup.ts'],
          setupFiles: ['test/unit/seed.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 600_000,
          // Each file starts browsers and servers: one after the other on a small machine.
          fileParallelism: false,
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
    maxWorkers: 2,
  },
});
