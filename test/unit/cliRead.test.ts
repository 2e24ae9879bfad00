import { describe, expect, test } from 'vitest';
import { cliKit, prof, raw } from './cliKit.js';

const { heatline, json } = cliKit();

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

test('engines says of each whether it can be used, and how to get it', () => {
  const engines = json('engines') as { id: string; state: string; fix: string | null }[];
  expect(engines.map(({ id }) => id)).toEqual(expect.arrayContaining(['hybrid', 'sampler', 'cprofile', 'py-spy']));
  for (const { state, fix } of engines) expect(state === 'found' ? fix === null : (fix ?? '').length > 0).toBe(true);
});
