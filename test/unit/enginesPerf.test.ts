// The engine perf: its plans, what it folds away, and real programs. The real part needs perf and a kernel that lets us use it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment, Target } from '../../src/engines/engine.js';
import { foldInterpreter } from '../../src/engines/foldInterpreter.js';
import { chooseEngine, launch, probeEnvironment } from '../../src/engines/index.js';
import { perf, perfTrouble } from '../../src/engines/perf.js';
import { cliKit } from './cliKit.js';
import { running } from './engineKit.js';
import { tellEngine } from './engineVersions.js';
import { findPythons } from './pythons.js';

const nowhere: Environment = {
  platform: 'linux',
  python: '/opt/ü/python3',
  pythonVersion: [3, 14, 1],
  implementation: 'cpython',
  path: '/nowhere',
  pythonPackage: '/opt/heat line/python',
};
const command = (...argv: string[]): Target => ({ kind: 'command', argv, cwd: '/w', env: { A: '1' } });
const output = "/tmp/it's/o";
const { folder, start, json } = cliKit();

describe('plans', () => {
  test('a Python program: perf beside it, told of each function; text is made of its file afterwards', () => {
    const plan = perf.plan(command('python3', '-X', 'dev', 'a b.py', '-x'), nowhere, { output, durationSeconds: 2.5, rateHz: 200 });
    expect(plan).toMatchInlineSnapshot(`
      {
        "after": [
          {
            "argv": [
              "perf",
              "--buildid-dir",
              "/tmp/it's/o.data.ids",
              "inject",
              "--jit",
              "-i",
              "/tmp/it's/o.data",
              "-o",
              "/tmp/it's/o.data.jit",
            ],
          },
          {
            "argv": [
              "perf",
              "script",
              "--header",
              "--no-inline",
              "-F",
              "comm,pid,tid,time,period,event,ip,sym,dso",
              "-i",
              "/tmp/it's/o.data.jit",
            ],
            "stdout": "/tmp/it's/o",
          },
        ],
        "argv": [
          "/bin/sh",
          "-c",
          "(setsid 'perf' 'record' '-q' '-N' '-k' 'mono' '-e' 'cpu-clock' '-F' '200' '--call-graph' 'dwarf,32768' '-o' '/tmp/it'\\''s/o.data' '-p' $$ '--' 'sleep' '2.5' </dev/null >'/tmp/it'\\''s/o.said' 2>&1 & echo $! >'/tmp/it'\\''s/o.helper')
      while [ ! -s '/tmp/it'\\''s/o.data' ] && kill -0 "$(cat '/tmp/it'\\''s/o.helper')" 2>/dev/null; do sleep 0.02; done
      exec "$@"",
          "sh",
          "python3",
          "-X",
          "dev",
          "a b.py",
          "-x",
        ],
        "cwd": "/w",
        "env": {
          "A": "1",
          "PYTHON_PERF_JIT_SUPPORT": "1",
        },
        "format": "perf-script",
        "hint": "perf sees only what runs on a CPU.",
        "output": "/tmp/it's/o",
        "scratch": [
          "/tmp/it's/o.data",
          "/tmp/it's/o.data.jit",
          "/tmp/it's/o.data.ids",
        ],
        "stop": [
          {
            "signal": "SIGINT",
            "waitSeconds": 10,
          },
          {
            "signal": "SIGTERM",
            "waitSeconds": 5,
          },
          {
            "signal": "SIGKILL",
            "waitSeconds": 2,
          },
        ],
      }
    `);
  });

  test('a process that runs already', () => {
    const plan = perf.plan(running, nowhere, { output });
    expect(plan.argv.join(' ')).toMatchInlineSnapshot(
      `"perf record -q -N -k mono -e cpu-clock -F 99 --call-graph fp -o /tmp/it's/o.data -p 4711"`,
    );
    expect(plan).toMatchObject({ attached: true, env: {} });
  });

  test('Python 3.12 has a map and frame pointers, older ones and other programs neither', () => {
    const made = (target: Target, more: Partial<Environment> = {}) => perf.plan(target, { ...nowhere, ...more }, { output });
    const map = made(command('python3', 'a.py'), { pythonVersion: [3, 12, 0] });
    expect(map.env).toEqual({ A: '1', PYTHONPERFSUPPORT: '1' });
    expect(map.argv[2]).toContain("'--call-graph' 'fp'");
    expect(map.after).toHaveLength(1);
    for (const plan of [made(command('./server', '-v')), made(command('python3', 'a.py'), { pythonVersion: [3, 11, 9] })]) {
      expect(plan.env).toEqual({ A: '1' });
      expect(plan.argv[2]).toContain("'--call-graph' 'dwarf,32768'");
      expect(plan.after).toHaveLength(1);
    }
    expect(made(command('./server', '-v')).argv.slice(3)).toEqual(['sh', './server', '-v']);
  });

  test('where a terminal hides how the program ends, our runner reports it', () => {
    const plan = perf.plan(command('python3', 'a.py'), nowhere, { output, reportStatus: true });
    expect(plan.statusFile).toBe(`${output}.status`);
    expect(plan.argv.slice(4).join(' ')).toBe(
      `python3 /opt/heat line/python/heatline/__main__.py run --engine none --status ${output}.status -- a.py`,
    );
  });

  test('what it cannot tell', () => {
    expect(() => perf.plan(running, nowhere, { output, gil: true })).toThrow(/py-spy and tachyon/);
    expect(() => perf.plan(running, nowhere, { output, idle: true })).toThrow(/only what runs/);
  });
});

