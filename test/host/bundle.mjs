// Bundles the suites for the extension host: `node test/host/bundle.mjs` writes out/test/host/index.js.

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** @returns {Promise<string>} path of the bundle */
export async function bundleHostTests() {
  const outfile = `${project}out/test/host/index.js`;
  await build({
    absWorkingDir: project,
    entryPoints: ['test/host/index.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await bundleHostTests();
