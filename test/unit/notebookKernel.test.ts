import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { armingCode } from '../../src/host/notebooks/armingCode.js';
import { profilersPython } from '../rig/profilers.js';

const suite = resolve(import.meta.dirname, '../python');
const python = profilersPython();

const run = (words: readonly string[]) =>
  new Promise<{ readonly failed: boolean; readonly out: string; readonly err: string }>((done) => {
    const options = { cwd: suite, timeout: 450_000, maxBuffer: 1 << 24 };
    execFile(python, words, options, (error, out, err) => done({ failed: error !== null, out, err }));
  });

test.skipIf(!existsSync(python))('cells are recorded in a real ipykernel', async () => {
  const { failed, err } = await run(['-W', 'ignore', '-m', 'unittest', 'test_kernel']);
  expect(failed, err.slice(-4000)).toBe(false);
  expect(err).toMatch(/Ran 1\d tests/);
  expect(err).not.toMatch(/skipped/);
});

test.skipIf(!existsSync(python))('the arming code is Python whatever a folder is called, and leaves no name behind', async () => {
  const code = armingCode('/nowhere/a "b" \\ ü 🔥\n', '/x\u2028y');
  const judge = `import sys\nnames = {}\ntry:\n    exec(compile(sys.argv[1], "cell", "exec"), names)\nexcept FileNotFoundError as problem:\n    print(ascii(problem.filename), sorted(set(names) - {"__builtins__"}), [m for m in sys.modules if "heatline" in m])\n`;
  const { out, err } = await run(['-c', judge, code]);
  expect(err).toBe('');
  expect(out.trim()).toBe(String.raw`'/nowhere/a "b" \\ \xfc \U0001f525\n/heatline/__main__.py' [] []`);
});
