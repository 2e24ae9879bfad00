// Runs the same suites in a desktop VS Code: `node test/host/electron.mjs [VERSION]` after a build; downloads VS Code into the cache.

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from '@vscode/test-electron';
import { bundleHostTests } from './bundle.mjs';

const project = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'heatline-'));
const folder = join(home, 'a b ü');
const report = join(home, 'report.json');
cpSync(join(project, 'demo', 'workspace'), folder, { recursive: true });
let failed = true;
try {
  await runTests({
    ...(process.argv[2] ? { version: process.argv[2] } : {}),
    cachePath: join(process.env.HEATLINE_CACHE || join(project, '.cache'), 'vscode-desktop'),
    extensionDevelopmentPath: project,
    extensionTestsPath: await bundleHostTests(),
    extensionTestsEnv: { HEATLINE_HOST_REPORT: report },
    // A short folder for the user's data: its sockets' paths have a limit.
    launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust', `--user-data-dir=${join(home, 'u')}`],
  });
  failed = JSON.parse(readFileSync(report, 'utf8')).failed > 0;
} catch (error) {
  console.error(String(error));
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(failed ? 1 : 0);
