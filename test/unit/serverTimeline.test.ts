import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProfileInfo } from '../../src/protocol/lsp.js';
import { buildServer, type RunningServer, startServer } from './serverKit.js';

let folder: string;
let bundle: Awaited<ReturnType<typeof buildServer>>;
let server: RunningServer;

/** Samples of 10 ms each, stacks as letters, root first. */
function sampled(threads: Readonly<Record<string, readonly string[]>>): string {
  const names = [...new Set(Object.values(threads).flat().join(''))];
  const frames = names.map((name) => ({ name, file: name === 'l' ? '/usr/lib/python3.12/json/decoder.py' : '/home/ada/app.py', line: 1 }));
  const profiles = Object.entries(threads).map(([name, stacks]) => ({
    type: 'sampled',
    name,
    unit: 'milliseconds',
    startValue: 0,
    endValue: stacks.length * 10,
    samples: stacks.map((stack) => [...stack].map((letter) => names.indexOf(letter))),
    weights: stacks.map(() => 10),
  }));
  return JSON.stringify({ $schema: 'https://www.speedscope.app/file-format-schema.json', shared: { frames }, profiles });
}

async function open(name: string, content: string): Promise<ProfileInfo> {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return server.request('profile/open', { uri: pathToFileURL(file).href });
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'heatline-timeline-'));
  bundle = await buildServer();
  server = await startServer(bundle.bundle, folder);
});
afterAll(async () => {
  await server?.stop();
  bundle?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const ms = 1e6;

describe('the timeline of a profile', () => {
  let info: ProfileInfo;
  beforeAll(async () => {
    info = await open('two.speedscope.json', sampled({ main: ['ab', 'ab', 'alc', 'ab'], io: ['r', '', 'r', 'r', 'r'] }));
  });

  it('names its threads, and spreads the figure over time', async () => {
    expect(info.times).toEqual({ from: 0, to: 50 * ms });
    const answer = await server.request('profile/timeline', { view: { profile: info.id, type: 0 }, buckets: 5 });
    expect(answer).toEqual({
      times: { from: 0, to: 50 * ms },
      lanes: [
        { thread: 'main', depth: 3, samples: 4, value: 40 },
        { thread: 'io', depth: 1, samples: 5, value: 50 },
      ],
      activity: [20, 20, 20, 20, 10],
      states: false,
    });
  });

  it('gives boxes of the lanes and levels that are asked for', async () => {
    const view = { profile: info.id, type: 0 };
    const range = { from: 0, to: 50 * ms };
    const ask = async (lanes: readonly { lane: number; firstRow: number; lastRow: number }[], more = {}) => {
      const { frame, frames, start, end, lane, row } = await server.request('profile/timelineBoxes', {
        view: { ...view, ...more },
        range,
        quantum: 1,
        lanes,
      });
      return frame.map((at, i) => `${lane[i]}/${row[i]} ${frames.name[at]} ${start[i]! / ms}-${end[i]! / ms}`);
    };
    expect(await ask([{ lane: 0, firstRow: 0, lastRow: 1 }])).toEqual(['0/0 a 0-40', '0/1 b 0-20', '0/1 l 20-30', '0/1 b 30-40']);
    expect(await ask([{ lane: 0, firstRow: 2, lastRow: 9 }])).toEqual(['0/2 c 20-30']);
    expect(await ask([{ lane: 1, firstRow: 0, lastRow: 0 }])).toEqual(['1/0 r 0-10', '1/0 r 20-50']);
    expect(await ask([{ lane: 0, firstRow: 0, lastRow: 9 }], { hide: '^a$' })).toEqual([
      '0/0 b 0-20',
      '0/0 l 20-30',
      '0/0 b 30-40',
      '0/1 c 20-30',
    ]);
    // The picture shows all the time, whatever part of it the view is of.
    expect(await ask([{ lane: 0, firstRow: 0, lastRow: 0 }], { range: { from: 0, to: ms } })).toEqual(['0/0 a 0-40']);
  });

  it('keeps functions, trees and searches to a stretch of time', async () => {
    const view = { profile: info.id, type: 0, range: { from: 15 * ms, to: 25 * ms } };
    const { rows, total } = await server.request('profile/functions', { view, sort: 'self', descending: true, offset: 0, limit: 9 });
    // Five milliseconds of nothing are in it.
    expect(total).toBe(20);
    expect(rows.map(({ name, self, total }) => [name, self, total])).toEqual([
      ['b', 5, 5],
      ['c', 5, 5],
      ['r', 5, 5],
      ['a', 0, 10],
      ['l', 0, 5],
    ]);
    expect((await server.request('profile/flame', { view, root: -1, minFraction: 0 })).rootValue).toBe(20);
    expect((await server.request('profile/search', { view, search: '/^b$/' })).total).toBe(5);
  });

  it.each([[{ from: 5, to: 5 }], [{ from: 9, to: 1 }], [{ from: 'x', to: 2 }]])('refuses %j', async (range) => {
    const view = { profile: info.id, type: 0, range: range as never };
    await expect(server.request('profile/flame', { view, root: -1, minFraction: 0 })).rejects.toThrow('The stretch of time is empty.');
  });

  it('says when there is no order in time', async () => {
    const none = await open('none.collapsed', 'a;b 5\n');
    expect(none.times).toBeNull();
    const view = { profile: none.id, type: 0 };
    expect(await server.request('profile/timeline', { view, buckets: 5 })).toEqual({ times: null, lanes: [], activity: [], states: false });
    const boxes = server.request('profile/timelineBoxes', { view, range: { from: 0, to: 1 }, quantum: 1, lanes: [] });
    await expect(boxes).rejects.toThrow('The samples of this profile have no times.');
  });
});

it('sends no more boxes than a window has pixels, of a large profile that lives in a thread', async () => {
  const stacks = Array.from({ length: 150_000 }, (_, i) => `${i % 7 ? 'abcde' : 'abxyz'}${'pqrstuvw'[(i * 5) % 8]}`);
  const info = await open('large.speedscope.json', sampled({ main: stacks }));
  const range = info.times!;
  const quantum = ((range.to - range.from) / 1300) * 2;
  const lanes = [{ lane: 0, firstRow: 0, lastRow: 20 }];
  const answer = await server.request('profile/timelineBoxes', { view: { profile: info.id, type: 0 }, range, quantum, lanes });
  expect(answer.frame.length).toBeLessThanOrEqual(2 + 4 * 651);
  expect(answer.samples.filter((_, i) => answer.row[i] === 5).reduce((sum, own) => sum + own, 0)).toBe(150_000);
  expect(JSON.stringify(answer).length).toBeLessThan(200_000);
});
