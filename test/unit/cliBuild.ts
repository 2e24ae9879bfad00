import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** Bundles the command line as it ships, away from `dist` so that nobody's build is disturbed. Gives the file to run. */
export async function buildCli(): Promise<string> {
  const folder = join(root, '.cache/unit');
  mkdirSync(folder, { recursive: true });
  for (const beside of ['python', 'ruby']) {
    const link = join(folder, beside);
    if (!existsSync(link)) symlinkSync(join(root, beside), link, 'junction');
  }
  const outfile = join(folder, `cli-${process.pid}.js`);
  await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outfile,
    logLevel: 'warning',
  });
  return outfile;
}
