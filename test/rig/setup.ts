import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { installClients } from './clients.js';
import { aptInstall, canInstallPackages, installFolder, onPath, type Say } from './install.js';
import { cacheFolder } from './paths.js';
import { installMemray, installProfilers } from './profilers.js';
import { findOrBringPythons, requiredPythons } from './pythons.js';
import { installSqlEngines } from './sqlEngines.js';

/** Everything outside the project that tests and demo run, found or installed by {@link setUp}. */
export interface Tools {
  /** Node 24: VS Code's server and vsce need it. */
  readonly node: string;
  /** `server-main.js` of VS Code's server. */
  readonly server: string;
  /** vsce's command line, a script for {@link node}. */
  readonly vsce: string;
  /** Chromium or Chrome; undefined where none was found and none was asked for. */
  readonly chromium: string | undefined;
  readonly python: string;
  /** Optional judges of the numbers; tests that need a missing one are skipped and say so. */
  readonly pySpy: string | undefined;
  readonly go: string | undefined;
  /** An interpreter whose environment has the profilers that users install. */
  readonly profilers: string | undefined;
  /** An interpreter whose environment has DuckDB and ClickHouse. */
  readonly sql: string | undefined;
  /** An interpreter whose environment has profilers that send what they measure. */
  readonly clients: string | undefined;
  /** Interpreters beside {@link python} and the sampler Austin: command → path of those that there are. */
  readonly pythons: ReadonlyMap<string, string>;
  /** The PATH under which tests find the optional tools. */
  readonly path: string;
}

/** What is wanted: `tests` all of it, `demo` no judges and the person's own browser, `demo-check` a browser to look with. */
export type Purpose = 'tests' | 'demo' | 'demo-check';

/**
 * Finds what tests or demo need, and installs what is missing: npm packages into the cache, Debian packages when run as root there.
 * @throws Error with one sentence that says what to install, when something essential cannot be had; with CI set, also for the judges.
 */
export async function setUp(purpose: Purpose, say: Say): Promise<Tools> {
  const python = findPython(say);
  if (purpose !== 'demo') ensureChromium(say);
  const chromium = findChromium();
  if (purpose === 'tests') ensurePackages(say);
  // Fetched and unpacked while the server is compiled.
  const brought = purpose === 'tests' ? ensurePythons(say) : Promise.resolve(new Map<string, string>());
  brought.catch(() => {});
  const installed = purpose === 'tests' ? ensureProfilers(python, say) : Promise.resolve(undefined);
  installed.catch(() => {});
  const joining = purpose === 'tests' ? ensureMemray(installed, brought, say) : Promise.resolve();
  joining.catch(() => {});
  const engines = purpose === 'tests' ? ensureSqlEngines(python, say) : Promise.resolve(undefined);
  engines.catch(() => {});
  const senders = purpose === 'tests' ? ensureClients(python, say) : Promise.resolve(undefined);
  senders.catch(() => {});
  const { node, server, vsce } = await installVSCode(say);
  const judges = purpose === 'tests' ? { pySpy: ensurePySpy(python, say), go: ensureGo(say) } : { pySpy: undefined, go: undefined };
  const pythons = await brought;
  const profilers = await installed;
  await joining;
  const sql = await engines;
  const clients = await senders;
  return {
    node,
    server,
    vsce,
    chromium,
    python,
    ...judges,
    profilers,
    sql,
    clients,
    pythons,
    path: pathWith(judges.pySpy, judges.go, ...pythons.values()),
  };
}

function findPython(say: Say): string {
  const python = onPath('python3') ?? onPath('python');
  if (python !== undefined) return python;
  if (canInstallPackages() && aptInstall(['python3'], say)) return onPath('python3')!;
  throw new Error('Python 3.9 or newer is needed and was not found on PATH: install it (Debian: apt-get install python3).');
}

/** Chromium or Chrome: $HEATLINE_CHROMIUM, PATH, or where installers put it on macOS and Windows. */
export function findChromium(): string | undefined {
  const asked = process.env.HEATLINE_CHROMIUM;
  if (asked) return asked;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge', 'microsoft-edge']) {
    const path = onPath(name);
    if (path !== undefined) return path;
  }
  const usual = [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    join(process.env.PROGRAMFILES ?? 'C:\\Program Files', 'Google\\Chrome\\Application\\chrome.exe'),
    join(process.env['PROGRAMFILES(X86)'] ?? 'C:\\Program Files (x86)', 'Microsoft\\Edge\\Application\\msedge.exe'),
  ];
  return usual.find((path) => existsSync(path));
}

