import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aptInstall, canInstallPackages, makeOnce, onPath, runLogged, type Say, tail } from './install.js';
import { cacheFolder } from './paths.js';

/**
 * Interpreters, the sampler Austin and a debugger, that tests run and that few systems have: command → what its `--version` must say. All are
 * packages of Debian's unstable distribution, by these names or those of {@link packaged}.
 */
const wanted: Readonly<Record<string, RegExp>> = {
  'python3.13': /^Python 3\.13/,
  'python3.14': /^Python 3\.14/,
  'python3.15': /^Python 3\.15/,
  pypy3: /^\[PyPy/m,
  austin: /^austin (3\.[5-9]|[4-9])/,
  // gdb 13 cannot write the registers of processors with AMX, so programs call nothing for it there.
  gdb: /^GNU gdb .* (1[4-9]|[2-9]\d)\.\d/,
};
const packaged: Readonly<Record<string, string>> = { gdb: 'gdb-minimal' };
/** Of what these depend on, the rest is for installed systems: questions to the administrator, the list of time zones. */
const needed = /^(?:lib|zlib|python3\.|pypy3|austin|gdb)/;
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Finds those programs, and brings the missing ones where we are root on Debian: their packages and the C library that they want are
 * unpacked into a folder of the cache. Nothing is installed: the system's own packages stay as they are.
 * @returns command → path of what works, by PATH or in the cache
 */
export async function findOrBringPythons(say: Say): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const name of Object.keys(wanted)) {
    const path = onPath(name);
    // A link of ours, of an earlier run, stands for what the cache holds.
    if (path !== undefined && dirname(path) !== join(cacheFolder(), 'bin') && isWanted(name, path)) found.set(name, path);
  }
  const missing = Object.keys(wanted).filter((name) => !found.has(name));
  const mirror = missing.length === 0 ? undefined : debianMirror();
  if (mirror === undefined) return found;
  try {
    const folder = await makeOnce('pythons', `${process.arch} 2 ${missing}`, say, (empty) => bring(missing, mirror, empty, say));
    for (const name of missing) {
      const path = join(folder, 'usr', 'bin', name);
      if (isWanted(name, path)) found.set(name, path);
    }
  } catch (error) {
    say(`Bringing ${missing.join(', ')} failed: ${(error as Error).message}`);
  }
  return found;
}

/** Those without which tests would be skipped; the others add to the list of interpreters where the distribution has them. */
export const requiredPythons: readonly string[] = ['python3.15', 'pypy3', 'austin', 'gdb'];

function isWanted(name: string, path: string): boolean {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 && wanted[name]!.test(stdout);
}

/** Where this system has its Debian packages from; undefined where we may install none, or it is another distribution. */
function debianMirror(): string | undefined {
  if (!canInstallPackages() || process.platform !== 'linux' || !existsSync(keyring)) return undefined;
  const words = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Origin: Debian', 'Label: Debian'];
  const { stdout } = spawnSync('apt-get', words, { encoding: 'utf8' });
  return stdout?.split('\n')[0] || undefined;
}

/** Unpacks the packages into an empty folder and makes their programs start with the libraries there. */
async function bring(names: readonly string[], mirror: string, folder: string, say: Say): Promise<void> {
  say(`Unpacking ${names.join(', ')} from Debian's packages into the cache: 50 MB, once`);
  if (onPath('patchelf') === undefined && !aptInstall(['patchelf'], say)) throw new Error('patchelf cannot be installed.');
  const state = join(folder, 'apt');
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: aptConfiguration(mirror, state) };
  const log = join(folder, 'log');
  const run = async (program: string, args: readonly string[], cwd = state): Promise<string> => {
    const status = await runLogged(program, args, { cwd, env, log });
    if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}: ${tail(log, 3)}`);
    return readFileSync(log, 'utf8');
  };
  await run('apt-get', ['update', '-q']);
  const parts = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const tree = await run('apt-cache', ['depends', '--recurse', ...parts, ...names.map((name) => packaged[name] ?? name)]);
  const packages = tree.split('\n').filter((line) => needed.test(line));
  // "download" only fetches files, and the configuration has no dpkg: the system cannot be changed by it.
  await run('apt-get', ['download', '-q', ...packages]);
  const ours = ['--exclude=./usr/share/doc/*', '--exclude=./usr/share/man/*', '--exclude=./usr/share/locale/*'];
  const unpack = `dpkg-deb --fsys-tarfile "$1" | tar -C "$2" -x ${ours.join(' ')}`;
  for (const file of readdirSync(state).filter((name) => name.endsWith('.deb')))
    await run('bash', ['-o', 'pipefail', '-c', unpack, 'unpack', join(state, file), folder]);
  rmSync(state, { recursive: true, force: true });
  const system = join(folder, 'usr');
  const loader = readdirSync(join(system, 'lib64')).find((name) => name.startsWith('ld-linux'));
  if (loader === undefined) throw new Error('The C library came without its loader.');
  const libraries = readdirSync(join(system, 'lib')).find((name) => name.endsWith('-linux-gnu'));
  const own = ['--set-interpreter', join(system, 'lib64', loader), '--force-rpath', '--set-rpath', join(system, 'lib', libraries ?? '')];
  for (const name of programsIn(join(system, 'bin'))) await run('patchelf', [...own, join(system, 'bin', name)], folder);
}

/** Names of compiled programs; links and scripts are left out. */
function programsIn(bin: string): readonly string[] {
  const files = readdirSync(bin, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ name }) => name).filter((name) => readFileSync(join(bin, name)).subarray(0, 4).toString('latin1') === '\x7fELF');
}

/**
 * Settings under which apt knows the unstable distribution alone, keeps what it knows in a folder of its own, and has no dpkg: no word
 * of ours to it could ever install one of these packages.
 * @returns the path of the file
 */
function aptConfiguration(mirror: string, state: string): string {
  for (const name of ['lists/partial', 'archives/partial']) mkdirSync(join(state, name), { recursive: true });
  const sources = join(state, 'sources.list');
  const settings = {
    'Dir::Bin::dpkg': '/bin/false',
    'APT::Get::Download-Only': 'true',
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State': state,
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': state,
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'APT::Sandbox::User': 'root',
  };
  writeFileSync(sources, `deb [signed-by=${keyring}] ${mirror} sid main\n`);
  writeFileSync(join(state, 'status'), '');
  const file = join(state, 'apt.conf');
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name} ${JSON.stringify(value)};\n`)
      .join(''),
  );
  return file;
}
