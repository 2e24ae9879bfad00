import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCli } from './cliBuild.js';
import { findPythons } from './pythons.js';

const fixtures = join(import.meta.dirname, '../fixtures/profiles');
const prof = join(fixtures, 'pstats/python-3.12.prof');
const raw = join(fixtures, 'pyspy/threads.raw');
const python = findPythons().get('python3');
let cli = '';
let built = false;
let folder = '';

beforeAll(async () => {
  built = process.env.HEATLINE_TEST_CLI === undefined;
  cli = process.env.HEATLINE_TEST_CLI ?? (await buildCli());
  folder = mkdtempSync(join(tmpdir(), 'heatline cli ü-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  if (built) rmSync(cli, { force: true });
});

function heatline(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
}

/** Runs, expects success and nothing on stderr, and gives the one JSON value. */
function json(...args: string[]) {
  const { status, stdout, stderr } = heatline(...args, '--json');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

describe('reading', () => {
  test('top --json has the fields of the contract and no others', () => {
    const top = json('top', prof);
    expect(Object.keys(top)).toEqual(['format', 'valueType', 'valueTypes', 'total', 'samples', 'durationNanos', 'threads', 'functions']);
    expect(Object.keys(top.functions[0])).toEqual(['name', 'file', 'line', 'self', 'total', 'calls']);
    const selfs = top.functions.map(({ self }: { self: number }) => self);
    expect(selfs).toEqual([...selfs].sort((a, b) => b - a));
    expect(json('top', prof, '-n', '2').functions.length).toBe(2);
    expect(json('top', prof, '--value', 'calls').valueType).toEqual({ type: 'calls', unit: 'count' });
    expect(json('top', prof, '--sort', 'calls').functions[0]).toMatchObject({ name: 'fib', calls: 67 });
  });

  test('threads, focus, lines, tree and info', () => {
    expect(json('top', raw, '--thread', 'w cpu;1')).toMatchObject({ total: 22, samples: 22 });
    expect(json('top', raw, '--focus', 'spin', '--ignore', 'Thread.run').total).toBe(5);
    const lines = json('lines', raw);
    expect(Object.keys(lines)).toEqual(['valueType', 'total', 'files']);
    expect(lines.files[0]).toMatchObject({ file: '/srv/app/main.py' });
    expect(lines.files[0].lines[0]).toEqual({ line: 12, self: 40, total: 40, calls: null });
    expect(json('lines', raw, '--source', 'old)/spin.py').files).toEqual([]);
    expect(json('lines', raw, '--source', 'spin.py').files.length).toBe(1);
    expect(json('tree', raw, '--inverted').roots[0]).toMatchObject({ name: 'run', total: 40 });
    const info = json('info', raw);
    for (const field of [
      'format',
      'valueTypes',
      'samples',
      'functions',
      'locations',
      'threads',
      'timeNanos',
      'durationNanos',
      'period',
      'comments',
    ])
      expect(info).toHaveProperty(field);
    expect(info).toMatchObject({ format: 'pyspy-raw', samples: 70, threads: ['MainThread', 'w cpu;1', 'thread (24423)'] });
  });

  test('tables for people', () => {
    expect(heatline('top', prof).stdout).toContain('fib (');
    expect(heatline('lines', raw).stdout).toContain('/srv/app/main.py');
    expect(heatline('tree', prof).stdout).toContain('estimate');
    expect(heatline('info', prof).stdout).toMatch(/^format +pstats$/m);
  });
});

describe('what is wrong is one line on stderr', () => {
  const cases: [string, string[], number, RegExp][] = [
    ['no such file', ['top', 'missing.prof'], 3, /^heatline: missing\.prof: There is no such file\n$/],
    ['an empty file', ['top', 'empty.prof'], 3, /^heatline: empty\.prof: .+ \(at byte 0\)\n$/],
    ['a cut file', ['info', 'cut.prof'], 3, /^heatline: cut\.prof: .+ \(at byte 300\)\n$/],
    ['a folder', ['top', '.'], 3, /^heatline: \.: It is a folder, not a profile file\n$/],
    ['a foreign file', ['top', 'foreign.txt'], 3, /^heatline: foreign\.txt: .+\n$/],
    ['no command', [], 2, /^Usage: heatline/],
    ['an unknown command', ['tpo', 'x'], 2, /^heatline: unknown command 'tpo'.*\n$/],
    ['an unknown option', ['top', prof, '--frobnicate'], 2, /^heatline: unknown option '--frobnicate'\n$/],
    ['a bad sort key', ['top', prof, '--sort', 'name'], 2, /^heatline: .*name.*\n$/],
    ['bad rows', ['top', prof, '-n', '-3'], 2, /^heatline: .*\n$/],
    ['an unknown value type', ['top', prof, '--value', 'cpu'], 2, /^heatline: .*"cpu".*calls\/count.*\n$/],
    ['a bad expression', ['top', raw, '--focus', '('], 2, /^heatline: .*regular expression.*\n$/],
    ['an output of no format', ['convert', prof, '-o', 'x.docx'], 2, /^heatline: x\.docx: .*\.pb\.gz.*\n$/],
    ['an output nowhere', ['convert', prof, '-o', 'no/such/x.pb.gz'], 2, /^heatline: no\/such\/x\.pb\.gz: .*\n$/],
    ['nothing to record', ['record'], 2, /^heatline: .*record -- python.*\n$/],
    ['no such program', ['record', '--', 'no-such-program-at-all'], 2, /^heatline: no-such-program-at-all: .*\n$/],
    ['an unknown engine', ['record', '--engine', 'warp', '--', 'python3', 'x.py'], 2, /^heatline: .*warp.*hybrid.*\n$/],
    ['attaching', ['record', '--pid', '1'], 4, /^heatline: --pid: .*\n$/],
    ['an unwritable output', ['record', '-o', 'no/such/x.prof', '--', 'python3', 'x.py'], 2, /^heatline: no\/such\/x\.prof: .*\n$/],
  ];
  test.each(cases)('%s', (_, args, status, message) => {
    writeFileSync(join(folder, 'empty.prof'), '');
    writeFileSync(join(folder, 'foreign.txt'), 'hello\nworld\n');
    writeFileSync(join(folder, 'cut.prof'), readFileSync(prof).subarray(0, 300));
    const before = readdirSync(folder).sort();
    const result = heatline(...args);
    expect(result.stderr).toMatch(message);
    expect(result.stdout).toBe('');
    expect(result.status).toBe(status);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test('a reader that stops reading is no error', async () => {
    const many = join(folder, 'many.collapsed');
    writeFileSync(many, Array.from({ length: 50_000 }, (_, i) => `main;a_function_with_a_long_name_${i} 1\n`).join(''));
    const child = spawn(process.execPath, [cli, 'top', many, '-n', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(errors).toBe('');
    expect(status).toBe(0);
  });
});

describe('convert', () => {
  test('to pprof and back gives the same figures', () => {
    for (const [name, file] of [
      ['prof', prof],
      ['raw', raw],
    ] as const) {
      const out = join(folder, `${name}.pb.gz`);
      expect(heatline('convert', file, '-o', out)).toEqual({ status: 0, stdout: '', stderr: '' });
      const before = json('top', file);
      const after = json('top', out);
      expect(after.functions.length).toBe(before.functions.length);
      expect(after.functions.map(({ calls }: { calls: number }) => calls)).toEqual(expect.arrayContaining([before.functions[0].calls]));
    }
  });

  test('to collapsed gives the same samples, and leaves no part of a file', () => {
    const out = join(folder, 'out.collapsed');
    expect(heatline('convert', raw, '-o', out).status).toBe(0);
    expect(json('top', out).functions).toEqual(json('top', raw).functions);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

test('engines says of each whether it can be used, and how to get it', () => {
  const engines = json('engines') as { id: string; state: string; fix: string | null }[];
  expect(engines.map(({ id }) => id)).toEqual(expect.arrayContaining(['hybrid', 'sampler', 'cprofile', 'py-spy']));
  for (const { state, fix } of engines) expect(state === 'found' ? fix === null : (fix ?? '').length > 0).toBe(true);
});

describe.skipIf(python === undefined)('record', () => {
  const program = `
import sys
def spin(n):
    t = 0
    for i in range(n):
        t += i * i % 7
    return t
print("out", sys.argv[1:], sys.stdin.readline().strip())
print("err", file=sys.stderr)
spin(1_500_000)
sys.exit(7)
`;
  const run = (args: string[], input = 'typed\n') => {
    const place = mkdtempSync(join(folder, 'run '));
    writeFileSync(join(place, 'prog ü.py'), program);
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      cwd: place,
      encoding: 'utf8',
      input,
      timeout: 60_000,
    });
    return { place, status, stdout, stderr };
  };

  test.each(['out.pb.gz', 'out.prof', 'out.collapsed'])(
    '%s: streams and status pass through, one line at the end',
    { timeout: 60_000 },
    (out) => {
      const { place, status, stdout, stderr } = run(['record', '-o', out, '--', python!, 'prog ü.py', '-n', '--json', 'x']);
      expect(stdout).toBe("out ['-n', '--json', 'x'] typed\n");
      expect(stderr).toMatch(new RegExp(`^err\nheatline: .* spin \\(.*prog ü\\.py:\\d+\\).* → ${out.replaceAll('.', '\\.')}\n$`));
      expect(status).toBe(7);
      expect(readdirSync(place).sort()).toEqual([out, 'prog ü.py'].sort());
      const top = json('top', join(place, out));
      expect(top.functions[0]).toMatchObject({ name: 'spin' });
      if (out.endsWith('.prof')) {
        const judge = 'import pstats,sys; print(sum(v[1] for k, v in pstats.Stats(sys.argv[1]).stats.items() if k[2] == "spin"))';
        expect(execFileSync(python!, ['-c', judge, join(place, out)], { encoding: 'utf8' })).toBe('1\n');
      }
    },
  );

  test('a script alone, a module, and the default name', { timeout: 60_000 }, () => {
    const { place, status, stderr } = run(['record', '--', 'prog ü.py']);
    expect(status).toBe(7);
    const made = readdirSync(place).filter((name) => name.endsWith('.pb.gz'));
    expect(made.length).toBe(1);
    expect(made[0]).toMatch(/^heatline-\d{8}-\d{6}\.pb\.gz$/);
    expect(stderr).toContain(made[0]);
    const module = run(['record', '-o', 'm.prof', '--', python!, '-m', 'json.tool'], '[1]');
    expect(module.stdout).toBe('[\n    1\n]\n');
    expect(module.status).toBe(0);
    expect(existsSync(join(module.place, 'm.prof'))).toBe(true);
  });

  test('a tool that is a Python script is profiled as one', { timeout: 60_000 }, () => {
    const tools = join(folder, 'tools');
    mkdirSync(tools, { recursive: true });
    writeFileSync(join(tools, 'mytool'), `#!/usr/bin/env python3\nimport sys\nprint('tool', sys.argv[1:])\n`, { mode: 0o755 });
    const { stdout, status } = run(['record', '-o', 't.prof', '--', join(tools, 'mytool'), 'a']);
    expect(stdout).toBe("tool ['a']\n");
    expect(status).toBe(0);
  });

  test('an engine that cannot write the file is refused before the program runs', () => {
    const { status, stdout, stderr } = run(['record', '--engine', 'hybrid', '-o', 'x.prof', '--', python!, 'prog ü.py']);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^heatline: x\.prof: .*cprofile.*\n$/);
  });

  test.skipIf(process.platform === 'win32')('Ctrl-C keeps what was recorded', { timeout: 60_000 }, async () => {
    const place = mkdtempSync(join(folder, 'interrupt '));
    writeFileSync(join(place, 'loop.py'), 'def spin():\n    while True:\n        sum(range(1000))\nprint("ready", flush=True)\nspin()\n');
    const child = spawn(process.execPath, [cli, 'record', '-o', 'i.pb.gz', '--', python!, 'loop.py'], {
      cwd: place,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGINT'), 600));
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(errors).toContain('KeyboardInterrupt');
    expect(errors).toContain('→ i.pb.gz');
    expect(status).toBe(130);
    expect(json('top', join(place, 'i.pb.gz')).functions.map(({ name }: { name: string }) => name)).toContain('spin');
  });

  test('an existing recording stays when a new one cannot be made', () => {
    copyFileSync(prof, join(folder, 'old.prof'));
    const { status } = heatline('record', '-o', 'old.prof', '--engine', 'hybrid', '--', python!, 'x.py');
    expect(status).toBe(2);
    expect(readFileSync(join(folder, 'old.prof')).equals(readFileSync(prof))).toBe(true);
  });
});
