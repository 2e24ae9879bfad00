import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeOnce, runLogged, type Say, tail } from './install.js';
import { cacheFolder, project } from './paths.js';

/** The version that the judge of the tests has, too. */
const VERSION = '0.4.1';

/** What a VSIX of a platform carries: the wheel's platform as pip names it, and what wheel and binary hash to (SHA-256). */
interface Carried {
  readonly platform: string;
  readonly wheel: string;
  readonly binary: string;
}

const carried: Readonly<Record<string, Carried>> = {
  'linux-x64': {
    platform: 'manylinux_2_5_x86_64',
    wheel: '6a80ec05eb8a6883863a367c6a4d4f2d57de68466f7956b6367d4edd5c61bb29',
    binary: 'e7c2de2dc54449ec88c086f1859555b4e34e63ccdcf3f8804496f9306cd44de6',
  },
  'linux-arm64': {
    platform: 'manylinux_2_17_aarch64',
    wheel: 'ee776b9d512a011d1ad3907ed53ae32ce2f3d9ff3e1782236554e22103b5c084',
    binary: '972918b5d6af92649ec086ffdd89cefa0d725fd14844434c766f58494a1c4f8e',
  },
  'darwin-x64': {
    platform: 'macosx_10_12_x86_64',
    wheel: '809094208c6256c8f4ccadd31e9a513fe2429253f48e20066879239ba12cd8cc',
    binary: '58fb1fa033044f81b5f5f33d3376b15750eea92c5dd73e16fbf926f7e2f07029',
  },
  'darwin-arm64': {
    platform: 'macosx_11_0_arm64',
    wheel: '1fb8bf71ab8df95a95cc387deed6552934c50feef2cf6456bc06692a5508fd0c',
    binary: '6999ebb6b5496022cc4b4973153560d37db0612f33f758027ae0eaff4926c070',
  },
  'win32-x64': {
    platform: 'win_amd64',
    wheel: 'd92e522bd40e9bf7d87c204033ce5bb5c828fca45fa28d970f58d71128069fdc',
    binary: 'ae893db8c26730a8158cfefde9a65833c137eee8fe72b56aee061b318aa8effe',
  },
};

/** Platforms that have a VSIX of their own; every other takes the one for all. */
export const targets: readonly string[] = Object.keys(carried);

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/**
 * Puts py-spy for a platform into dist/bin, and its licence into the notices. The tests' own installation of it serves where it is the
 * very binary; else its wheel is fetched by pip, once, and believed only with the hash that stands here.
 * @returns the binary's size in bytes
 * @throws Error with a sentence when it cannot be had
 */
export async function carryPySpy(target: string, python: string, say: Say): Promise<number> {
  const wanted = carried[target];
  if (!wanted) throw new Error(`There is no VSIX of its own for ${target}; there are ${targets.join(', ')}.`);
  const { binary, licence } = fromJudge(wanted) ?? (await fromWheel(wanted, python, say));
  if (hashOf(binary) !== wanted.binary) throw new Error(`${binary} is not the py-spy ${VERSION} that is known: its hash is another.`);
  const folder = join(project, 'dist', 'bin');
  const file = join(folder, target.startsWith('win32') ? 'py-spy.exe' : 'py-spy');
  mkdirSync(folder, { recursive: true });
  copyFileSync(binary, file);
  chmodSync(file, 0o755);
  const line = '-'.repeat(80);
  const notice = `${line}\npy-spy ${VERSION} (MIT), the program dist/bin/${basename(file)}\n\n${readFileSync(licence, 'utf8').trim()}\n`;
  appendFileSync(join(project, 'dist', 'ThirdPartyNotices.txt'), `\n${notice}`);
  return readFileSync(file).length;
}

/** So that what is built stays the same for all platforms. */
export function dropPySpy(): void {
  rmSync(join(project, 'dist', 'bin'), { recursive: true, force: true });
}

interface Found {
  readonly binary: string;
  readonly licence: string;
}

/** What the tests' set-up installed, where it is this one. */
function fromJudge({ binary }: Carried): Found | undefined {
  const home = join(cacheFolder(), 'py-spy');
  const file = [join(home, 'bin', 'py-spy'), join(home, 'Scripts', 'py-spy.exe')].find((each) => existsSync(each));
  if (file === undefined || hashOf(file) !== binary) return undefined;
  const licence = licenceIn(home);
  return licence === undefined ? undefined : { binary: file, licence };
}

async function fromWheel({ platform, wheel, binary }: Carried, python: string, say: Say): Promise<Found> {
  const make = async (folder: string): Promise<void> => {
    const log = join(folder, 'install.log');
    const run = async (program: string, ...words: string[]): Promise<void> => {
      const status = await runLogged(program, words, { cwd: folder, env: process.env, log });
      if (status !== 0) throw new Error(`${words.slice(0, 3).join(' ')} said ${status}; the end of ${log}:\n${tail(log, 5)}`);
    };
    const pip = ['-m', 'pip', 'download', `py-spy==${VERSION}`, '--no-deps', '--only-binary', ':all:', '--platform', platform];
    await run(await pythonWithPip(python, folder, run), ...pip, '--quiet', '--disable-pip-version-check', '--dest', '.');
    const file = readdirSync(folder).find((name) => name.endsWith('.whl'));
    if (file === undefined || hashOf(join(folder, file)) !== wheel) throw new Error(`The wheel ${file} is not the one that is known.`);
    await run(python, '-m', 'zipfile', '-e', file, 'unpacked');
  };
  const folder = await makeOnce('py-spy-wheel', `${platform} ${wheel}`, say, make, () =>
    say(`Fetching py-spy ${VERSION} for ${platform}: 3 MB, once`),
  );
  const files = readdirSync(join(folder, 'unpacked'), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, 'unpacked', name));
  const found = files.find((file) => /scripts[\\/]py-spy(\.exe)?$/.test(file));
  const licence = licenceIn(join(folder, 'unpacked'));
  if (found === undefined || licence === undefined) throw new Error(`${folder} holds no py-spy with its licence (${binary}).`);
  return { binary: found, licence };
}

/** Debian's own Python has no pip. */
async function pythonWithPip(python: string, folder: string, run: (program: string, ...words: string[]) => Promise<void>): Promise<string> {
  if (spawnSync(python, ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0) return python;
  await run(python, '-m', 'venv', 'venv');
  return join(folder, 'venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
}

function licenceIn(folder: string): string | undefined {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const found = names.find((name) => basename(name) === 'LICENSE' && dirname(name).includes(`py_spy-${VERSION}.dist-info`));
  return found === undefined ? undefined : join(folder, found);
}
