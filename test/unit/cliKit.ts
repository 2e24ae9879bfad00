// What tests of the command line share: the built command, a folder of their own, and ways to run it.
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';

export const fixtures = join(import.meta.dirname, '../fixtures/profiles');
export const prof = join(fixtures, 'pstats/python-3.12.prof');
export const raw = join(fixtures, 'pyspy/threads.raw');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Kit {
  /** The bundled command. */
  readonly cli: string;
  /** An empty folder whose name has a space and an umlaut. */
  readonly folder: string;
  run(args: readonly string[], options?: RunOptions): Ran;
  /** Runs while this process goes on (a server of the test can answer). `started` gets the process. */
  start(args: readonly string[], options?: RunOptions, started?: (child: ChildProcess) => void): Promise<Ran>;
  /** Runs in the folder. */
  heatline(...args: string[]): Ran;
  /** Runs with --json, expects success and nothing on stderr, and gives the one JSON value. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at its fields
  json(...args: string[]): any;
  /** What lies in the folder, sorted. */
  files(): string[];
}

/** Call it at the top of a test file. */
export function cliKit(): Kit {
  const cli = process.env.HEATLINE_TEST_CLI;
  if (cli === undefined) throw new Error('globalSetup builds the command');
  const folder = mkdtempSync(join(tmpdir(), 'heatline cli ü-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (args: readonly string[], { cwd = folder, input, env }: RunOptions = {}): Ran => {
    const made: SpawnSyncReturns<string> = spawnSync(process.execPath, [cli, ...args], {
      cwd,
      encoding: 'utf8',
      timeout: 300_000,
      maxBuffer: 1 << 28,
      ...(input === undefined ? {} : { input }),
      env: { ...process.env, ...env },
    });
    return { status: made.status, stdout: made.stdout, stderr: made.stderr };
  };
  const start = async (args: readonly string[], { cwd = folder, input, env }: RunOptions = {}, started?: (child: ChildProcess) => void) => {
    const child = spawn(process.execPath, [cli, ...args], { cwd, env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.end(input ?? '');
    started?.(child);
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { status, stdout, stderr };
  };
  return {
    cli,
    folder,
    run,
    start,
    heatline: (...args) => run(args),
    json(...args) {
      const { status, stdout, stderr } = run([...args, '--json']);
      expect(stderr).toBe('');
      expect(status).toBe(0);
      return JSON.parse(stdout);
    },
    files: () => readdirSync(folder).sort(),
  };
}
