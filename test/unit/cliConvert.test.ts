import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writable } from '../../src/cli/writer.js';
import { cliKit, prof, raw } from './cliKit.js';

const { heatline, json, folder } = cliKit();

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

  test('to every format that can be written, by its name and by --format', () => {
    for (const format of writable()) {
      const out = `every${format.globs[0]!.replace(/^\*/, '')}`;
      expect(heatline('convert', raw, '-o', out)).toEqual({ status: 0, stdout: '', stderr: '' });
      const { written, output } = json('convert', raw, '-o', 'other.name', '--format', format.id);
      expect([written, output]).toEqual([format.id, 'other.name']);
      for (const file of [out, 'other.name']) {
        const { total, functions } = json('top', file);
        expect([format.id, total, functions.length]).toEqual([format.id, 70, json('top', raw).functions.length]);
      }
    }
  });
});
