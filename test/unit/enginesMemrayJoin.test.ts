// memray joins programs that run: of Python 3.15 without a tool, of older ones by the real gdb. The set-up of the tests brings all three.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Environment } from '../../src/engines/engine.js';
import { chooseEngine, engines, probeEnvironment } from '../../src/engines/index.js';
import { memrayPython, profilersPython } from '../rig/profilers.js';
import { cliKit, type Ran } from './cliKit.js';
import { environment, running } from './engineKit.js';

const { folder, json, start } = cliKit();
const pythonPackage = resolve(import.meta.dirname, '../../python');
const engine = engines.find(({ id }) => id === 'memray')!;
const linux = process.platform === 'linux';

describe('plan', () => {
  test('an interpreter of the program’s environment lets a guest in and reads what memray wrote', () => {
    const plan = engine.plan(running, environment, { output: '/t/o', native: true, durationSeconds: 2.5 });
    expect(plan.argv.join(' ')).toBe(
      '/usr/bin/python3 /opt/python/heatline/__main__.py join --engine memray --pid 4711 --output /t/o --duration 2.5 --native',
    );
    expect(plan).toMatchObject({ format: 'pprof', attached: true, after: [], scratch: ['/t/o.memray'] });
    // Ctrl-C leaves time to read.
    expect(plan.stop[0]).toEqual({ signal: 'SIGINT', waitSeconds: 120 });
    expect(plan.live).toBeUndefined();
    expect(() => engine.plan(running, environment, { output: '/t/o', subprocesses: true })).toThrow(
      'The engine memray records one process',
    );
  });

  test('an interpreter that may not be run is told', async () => {
    const { python: _, ...nobody } = environment;
    await expect(chooseEngine('memray', running, nobody, {})).rejects.toThrow(
      'The engine memray cannot run: it needs the program’s own interpreter, which may not be run from here. Run Heatline as the program’s user',
    );
    await expect(chooseEngine('memray', running, { ...environment, platform: 'win32' }, {})).rejects.toThrow(
      'memray is for Linux and macOS',
    );
  });
});

/**
 * Works in its own time, when it is told to by files: blocks of known sizes on known lines, some of them before; then says whether it is
 * as it was.
 */
const PROGRAM = `import os, sys, time
if "threads" in sys.argv: import threading
KEPT = [bytes(5_000_000)]

def keep(n):
    for _ in range(n):
        KEPT.append(bytes(10_000))

def spike():
    block = bytes(20_000_000)
    del block

def until(name):
    while not os.path.exists(name):
        time.sleep(0.01)

def say(word):
    sys.stdout.write(word + "\\n")  # in one piece: another thread may write too
    sys.stdout.flush()

def aside():
    until("go")
    keep(100)
    say("aside")
    until("never")

if "threads" in sys.argv: threading.Thread(target=aside, daemon=True, name="wörker").start()
print("ready", flush=True)
if "idle" in sys.argv: time.sleep(3600)
until("go")
keep(300)
spike()
say("worked")
until("leave")
import atexit, threading
print(threading.main_thread() is threading.current_thread(), [each.name for each in threading.enumerate()])
print(sys.getprofile(), [name for name in sys.modules if "heatline" in name])
sys.exit(5)
`;
const BLOCK = 10_033; // sys.getsizeof(bytes(10_000))

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

interface Program {
  readonly pid: string;
  readonly place: string;
  readonly child: ChildProcess;
  /** What it has printed. */
  said(): string;
  /** Lets it go on. */
  tell(name: 'go' | 'leave'): void;
  ended(): Promise<number | null>;
}

