import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cliKit, prof } from './cliKit.js';
import { findPythons } from './pythons.js';

const { cli, heatline, json, folder } = cliKit();
const python = findPythons().get('python3');

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
      timeout: 300_000,
    });
    return { place, status, stdout, stderr };
  };

  test.each(['out.pb.gz', 'out.prof', 'out.collapsed'])('%s: streams and status pass through, one line at the end', (out) => {
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
  });

  test('a script alone, a module, and the default name', () => {
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

  test('a tool that is a Python script is profiled as one', () => {
    const tools = join(folder, 'tools');
    mkdirSync(tools, { recursive: true });
    writeFileSync(join(tools, 'mytool'), `#!/usr/bin/env python3\nimport sys\nprint('tool', sys.argv[1:])\n`, { mode: 0o755 });
    const { stdout, status } = run(['record', '-o', 't.prof', '--', join(tools, 'mytool'), 'a']);
    expect(stdout).toBe("tool ['a']\n");
    expect(status).toBe(0);
  });

  test('what cannot be recorded so is said before the program runs', () => {
    const said = (...args: string[]) => {
      const { status, stdout, stderr } = run(['record', ...args]);
      expect([status, stdout]).toEqual([2, '']);
      return stderr;
    };
    const program = ['--', python!, 'prog ü.py'];
    expect(said('--rate', '1e9', ...program)).toBe(
      "heatline: option '--rate <hz>' argument '1e9' is invalid. a rate from 0.001 to 10,000 is wanted\n",
    );
    expect(said('--duration', '0', ...program)).toContain('a time in seconds from 0.001 to 1,000,000,000 is wanted');
    expect(said('--engine', 'cprofile', '-o', 'x.foo', ...program)).toMatch(
      /^heatline: x\.foo: this name does not say a format that can be written; known are \.pb\.gz, .*, and \.prof by the engine cprofile\n$/,
    );
  });

  test.skipIf(process.platform === 'win32')('a program that is no Python is answered with what can be done', () => {
    const { status, stderr } = run(['record', '-o', 'x.pb.gz', '--', 'ls']);
    expect(stderr).toMatch(/^heatline: ls is not a Python program: .*python app\.py.*py-spy.*perf.*\n$/);
    expect(status).toBe(2);
  });

  test('the line at the end names the engine in a word', () => {
    expect(run(['record', '-o', 'x.pb.gz', '--', python!, 'prog ü.py']).stderr).toMatch(/^heatline: hybrid \(auto\): [\d.]+ m?s, /m);
  });

  test('an engine that cannot write the file is refused before the program runs', () => {
    const { status, stdout, stderr } = run(['record', '--engine', 'hybrid', '-o', 'x.prof', '--', python!, 'prog ü.py']);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^heatline: x\.prof: .*cprofile.*\n$/);
  });

  test.skipIf(process.platform === 'win32')('Ctrl-C keeps what was recorded', async () => {
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

  test('a recording without a sample says so, and what to do', () => {
    const { status, stderr } = heatline('record', '--delay', '600', '-o', 'none.pb.gz', '--', python!, '-c', 'pass');
    expect(stderr).toMatch(
      /^heatline: sampler.*: .*, nothing was measured: a higher --rate sees more, and --engine cprofile counts calls → none\.pb\.gz\n$/,
    );
    expect(status).toBe(0);
    expect(heatline('top', 'none.pb.gz').status).toBe(0);
  });

  test('an existing recording stays when a new one cannot be made', () => {
    copyFileSync(prof, join(folder, 'old.prof'));
    const { status } = heatline('record', '-o', 'old.prof', '--engine', 'hybrid', '--', python!, 'x.py');
    expect(status).toBe(2);
    expect(readFileSync(join(folder, 'old.prof')).equals(readFileSync(prof))).toBe(true);
  });
});
