/**
 * Packs the extension: `npm run package [-- --target PLATFORM] [--out FILE]` builds for release and writes heatline-VERSION.vsix, which
 * runs everywhere, or heatline-PLATFORM-VERSION.vsix, which carries py-spy.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { targets } from './carried.js';
import { buildForRelease, pack } from './pack.js';
import { project } from './paths.js';
import { setUp } from './setup.js';

const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { version: string };
const { values } = parseArgs({ options: { out: { type: 'string' }, target: { type: 'string' } } });
const { target } = values;
if (target !== undefined && !targets.includes(target)) throw new Error(`--target ${target}: there are ${targets.join(', ')}.`);
const out = resolve(values.out ?? join(project, `heatline-${target === undefined ? '' : `${target}-`}${version}.vsix`));

const tools = await setUp('demo', (line) => console.log(line));
await buildForRelease();
console.log(await pack(tools, out, target));
