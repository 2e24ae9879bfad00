/** Packs the extension: `npm run package [-- --out FILE]` builds for release and writes heatline-VERSION.vsix. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { project } from './paths.js';
import { run } from './server.js';
import { setUp } from './setup.js';

const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { version: string };
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = resolve(values.out ?? join(project, `heatline-${version}.vsix`));

const tools = await setUp('demo', (line) => console.log(line));
await run(process.execPath, ['esbuild.config.mjs', '--production'], process.env, project);
mkdirSync(dirname(out), { recursive: true });
rmSync(out, { force: true });
// Everything is in the bundles, so there are no dependencies to collect; the README's pictures are inside, at their relative paths.
const args = ['package', '--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository', '--out', out];
const said = await run(tools.node, [tools.vsce, ...args], process.env, project);
if (!existsSync(out)) throw new Error(`vsce wrote no file:\n${said}`);
console.log(said.trim());
