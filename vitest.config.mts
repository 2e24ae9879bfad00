import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest (half a minute and more), longest first: the last of them begun would be waited for alone. */
const LONGEST = [
  'enginesPython',
  'enginesTests',
  'enginesInstalled',
  'cliRecordJoin',
  'enginesPerf',
  'cliFetchGo',
  'pprofSplit',
  'cliErrors',
  'enginesAttach',
  'receiveClients',
  'receiveFlood',
  'cliRecordEnds',
  'profilePage',
  'profileTabs',
  'attach',
  'ui',
  'inCode',
  'testing',
  'comparing',
  'live',
  'accessible',
];

/** Begins with {@link LONGEST}; then, as vitest does, with what took longest here before, or with large files where nothing ran yet. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return found < 0 ? LONGEST.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

/** Whole values in the message of a failure: it is all that a report has of it. */
const chaiConfig = { truncateThreshold: 2000 };

/** `npx vitest run --project unit`: no browser, no editor. `--project e2e`: a real browser, and a real VS Code in it. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          chaiConfig,
          include: ['test/unit/**/*.test.ts'],
          globalSetup: ['test/unit/globalSetup.ts'],
          setupFiles: ['test/unit/seed.ts'],
          // What the code under test keeps between calls is safe to share, and starting and loading anew would be a third of pure tests.
          isolate: false,
          // How long something may hang: no measure of speed. What ends well never waits for it, however slow the machine.
          testTimeout: 480_000,
          hookTimeout: 480_000,
          expect: { poll: { timeout: 120_000 } },
        },
      },
      {
        test: {
          name: 'e2e',
          chaiConfig,
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
    ],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
  },
});
