// Runs the suites inside VS Code's server: `node test/host/run.mjs [REGEXP]` after a build. Exits with 1 when one failed.

import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundleHostTests } from './bundle.mjs';

const project = fileURLToPath(new URL('../..', import.meta.url));
const suites = await bundleHostTests();
const session = `${project}out/test/host/session.mjs`;
await build({
  absWorkingDir: project,
  entryPoints: ['test/host/session.ts'],
  outfile: session,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
const { runHostTests } = await import(pathToFileURL(session).href);
process.exit((await runHostTests(suites, process.argv[2])) ? 0 : 1);
