import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { diagnose, interpreterOf } from '../../src/engines/doctor.js';
import { isStillThere, type ProcessFacts, processFacts } from '../../src/engines/processFacts.js';
import { toolTrouble } from '../../src/engines/toolTrouble.js';

const fine: ProcessFacts = {
  platform: 'linux',
  pid: 4711,
  exists: true,
  argv: ['/venv/bin/python', 'app.py'],
  executable: '/usr/bin/python3.12',
  libraries: [],
  bits: 64,
  user: { id: 1000, name: 'ann' },
  mayRead: true,
  me: { id: 1000, mayTrace: false, inContainer: false },
};
const said = (more: Partial<ProcessFacts>): string => {
  const refusal = diagnose({ ...fine, ...more });
  return refusal === undefined ? 'fine' : `${refusal.code}: ${refusal.sentence}. ${refusal.fix}`;
};
const sudo = 'sudo env "PATH=$PATH" heatline record --pid 4711';

describe('the attach doctor', () => {
  test('has nothing against a Python program that we may read, whoever owns it', () => {
    expect(said({})).toBe('fine');
    expect(said({ user: { id: 0, name: 'root' }, ptraceScope: 1 })).toBe('fine');
    expect(said({ executable: '/usr/sbin/uwsgi', libraries: ['libpython3.11.so.1.0'] })).toBe('fine');
  });

  test.each<[string, Partial<ProcessFacts>, string | RegExp]>([
    ['gone', { exists: false }, 'no-process: there is no process 4711. pgrep -af python lists those that run.'],
    ['a thread', { threadOf: 4700 }, 'thread: 4711 is a thread of process 4700. Use --pid 4700: it records all its threads.'],
    ['ended', { zombie: true }, /^ended: process 4711 has ended already/],
    [
      'another program',
      { executable: '/usr/sbin/nginx' },
      /^not-python: process 4711 \(nginx\) is no Python or Ruby program\. .*pgrep -af python/,
    ],
    ['PyPy', { executable: '/usr/bin/pypy3.11-c' }, /^pypy: .*PyPy.* --engine cprofile/],
    ['PyPy by its library', { executable: '/usr/bin/pypy3', libraries: ['libpypy3.11-c.so'] }, /^pypy: /],
    ['PyPy of another user', { executable: undefined as never, argv: ['pypy3', 'x.py'], mayRead: false }, /^pypy: /],
    ['no lock', { executable: '/usr/bin/python3.14t' }, /^free-threaded: .*--engine sampler/],
    ['32 bits', { bits: 32 }, /^bits: .*32-bit/],
    [
      'another user',
      { mayRead: false, user: { id: 0, name: 'root' } },
      `rights: process 4711 (python3.12) may not be read: it belongs to root. Run: ${sudo}`,
    ],
    [
      'another user in a container',
      { mayRead: false, user: { id: 5, name: '5' }, innerPid: 7 },
      /belongs to 5 inside a container, where it is process 7/,
    ],
    [
      'Yama 1',
      { mayRead: false, ptraceScope: 1 },
      /ptrace_scope is 1\)\. Run: sudo .* echo 0 \| sudo tee \/proc\/sys\/kernel\/yama\/ptrace_scope$/,
    ],
    ['Yama 1 in our container', { mayRead: false, ptraceScope: 1, me: { ...fine.me, inContainer: true } }, /--cap-add SYS_PTRACE/],
    [
      'Yama 2',
      { mayRead: false, ptraceScope: 2 },
      `rights: process 4711 (python3.12) may not be read: only root may trace on this machine (ptrace_scope is 2). Run: ${sudo}`,
    ],
    ['Yama 3', { mayRead: false, ptraceScope: 3 }, /until it restarts .*kernel\.yama\.ptrace_scope = 1/],
    [
      'root without the right',
      { mayRead: false, me: { id: 0, mayTrace: false, inContainer: true } },
      /docker run --cap-add SYS_PTRACE .*securityContext/,
    ],
    [
      'root is refused',
      { mayRead: false, user: { id: 0, name: 'root' }, me: { id: 0, mayTrace: true, inContainer: false } },
      /protects it from root/,
    ],
    ['more rights than we', { mayRead: false }, /more rights than you/],
    ['macOS', { mayRead: false, platform: 'darwin' }, /macOS lets only root .*sudo/],
    ['Windows', { mayRead: false, platform: 'win32' }, /administrator/],
  ])('%s', (_, more, expected) => {
    const sentence = said(more);
    if (typeof expected === 'string') expect(sentence).toBe(expected);
    else expect(sentence).toMatch(expected);
    expect(sentence).not.toContain('\n');
  });

  test('gives the command alone where one helps, as a shell takes it', () => {
    const command = (more: Partial<ProcessFacts>, heatline?: string) => diagnose({ ...fine, ...more }, heatline)?.command;
    const other = { mayRead: false, user: { id: 0, name: 'root' } };
    expect(command(other)).toBe(sudo);
    expect(command(other, "A=1 '/opt/no de' /x/cli.js")).toBe(`sudo env "PATH=$PATH" A=1 '/opt/no de' /x/cli.js record --pid 4711`);
    expect(command({ ...other, platform: 'win32' })).toBeUndefined();
    expect(command({ executable: '/usr/sbin/nginx' })).toBeUndefined();
    expect(command({ executable: '/usr/bin/pypy3', argv: ['pypy3', "it's.py", '--n=3'], cwd: '/my app' })).toBe(
      `cd '/my app' && heatline record --engine cprofile -- pypy3 'it'\\''s.py' --n=3`,
    );
    expect(command({ executable: '/usr/bin/python3.14t' })).toBe('heatline record --engine sampler -- /venv/bin/python app.py');
  });

  test('the interpreter by its names', () => {
    const of = (executable: string, ...libraries: string[]) => interpreterOf({ ...fine, executable, libraries });
    expect(of('/usr/bin/python3.12')).toEqual({ kind: 'cpython', version: [3, 12], freeThreaded: false });
    expect(of('/opt/python3', 'libpython3.9.so.1.0')).toEqual({ kind: 'cpython', version: [3, 9], freeThreaded: false });
    expect(of('/opt/python3', 'libpython3.so', 'libpython3.14t.so.1.0')).toEqual({ kind: 'cpython', version: [3, 14], freeThreaded: true });
    expect(of('/opt/python (deleted)')).toEqual({ kind: 'cpython', freeThreaded: false });
    expect(of('/usr/bin/python-config')).toEqual({ kind: 'none', freeThreaded: false });
    const { executable: _, ...hidden } = fine;
    expect(interpreterOf({ ...hidden, argv: ['nginx'] })).toBeUndefined();
    expect(interpreterOf({ ...hidden, argv: ['python3.13', 'x'] })).toMatchObject({ version: [3, 13] });
  });

  test.skipIf(process.platform !== 'linux')('finds the facts of this very process', () => {
    const facts = processFacts(process.pid);
    expect(facts).toMatchObject({ exists: true, mayRead: true, zombie: false, bits: 64, otherRoot: false });
    expect(facts.executable).toMatch(/node/);
    expect(facts.argv.length).toBeGreaterThan(0);
    expect(diagnose(facts)?.code).toBe('not-python');
    expect(processFacts(99_999_999)).toMatchObject({ exists: false });
  });

  test.skipIf(process.platform !== 'linux')('tells a process from another one that got its number', async () => {
    const facts = processFacts(process.pid);
    expect(isStillThere(facts)).toBe(true);
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600000)'], { argv0: 'no de) 1 2 (x' });
    try {
      const other = processFacts(child.pid!);
      expect(Number(other.began)).toBeGreaterThan(Number(facts.began));
      expect(isStillThere(other)).toBe(true);
      // As if ours had ended and the child had got its number.
      expect(isStillThere({ ...facts, pid: child.pid! })).toBe(false);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(isStillThere(other)).toBe(false);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('what an attached tool says', () => {
  test('its error and the cause in one sentence, without its backtrace', () => {
    const text = 'Error: Failed to suspend process\n\nCaused by:\n    0: EPERM: Operation not permitted\n\nStack backtrace:\n   0: x\n';
    expect(toolTrouble(text, false)).toBe('Failed to suspend process: EPERM: Operation not permitted');
    expect(toolTrouble('py-spy> Samples: 0 Errors: 0\n', false)).toBeUndefined();
    // A Python that this version of the tool does not know, and a folder that went away while it recorded.
    expect(toolTrouble('Error: Unsupported version of Python: 3.99.0\n', false)).toBe('Unsupported version of Python: 3.99.0');
    const gone = 'py-spy> Stopped sampling because Control-C pressed\nError: No such file or directory (os error 2)\n';
    expect(toolTrouble(gone, false)).toBe('No such file or directory (os error 2)');
  });

  test('failed looks and lost time of a recording', () => {
    expect(toolTrouble('py-spy> Wrote x. Samples: 99 Errors: 1\n', true)).toBeUndefined();
    const text = 'py-spy> 1.05s behind in sampling, results may be inaccurate.\npy-spy> Wrote x. Samples: 80 Errors: 20\n';
    expect(toolTrouble(text, true)).toBe('20 % of the looks failed; the sampler could not keep up: take a lower --rate');
  });
});
