import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChromium } from '../rig/chromium.js';
import { artifacts, demoWorkspace, project } from '../rig/paths.js';
import { cleanUp, temporaryFolder } from '../rig/processes.js';
import { startServer } from '../rig/server.js';
import { setUp } from '../rig/setup.js';
import { openWorkspace } from '../rig/workbench.js';
import type { Report } from './harness.js';

const LIMIT_MINUTES = 60;

/** Tests ask the extension's API: what a person would look at in the window costs only time. */
const settings = {
  'editor.minimap.enabled': false,
  'breadcrumbs.enabled': false,
  'terminal.integrated.tabs.enabled': false,
  'terminal.integrated.gpuAcceleration': 'off',
};

/**
 * Runs the bundled suites in a window of VS Code's server on a copy of the sample workspace, and prints their lines.
 * @param only regular expression on the tests' full names
 * With HEATLINE_HOST_REPORT the counts are written to that file.
 * @returns whether all of them passed and nothing was left running
 */
export async function runHostTests(suites: string, only?: string): Promise<boolean> {
  const asked = process.env.HEATLINE_HOST_REPORT;
  let report: Report = { passed: 0, failed: 1, skipped: 0, failures: [{ test: 'session', error: 'it gave no report' }] };
  try {
    report = (await session(suites, only)) ?? report;
  } catch (error) {
    console.error(error);
  }
  for (const { pid, command } of await cleanUp()) {
    console.error(`left running: ${pid} ${command}`);
    const failures = [...report.failures, { test: 'session', error: `left running: ${command}` }];
    report = { ...report, failed: report.failed + 1, failures };
  }
  if (asked) writeFileSync(asked, JSON.stringify(report, null, 2));
  return report.failed === 0 && report.passed > 0;
}

async function session(suites: string, only: string | undefined): Promise<Report | undefined> {
  const tools = await setUp('tests', (line) => console.log(line));
  const folder = join(await temporaryFolder('host'), 'a b ü');
  cpSync(demoWorkspace, folder, { recursive: true, filter: (path) => !path.includes('__pycache__') });
  const report = join(await temporaryFolder('report'), 'report.json');
  const env = {
    HEATLINE_HOST_REPORT: report,
    HEATLINE_HOST_PATH: tools.path,
    HEATLINE_HOST_PROFILERS: tools.profilers ?? '',
    ...(only ? { HEATLINE_HOST_ONLY: only } : {}),
  };
  const server = await startServer(tools, { env, settings, unpacked: [join(project, 'test', 'rig', 'kernel')] });
  const browser = await startChromium(tools);
  try {
    await browser.context.addInitScript(drawSeldom);
    const window = await openWorkspace(server, browser.context, {
      folder,
      extensionDevelopmentPath: project,
      extensionTestsPath: suites,
    });
    const result = await follow(report);
    if (result?.failed === 0) return result;
    mkdirSync(artifacts, { recursive: true });
    writeFileSync(join(artifacts, 'host-console.log'), window.console.join('\n'));
    await window.screenshot('host-failed').catch(() => undefined);
    if (!result) console.error(`No report within ${LIMIT_MINUTES} minutes. The window said:\n${window.console.slice(-20).join('\n')}`);
    return result;
  } finally {
    await browser.stop();
    await server.stop();
  }
}

/** Runs in each page before its own scripts. Nobody looks: nothing moves in it by itself, and what it draws at its own pace, it draws rarely. */
function drawSeldom(): void {
  globalThis.requestAnimationFrame = (draw) => window.setTimeout(() => draw(performance.now()), 100);
  globalThis.cancelAnimationFrame = (id) => window.clearTimeout(id);
  const still = document.createElement('style');
  still.textContent = '*, ::before, ::after { animation: none !important; transition: none !important }';
  document.addEventListener('DOMContentLoaded', () => document.head.append(still));
}

/** Prints the tests' lines as they come; resolves with the report, or undefined when none came in time. */
async function follow(report: string): Promise<Report | undefined> {
  const until = Date.now() + LIMIT_MINUTES * 60_000;
  let printed = 0;
  for (;;) {
    const done = existsSync(report);
    const text = existsSync(`${report}.log`) ? readFileSync(`${report}.log`, 'utf8') : '';
    process.stdout.write(text.slice(printed));
    printed = text.length;
    if (done) return JSON.parse(readFileSync(report, 'utf8')) as Report;
    if (Date.now() > until) return undefined;
    await sleep(200);
  }
}
