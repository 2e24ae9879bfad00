import { describe, expect, it } from 'vitest';
import { formats } from '../../src/core/formats/index.js';
import { engines } from '../../src/engines/index.js';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import { blindSpots } from '../../webview-ui/profile/info/blindSpots.js';
import { sectionsOf } from '../../webview-ui/profile/info/facts.js';

const info = {
  label: 'app.py',
  format: 'pprof',
  valueTypes: [{ type: 'wall', unit: 'nanoseconds' }],
  totals: [2e9],
  samples: 792,
  functions: 12,
  threads: ['MainThread'],
  durationNanos: 2e9,
  timeNanos: null,
  period: 2_500_000,
  periodType: { type: 'wall', unit: 'nanoseconds' },
  comments: [],
  warnings: [],
  treeIsEstimate: false,
  hasCalls: false,
  quality: { engine: 'sampler', engineVersion: '0.1.0', rateAsked: 400, rateGot: 396, errors: 8, missed: 0.02, cost: 0.021 },
  recording: {
    engine: 'sampler',
    engineReason: 'a server is started',
    argv: ['python', 'app.py', '--port', '80'],
    cwd: '/w',
    interpreter: '/w/.venv/bin/python',
    startedAt: '2026-01-02T03:04:05Z',
    exitStatus: -9,
    stoppedBy: 'signal',
    gitCommit: 'abc',
  },
} as unknown as ProfileInfo;

const facts = (of: ProfileInfo) =>
  Object.fromEntries(sectionsOf(of).flatMap(([, list]) => list.map(([label, values]) => [label, values.join('|')])));

describe('what is told of a profile', () => {
  it('is all that its recording and its engine know', () => {
    expect(facts(info)).toMatchObject({
      Command: 'python app.py --port 80',
      Folder: '/w',
      Interpreter: '/w/.venv/bin/python',
      Duration: '2.00 s',
      Ended: 'by a signal, killed by signal 9',
      Commit: 'abc',
      Engine: 'sampler 0.1.0 · a server is started',
      Values: 'Wall time: 2.00 s in all',
      Samples: '792 samples',
      Rate: '400 Hz asked, 396 Hz got',
      Failed: '8, 1.0 % of all: these count nowhere',
      Missed: '2.0 % of the samples that were due',
      Cost: '2.1 % of the run',
      'Blind spots': expect.stringContaining('Calls are not counted.'),
    });
    expect(facts(info).Recorded).toContain('2026');
  });

  it('leaves out what is not known', () => {
    const bare = {
      ...info,
      quality: {},
      recording: null,
      durationNanos: null,
      period: 0,
      periodType: null,
      threads: [],
      samples: 0,
      format: 'dtrace',
    };
    expect(Object.keys(facts(bare as ProfileInfo))).toEqual(['Name', 'Format', 'Values', 'Functions']);
  });
});

it('says of every engine what it cannot see, and of no engine that there is none of', () => {
  for (const { id } of engines) expect(blindSpots(id, 'pprof').length, id).toBeGreaterThan(0);
  expect(blindSpots('of another make', 'dtrace')).toEqual([]);
  expect(blindSpots(undefined, '__proto__')).toEqual([]);
  expect(blindSpots('unheard of', 'pstats')).toEqual(blindSpots(undefined, 'pstats'));
  expect(formats.some(({ id }) => id === 'pyspy-raw')).toBe(true);
});
