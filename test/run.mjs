// Runs every suite and ends with one line of counts over all of them: `node test/run.mjs [suite …]`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const reports = join(project, 'test', '.artifacts', 'reports');
const bin = (name) => join(project, 'node_modules', '.bin', name);

/** A suite of vitest: its JSON report is the only source of the counts. */
const vitest = (name, what, env = {}) => ({
  name,
  what,
  env,
  // Real programs, clocks and windows on a busy machine: a test has a second try, and who needed it is named at the end.
  command: (report) => [bin('vitest'), 'run', ...what, '--retry=1', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  counts: ({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, success, testResults }) => ({
    passed: numPassedTests,
    // A file that cannot even be loaded has no test in it that could fail.
    failed:
      numFailedTests + testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length,
    skipped: numPendingTests + numTodoTests,
    success,
  }),
  troubles: ({ testResults }) =>
    testResults.flatMap(({ assertionResults, name, message }) => {
      const file = relative(project, name);
      if (assertionResults.length === 0 && message) return [`FAILED ${file}: ${message}`];
      return assertionResults
        .filter(({ failureMessages }) => failureMessages.length > 0)
        .map(({ status, fullName, failureMessages }) => {
          const verdict = status === 'failed' ? 'FAILED' : 'PASSED AT THE SECOND TRY';
          return `${verdict} ${file}: ${fullName}\n${failureMessages.join('\n')}`;
        });
    }),
});

/** A suite that passes when its command ends with 0: one test. */
const step = (name, ...command) => ({ name, env: {}, command: () => command, counts: undefined });

const UI = 'test/e2e/ui.test.ts';
const vsix = join(project, 'out', 'heatline.vsix');
/** Where the first step links the judges that were not on PATH (py-spy, go). */
const judges = join(process.env.HEATLINE_CACHE || join(project, '.cache'), 'bin');
// Tests of programs wait as long as they compute: one more at a time than there are processors.
const workers = `--maxWorkers=${Math.max(2, availableParallelism() + 1)}`;
const suites = [
  step('tools', process.execPath, 'test/rig/run.mjs', 'tools'),
  step('types', bin('tsc'), '-p', 'tsconfig.json', '--noEmit'),
  step('lint', bin('biome'), 'check', '.'),
  step('build', process.execPath, 'esbuild.config.mjs'),
  vitest('unit', ['--project', 'unit', workers]),
  {
    name: 'host',
    env: {},
    command: () => [process.execPath, 'test/host/run.mjs'],
    counts: ({ passed, failed, skipped }) => ({ passed, failed, skipped }),
    troubles: ({ failures }) => failures.map(({ test, error }) => `FAILED ${test}\n${error}`),
    // One window, in which programs run one after the other: there is time left for others.
    beside: 'e2e',
  },
  // Without the person's part: `vsix` does that with what is shipped.
  vitest('e2e', ['--project', 'e2e', '--exclude', UI]),
  step('package', process.execPath, 'test/rig/run.mjs', 'packages', '--out', vsix),
  vitest('vsix', ['--project', 'e2e', UI], { HEATLINE_VSIX: vsix }),
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`No suite is called ${unknown.join(', ')}; there are ${suites.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const rows = [];
const troubles = [];
mkdirSync(reports, { recursive: true });
const began = Date.now();
const beside = [];
for (const suite of suites.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  const another = asked.length === 0 || asked.includes(suite.beside) ? suite.beside : undefined;
  beside.push(runSuite(suite, another));
  if (another === undefined) await Promise.all(beside.splice(0));
}

const wall = Math.round((Date.now() - began) / 1000);
// The troubles of all suites stand together above the table: whoever sees only the end of a long log sees them.
for (const trouble of troubles) console.log(`\n${trouble}`);
console.log('');
for (const { suite, passed, failed, skipped, seconds } of rows) {
  console.log(
    `${suite.padEnd(8)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${String(skipped).padStart(4)} skipped ${String(seconds).padStart(5)} s`,
  );
}
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
console.log(`${Math.floor(wall / 60)} min ${wall % 60} s`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;

/** Runs a suite; what it prints waits for its end where it runs beside another, whose lines come as they are printed. */
async function runSuite(suite, another) {
  const report = join(reports, `${suite.name}.json`);
  rmSync(report, { force: true });
  console.log(`\n── ${suite.name}${another === undefined ? '' : `, beside ${another}`} ──`);
  const start = Date.now();
  const env = { ...suite.env, PATH: `${judges}${delimiter}${process.env.PATH}`, HEATLINE_HOST_REPORT: report };
  const status = await run(suite.command(report), env, another === undefined);
  const seconds = Math.round((Date.now() - start) / 1000);
  rows.push({ suite: suite.name, ...counted(suite, status, report), seconds });
  troubles.push(...troublesOf(suite, report));
}

/** A suite that leaves no report, or says it failed without naming a test, counts as one failure: nothing is green by silence. */
function counted(suite, status, report) {
  if (!suite.counts) return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const { passed, failed, skipped } = suite.counts(JSON.parse(readFileSync(report, 'utf8')));
  const silent = failed === 0 && (status !== 0 || passed === 0);
  return { passed, failed: silent ? 1 : failed, skipped };
}

/** Each test that failed, at least once, with what it said, without the frames of the test runner. */
function troublesOf({ troubles: told }, report) {
  if (!told || !existsSync(report)) return [];
  return told(JSON.parse(readFileSync(report, 'utf8'))).map((text) =>
    text
      .split('\n')
      .filter((line) => !line.includes('node_modules'))
      .slice(0, 40)
      .map((line) => line.slice(0, 2000))
      .join('\n'),
  );
}

function run([file, ...args], env, aloud) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: project,
      env: { ...process.env, ...env },
      stdio: ['ignore', ...(aloud ? ['inherit', 'inherit'] : ['pipe', 'pipe'])],
      shell: process.platform === 'win32',
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    child.once('error', (error) => {
      console.error(`${file}: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code) => {
      process.stdout.write(text);
      resolve(code ?? 1);
    });
  });
}