async function run(python: string, words: readonly string[], options: readonly string[] = []): Promise<Program> {
  const place = mkdtempSync(join(folder, 'ü '));
  writeFileSync(join(place, 'mäin.py'), PROGRAM);
  const child = spawn(python, [...options, 'mäin.py', ...words], { cwd: place, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const end = new Promise<number | null>((done) => child.once('close', done));
  await expect.poll(() => said, { timeout: 90_000 }).toContain('ready');
  const tell = (name: string) => writeFileSync(join(place, name), '');
  return { pid: String(child.pid), place, child, said: () => said, tell, ended: () => end };
}

/** `heatline record` beside a program; `joined` is fulfilled when memray has begun, or when it has ended. */
function record({ pid, place }: Program, words: readonly string[], env: Record<string, string> = {}) {
  const files = mkdtempSync(join(place, 'files '));
  let recorder: ChildProcess | undefined;
  let over = false;
  const ran = start(['record', '--pid', pid, '--engine', 'memray', ...words], { cwd: place, env: { TMPDIR: files, ...env } }, (child) => {
    recorder = child;
    started.push(child);
  }).finally(() => {
    over = true;
  });
  const has = (ending: string) => readdirSync(files, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith(ending));
  const joined = () => expect.poll(() => over || has('.tmp-joined'), { timeout: 120_000 }).toBe(true);
  return { ran, joined, stop: () => recorder!.kill('SIGINT'), left: () => readdirSync(files) };
}

interface Row {
  readonly name: string;
  readonly self: number;
  readonly total: number;
}
const named = (file: string, name: string, ...words: readonly string[]): Row | undefined =>
  (json('top', '-n', '0', file, ...words).functions as Row[]).find((row) => row.name === name);

/** Environments with the real memray: what lets it in → interpreter, and options under which that is so. In CI there must be both. */
const ways = [
  { way: 'sys.remote_exec', python: memrayPython(), options: [] },
  { way: 'gdb', python: profilersPython(), options: ['-X', 'disable-remote-debug'] },
].filter(({ way, python }) => {
  const there = linux && existsSync(python) && (way !== 'gdb' || spawnSync('gdb', ['--version']).status === 0);
  if (linux && process.env.CI && !there) throw new Error(`memray or what lets it in by ${way} is missing: node test/rig/run.mjs tools.`);
  return there;
});

describe.each(ways)('by $way, with the real memray', ({ way, python, options }) => {
  test('known blocks on their lines, alive and at the peak, by thread; the program is as it was', { timeout: 300_000 }, async () => {
    const program = await run(python, ['threads'], options);
    const first = record(program, ['-o', 'm.pb.gz']);
    await first.joined();
    const second = await record(program, ['-o', 'second.pb.gz']).ran;
    expect(second.stderr).toContain(
      `--pid ${program.pid}: nothing was recorded: memray: memray measures the program already: end that first (memray detach ${program.pid}, where memray attach began it)\n`,
    );
    expect(second.status).toBe(4);
    program.tell('go');
    await expect.poll(program.said, { timeout: 90_000 }).toContain('aside\n');
    await expect.poll(program.said, { timeout: 90_000 }).toContain('worked\n');
    first.stop();
    const { status, stderr } = await first.ran;
    expect(stderr).toMatch(
      /Ctrl-C ends it, the program runs on\nheatline: memray: .* % \([34]\.\d MB\) in keep \(.*mäin\.py:5\) → m\.pb\.gz\n$/,
    );
    expect(status).toBe(0);
    expect(first.left()).toEqual([]);
    const file = join(program.place, 'm.pb.gz');
    const alive = named(file, 'keep', '--value', 'inuse_space')!;
    // Beside its blocks only the list grows there.
    expect(alive.self).toBeGreaterThanOrEqual(400 * BLOCK);
    expect(alive.self).toBeLessThan(400 * BLOCK + 10_000);
    const aside = named(file, 'keep', '--value', 'inuse_space', '--thread', 'wörker')!;
    expect(aside.self).toBeGreaterThanOrEqual(100 * BLOCK);
    expect(aside.self).toBeLessThan(100 * BLOCK + 10_000);
    expect(named(file, 'spike', '--value', 'peak_space')!.self).toBe(20_000_033);
    expect(named(file, 'spike', '--value', 'inuse_space')?.total ?? 0).toBe(0);
    // What was there before is not counted, and neither is what the guest itself takes.
    const rows: { file: string }[] = json('top', '-n', '0', file).functions;
    expect(rows.filter((row) => row.file.includes('heatline/installed'))).toEqual([]);
    expect(json('info', file).quality).toMatchObject({ engine: 'memray', engineVersion: '1.20.0' });
    program.tell('leave');
    expect(await program.ended()).toBe(5);
    expect(program.said().split('\n').sort()).toEqual(['', 'None []', "True ['MainThread', 'wörker']", 'aside', 'ready', 'worked'].sort());
  });

  // Of the interpreter that the set-up brings C functions have no names.
  if (way === 'gdb')
    test('--native shows C functions; a killed program leaves what was written', { timeout: 300_000 }, async () => {
      const program = await run(python, [], options);
      const recording = record(program, ['--native', '-o', 'k.pb.gz']);
      await recording.joined();
      program.tell('go');
      await expect.poll(program.said, { timeout: 90_000 }).toContain('worked');
      program.child.kill('SIGKILL');
      const { status, stderr } = await recording.ran;
      expect(stderr).toContain("→ k.pb.gz (the program ended before memray's file was whole; what was written until then is kept)\n");
      expect(status).toBe(0);
      const spike = named(join(program.place, 'k.pb.gz'), 'spike', '--value', 'peak_space')!;
      expect(spike).toMatchObject({ self: 0 });
      expect(spike.total).toBeGreaterThanOrEqual(20_000_033);
    });

  if (way === 'sys.remote_exec')
    test('as memray’s own attach, whose time is over; the program ends meanwhile', { timeout: 300_000 }, async () => {
      const program = await run(python, [], options);
      const limited = await record(program, ['--duration', '0.2', '-o', 'l.pb.gz']).ran;
      expect(limited).toMatchObject({ status: 0, stderr: expect.stringContaining('nothing was allocated while it looked') });
      const theirs = ['-m', 'memray', 'attach', '-o', 'theirs.bin', program.pid];
      expect(spawnSync(python, theirs, { cwd: program.place, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
      program.tell('go');
      program.tell('leave');
      expect(await program.ended()).toBe(5);
      expect(spawnSync(python, ['-m', 'memray', 'transform', 'csv', '-o', 'theirs.csv', 'theirs.bin'], { cwd: program.place }).status).toBe(
        0,
      );

      const second = await run(python, [], options);
      const ours = record(second, ['-o', 'ours.pb.gz']);
      await ours.joined();
      second.tell('go');
      second.tell('leave');
      expect(await second.ended()).toBe(5);
      const { status, stderr } = await ours.ran;
      expect(status).toBe(0);
      expect(stderr).not.toContain('kept');
      for (const name of ['keep', 'spike'])
        expect(named(join(second.place, 'ours.pb.gz'), name, '--value', 'peak_space')!.self).toBe(
          named(join(program.place, 'theirs.csv'), name, '--value', 'space')!.self,
        );
    });

  if (way === 'gdb')
    test('Ctrl-C while a program that sleeps lets nobody in; it sleeps on', { timeout: 300_000 }, async () => {
      const program = await run(python, ['idle'], options);
      const recording = record(program, ['-o', 'i.pb.gz']);
      // Until gdb holds it, and then until it has set its breakpoints and let it go on.
      const traced = () => !readFileSync(`/proc/${program.pid}/status`, 'utf8').includes('TracerPid:\t0');
      await expect.poll(traced, { timeout: 120_000 }).toBe(true);
      await expect.poll(() => /^State:\s*S/m.test(readFileSync(`/proc/${program.pid}/status`, 'utf8')), { timeout: 120_000 }).toBe(true);
      recording.stop();
      const { status, stderr } = await recording.ran;
      expect(stderr).toContain('memray: it was stopped before the program made a step and let it in\n');
      expect(status).toBe(4);
      expect(traced()).toBe(false);
      // A debugger that was killed would have left its breakpoints, and the program would die by SIGTRAP in its first step. A signal makes one.
      program.child.kill('SIGINT');
      await program.ended();
      expect(program.child.signalCode).toBe('SIGINT');
      expect(program.said()).toContain('KeyboardInterrupt');
    });
});

describe.skipIf(ways.length < 2)('what is missing', () => {
  const { python, options } = ways.at(-1) ?? { python: '', options: [] };
  /** A folder with programs of these names, for PATH. */
  const path = (programs: Record<string, string>): string => {
    const made = mkdtempSync(join(folder, 'bin '));
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(made, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(made, name), 0o755);
    }
    return made;
  };
  const older = async (bin: string, platform: NodeJS.Platform = 'linux'): Promise<Environment> => ({
    ...(await probeEnvironment({ python, pythonPackage })),
    pythonVersion: [3, 12, 1],
    platform,
    path: bin,
  });
  const refused = async (program: Program, env: Record<string, string>): Promise<Ran> => await record(program, ['-o', 'no.pb.gz'], env).ran;

  test('the debugger, with the command that installs it', async () => {
    const wanted = 'a debugger has to let it into a running program before Python 3.14, and neither gdb nor lldb is on PATH';
    const debian = path({ 'apt-get': '' });
    await expect(engine.probeJoining!(await older(debian))).resolves.toEqual({
      state: 'missing',
      reason: wanted,
      fix: 'Run: sudo apt-get install gdb',
      command: 'sudo apt-get install gdb',
    });
    await expect(chooseEngine('memray', running, await older(debian), {})).rejects.toMatchObject({
      message: `The engine memray cannot run: ${wanted}. Run: sudo apt-get install gdb`,
      actions: [{ title: 'Copy Command', args: ['sudo apt-get install gdb'] }],
    });
    await expect(engine.probeJoining!(await older(debian, 'darwin'))).resolves.toMatchObject({ command: 'xcode-select --install' });
    await expect(engine.probeJoining!(await older(path({})))).resolves.toMatchObject({ fix: 'Install gdb.' });
    const there = path({ gdb: '' });
    await expect(engine.probeJoining!(await older(there))).resolves.toMatchObject({
      state: 'found',
      detail: expect.stringMatching(/^memray 1\.\d+.*, joined by .*\/gdb$/),
    });
    // Not for starting one, nor where Python itself lets it in.
    await expect(engine.probe(await older(debian))).resolves.toMatchObject({ state: 'found' });
    await expect(engine.probeJoining!({ ...(await older(debian)), pythonVersion: [3, 14, 0] })).resolves.toMatchObject({ state: 'found' });
    await expect(chooseEngine('auto', running, await older(there), { measure: 'alloc' })).resolves.toMatchObject({
      engine: { id: 'memray' },
    });
  });

  test('memray in the program’s own environment, which is found as its shell found it', { timeout: 120_000 }, async () => {
    const bare = join(folder, 'bare');
    expect(spawnSync(python, ['-m', 'venv', '--without-pip', bare]).status).toBe(0);
    const place = mkdtempSync(join(folder, 'bare '));
    mkdirSync(join(folder, 'x'));
    for (const [name, cwd] of [
      ['python', place],
      ['../bare/bin/python', join(folder, 'x')],
    ] as const) {
      const env = { ...process.env, PATH: `${join(bare, 'bin')}:${process.env.PATH}` };
      const child = spawn('/bin/sh', ['-c', `exec ${name} -c 'import time; time.sleep(60)'`], { cwd, env, stdio: 'ignore' });
      started.push(child);
      await expect.poll(() => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'), { timeout: 20_000 }).toMatch(/python\0-c/);
      const { status, stderr } = await start(['record', '--pid', String(child.pid), '--engine', 'memray', '-o', 'x.pb.gz'], { cwd: place });
      expect(stderr).toBe(
        `heatline: The engine memray cannot run: memray is not installed for this Python. "${join(bare, 'bin', 'python')}" -m pip install memray\n`,
      );
      expect(status).toBe(4);
    }
  });

  test('what a debugger says, as one sentence', { timeout: 300_000 }, async () => {
    const program = await run(python, [], options);
    const node = dirname(process.execPath);
    const tools = `${node}:/usr/bin:/bin`;
    const nothing = `heatline: --pid ${program.pid}: nothing was recorded: memray: `;
    for (const [said, sentence] of [
      [
        '\'$1 = "MEMRAY: Attached to process."\' \'$2 = "MEMRAY: Checking if process is Python 3.7+."\'',
        'the debugger finds no functions of Python in the program, which was built without their names: start it under memray instead: heatline record --engine memray -- …',
      ],
      [
        "'warning: process 7 is already traced by process 4712' 'ptrace: Operation not permitted.'",
        'process 4712 traces the program already: end that debugger first',
      ],
      [
        "'$1 = \"MEMRAY: Attached to process.\"' 'Error in sourced command file:' \"Couldn't write extended state status: Bad address.\"",
        'this gdb does not know all registers of the processor, so the program can call nothing for it: gdb 14 or newer does',
      ],
      ['\'$1 = "MEMRAY: Attached to process."\' \'$9 = "cannot open shared object file"\'', "the program may not read memray's files in"],
    ] as const) {
      const { status, stderr } = await refused(program, { PATH: `${path({ gdb: `printf '%s\\n' ${said}; exit 1` })}:${tools}` });
      expect(stderr).toContain(`${nothing}${sentence}`);
      expect(status).toBe(4);
    }
    const rights = await refused(program, { PATH: `${path({ gdb: 'echo "ptrace: Operation not permitted."; exit 1' })}:${tools}` });
    expect(rights).toMatchObject({ status: 4, stderr: expect.stringMatching(/may not be read|permission/) });
    program.child.kill('SIGKILL');
  });

  test.runIf(process.arch === 'x64')('a gdb that could call nothing leaves the program in its sleep', { timeout: 300_000 }, async () => {
    const program = await run(python, ['idle'], options);
    const gdb = execFileSync('sh', ['-c', 'command -v gdb'], { encoding: 'utf8' }).trim();
    // What such a gdb leaves, and how it ends: memray's script is not read on.
    const broken = join(folder, 'broken.gdb');
    writeFileSync(broken, 'set $orig_rax = -1\np no_such_thing\ncontinue\n');
    const stands = `for word do shift; case "$word" in -x=*) word=-x=${broken};; esac; set -- "$@" "$word"; done; exec ${gdb} "$@"`;
    const { status, stderr } = await refused(program, { PATH: `${path({ gdb: stands })}:${dirname(process.execPath)}:/usr/bin:/bin` });
    expect(stderr).toContain(`heatline: --pid ${program.pid}: nothing was recorded: memray: `);
    expect(status).toBe(4);
    program.child.kill('SIGINT');
    await program.ended();
    expect(program.said()).not.toContain('514');
    expect(program.said()).toContain('KeyboardInterrupt');
  });
});
