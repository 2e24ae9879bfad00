import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder: the nearest one above this file, bundled or not, that holds our package.json. */
export const project: string = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'heatline') return folder;
    if (dirname(folder) === folder) throw new Error('The project folder was not found.');
    folder = dirname(folder);
  }
})();

/** Where downloads for tests are kept between runs: $HEATLINE_CACHE, else `.cache` in the project (ignored by git). */
export const cacheFolder = (): string => process.env.HEATLINE_CACHE || join(project, '.cache');

/** Screenshots, logs and reports of the last test run (ignored by git). */
export const artifacts: string = join(project, 'test', '.artifacts');

/** The sample workspace that demo and tests copy. */
export const demoWorkspace: string = join(project, 'demo', 'workspace');
