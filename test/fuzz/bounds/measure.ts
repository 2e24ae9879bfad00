import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import { project } from '../../rig/paths.js';

/** What one run of the command line took, and how it ended. */
export interface Measured {
  /** Processor time of all its threads, seconds. */
  readonly seconds: number;
  /** Most memory that it held, MiB. */
  readonly mebibytes: number;
  /** Exit status; undefined when it was ended from outside or broke down. */
  readonly status: number | undefined;
  readonly errors: string;
}

/** More processor time than this is a hang; seconds. */
const HANG = 60;
/** More memory than this and the machine might be gone; MiB. */
const MEMORY = 6000;

/** Tells the parent, at the very end of a process, what it took. */
const REPORT = `process.on('exit', () => { const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  require('node:fs').writeSync(3, JSON.stringify([(userCPUTime + systemCPUTime) / 1e6, maxRSS / 1024])); });`;

/** Builds the command line as it ships; gives its path and that of what measures it, both in `folder`. */
export async function builtCommand(folder: string): Promise<readonly [cli: string, report: string]> {
  const cli = join(folder, 'cli.cjs');
  await build({
    absWorkingDir: project,
    entryPoints: ['src/cli/main.ts'],
    outfile: cli,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minify: true,
    define: { HEATLINE_VERSION: '"0.0.0"' },
    logLevel: 'warning',
  });
  const report = join(folder, 'report.cjs');
  writeFileSync(report, REPORT);
  return [cli, report];
}

/** Runs the command line with `args` and measures it. */
export function measure([cli, report]: readonly [string, string], args: readonly string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', report, cli, ...args], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    let errors = '';
    let said = '';
    let last: readonly [number, number] = [0, 0];
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-20_000);
    });
    (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const watch = setInterval(() => {
      last = used(child.pid!) ?? last;
      if (last[0] > HANG || last[1] > MEMORY) child.kill('SIGKILL');
    }, 100);
    child.once('error', reject);
    child.once('close', (status) => {
      clearInterval(watch);
      const [seconds, mebibytes] = said === '' ? last : (JSON.parse(said) as [number, number]);
      resolve({ seconds, mebibytes, status: said === '' ? undefined : (status ?? undefined), errors });
    });
  });
}

/** Processor time (seconds) and memory (MiB) of a running process, where the system tells. */
function used(pid: number): readonly [number, number] | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return [(Number(fields[11]) + Number(fields[12])) / 100, (Number(fields[21]) * 4096) / 2 ** 20];
  } catch {
    return undefined;
  }
}
