import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Runs a TypeScript program of the project, given as `test/rig/demo`, in this process, and gives its module: Node 20 does not read TypeScript. */
export async function runTypeScript(program) {
  const project = fileURLToPath(new URL('..', import.meta.url));
  const outfile = `${project}out/${program}.mjs`;
  await build({
    absWorkingDir: project,
    entryPoints: [`${program}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}
