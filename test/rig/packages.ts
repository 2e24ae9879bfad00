/**
 * What the suite `package` does: packs the VSIX for all platforms (`--out FILE`), and the one of this platform beside it, unpacks both,
 * and looks whether each holds what it should. Prints their sizes.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { targets } from './carried.js';
import { buildForRelease, pack } from './pack.js';
import { project } from './paths.js';
import { cleanUp, temporaryFolder } from './processes.js';
import { setUp, type Tools } from './setup.js';

/** Names and permissions of what is in a VSIX, which is unpacked into a folder. */
const UNPACK = `import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as file:
    file.extractall(sys.argv[2])
    print(json.dumps({each.filename: each.external_attr >> 16 & 0o777 for each in file.infolist()}))`;

const ENTRY = 'dist/extension.js';
/** Bytes of it: all of them are read and compiled before a window with a Python file is ready. */
const MOST_ENTRY = 60_000;

const { values } = parseArgs({ options: { out: { type: 'string', default: join(project, 'out', 'heatline.vsix') } } });
const out = resolve(values.out);
const target = targets.find((each) => each === `${process.platform}-${process.arch}`);
const tools = await setUp('demo', (line) => console.log(line));
await buildForRelease();
console.log(await pack(tools, out));
const universal = await unpack(tools, out);
demand(universal.names.has(`extension/${ENTRY}`), 'the VSIX has no entry');
const entry = statSync(join(universal.folder, 'extension', ENTRY)).size;
demand(
  entry <= MOST_ENTRY,
  `${ENTRY} has ${entry} bytes: what activation does not need belongs into the bundles beside it (src/host/lazy.ts)`,
);
demand(![...universal.names.keys()].some((name) => name.includes('dist/bin')), 'the VSIX for all platforms carries a binary');
if (target !== undefined) {
  const own = out.replace(/\.vsix$/, `-${target}.vsix`);
  console.log(await pack(tools, own, target));
  check(target, await unpack(tools, own), universal);
  const size = (file: string) => `${(statSync(file).size / 1e6).toFixed(2)} MB`;
  console.log(`VSIX for all platforms ${size(out)}, for ${target} ${size(own)}`);
}
await cleanUp();

interface Unpacked {
  readonly folder: string;
  readonly names: ReadonlyMap<string, number>;
}

async function unpack({ python }: Tools, vsix: string): Promise<Unpacked> {
  const folder = await temporaryFolder('vsix');
  const ran = spawnSync(python, ['-c', UNPACK, vsix, folder], { encoding: 'utf8', maxBuffer: 1 << 26 });
  demand(ran.status === 0, `${vsix} cannot be unpacked: ${ran.stderr}`);
  return { folder, names: new Map(Object.entries(JSON.parse(ran.stdout) as Record<string, number>)) };
}

/** The VSIX of a platform is the one for all, and py-spy, which runs here, with its licence. */
function check(platform: string, { folder, names }: Unpacked, universal: Unpacked): void {
  const name = platform.startsWith('win32') ? 'extension/dist/bin/py-spy.exe' : 'extension/dist/bin/py-spy';
  const more = [...names.keys()].filter((each) => !universal.names.has(each));
  demand(more.length === 1 && more[0] === name, `it should hold ${name} in addition, and holds ${more.join(', ') || 'nothing'}`);
  demand(names.size === universal.names.size + 1, 'it lacks files that the other VSIX has');
  const file = join(folder, name);
  demand(platform.startsWith('win32') || (names.get(name)! & 0o111) === 0o111, `${name} may not be run`);
  chmodSync(file, 0o755);
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  demand(/^py-spy \d/.test(stdout ?? ''), `${name} does not run`);
  const manifest = readFileSync(join(folder, 'extension.vsixmanifest'), 'utf8');
  demand(manifest.includes(`TargetPlatform="${platform}"`), 'its manifest names no platform');
  demand(
    /^py-spy [\d.]+ \(MIT\)/m.test(readFileSync(join(folder, 'extension/dist/ThirdPartyNotices.txt'), 'utf8')),
    'py-spy’s licence is missing',
  );
  demand(!existsSync(join(project, 'dist', 'bin')), 'a binary is left in dist');
  console.log(`The VSIX for ${platform} carries ${stdout.trim()}, which runs.`);
}

function demand(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(sentence);
}
