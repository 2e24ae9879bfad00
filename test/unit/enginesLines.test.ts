// The engine `lines` through the command line; what it measures is tested in test/python/test_lines.py.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseEngine, engines } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';
import { environment, running, target } from './engineKit.js';
import { findPythons } from './pythons.js';

const { folder, heatline, json } = cliKit();
const python = findPythons().get('python3');
describe('plan and choice', () => {
  test('the named functions travel to the recorder', () => {
    const plan = engines.find(({ id }) => id === 'lines')!.plan(target, environment, { output: '/t/o', only: '^Parser\\.| x', rateHz: 5 });
    expect(plan.argv).toEqual([
      ...['/usr/bin/python3', '/opt/python/heatline/__main__.py', 'run', '--engine', 'lines', '--output', '/t/o'],
      ...['--only', '^Parser\\.| x', '--', '/w/a.py'],
    ]);
    expect(plan.format).toBe('pprof');
  });

  test('who names functions gets it; other engines refuse names', async () => {
    expect((await chooseEngine('auto', target, environment, { only: 'f' })).engine.id).toBe('lines');
    await expect(chooseEngine('sampler', target, environment, { only: 'f' })).rejects.toThrow(
      '--only chooses functions for the engines lines and line-profiler, not for sampler.',
    );
    await expect(chooseEngine('auto', running, environment, { only: 'f' })).rejects.toThrow(/^--only .*started/);
  });
});

describe.skipIf(python === undefined)('record', () => {
  const program =
    'import sys\ndef loop(n):\n    total = 0\n    for i in range(n):\n        total += i\n    return total\nloop(1000)\nsys.exit(5)\n';

  test('hits of every line, and the program’s own status', () => {
    writeFileSync(join(folder, 'lö p.py'), program);
    const { status, stderr } = heatline('record', '--only', 'loop', '-o', 'l.pb.gz', '--', python!, 'lö p.py');
    expect(stderr).toMatch(/^heatline: lines \(auto\): .* in loop \(.*lö p\.py:2\) → l\.pb\.gz\n$/);
    expect(status).toBe(5);
    const lines = json('lines', 'l.pb.gz').files[0].lines as { line: number; calls: number; self: number }[];
    expect(lines.map(({ line, calls }) => [line, calls])).toEqual(
      expect.arrayContaining([
        [3, 1],
        [4, 1001],
        [5, 1000],
        [6, 1],
      ]),
    );
    expect(lines.find(({ line }) => line === 5)!.self).toBeGreaterThan(0);
    const [loop] = json('top', 'l.pb.gz').functions;
    expect(loop).toMatchObject({ name: 'loop', calls: 1 });
    expect(loop.self).toBe(lines.reduce((sum, { self }) => sum + self, 0));
  });

  test('heatline engines tells what auto comes to, and why', () => {
    const { status, stdout } = heatline('engines');
    expect(stdout).toMatch(
      /^auto, for a program: \w+: .{10,}\nauto, for its lines \(--only\): lines: .*\nauto, for a running one \(--pid\): .*\n\n/,
    );
    expect(status).toBe(0);
  });

  test('what is wrong is one line', () => {
    expect(heatline('record', '--only', '(', '-o', 'x.pb.gz', '--', python!, 'lö p.py').stderr).toMatch(
      /^heatline: --only \( is no regular expression: /,
    );
    expect(heatline('record', '--only', 'f', '--engine', 'cprofile', '--', python!, 'lö p.py')).toMatchObject({ status: 2 });
  });
});
