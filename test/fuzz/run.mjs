// Runs test/fuzz/main.ts: `npm run fuzz -- --minutes 10`. Node 20 does not read TypeScript.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('../..', import.meta.url));
const outfile = `${project}out/test/fuzz/main.mjs`;
await build({
  absWorkingDir: project,
  entryPoints: ['test/fuzz/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
await import(pathToFileURL(outfile).href);
