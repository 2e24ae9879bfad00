// A disk without room: a small one of our own where we may mount one (as root), else the device that is always full.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cliKit, fixtures, prof } from './cliKit.js';
import { findPythons } from './pythons.js';

const { cli, folder, heatline, json } = cliKit();
const python = findPythons().get('python3');

describe.skipIf(process.platform !== 'linux')('a full disk', () => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0;
  afterAll(() => {
    if (mounted) spawnSync('umount', ['-l', disk]);
  });
  if (mounted) writeFileSync(join(disk, 'before'), Buffer.alloc(60_000));
  const out = mounted ? join(disk, 'out.pb.gz') : '/dev/full';
  const name = out.replaceAll('.', '\\.');
  const left = () => (mounted ? readdirSync(disk) : ['before']);
  const large = join(folder, 'large.collapsed');
  writeFileSync(large, Array.from({ length: 20_000 }, (_, i) => `main;a${(i * 7919) % 20_011} ${i}\n`).join(''));

  test.each([
    ['convert', [large]],
    ['merge', [large, join(fixtures, 'collapsed/tachyon.collapsed')]],
  ])('%s ends with status 5 and one sentence, and leaves nothing', (command, files) => {
    const { status, stdout, stderr } = heatline(command, ...files, '-o', out, '--format', 'pprof');
    expect(stderr).toMatch(new RegExp(`^heatline: ${name}: the disk is full\\n$`));
    expect(stdout).toBe('');
    expect(status).toBe(5);
    expect(left()).toEqual(['before']);
  });

  test('what is printed may not fit either', () => {
    const shell = { encoding: 'utf8', env: { ...process.env, CLI: cli, PROF: prof } } as const;
    const { status, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "$CLI" top "$PROF" > /dev/full`], shell);
    expect(stderr).toBe('heatline: stdout: the disk is full\n');
    expect(status).toBe(5);
  });

  test.skipIf(python === undefined)('record says where the recording is instead', () => {
    // More functions than fit.
    const calls = Array.from({ length: 4000 }, (_, i) => `def f${(i * 7919) % 4001}x(): return ${i}\nf${(i * 7919) % 4001}x()\n`).join('');
    writeFileSync(join(folder, 'many.py'), calls);
    const target = mounted ? join(disk, 'many.prof') : '/dev/full.prof';
    if (!mounted) return;
    const { status, stderr } = heatline('record', '--engine', 'cprofile', '-o', target, '--', python!, 'many.py');
    const said = /^heatline: .*many\.prof: the disk is full; the recording is kept as (.*)\n$/.exec(stderr);
    expect(said, stderr).not.toBeNull();
    expect(status).toBe(5);
    expect(left()).toEqual(['before']);
    const kept = join(folder, 'kept.prof');
    writeFileSync(kept, readFileSync(said![1]!));
    expect(json('top', kept).functions.length).toBeGreaterThan(4000);
    spawnSync('rm', ['-r', dirname(said![1]!)]);
  });
});
