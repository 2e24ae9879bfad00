// Runs the suites inside VS Code's server: `node test/host/run.mjs [REGEXP]` after a build. Exits with 1 when one failed.

import { runTypeScript } from '../runTypeScript.mjs';
import { bundleHostTests } from './bundle.mjs';

const suites = await bundleHostTests();
const { runHostTests } = await runTypeScript('test/host/session');
process.exit((await runHostTests(suites, process.argv[2])) ? 0 : 1);
