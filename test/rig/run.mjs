// Runs a TypeScript program of the rig: `node test/rig/run.mjs NAME [ARG …]` runs test/rig/NAME.ts. Node 20 does not read TypeScript.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('../..', import.meta.url));
const [name = ''] = process.argv.splice(2, 1);
const outfile = `${project}out/test/rig/${name}.mjs`;
await build({
  absWorkingDir: project,
  entryPoints: [`test/rig/${name}.ts`],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
try {
  await import(pathToFileURL(outfile).href);
} catch (error) {
  // What a program of the rig throws is a sentence for the person at the terminal.
  console.error(process.env.HEATLINE_DEBUG ? error : String(error.message ?? error));
  process.exit(1);
}
