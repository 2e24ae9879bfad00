/** What VS Code loads as `extensionTestsPath`: all suites inside the extension host. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { activation } from './activation.js';
import { badFiles } from './badFiles.js';
import { comparing } from './comparing.js';
import { debuggers } from './debuggers.js';
import { edits } from './edits.js';
import { endings } from './endings.js';
import { fetching } from './fetching.js';
import { type Report, runSuites } from './harness.js';
import { heat } from './heat.js';
import { inCode } from './inCode.js';
import { live } from './live.js';
import { moments } from './moments.js';
import { notebooks } from './notebooks.js';
import { openProfiles } from './openProfiles.js';
import { refusals } from './refusals.js';
import { selection } from './selection.js';
import { stacks } from './stacks.js';
import { starting } from './starting.js';
import { onScreen, stopEverything } from './support.js';
import { testing } from './testing.js';
import { timing } from './timing.js';
import { ways } from './ways.js';

// In this order: the first asserts that nothing ran yet, `edits` and `openProfiles` use what `heat` recorded.
const suites = {
  activation,
  heat,
  edits,
  openProfiles,
  comparing,
  inCode,
  badFiles,
  starting,
  live,
  moments,
  testing,
  stacks,
  endings,
  ways,
  debuggers,
  selection,
  fetching,
  notebooks,
  timing,
  refusals,
};

/** Throws when a test failed. With HEATLINE_HOST_REPORT the counts are written to that file, and the lines to `<file>.log`. */
export async function run(): Promise<void> {
  // VS Code's server takes the environment of a login shell over ours; the optional tools are found under this PATH.
  if (process.env.HEATLINE_HOST_PATH) process.env.PATH = process.env.HEATLINE_HOST_PATH;
  const file = process.env.HEATLINE_HOST_REPORT;
  const say = (line: string) => {
    console.log(line);
    if (file) appendFileSync(`${file}.log`, `${line}\n`);
  };
  const only = process.env.HEATLINE_HOST_ONLY;
  const report: Report = await runSuites(suites, { say, look: onScreen, tidy: stopEverything, only: only ? new RegExp(only) : undefined });
  say(`HOST-TESTS ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
  if (file) {
    writeFileSync(`${file}.tmp`, JSON.stringify(report, null, 2));
    renameSync(`${file}.tmp`, file);
  }
  if (report.failed > 0) throw new Error(`${report.failed} tests failed`);
}