test('why it cannot record, with the command that helps', async () => {
  const why = (said: string): string => {
    const answer = perfTrouble(said, 'Command failed');
    return answer.state === 'missing' ? `${answer.reason}. ${answer.fix}` : '';
  };
  expect(why('/usr/bin/perf: line 13: exec: perf_6.9: not found\nE: linux-perf-6.9 is not installed.\n')).toMatch(
    /running kernel.*linux-perf/,
  );
  expect(why('WARNING: perf not found for kernel 6.8.0-31\n\n  You may need to install …')).toMatch(
    /running kernel.*linux-tools-\$\(uname -r\)/,
  );
  expect(why('Error:\nAccess to performance monitoring and observability operations is limited.\n')).toMatch(
    /sudo sysctl kernel\.perf_event_paranoid=2$/,
  );
  expect(why('Error:\nThe sys_perf_event_open() syscall returned with 1 (Operation not permitted) for event')).toMatch(/--cap-add PERFMON/);
  expect(why('Error:\nThe cpu-clock event is not supported.\n')).toMatch(
    /^perf cannot record here: The cpu-clock event is not supported\. Try/,
  );
  expect(await perf.probe({ ...nowhere, platform: 'darwin' })).toMatchObject({ state: 'missing', reason: 'it is part of Linux' });
  expect(await perf.probe(nowhere)).toMatchObject({ state: 'missing', fix: expect.stringContaining('apt-get install linux-perf') });
  await expect(chooseEngine('perf', running, nowhere, {})).rejects.toThrow('The engine perf cannot run: perf is not on PATH. Install it');
});

