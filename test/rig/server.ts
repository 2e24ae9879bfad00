import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, lchownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeFolder, startGroup, stopGroup, temporaryFolder } from './processes.js';
import type { Tools } from './setup.js';

/** A running VS Code server of our own; everything of it lies in one temporary folder. */
export interface Server {
  readonly port: number;
  /** Extensions installed here are in every window. */
  readonly extensions: string;
  /** What server and extension host printed. */
  readonly log: string;
  /** Changes settings of open windows; VS Code watches the file. */
  setSettings(changes: Readonly<Record<string, unknown>>): void;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Over {@link quietSettings}. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Further environment of the extension host and of terminals. */
  readonly env?: Readonly<Record<string, string>>;
  /** VSIX files to install before the start. */
  readonly install?: readonly string[];
  /** Folders of extensions that need no packing, copied in before the start. */
  readonly unpacked?: readonly string[];
  /** Ask for trust as a desktop VS Code does. Default: every folder is trusted. */
  readonly workspaceTrust?: boolean;
  /** 0 (the default) takes a free port. */
  readonly port?: number;
  /** Number of the user and group that VS Code runs as; only root can ask for another, on Linux. */
  readonly user?: number;
  /** Only who has it (`tkn=` in the address) gets in. Without one any program of this machine does: for tests that live a minute. */
  readonly token?: string;
}

/** A window without greetings, helpers and downloads. */
export const quietSettings: Readonly<Record<string, unknown>> = {
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  // Programs of tests open ports by the dozen.
  'remote.autoForwardPorts': false,
  'files.autoSave': 'off',
  'window.autoDetectColorScheme': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'terminal.integrated.enablePersistentSessions': false,
};

/** Starts VS Code's server on loopback with fresh folders and resolves when it listens; it ends with {@link Server.stop} or with us. */
export async function startServer(tools: Tools, options: ServerOptions = {}): Promise<Server> {
  const home = await temporaryFolder('vscode');
  const data = join(home, 'data');
  const user = join(home, 'user');
  const extensions = join(home, 'extensions');
  let settings = { ...quietSettings };
  const setSettings = (changes: Readonly<Record<string, unknown>> = {}) => {
    settings = { ...settings, ...changes };
    for (const folder of [join(data, 'data', 'Machine'), join(data, 'data', 'User'), join(user, 'User')]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings, null, 2));
    }
  };
  setSettings(options.settings);
  mkdirSync(extensions, { recursive: true });
  const env = { ...cleanEnvironment(tools), ...options.env };
  for (const vsix of options.install ?? []) await installExtension(tools, { vsix, data, extensions, env });

  for (const folder of options.unpacked ?? []) {
    const { publisher, name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>;
    cpSync(folder, join(extensions, `${publisher}.${name}-${version}`), { recursive: true });
  }

  const log = join(home, 'server.log');
  const args = [
    tools.server,
    '--host=127.0.0.1',
    `--port=${options.port ?? 0}`,
    options.token === undefined ? '--without-connection-token' : `--connection-token=${options.token}`,
    '--accept-server-license-terms',
    '--enable-smoke-test-driver',
    '--disable-telemetry',
    ...(options.workspaceTrust ? [] : ['--disable-workspace-trust']),
    `--server-data-dir=${data}`,
    `--user-data-dir=${user}`,
    `--extensions-dir=${extensions}`,
  ];
  const words = options.user === undefined ? [] : asUser(options.user, home, env);
  const [program = tools.node, ...rest] = [...words, tools.node, ...args];
  const child = startGroup(program, rest, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  const port = await new Promise<number>((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer) => {
      appendFileSync(log, chunk);
      text += chunk.toString();
      const found = /listening on (\d+)/.exec(text);
      if (found) resolve(Number(found[1]));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`VS Code's server ended with ${code} before it listened:\n${text.slice(-2000)}`)));
    setTimeout(() => reject(new Error(`VS Code's server did not listen within 3 minutes:\n${text.slice(-2000)}`)), 180_000).unref();
  });
  return {
    port,
    extensions,
    log,
    setSettings,
    stop: async () => {
      await stopGroup(child);
      await removeFolder(home);
    },
  };
}

/** The words before a command that run it as another user, whose home `home` becomes. */
export function asUser(user: number, home: string, env: NodeJS.ProcessEnv): string[] {
  for (const file of [home, ...readdirSync(home, { recursive: true, encoding: 'utf8' }).map((name) => join(home, name))])
    lchownSync(file, user, user);
  env.HOME = home;
  return ['setpriv', '--reuid', String(user), '--regid', String(user), '--clear-groups'];
}

/** Our environment without what an editor's own terminal would leak into the server (VSCODE_*, NODE_OPTIONS …). */
function cleanEnvironment(tools: Tools): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(VSCODE_|ELECTRON_|VITEST|NODE_OPTIONS$|NODE_ENV$|npm_)/i.test(name)) env[name] = value;
  }
  return { ...env, PATH: tools.path, LANG: 'C.UTF-8' };
}

interface Installation {
  vsix: string;
  data: string;
  extensions: string;
  env: NodeJS.ProcessEnv;
}

/** Installs a packaged extension as `code --install-extension` does, and makes sure that it is listed. */
async function installExtension(tools: Tools, { vsix, data, extensions, env }: Installation): Promise<void> {
  const common = [tools.server, '--accept-server-license-terms', `--server-data-dir=${data}`, `--extensions-dir=${extensions}`];
  await run(tools.node, [...common, '--install-extension', vsix], env);
  const listed = await run(tools.node, [...common, '--list-extensions'], env);
  if (!listed.includes('heatline.')) throw new Error(`${vsix} was installed, but is not listed:\n${listed}`);
}

/** Runs a program to its end and returns what it printed; throws with it when it fails. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd = dirname(command)): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.on('data', (chunk) => (text += chunk));
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${text}`)),
    );
  });
}
