import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { engines, launch, probeEnvironment } from '../../src/engines/index.js';

const environment = await probeEnvironment({ pythonPackage: resolve(import.meta.dirname, '../../python') });
const pySpy = engines.find((each) => each.id === 'py-spy')!;
const found = (await pySpy.probe(environment)).state === 'found';

describe.skipIf(!found)('py-spy, where it is installed', () => {
  const program =
    'import sys, time\ndef spin():\n  end = time.time() + float(sys.argv[1])\n  while time.time() < end: pass\nopen("ready", "w").close()\nspin()\nsys.exit(3)\n';

  test.each([
    ['to its end', '0.6', 3, 'program'],
    ['stopped', '60', null, 'user'],
  ] as const)(
    '%s',
    async (_, seconds, status, stoppedBy) => {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heatline ü ')));
      try {
        const script = join(folder, 'spün x.py');
        writeFileSync(script, program);
        const target = { kind: 'script' as const, script, args: [seconds], cwd: folder, env: {} };
        const plan = pySpy.plan(target, environment, { output: join(folder, 'o.raw') });
        const abort = new AbortController();
        const run = launch(plan, { stdio: 'ignore', forwardSignals: false, signal: abort.signal });
        if (stoppedBy === 'user') {
          while (!existsSync(join(folder, 'ready'))) await new Promise((done) => setTimeout(done, 20));
          await new Promise((done) => setTimeout(done, 500));
          abort.abort();
        }
        const result = await run;
        expect(result).toMatchObject({ output: plan.output, stoppedBy });
        if (status !== null) expect(result.exitStatus).toBe(status);
        const text = readFileSync(plan.output, 'utf8');
        expect(text).toContain(`<module> (${script}:6);spin (${script}:4)`);
        expect(text).not.toContain('heatline/runner.py');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    30_000,
  );

  test('an interpreter may take its time to start, which py-spy gives none that it starts', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heatline-')));
    try {
      const python = join(folder, 'python');
      writeFileSync(python, `#!/bin/sh\nsleep 1\nexec '${environment.python}' "$@"\n`);
      chmodSync(python, 0o755);
      const script = join(folder, 'x.py');
      writeFileSync(script, program);
      const target = { kind: 'script' as const, script, args: ['0.6'], cwd: folder, env: {} };
      const plan = pySpy.plan(target, { ...environment, python }, { output: join(folder, 'o.raw') });
      const result = await launch(plan, { stdio: 'ignore', forwardSignals: false });
      expect(result).toMatchObject({ output: plan.output, exitStatus: 3 });
      expect(readFileSync(plan.output, 'utf8')).toContain(`spin (${script}:4)`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 30_000);
});

/** As py-spy is where the program was killed in the moment that it was stopped: it holds it, and sees nothing of it any more. */
const HOLDS = `#!/usr/bin/env python3
import ctypes, os, signal, sys, time
after = lambda word: sys.argv[sys.argv.index(word) + 1]
def end(*_):
    with open(after("-o"), "w") as file:
        file.write("main (a.py:1) 1\\n")
    os._exit(0)
signal.signal(signal.SIGINT, end)
print("Sampling process", flush=True)
time.sleep(0.3)
SEIZE, INTERRUPT = 0x4206, 0x4207
if any(ctypes.CDLL(None).ptrace(ask, int(after("-p")), None, None) for ask in (SEIZE, INTERRUPT)):
    sys.exit("cannot attach")
while True:
    time.sleep(1)
`;

const mayTrace = () => process.getuid?.() === 0 || readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8').trim() === '0';

describe.skipIf(process.platform !== 'linux')('a py-spy that holds the program and sees nothing of it is made to write', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heatline-')));
  const held = { ...environment, scripts: folder };
  writeFileSync(join(folder, 'py-spy'), HOLDS);
  chmodSync(join(folder, 'py-spy'), 0o755);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('where it looks at a program that we started', { concurrent: true }, async () => {
    const target = {
      kind: 'command' as const,
      argv: ['python3', '-c', 'import time; time.sleep(1); raise SystemExit(3)'],
      cwd: folder,
      env: {},
    };
    const plan = pySpy.plan(target, held, { output: join(folder, 'started.raw') });
    const result = await launch(plan, { stdio: 'ignore', forwardSignals: false });
    expect(result).toMatchObject({ output: plan.output, exitStatus: 3 });
  });

  test.skipIf(!mayTrace())('where it has joined one', { concurrent: true }, async () => {
    const program = spawn('sleep', ['600']);
    try {
      const target = { kind: 'process' as const, pid: program.pid!, cwd: folder, env: {} };
      const plan = pySpy.plan(target, held, { output: join(folder, 'joined.raw') });
      const result = await launch(plan, { forwardSignals: false });
      expect(result).toMatchObject({ output: plan.output, stoppedBy: 'program' });
    } finally {
      program.kill('SIGKILL');
    }
  });
});
