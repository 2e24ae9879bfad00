import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { probeEnvironment } from '../../src/engines/index.js';

const suite = resolve(import.meta.dirname, '../python');
const pythonPackage = resolve(import.meta.dirname, '../../python');

/** The interpreter on PATH, and with HEATLINE_ALL_PYTHONS=1 those that pyenv has installed; 3.9 and newer. */
async function interpreters(): Promise<string[]> {
  const candidates: (string | undefined)[] = [undefined];
  const versions = join(homedir(), '.pyenv', 'versions');
  if (process.env.HEATLINE_ALL_PYTHONS && existsSync(versions)) {
    candidates.push(...readdirSync(versions).map((name) => join(versions, name, 'bin', 'python')));
  }
  const found = new Map<string, string>();
  for (const python of candidates) {
    const environment = await probeEnvironment({ pythonPackage, ...(python ? { python } : {}) }).catch(() => undefined);
    const [major, minor] = environment?.pythonVersion ?? [0, 0];
    const key = `${environment?.implementation} ${environment?.pythonVersion?.join('.')}`;
    if (environment?.python && major === 3 && minor >= 9 && !found.has(key)) found.set(key, environment.python);
  }
  return [...found.values()];
}

const pythons = await interpreters();

describe('python/heatline', () => {
  test('there is a Python to try it with', () => expect(pythons.length).toBeGreaterThan(0));

  test.each(pythons)('its own tests pass under %s', { timeout: 300_000 }, async (python) => {
    const outcome = await new Promise<{ code: number; text: string }>((done) => {
      const options = { cwd: suite, timeout: 280_000, maxBuffer: 1 << 24 };
      execFile(python, ['-W', 'ignore', '-m', 'unittest'], options, (error, _, stderr) => {
        done({ code: error ? 1 : 0, text: stderr });
      });
    });
    expect(outcome.code, outcome.text.slice(-4000)).toBe(0);
    expect(outcome.text).toMatch(/Ran (\d\d+) tests/);
  });
});
