// How the server makes a recording whole.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordingMeta } from '../../src/core/recording.js';
import { encodePprof, type RunningServer } from './serverKit.js';
import { MS, openShop, SHOP, type Shop, shopProfile } from './serverShop.js';

let folder = '';
let shop = '';
let server: RunningServer;
let heat: Shop['heat'];
let close: Shop['close'] | undefined;

beforeAll(async () => {
  ({ folder, shop, server, heat, close } = await openShop());
});
afterAll(async () => expect(await close?.()).toBe(0));

describe('recording/seal', () => {
  const startedAt = () => new Date(Date.now() - 6000).toISOString();
  const metaFor = (id: string): RecordingMeta => ({
    version: 1,
    id,
    label: 'shop.py',
    file: 'raw.pb.gz',
    engine: 'hybrid',
    argv: ['python', 'shop.py'],
    cwd: folder,
    target: 'shop.py',
    startedAt: startedAt(),
    durationSeconds: 1,
    exitStatus: 0,
    stoppedBy: 'program',
    sources: [],
  });

  it('copies the sources and writes meta.json, so that heat is right after the file was edited and closed', async () => {
    const recording = path.join(folder, 'recording');
    mkdirSync(recording);
    writeFileSync(path.join(recording, 'raw.pb.gz'), encodePprof(shopProfile('shop.py')));
    const sealed = await server.request('recording/seal', { folder: recording, meta: metaFor('one'), roots: [folder] });
    expect(sealed.recording?.sources).toMatchObject([{ path: shop, lines: SHOP.split('\n').length }]);
    const meta = JSON.parse(readFileSync(path.join(recording, 'meta.json'), 'utf8')) as RecordingMeta;
    expect(readFileSync(path.join(recording, 'sources', meta.sources[0]!.sha256), 'utf8')).toBe(SHOP);

    writeFileSync(shop, `# one\n# two\n${SHOP.replace('return len(row)', 'return 7')}`);
    const opened = await server.request('profile/open', { uri: sealed.uri, meta: path.join(recording, 'meta.json') });
    expect(opened.id).toBe(sealed.id);
    const { lines, stale } = await heat({ profile: opened.id, type: 1 });
    expect(stale).toBe(false);
    expect(lines[15]).toMatchObject({ self: 600 * MS, stale: true });
    expect(lines[9]).toMatchObject({ self: 100 * MS, stale: false });
  });

  it('leaves out a source that was written after the start, and then admits that it is not sure', async () => {
    const recording = path.join(folder, 'changed');
    mkdirSync(recording);
    writeFileSync(path.join(recording, 'raw.pb.gz'), encodePprof(shopProfile(shop)));
    expect(statSync(shop).mtimeMs).toBeGreaterThan(Date.now() - 29_000);
    const sealed = await server.request('recording/seal', { folder: recording, meta: metaFor('two'), roots: [folder] });
    expect(sealed.recording?.sources).toEqual([]);
    expect((await heat({ profile: sealed.id, type: 1 })).stale).toBe(true);
  });

  it('says that the disk is full, keeps the raw file, and makes it a recording when there is room', async ({ skip }) => {
    const recording = path.join(folder, 'full');
    mkdirSync(recording);
    // A disk of our own, where we may mount one (as root).
    const mount = (options: string) => spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', recording]).status === 0;
    if (!mount('size=64k')) skip();
    try {
      const large = path.join(folder, 'large.py');
      writeFileSync(large, `${SHOP}${'# more than fits\n'.repeat(10_000)}`);
      utimesSync(large, new Date(0), new Date(0));
      writeFileSync(path.join(recording, 'raw.pb.gz'), encodePprof(shopProfile(large)));
      const seal = () => server.request('recording/seal', { folder: recording, meta: metaFor('five'), roots: [folder] });
      await expect(seal()).rejects.toMatchObject({ message: expect.stringMatching(/: the disk is full\.$/), data: { code: 'disk-full' } });
      expect(readdirSync(recording, { recursive: true }).sort()).toEqual(['raw.pb.gz', 'sources']);
      expect(mount('remount,size=1m')).toBe(true);
      expect((await seal()).recording?.sources).toMatchObject([{ path: large }]);
      expect(readdirSync(recording).sort()).toEqual(['meta.json', 'raw.pb.gz', 'sources']);
    } finally {
      spawnSync('umount', ['-l', recording]);
    }
  });

  it('refuses a raw file that is not whole, and leaves no recording', async () => {
    const recording = path.join(folder, 'broken');
    mkdirSync(recording);
    const whole = encodePprof(shopProfile(shop));
    writeFileSync(path.join(recording, 'raw.pb.gz'), whole.subarray(0, 60));
    await expect(server.request('recording/seal', { folder: recording, meta: metaFor('three'), roots: [folder] })).rejects.toMatchObject({
      data: { code: 'truncated' },
    });
    expect(readdirSync(recording)).toEqual(['raw.pb.gz']);
    const outside = { ...metaFor('four'), file: '../raw.pb.gz' };
    await expect(server.request('recording/seal', { folder: recording, meta: outside, roots: [folder] })).rejects.toMatchObject({
      data: { code: 'bad-meta' },
    });
  });
});
