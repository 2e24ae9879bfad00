import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import { artifacts, project as root } from '../rig/paths.js';
import { fixedCases, makeCase } from './cases.js';
import { readCorpus } from './corpus.js';
import { type Line, type Order, RENEW } from './order.js';

export interface FuzzOptions {
  readonly seed: number;
  /** Only fixtures with this in their name. */
  readonly only?: string;
  /** First and last-but-one case; the attacks and the fixtures as they are come first. */
  readonly first?: number;
  readonly cases: number;
  /** How large attacks are, see `hostile`. */
  readonly million?: number;
  /** Ends at this time even if cases are left; milliseconds since 1970. */
  readonly until?: number;
  readonly processes: number;
  /** A case that runs longer is a hang; seconds of processor time where the system tells, else of wall time. */
  readonly hangSeconds: number;
  /** A file whose reading needs more processor time is a bug; seconds, absent: no bound. */
  readonly slowSeconds?: number;
  /** Called for each new kind of bug. */
  readonly onBug?: (bug: Bug) => void;
}

export interface Bug {
  readonly number: number;
  readonly name: string;
  readonly message: string;
  /** Where the file was saved. */
  readonly path: string;
  /** How often the same was met. */
  times: number;
}

export interface FuzzCounts {
  readonly files: number;
  cases: number;
  profile: number;
  partial: number;
  error: number;
  /** Profiles by format, errors by code. */
  readonly by: Map<string, number>;
  /** What took longest to read, in seconds of processor time. */
  slowest: { seconds: number; name: string };
  readonly bugs: Bug[];
}

/** Bytes that a process may hold: what the product promises, and Node itself. */
const MAX_RSS = 1.5 * 2 ** 30;
const corpusFolder = join(root, 'test/fixtures/profiles');
const bugFolder = join(artifacts, 'fuzz');

/** Runs cases in child processes, so that a hang or a lack of memory is found like any other bug. */
export async function fuzz(options: FuzzOptions): Promise<FuzzCounts> {
  const script = await bundle();
  const only = options.only ?? '';
  const corpus = readCorpus(corpusFolder, only);
  const million = options.million ?? 1_000_000;
  const counts: FuzzCounts = {
    files: corpus.length,
    cases: 0,
    profile: 0,
    partial: 0,
    error: 0,
    by: new Map(),
    slowest: { seconds: 0, name: '' },
    bugs: [],
  };
  const kinds = new Map<string, Bug>();
  const bug = (number: number, name: string, message: string): void => {
    const kind = message.split('\n').slice(0, 3).join(' ').replaceAll(/\d+/g, '#').slice(0, 300);
    const known = kinds.get(kind);
    if (known !== undefined) {
      known.times++;
      return;
    }
    const path = join(bugFolder, `${options.seed}-${number}.bin`);
    mkdirSync(bugFolder, { recursive: true });
    writeFileSync(path, makeCase(corpus, options.seed, number, million).bytes);
    const fresh = { number, name, message, path, times: 1 };
    kinds.set(kind, fresh);
    counts.bugs.push(fresh);
    options.onBug?.(fresh);
  };
  const take = (line: Line, name: string): void => {
    if ('bug' in line) bug(line.bug, name, line.message);
    if (!('end' in line)) return;
    counts[line.kind as 'profile' | 'partial' | 'error']++;
    const key = line.kind === 'error' ? `error ${line.what}` : line.what;
    counts.by.set(key, (counts.by.get(key) ?? 0) + 1);
    if (line.reading > counts.slowest.seconds) counts.slowest = { seconds: line.reading, name: `${name} (case ${line.end})` };
    if (line.reading > (options.slowSeconds ?? Number.POSITIVE_INFINITY))
      bug(line.end, name, `slow: ${line.reading.toFixed(1)} s of reading`);
  };
  const first = options.first ?? 0;
  const end = first + Math.max(options.cases, 0);
  const lane = async (start: number): Promise<void> => {
    for (let next = start; next < end && Date.now() < (options.until ?? Number.POSITIVE_INFINITY); ) {
      const order = { corpus: corpusFolder, only, seed: options.seed, first: next, step: options.processes, end, million };
      const last = await run(script, order, options, (line, name) => {
        if ('begin' in line) counts.cases++;
        take(line, name);
      });
      if (last.failure !== undefined) bug(last.number, last.name, last.failure);
      next = last.number + options.processes;
    }
  };
  await Promise.all(Array.from({ length: options.processes }, (_, i) => lane(first + i)));
  return counts;
}

/** The number of cases that are the same for every seed. */
export function fixed(only = ''): number {
  return fixedCases(readCorpus(corpusFolder, only));
}

interface Last {
  readonly number: number;
  readonly name: string;
  /** What ended the process before its time. */
  readonly failure?: string;
}

/** One child process, until it is done, wants to be renewed, or is ended; gives its last case. */
function run(script: string, order: Order, options: FuzzOptions, take: (line: Line, name: string) => void): Promise<Last> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', '--max-old-space-size=1100', script, JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let number = order.first;
    let name = '';
    let began = seconds(child.pid!);
    let running = false;
    let killed: string | undefined;
    let errors = '';
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      errors = (errors + chunk).slice(-4000);
    });
    const lines = createInterface({ input: child.stdio[3] as Readable });
    lines.on('line', (text) => {
      const line = JSON.parse(text) as Line;
      if ('begin' in line) ({ begin: number, name } = line);
      began = seconds(child.pid!);
      running = 'begin' in line;
      take(line, name);
    });
    const kill = (why: string | undefined): void => {
      killed ??= why;
      child.kill('SIGKILL');
    };
    const watch = setInterval(() => {
      if (running && seconds(child.pid!) - began > options.hangSeconds) kill(`hang: more than ${options.hangSeconds} s`);
      const held = residentBytes(child.pid!);
      if (held > MAX_RSS) kill(`memory: ${Math.round(held / 2 ** 20)} MiB`);
      if (Date.now() > (options.until ?? Number.POSITIVE_INFINITY) + options.hangSeconds * 1000) kill(undefined);
      else if (!running && Date.now() > (options.until ?? Number.POSITIVE_INFINITY)) kill(undefined);
    }, 50);
    child.once('error', reject);
    child.once('close', (status) => {
      clearInterval(watch);
      if (killed !== undefined) resolve({ number, name, failure: killed });
      else if (status === 0) resolve({ number: order.end, name });
      else if (status === RENEW || status === null) resolve({ number, name });
      else resolve({ number, name, failure: `the process ended with ${status}: ${errors.slice(0, 1500)}` });
    });
  });
}

/** Memory of a process as Linux tells; 0 elsewhere, where only the heap is bounded. */
function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Processor time of a process in seconds, as Linux tells (it counts hundredths); elsewhere the clock. */
function seconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Date.now() / 1000;
  }
}

async function bundle(): Promise<string> {
  const outfile = join(root, '.cache/fuzz', `child-${process.pid}.cjs`);
  await build({
    absWorkingDir: root,
    entryPoints: ['test/fuzz/child.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: false,
    logLevel: 'warning',
  });
  return outfile;
}
