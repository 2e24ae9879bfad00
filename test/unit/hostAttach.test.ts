// What the process picker lists, and what is said of a duration. Without vscode.
import { describe, expect, it } from 'vitest';
import { interpreterOf, type ProcessFacts, type RunningProcess } from '../../src/engines/index.js';
import { parseSeconds } from '../../src/host/attach/parseSeconds.js';
import { processRows, programName } from '../../src/host/attach/processRows.js';

function running(pid: number, parent: number, command: string, more: Partial<ProcessFacts> = {}): RunningProcess {
  const argv = command.split(' ');
  const facts: ProcessFacts = {
    platform: 'linux',
    pid,
    parent,
    exists: true,
    argv,
    executable: argv[0]!,
    libraries: [],
    user: { id: 1000, name: 'ann' },
    mayRead: true,
    me: { id: 1000, mayTrace: false, inContainer: false },
    ...more,
  };
  return { facts, interpreter: interpreterOf(facts) };
}

const machine = [
  running(1, 0, '/sbin/init', { user: { id: 0, name: 'root' }, mayRead: false }),
  running(100, 1, '/usr/bin/python3.12 -m gunicorn shop:app --workers 2'),
  running(110, 100, '/bin/sh -c worker'),
  running(111, 110, '/usr/bin/python3.12 -m gunicorn worker'),
  running(112, 100, '/usr/bin/python3.12 -m gunicorn worker'),
  running(200, 1, '/usr/bin/python3.11 /srv/backup.py --password hunter2', { user: { id: 0, name: 'root' }, mayRead: false }),
  running(300, 1, '/usr/bin/python3.13 /work/app.py', { container: 'docker 3f2a9c01b2c4' }),
  running(400, 1, '/usr/sbin/nginx -g daemon'),
  running(500, 1, '/usr/bin/pypy3.10 sim.py'),
];
const drawn = (all: boolean) =>
  processRows(machine, all).map(
    ({ depth, name, description, refusal }) => `${'  '.repeat(depth)}${name} | ${description}${refusal ? ` ! ${refusal.code}` : ''}`,
  );

describe('the process picker', () => {
  it('lists Python programs with their children, what can be recorded first', () => {
    expect(drawn(false)).toEqual([
      'app.py | 300 · Python 3.13 · ann · docker 3f2a9c01b2c4',
      '-m gunicorn | 100 · Python 3.12 · ann',
      '  -m gunicorn | 111 · Python 3.12 · ann',
      '  -m gunicorn | 112 · Python 3.12 · ann',
      'sim.py | 500 · PyPy 3.10 · ann ! pypy',
      'backup.py | 200 · Python 3.11 · root ! rights',
    ]);
  });

  it('lists all others on request, each below its parent', () => {
    const lines = drawn(true);
    expect(lines).toHaveLength(machine.length);
    expect(lines).toContain('    sh | 110 · ann ! not-python');
    expect(lines.indexOf('      -m gunicorn | 111 · Python 3.12 · ann')).toBe(lines.indexOf('    sh | 110 · ann ! not-python') + 1);
  });

  it('masks secrets in command lines', () => {
    expect(processRows(machine, true).map(({ command }) => command)).toContain('python3.11 /srv/backup.py --password •••');
    expect(JSON.stringify(processRows(machine, true).map(({ facts: _, ...shown }) => shown))).not.toContain('hunter2');
  });

  it('survives parents that are their own children', () => {
    expect(processRows([running(7, 7, 'python3 a.py'), running(8, 9, 'python3 b.py'), running(9, 8, 'sh')], false)).toHaveLength(2);
  });

  it.each([
    ['python3 -X dev -W error /srv/app.py --port 80', 'app.py'],
    ['python3 -u -m uvicorn shop:app', '-m uvicorn'],
    ['python3 -mpytest', '-m pytest'],
    ['python3 -c print(1)', 'python3 -c'],
    ['python3 -', 'python3'],
    ['python3', 'python3'],
    ['/usr/sbin/uwsgi --ini shop.ini', 'uwsgi'],
    ['C:\\Py\\python.exe C:\\srv\\app.py', 'app.py'],
  ])('calls %s “%s”', (command, name) => {
    expect(programName(command.split(' '))).toBe(name);
  });
});

describe('a duration', () => {
  it.each([
    ['30', 30],
    [' 90 s ', 90],
    ['1.5m', 90],
    ['2 min', 120],
    ['1h', 3600],
    ['0', undefined],
    ['0.2', undefined],
    ['-3', undefined],
    ['soon', undefined],
    ['', undefined],
    ['1e9', undefined],
    ['99999999', undefined],
  ])('of “%s” is %s seconds', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });
});