function ensureChromium(say: Say): void {
  if (findChromium() !== undefined) return;
  if (canInstallPackages() && aptInstall(['chromium', 'fonts-dejavu-core'], say)) return;
  throw new Error(
    'The tests need Chromium or Chrome, which was not found: install it (Debian, as root: apt-get install chromium), or set HEATLINE_CHROMIUM to its path.',
  );
}

/** VS Code's server and Node 24, from npm into the cache; its native modules are compiled, for which headers are needed. */
async function installVSCode(say: Say): Promise<Pick<Tools, 'node' | 'server' | 'vsce'>> {
  // Run by npm ourselves, we would hand its settings down, the version of its Node among them.
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const quiet = { ...own, npm_config_dangerously_allow_all_scripts: 'true', npm_config_update_notifier: 'false' };
  const nodeFolder = await installFolder('node', quiet, say);
  const bin = join(nodeFolder, 'node_modules', '.bin');
  // The npm beside Node 24 compiles for it: Debian's own links native modules with Debian's Node, and they crash in ours. The package
  // of Node 24 brings its headers: without them the compiler's tool would fetch them from Node's own site.
  const headers = join(nodeFolder, 'node_modules', 'node', 'node_modules', `node-${process.platform}-${process.arch}`);
  const env = {
    ...quiet,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    FORCE_NODE_VERSION: '24',
    ...(existsSync(join(headers, 'include')) ? { npm_config_nodedir: headers } : {}),
  };
  const folder = await installFolder('vscode', env, say, () => {
    ensureCompiler(say);
    say('Installing a VS Code server for tests and demo: 740 MB and some two minutes, once (see docs/testing.md)');
  });
  const modules = join(folder, 'node_modules');
  return {
    node: join(nodeFolder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
    server: join(modules, 'code-server', 'lib', 'vscode', 'out', 'server-main.js'),
    vsce: join(modules, '@vscode', 'vsce', 'vsce'),
  };
}

function ensureCompiler(say: Say): void {
  if (process.platform !== 'linux' || onPath('dpkg') === undefined) return;
  const wanted = {
    'libkrb5-dev': '/usr/include/gssapi/gssapi.h',
    'g++': '/usr/bin/g++',
    make: '/usr/bin/make',
    python3: '/usr/bin/python3',
  };
  const missing = Object.entries(wanted).flatMap(([name, path]) => (existsSync(path) ? [] : [name]));
  if (missing.length === 0) return;
  if (canInstallPackages() && aptInstall(missing, say)) return;
  throw new Error(`VS Code's server is compiled with ${missing.join(', ')}: install as root: apt-get install ${missing.join(' ')}`);
}

/** Shells that must take our completion, the packer of zstd files, Ruby with its sampler, and the kernel’s sampler: command → package. */
function ensurePackages(say: Say): void {
  const packages = { zsh: 'zsh', fish: 'fish', zstd: 'zstd', ruby: 'ruby', stackprof: 'ruby-stackprof', perf: 'linux-perf' };
  const missing = Object.entries(packages).flatMap(([name, wanted]) => (onPath(name) === undefined ? [wanted] : []));
  if (missing.length === 0 || process.platform !== 'linux') return;
  if (canInstallPackages() && aptInstall(missing, say)) return;
  for (const name of missing) missingJudge(name, `apt-get install ${name}`, say);
}

/** py-spy, the sampler that judges ours: on PATH, else by pip into a virtual environment in the cache. */
function ensurePySpy(python: string, say: Say): string | undefined {
  const found = onPath('py-spy');
  if (found !== undefined) return found;
  const folder = join(cacheFolder(), 'py-spy');
  const path = join(folder, process.platform === 'win32' ? 'Scripts/py-spy.exe' : 'bin/py-spy');
  if (works(path)) return path;
  for (let attempt = 1; attempt <= 3; attempt++) {
    rmSync(folder, { recursive: true, force: true });
    const venv = spawnSync(python, ['-m', 'venv', folder], { encoding: 'utf8' });
    if (venv.status !== 0 && !(canInstallPackages() && aptInstall(['python3-venv'], say))) break;
    if (venv.status !== 0) continue;
    const pip = [
      join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python'),
      '-m',
      'pip',
      'install',
      '--quiet',
      'py-spy==0.4.1',
    ];
    if (spawnSync(pip[0]!, pip.slice(1), { stdio: 'ignore' }).status === 0 && works(path)) return path;
  }
  return missingJudge('py-spy', 'pip install py-spy', say);
}

/** Interpreters of several ages and kinds, so that what tests ask does not hang on what a machine happens to have. */
async function ensurePythons(say: Say): Promise<ReadonlyMap<string, string>> {
  const found = await findOrBringPythons(say);
  for (const name of requiredPythons.filter((each) => !found.has(each)))
    missingJudge(name, 'put it on PATH; as root on Debian it is brought', say);
  return found;
}

/** line_profiler, memray, pyinstrument, Scalene, viztracer and yappi, as a user has them. */
async function ensureProfilers(python: string, say: Say): Promise<string | undefined> {
  try {
    return await installProfilers(python, say);
  } catch (error) {
    say((error as Error).message);
    return missingJudge('line_profiler and others of its kind', 'they are installed by pip where the Python Package Index is reached', say);
  }
}

/** memray for Python 3.15, which lets it in without a debugger. */
async function ensureMemray(
  profilers: Promise<string | undefined>,
  pythons: Promise<ReadonlyMap<string, string>>,
  say: Say,
): Promise<void> {
  const python = (await pythons).get('python3.15');
  if ((await profilers) === undefined || python === undefined) return;
  try {
    await installMemray(python, say);
  } catch (error) {
    say((error as Error).message);
    missingJudge('memray for Python 3.15', 'it is installed by pip where the Python Package Index is reached', say);
  }
}

/** DuckDB and ClickHouse, which judge the Parquet tables of windows. */
async function ensureSqlEngines(python: string, say: Say): Promise<string | undefined> {
  try {
    return await installSqlEngines(python, say);
  } catch (error) {
    say((error as Error).message);
    return missingJudge('DuckDB or ClickHouse', 'they are installed by pip where the Python Package Index is reached', say);
  }
}

/** ddtrace, pyroscope-io and OpenTelemetry's messages, which a receiver must take. */
async function ensureClients(python: string, say: Say): Promise<string | undefined> {
  try {
    return await installClients(python, say);
  } catch (error) {
    say((error as Error).message);
    return missingJudge('ddtrace or pyroscope-io', 'they are installed by pip where the Python Package Index is reached', say);
  }
}

/** Go, whose `go tool pprof` judges what we read and write. */
function ensureGo(say: Say): string | undefined {
  const usual = '/usr/local/go/bin/go';
  const found = onPath('go') ?? (existsSync(usual) ? usual : undefined);
  if (found !== undefined) return found;
  if (canInstallPackages() && aptInstall(['golang-go'], say)) return onPath('go');
  return missingJudge('go', 'apt-get install golang-go', say);
}

/** On a person's machine a missing judge skips its tests; in CI nothing may be skipped. */
function missingJudge(name: string, fix: string, say: Say): undefined {
  if (process.env.CI) throw new Error(`${name} could not be installed, and in CI no test may be skipped for want of it.`);
  say(`${name} is missing: the tests that compare with it are skipped (${fix})`);
  return undefined;
}

function works(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    return false;
  }
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/**
 * A folder of links to the judges, first on PATH; never the virtual environment's own, whose python would shadow the user's. What is
 * on PATH already needs none.
 */
function pathWith(...programs: readonly (string | undefined)[]): string {
  const rest = (process.env.PATH ?? '').split(delimiter);
  if (process.platform === 'win32') return rest.join(delimiter);
  const folder = join(cacheFolder(), 'bin');
  mkdirSync(folder, { recursive: true });
  for (const program of programs) {
    if (program === undefined || rest.includes(dirname(program))) continue;
    const link = join(folder, basename(program));
    // Left alone where it is right: other suites run at the same time.
    if (linkTarget(link) === program) continue;
    rmSync(link, { force: true });
    symlinkSync(program, link);
  }
  return [folder, ...rest.filter((each) => each !== folder)].join(delimiter);
}
