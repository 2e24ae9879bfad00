// Looking on while a tool from outside records: what it shows is the recording itself. The real parts need Python 3.15 and Austin.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { austin } from '../../src/engines/austin.js';
import type { Environment, LaunchPlan, Target } from '../../src/engines/engine.js';
import { engines, launch, probeEnvironment } from '../../src/engines/index.js';
import { tachyon } from '../../src/engines/tachyon.js';
import { cacheFolder } from '../rig/paths.js';
import { findPythons } from './pythons.js';

const pythonPackage = resolve(import.meta.dirname, '../../python');
const path = join(cacheFolder(), 'bin') + delimiter + (process.env.PATH ?? '');
const PATIENCE = 240_000;

const nowhere: Environment = {
  platform: 'linux',
  python: '/opt/python3.15',
  pythonVersion: [3, 15, 2],
  implementation: 'cpython',
  path: '/nowhere',
  pythonPackage: '/opt/heatline',
};

test('each engine says whether it can be looked on', () => {
  const answers = (target: Target) =>
    Object.fromEntries(
      engines
        .filter((each) => each.languages.includes('python') && (target.kind !== 'process' || each.attaches))
        .map((each) => [each.id, each.plan(target, nowhere, { output: '/tmp/o', live: true }).live ?? 'at its end']),
    );
  expect(answers({ kind: 'script', script: '/w/a.py', args: [], cwd: '/w', env: {} })).toEqual({
    ...{ hybrid: 'copy', sampler: 'copy', cprofile: 'copy', lines: 'copy', locks: 'copy', memory: 'copy', tachyon: 'copy' },
    ...{ async: 'copy', events: 'copy', imports: 'copy' },
    ...{ 'py-spy': 'at its end', austin: 'at its end', perf: 'at its end' },
    ...{ 'line-profiler': 'at its end', memray: 'at its end', pyinstrument: 'at its end', scalene: 'at its end' },
    ...{ viztracer: 'at its end', yappi: 'at its end' },
  });
  expect(answers({ kind: 'process', pid: 4711, cwd: '/w', env: {} })).toEqual({
    ...{ sampler: 'copy', tachyon: 'copy', 'py-spy': 'at its end', austin: 'output', perf: 'at its end', memray: 'at its end' },
  });
  // Nobody looks on: nothing is done for it.
  const quiet = engines.map((each) => {
    const target: Target = {
      kind: 'command',
      argv: each.languages.includes('python') ? ['python3', 'a.py'] : ['ruby', 'a.rb'],
      cwd: '/w',
      env: {},
    };
    return each.id === 'go' ? undefined : each.plan(target, nowhere, { output: '/tmp/o' }).live;
  });
  expect(quiet.filter((each) => each !== undefined)).toEqual([]);
});

const program = `import os, threading, time
def early(n):
    return early(n - 1) if n else sum(range(300))
def late(n):
    return late(n - 1) if n else sum(range(300))
def wait():
    time.sleep(600)
threading.Thread(target=wait, daemon=True).start()
print("ready", flush=True)
while not os.path.exists("change"):
    early(5)
while True:
    late(5)
`;

let folder = '';
let script = '';
const started: ChildProcess[] = [];
/** What is still recorded when a test failed. */
const stops: AbortController[] = [];
const runs: Promise<unknown>[] = [];
beforeEach(() => {
  // Austin 3 leaves out names of files that have letters outside of ASCII.
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'heatline live-')));
  script = join(folder, 'phases.py');
  writeFileSync(script, program);
});
afterEach(async () => {
  for (const each of stops.splice(0)) each.abort();
  await Promise.allSettled(runs.splice(0));
  for (const each of started.splice(0)) each.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** The running program as a target. */
async function running(python: string): Promise<Target> {
  const child = spawn(python, [script], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(child);
  await new Promise((ready) => child.stdout!.once('data', ready));
  return { kind: 'process', pid: child.pid!, cwd: folder, env: {} };
}

interface Seen {
  readonly samples: number;
  /** Nanoseconds of the whole by function, with what it calls. */
  readonly total: ReadonlyMap<string, number>;
  readonly files: readonly string[];
}

async function look(file: string): Promise<Seen> {
  const profile = await readProfile(fileSource(file));
  const { strings, functions } = profile;
  const { total } = functionTable(profile, { type: profile.defaultType });
  const names = Array.from(total, (_, func) => strings[functions.name[func]!]!);
  return {
    samples: profile.samples.length,
    total: new Map(names.map((name, func) => [name, total[func]!])),
    files: Array.from(total, (_, func) => strings[functions.file[func]!]!),
  };
}

/** What is shown first that is enough; a file that is just being renewed is looked at again. */
async function shown(file: string, enough: (seen: Seen) => boolean): Promise<Seen> {
  for (let limit = Date.now() + PATIENCE / 2; Date.now() < limit; ) {
    const seen = existsSync(file) ? await look(file).catch(() => undefined) : undefined;
    if (seen && enough(seen)) return seen;
    await sleep(200);
  }
  throw new Error('nothing was shown');
}

/** Looks on twice, stops, and compares with the whole. */
async function follow(plan: LaunchPlan, file: string): Promise<void> {
  const stop = new AbortController();
  stops.push(stop);
  const run = launch(plan, { stdio: 'ignore', forwardSignals: false, signal: stop.signal });
  runs.push(run);
  const early = await shown(file, ({ total }) => (total.get('early') ?? 0) > 0);
  writeFileSync(join(folder, 'change'), '');
  const later = await shown(file, ({ total }) => (total.get('late') ?? 0) > 0);
  expect(early.total.get('late') ?? 0).toBe(0);
  expect(later.samples).toBeGreaterThan(early.samples);
  expect(later.files.filter((each) => each.includes('/heatline/'))).toEqual([]);
  stop.abort();
  expect((await run).output).toBe(plan.output);
  const whole = await look(plan.output);
  expect(whole.samples).toBeGreaterThanOrEqual(later.samples);
  for (const name of ['early', 'late', 'wait']) {
    expect(whole.total.get(name) ?? 0, name).toBeGreaterThanOrEqual(later.total.get(name) ?? 0);
  }
  expect(readdirSync(folder).sort()).toEqual(['change', 'o.bin', 'phases.py']);
}

async function find(engine: typeof tachyon): Promise<Environment | undefined> {
  for (const python of [...findPythons().values()].reverse()) {
    const environment = await probeEnvironment({ python, pythonPackage, path }).catch(() => undefined);
    if (environment && (await engine.probe(environment)).state === 'found') return environment;
  }
  return undefined;
}
const [young, seenByAustin] = [await find(tachyon), await find(austin)];

describe.skipIf(young === undefined)('tachyon', { timeout: PATIENCE }, () => {
  test('a program that it started', async () => {
    const output = join(folder, 'o.bin');
    await follow(
      tachyon.plan({ kind: 'script', script, args: [], cwd: folder, env: {} }, young!, { output, live: true }),
      `${output}.live`,
    );
  });

  test('a program that ran already', async () => {
    const output = join(folder, 'o.bin');
    await follow(tachyon.plan(await running(young!.python!), young!, { output, live: true }), `${output}.live`);
  });
});

test.skipIf(seenByAustin === undefined)('austin’s file can be read while it grows', { timeout: PATIENCE }, async () => {
  const output = join(folder, 'o.bin');
  await follow(austin.plan(await running(seenByAustin!.python!), seenByAustin!, { output, live: true }), output);
});