test('the interpreter’s own frames are folded away, and nothing of programs without Python', async () => {
  const file = join(folder, 'script.txt');
  const python = '(/usr/lib/libpython3.13.so.1.0)';
  const stack = (...frames: string[]): string =>
    `prog  12/13  1.5:  10 cpu-clock: \n${frames.map((each) => `\t   7f00 ${each}\n`).join('')}\n`;
  const text = [
    '# ========\n# cmdline : perf record --password secret\n# perf version : 6.1.0\n#\n',
    stack(
      ...['[unknown] (/lib/libz.so.1)', `[unknown] ${python}`, `cfunction_vectorcall_FASTCALL ${python}`, `PyObject_Vectorcall ${python}`],
      ...[`_PyEval_EvalFrameDefault ${python}`, `py_trampoline_evaluator ${python}`, 'py::pack:/w/a b.py (/tmp/jitted-12-3.so)'],
      ...[`_PyEval_EvalFrameDefault ${python}`, `list_sort ${python}`, `_PyEval_EvalFrameDefault ${python}`, 'py::<module>:/w/a b.py (x)'],
      ...['py::run:/opt/heat line/python/heatline/runner.py (x)', `Py_RunMain ${python}`, 'main (/usr/bin/python3.13)'],
    ),
    stack('inner(int) (/w/prog)', 'main (/w/prog)'),
    stack(`_PyEval_EvalFrameDefault ${python}`, `_PyObject_Malloc ${python}`),
  ].join('');
  writeFileSync(file, text);
  const sums = await foldInterpreter(file, '/opt/heat line/python/heatline');
  expect(sums).toEqual({ samples: 3, python: 1, interpreter: 2, processes: new Set([12]) });
  expect(readFileSync(file, 'utf8')).toBe(
    [
      '# perf version : 6.1.0\n',
      stack(
        ...[
          '[libz.so.1] (/lib/libz.so.1)',
          'py::pack:/w/a b.py (/tmp/jitted-12-3.so)',
          `list_sort ${python}`,
          'py::<module>:/w/a b.py (x)',
        ],
      ),
      stack('inner(int) (/w/prog)', 'main (/w/prog)'),
      stack(`_PyEval_EvalFrameDefault ${python}`, `_PyObject_Malloc ${python}`),
    ].join(''),
  );
});

/** As much CPU time in Python as in zlib, whatever else the machine does; then what it was given, to see that it arrives. */
const program = `import signal, sys, time, zlib
data = bytes(range(256)) * 400
def python_part(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        for i in range(2000):
            i * i
def native_part(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        zlib.compress(data, 9)
def main():
    python_part(0.7)
    native_part(0.7)
def stopped(*_):
    print("stopped", flush=True)
    sys.exit(5)
signal.signal(signal.SIGINT, stopped)
if sys.argv[1] == "spin":
    python_part(0.5)
    print("ready", flush=True)
    python_part(100)
main()
print(sys.argv[1:], sys.stdin.read())
sys.exit(3)
`;

const pythonPackage = resolve(import.meta.dirname, '../../python');
const python = findPythons().get('python3.15') ?? findPythons().get('python3.13') ?? 'python3';
const here = await probeEnvironment({ python, pythonPackage }).catch(() => nowhere);
const found = await perf.probe(here);
const works = found.state === 'found' && (here.pythonVersion?.[1] ?? 0) > 12;
if (!works) console.log(`engine perf: not tried, ${found.state === 'missing' ? found.reason : 'since there is no Python 3.13 or newer'}`);

