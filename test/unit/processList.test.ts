// Which processes run, what is shown of them, and what is not.
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { containerOf, processFacts } from '../../src/engines/processFacts.js';
import { listProcesses, readPs, readWindows } from '../../src/engines/processList.js';
import { maskSecrets } from '../../src/engines/secrets.js';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

describe('the list of processes', () => {
  test.skipIf(process.platform !== 'linux')('has a program, its child and who started whom', async () => {
    const inner = 'import sys; print("ready", flush=True); sys.stdin.read()';
    const outer = `import subprocess, sys; subprocess.run([sys.executable, "-c", ${JSON.stringify(inner)}, "the child"])`;
    const child = spawn('python3', ['-c', outer, 'the parent'], { stdio: ['pipe', 'pipe', 'inherit'] });
    started.push(child);
    await new Promise((ready) => child.stdout.once('data', ready));
    const all = await listProcesses();
    const parent = all.find(({ facts }) => facts.argv.at(-1) === 'the parent');
    const below = all.find(({ facts }) => facts.argv.at(-1) === 'the child');
    expect(parent?.facts).toMatchObject({ pid: child.pid, parent: process.pid, mayRead: true, cwd: process.cwd() });
    expect(parent?.interpreter?.kind).toBe('cpython');
    expect(below?.facts.parent).toBe(child.pid);
    expect(below?.facts.container).toBeUndefined();
    expect(all.some(({ facts }) => facts.pid === process.pid)).toBe(false);
    child.stdin.end();
  });

  test('of ps', () => {
    const text =
      '    1     0     0 root             /sbin/launchd\n  512     1   501 ada  /opt/python3.12/Python app.py  --port 80\n\nnonsense\n';
    expect(readPs(text)).toEqual([
      { pid: 1, parent: 0, user: { id: 0, name: 'root' }, argv: ['/sbin/launchd'] },
      { pid: 512, parent: 1, user: { id: 501, name: 'ada' }, argv: ['/opt/python3.12/Python', 'app.py', '--port', '80'] },
    ]);
  });

  test('of Windows', () => {
    const one = {
      ProcessId: 9,
      ParentProcessId: 4,
      ExecutablePath: 'C:\\Py 3\\python.exe',
      CommandLine: '"C:\\Py 3\\python.exe" "my app.py" -v',
    };
    const read = { pid: 9, parent: 4, executable: 'C:\\Py 3\\python.exe', argv: ['C:\\Py 3\\python.exe', 'my app.py', '-v'] };
    expect(readWindows(JSON.stringify(one))).toEqual([read]);
    expect(readWindows(JSON.stringify([one, { ProcessId: 0 }, null, { ProcessId: 4, CommandLine: null, ExecutablePath: null }]))).toEqual([
      read,
      { pid: 4, parent: Number.NaN, argv: [] },
    ]);
    expect(readWindows('Access denied')).toEqual([]);
  });

  const id = '3f2a9c01b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e';
  test.each([
    [`12:cpu,cpuacct:/docker/${id}\n0::/docker/${id}\n`, 'docker 3f2a9c01b2c4'],
    [`0::/system.slice/docker-${id}.scope\n`, 'docker 3f2a9c01b2c4'],
    [`0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container\n`, 'podman 3f2a9c01b2c4'],
    [`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope\n`, 'kubernetes 3f2a9c01b2c4'],
    [`0::/../${id}\n`, 'container 3f2a9c01b2c4'],
    ['0::/lxc.payload.web-1/system.slice\n', 'lxc web-1'],
    ['0::/user.slice/user-1000.slice/session-3.scope\n', undefined],
    ['0::/\n', undefined],
    ['', undefined],
  ])('the container of %j', (cgroup, expected) => {
    expect(containerOf(cgroup)).toBe(expected);
  });

  test.skipIf(process.platform !== 'linux')('a process that ends while it is looked at is none', () => {
    expect(processFacts(2 ** 22 + 1)).toMatchObject({ exists: false });
  });
});

describe('secrets in command lines', () => {
  test.each([
    ['app.py --password hunter2 --port 80', 'app.py --password ••• --port 80'],
    ['app.py --db-password=hunter2', 'app.py --db-password=•••'],
    ['app.py --api_key k --apiKey=k2', 'app.py --api_key ••• --apiKey=•••'],
    ['app.py --token --verbose', 'app.py --token --verbose'],
    ['app.py --token -abc=1', 'app.py --token •••'],
    ['env AWS_SECRET_ACCESS_KEY=abc PATH=/bin python', 'env AWS_SECRET_ACCESS_KEY=••• PATH=/bin python'],
    ['app.py postgres://ada:lovelace@db/shop', 'app.py postgres://ada:•••@db/shop'],
    ['app.py redis://:pw@cache:6379/0', 'app.py redis://:•••@cache:6379/0'],
    ['app.py https://x.org/?user=a&access_token=zzz&n=1', 'app.py https://x.org/?user=a&access_token=•••&n=1'],
    ['app.py ghp_0123456789abcdefghijABCDEFGHIJ', 'app.py •••'],
    ['app.py AKIAABCDEFGHIJKLMNOP', 'app.py •••'],
    ['app.py eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.sig-nature', 'app.py •••'],
    ['app.py --token-file /run/t --password-length 12', 'app.py --token-file /run/t --password-length 12'],
    ['app.py --author ada --passes 3 --monkey=1 --keyboard de', 'app.py --author ada --passes 3 --monkey=1 --keyboard de'],
    ['python -m uvicorn shop.app:api --workers 4', 'python -m uvicorn shop.app:api --workers 4'],
  ])('%s', (given, shown) => {
    expect(maskSecrets(given.split(' ')).join(' ')).toBe(shown);
  });

  test('within one word', () => {
    expect(maskSecrets(['curl', 'Authorization: Bearer abcdefghijk'])[1]).toBe('Authorization: •••');
    expect(maskSecrets(['python', '-c', 'connect(host="x", password="hunter2")'])[2]).toBe('connect(host="x", password=•••)');
  });
});
