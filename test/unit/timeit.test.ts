import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ratioOf, ratioText, summaryOf, type Timing, timingText } from '../../src/core/report/timing.js';
import { cliKit } from './cliKit.js';
import { findPythons } from './pythons.js';

const timing = (...seconds: number[]): Timing => ({ statement: 'x', turns: 1000, seconds });

describe('figures', () => {
  test('best, mean and deviation', () => {
    const summary = summaryOf(timing(2e-6, 3e-6, 4e-6));
    expect(summary.best).toBe(2e-6);
    expect(summary.mean).toBeCloseTo(3e-6, 12);
    expect(summary.deviation).toBeCloseTo(1e-6, 12);
    expect(timingText(timing(2e-6, 3e-6, 4e-6))).toBe('best 2 µs, mean 3 µs ± 1 µs (3 rounds of 1,000 turns)');
    expect(summaryOf(timing(5))).toEqual({ best: 5, mean: 5, deviation: 0 });
  });

  test('rounds are compared in pairs: what slows both down is no difference', () => {
    const drifting = ratioOf(timing(1, 2, 3, 4, 5), timing(2.02, 4, 6.03, 8, 9.99));
    expect(drifting.verdict).toBe('slower');
    expect(drifting.ratio).toBeCloseTo(2, 1);
    expect(drifting.high - drifting.low).toBeLessThan(0.05);
    expect(ratioText(drifting)).toMatch(/^The second is slower: it takes 2\.01 times as long \(1\.99 to 2\.02\)\.$/);
    expect(ratioOf(timing(2.02, 4, 6.03), timing(1, 2, 3)).verdict).toBe('faster');
  });

  test('what is within noise: an interval around 1, less than 1 %, a single round', () => {
    const noise = ratioOf(timing(1, 1.2, 0.9, 1.1), timing(1.1, 1, 1.2, 0.95));
    expect(noise).toMatchObject({ verdict: 'noise' });
    expect(noise.low).toBeLessThan(1);
    expect(noise.high).toBeGreaterThan(1);
    expect(ratioText(noise)).toMatch(/^The difference is within noise: the second takes 1\.0\d times as long \(0\.\d+ to 1\.\d+\)\.$/);
    expect(ratioOf(timing(1, 1, 1), timing(1.005, 1.005, 1.005)).verdict).toBe('noise');
    expect(ratioOf(timing(1), timing(5))).toMatchObject({ verdict: 'noise', low: 0, high: Number.POSITIVE_INFINITY });
  });

  test('the interval is Student’s', () => {
    // log ratios 0.1, 0.2, 0.3: mean 0.2, deviation 0.1, t of two degrees 4.30.
    const { low, high } = ratioOf(timing(1, 1, 1), timing(Math.exp(0.1), Math.exp(0.2), Math.exp(0.3)));
    expect(Math.log(low)).toBeCloseTo(0.2 - (4.3 * 0.1) / Math.sqrt(3), 6);
    expect(Math.log(high)).toBeCloseTo(0.2 + (4.3 * 0.1) / Math.sqrt(3), 6);
  });
});

const python = findPythons().get('python3');
const { folder, heatline, json, run } = cliKit();

describe.skipIf(python === undefined)('heatline timeit', () => {
  test('a statement: turns as timeit takes them, rounds, figures', () => {
    const { python, statements, comparison } = json('timeit', 'time.sleep(0.05)', '--setup', 'import time', '--rounds', '3');
    expect(python).toMatch(/^\w+ 3\.\d+\.\d+$/);
    expect(comparison).toBe(null);
    const [{ statement, turns, best, mean, deviation, seconds }] = statements;
    expect(statement).toBe('time.sleep(0.05)');
    // 0.2 s are reached in five turns, or in fewer that were held up.
    expect([1, 2, 5]).toContain(turns);
    expect(seconds).toHaveLength(3);
    expect(best).toBe(Math.min(...seconds));
    expect(best).toBeGreaterThan(0.0499);
    expect(mean).toBeGreaterThanOrEqual(best);
    expect(deviation).toBeGreaterThanOrEqual(0);
  });

  test('two: the slower one is named, in text and JSON', () => {
    const words = ['timeit', 'time.sleep(0.001)', '--compare', 'time.sleep(0.4)', '--setup', 'import time', '--rounds', '3'];
    const { comparison, statements } = json(...words);
    expect(statements).toHaveLength(2);
    expect(comparison.verdict).toBe('slower');
    expect(comparison.ratio).toBeGreaterThan(1.5);
    expect(comparison.low).toBeLessThanOrEqual(comparison.ratio);
    const { stdout, stderr, status } = run(words);
    expect(stdout).toMatch(
      /^time\.sleep\(0\.001\)\n {2}best .*s, mean .*s ± .*s \(3 rounds of .*\)\ntime\.sleep\(0\.4\)\n {2}best .*\nThe second is slower: .*\n$/,
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('names of a file, which is not run as a program; several lines, as they stand in it', () => {
    writeFileSync(
      join(folder, 'wörds x.py'),
      'import os\ndef double(n): return 2 * n\nif __name__ == "__main__": raise SystemExit("no")\n',
    );
    const code = '    y = double(4)\n    if y != 8:\n        raise ValueError(y)';
    expect(json('timeit', code, '--names', 'wörds x.py', '--rounds', '1').statements[0].turns).toBeGreaterThan(1);
    const selected = 'y = double(4)\n    assert y == 8';
    expect(json('timeit', selected, '--names', 'wörds x.py', '--rounds', '1').statements[0].turns).toBeGreaterThan(1);
  });

  test('what a statement prints is not on stdout; it has no stdin', () => {
    const { stdout, stderr, status } = run(
      ['timeit', 'import sys, time; print(repr(sys.stdin.read())); time.sleep(0.3)', '--rounds', '1', '--json'],
      {
        input: 'typed',
      },
    );
    expect(JSON.parse(stdout).statements).toHaveLength(1);
    expect(stderr).toMatch(/^(?:''\n)+$/);
    expect(status).toBe(0);
  });

  test.each([
    [['print(1'], /^heatline: This cannot be timed: statement or setup: SyntaxError: .*\n$/],
    [
      ['nowhere(1)'],
      /^heatline: This cannot be timed: statement: NameError: name 'nowhere' is not defined.*; a statement knows the names .*\n$/,
    ],
    [['1', '--setup', '1/0'], /^heatline: This cannot be timed: statement: ZeroDivisionError: division by zero\n$/],
    [['raise SystemExit(3)'], /^heatline: This cannot be timed: statement: SystemExit: 3\n$/],
    [['1', '--names', 'none.py'], /^heatline: none\.py: there is no such file\n$/],
  ])('%j', (words, sentence) => {
    const { status, stderr, stdout } = heatline('timeit', ...words);
    expect(stderr).toMatch(sentence);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test('an interpreter that dies, and none', () => {
    expect(heatline('timeit', 'import os; os._exit(5)')).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/^heatline: .* ended \(status 5\) before the times were taken\n$/),
    });
    expect(heatline('timeit', '1', '--python', join(folder, 'none'))).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/ cannot be started: .*\n$/),
    });
  });
});