describe.skipIf(!works)('real programs', () => {
  tellEngine('perf', `${found.state === 'found' ? found.detail : ''} on Python ${here.pythonVersion?.join('.')}`);
  const place = (): { at: string; script: string } => {
    const at = mkdtempSync(join(folder, 'pörf '));
    const script = join(at, "it's hot.py");
    writeFileSync(script, program);
    return { at, script };
  };
  const shares = (file: string): { total: (name: string) => number; self: (name: string) => number } => {
    const { total, functions } = json('top', file, '-n', '0');
    const of = (key: 'self' | 'total') => (name: string) =>
      functions
        .filter((row: { name: string }) => row.name === name)
        .reduce((sum: number, row: Record<typeof key, number>) => sum + row[key], 0) / total;
    return { total: of('total'), self: of('self') };
  };

  test('Python and what it calls in C in one stack; streams and status are the program’s', async () => {
    const { at, script } = place();
    const words = ['record', '--engine', 'perf', '-o', 'o.pb.gz', '--', python, script, 'once', '-q'];
    const { status, stdout, stderr } = await start(words, { cwd: at, input: 'typed' });
    expect(stdout).toBe("['once', '-q'] typed\n");
    expect(stderr).toMatch(/^heatline: perf: .* samples, .* → o\.pb\.gz\n$/);
    expect(status).toBe(3);
    expect(readdirSync(at).sort()).toEqual(["it's hot.py", 'o.pb.gz']);
    const { total, self } = shares(join(at, 'o.pb.gz'));
    expect(total('main')).toBeGreaterThan(0.7);
    for (const part of ['python_part', 'native_part']) {
      expect(total(part)).toBeGreaterThan(0.25);
      expect(total(part)).toBeLessThan(0.75);
    }
    // zlib works below the Python function that called it.
    expect(self('native_part')).toBeLessThan(0.1);
    expect(self('_PyEval_EvalFrameDefault')).toBeLessThan(0.05);
    const tree = JSON.stringify(json('tree', join(at, 'o.pb.gz'), '--focus', 'native_part'));
    expect(tree).toMatch(/libz|deflate/);
  });

  test('an interrupt reaches the program, and it alone: it ends as it likes, and its recording is there', async () => {
    const { at, script } = place();
    const ran = await start(['record', '--engine', 'perf', '-o', 'o.pb.gz', '--', python, script, 'spin'], { cwd: at }, (child) => {
      child.stdout!.on('data', (text: string) => {
        if (text.includes('ready')) child.kill('SIGINT');
      });
    });
    expect(ran.stdout).toMatch(/^ready\s*stopped\n/);
    expect(ran.status).toBe(5);
    expect(shares(join(at, 'o.pb.gz')).total('python_part')).toBeGreaterThan(0.5);
  });

  test('killed, and under our runner: the recording is kept; names of Python functions are not, and that is said', async () => {
    const { at, script } = place();
    const target: Target = { kind: 'script', script, args: ['spin'], cwd: at, env: {} };
    const plan = perf.plan(target, here, { output: join(at, 'o.txt'), reportStatus: true });
    const killLater = (pid: number): void => {
      // By its own CPU time, so that there is something to record on a slow machine too.
      const timer = setInterval(() => {
        if (cpuSeconds(pid) < 1.5) return;
        clearInterval(timer);
        process.kill(pid, 'SIGKILL');
      }, 50);
    };
    const ended = launch(plan, { stdio: 'ignore', forwardSignals: false, onStart: killLater });
    expect(await ended).toMatchObject({
      output: plan.output,
      exitStatus: -9,
      sentence: expect.stringContaining('few of its Python functions'),
    });
    const text = readFileSync(plan.output, 'utf8');
    expect(text).toMatch(/^# perf version : \d/);
    expect(text.split('\n').filter((line) => line.includes('cpu-clock')).length).toBeGreaterThan(20);
    expect(readdirSync(at).sort()).toEqual(["it's hot.py", 'o.txt']);
  });

  test('joins a program that runs, which runs on', async () => {
    const { at, script } = place();
    const child = spawn(python, ['-X', 'perf', script, 'spin'], { cwd: at, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await new Promise((ready) => child.stdout.once('data', ready));
      const { status, stderr } = await start(
        ['record', '--engine', 'perf', '--pid', String(child.pid), '--duration', '3', '-o', 'o.pb.gz'],
        {
          cwd: at,
        },
      );
      expect(stderr).toMatch(/→ o\.pb\.gz\n$/);
      expect(status).toBe(0);
      expect(shares(join(at, 'o.pb.gz')).total('python_part')).toBeGreaterThan(0.5);
      expect(child.exitCode).toBe(null);
    } finally {
      child.kill('SIGKILL');
      rmSync(`/tmp/perf-${child.pid}.map`, { force: true });
    }
  });

  test('a program that is no Python', async () => {
    const { at } = place();
    const { status } = await start(
      ['record', '--engine', 'perf', '-o', 'o.pb.gz', '--', 'sh', '-c', 'i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done; exit 4'],
      { cwd: at },
    );
    expect(status).toBe(4);
    expect(json('info', join(at, 'o.pb.gz')).samples).toBeGreaterThan(3);
  });
});

/** CPU seconds of a process so far; 0 when it is gone. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
