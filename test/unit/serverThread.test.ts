// A large profile lives in a thread of its own: what that is good for, and that nothing of it stays behind.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-languageserver/node';
import type { ProfileInfo, ViewParams } from '../../src/protocol/lsp.js';
import { buildServer, encodePprof, type RunningServer, startServer } from './serverKit.js';

const FUNCTIONS = 400;
let folder = '';
let source = '';
let large = '';
let bundle: Awaited<ReturnType<typeof buildServer>>;
let server: RunningServer;
let small: ProfileInfo;

const uri = (file: string) => pathToFileURL(file).href;
const functions = Array.from({ length: FUNCTIONS }, (_, i) => [`work_${i}`, source, 1 + i * 3] as const);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'heatline-thread-'));
  source = path.join(folder, 'work.py');
  writeFileSync(source, Array.from({ length: FUNCTIONS * 3 }, (_, i) => (i % 3 === 0 ? `def work_${i / 3}():` : '    pass')).join('\n'));
  const named = functions.map(([name, , line]) => [name, source, line] as const);
  const stacks = (samples: number) =>
    Array.from({ length: samples }, (_, i) => {
      let at = i;
      const stack = Array.from({ length: 40 }, () => {
        at = (Math.imul(at, 1_103_515_245) + 12_345) >>> 1;
        return [at % FUNCTIONS, 2 + (at % FUNCTIONS) * 3] as const;
      });
      return { stack, values: [1, 1_000_000] };
    });
  large = path.join(folder, 'large.pb.gz');
  writeFileSync(large, encodePprof({ functions: named, samples: stacks(20_000) }));
  writeFileSync(path.join(folder, 'small.pb.gz'), encodePprof({ functions: named, samples: stacks(20) }));
  bundle = await buildServer();
  server = await startServer(bundle.bundle, folder);
  small = await server.request('profile/open', { uri: uri(path.join(folder, 'small.pb.gz')) });
});

afterAll(async () => {
  await server?.stop();
  bundle?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Views that differ, so that no answer is kept from before; each takes a good while. */
const views = (info: ProfileInfo, kind: string): ViewParams[] =>
  Array.from({ length: 8 }, (_, i) => ({ profile: info.id, type: 1, ignore: `^${kind}_${i}$` }));

/** Threads of the server, as the system counts them. */
const threads = () => readdirSync(`/proc/${server.process.pid}/task`).length;

describe('a large profile', () => {
  it('gives the figures that a small one gives', async () => {
    const info = await server.request('profile/open', { uri: uri(large) });
    expect(info).toMatchObject({ samples: 20_000, functions: FUNCTIONS, totals: [20_000, 20_000 * 1_000_000] });
    const view = { profile: info.id, type: 0 };
    const { lines } = await server.request('profile/lineHeat', { view, uri: uri(source) });
    expect(lines.reduce((sum, line) => sum + line.self, 0)).toBe(20_000);
    const page = await server.request('profile/functions', { view, sort: 'self', descending: true, offset: 0, limit: 1000 });
    expect(page.rows.reduce((sum, row) => sum + row.self, 0)).toBe(20_000);
    const roots = await server.request('profile/tree', { view, node: -1 });
    expect(roots.rows.reduce((sum, row) => sum + row.total, 0)).toBe(20_000);
    await expect(server.request('profile/tree', { view, node: 2 ** 31 })).rejects.toMatchObject({ data: { code: 'no-such-node' } });
    const found = await server.request('profile/search', { view, search: 'work_7' });
    expect(found.funcs).toContain(functions.findIndex(([name]) => name === 'work_7'));
    expect(await server.request('profile/locate', { profile: info.id, func: 5 })).toEqual({ path: source, line: 16 });
  });

  it('leaves the server answering while it computes: heat and hover of another come in between', async () => {
    const info = await server.request('profile/open', { uri: uri(large) });
    const order: string[] = [];
    const heavy = views(info, 'one').map(async (view) => {
      await server.request('profile/flame', { view, root: -1, minFraction: 0.001 });
      order.push('heavy');
    });
    const view = { profile: small.id, type: 1 };
    await server.request('profile/activate', { view });
    await server.request('profile/lineHeat', { view, uri: uri(source) });
    const lenses = await server.connection.sendRequest('textDocument/codeLens', { textDocument: { uri: uri(source) } });
    order.push('light');
    await Promise.all(heavy);
    expect((lenses as unknown[]).length).toBeGreaterThan(5);
    expect(order.at(-1)).toBe('heavy');
  });

  it('answers who cancels at once, and never begins what waits', async () => {
    const info = await server.request('profile/open', { uri: uri(large) });
    const order: string[] = [];
    const sources = views(info, 'two').map(() => new CancellationTokenSource());
    const asked = views(info, 'two').map((view, i) =>
      server.connection.sendRequest('profile/flame', { view, root: -1, minFraction: 0.001 }, sources[i]!.token).then(
        () => order.push(`done ${i}`),
        (error: { code: number }) => order.push(`${error.code} ${i}`),
      ),
    );
    for (const i of [0, 1, 2, 3, 4, 5]) sources[i]!.cancel();
    await Promise.all(asked);
    expect(order).toEqual([...[0, 1, 2, 3, 4, 5].map((i) => `-32800 ${i}`), 'done 6', 'done 7']);
  });

  it('is freed with its thread when it is closed, and what waits is told so', async () => {
    const info = await server.request('profile/open', { uri: uri(large) });
    const waiting = views(info, 'three').map((view) =>
      server.request('profile/flame', { view, root: -1, minFraction: 0.001 }).then(
        () => 'done',
        (error: { data: { code: string } }) => error.data.code,
      ),
    );
    await server.request('profile/close', { profile: info.id });
    expect((await Promise.all(waiting)).filter((code) => code === 'not-open').length).toBeGreaterThan(6);
    const again = await server.request('profile/open', { uri: uri(large) });
    expect(again.id).not.toBe(info.id);
    await server.request('profile/close', { profile: again.id });
  });

  it.runIf(existsSync('/proc/self/task'))('leaves no thread behind: opened and closed, cancelled while it is read, broken', async () => {
    const settled = async (wanted: number) => {
      for (let i = 0; i < 400 && threads() > wanted; i++) await new Promise((resolve) => setTimeout(resolve, 25));
      return threads();
    };
    // As soon as what the tests before began has ended.
    let before = threads();
    for (let still = 0; still < 10; still = threads() === before ? still + 1 : 0) {
      before = threads();
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const broken = path.join(folder, 'broken.pb.gz');
    writeFileSync(broken, Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(100_000, 7)]));
    for (let round = 0; round < 3; round++) {
      const cancel = new CancellationTokenSource();
      const reading = server.connection.sendRequest('profile/open', { uri: uri(large), workDoneToken: 'x' }, cancel.token);
      cancel.cancel();
      await expect(reading).rejects.toMatchObject({ code: -32800 });
      await expect(server.request('profile/open', { uri: uri(broken) })).rejects.toMatchObject({ data: { code: expect.any(String) } });
      const opened = await server.request('profile/open', { uri: uri(large) });
      expect(threads()).toBeGreaterThan(before);
      await server.request('profile/close', { profile: opened.id });
    }
    expect(await settled(before)).toBeLessThanOrEqual(before);
  });

  it.runIf(existsSync('/proc/self/task'))(
    'of a recording that goes on leaves one thread in waiting, which the next one lives in',
    async () => {
      writeFileSync(`${large}.live`, readFileSync(large));
      const running = path.join(folder, 'large.pb.gz');
      const first = await server.request('profile/open', { uri: uri(running), live: { label: 'running' } });
      const settled = async (wanted: number) => {
        for (let i = 0; i < 400 && threads() !== wanted; i++) await new Promise((resolve) => setTimeout(resolve, 25));
        return threads();
      };
      await new Promise((resolve) => setTimeout(resolve, 500));
      const before = threads();
      const second = await server.request('profile/open', { uri: uri(large) });
      // The thread that waited is taken: no other was begun.
      expect(await settled(before)).toBe(before);
      expect(second.samples).toBe(20_000);
      await server.request('profile/close', { profile: first.id });
      await server.request('profile/close', { profile: second.id });
      expect(await settled(before - 2)).toBeLessThanOrEqual(before - 2);
      rmSync(`${large}.live`);
    },
  );

  it('that needs too much memory is one sentence, and the server lives on', async () => {
    const hungry = path.join(folder, 'hungry.collapsed');
    const line = (i: number) => `main;${'x'.repeat(60)}${i} 1`;
    writeFileSync(hungry, Array.from({ length: 300_000 }, (_, i) => line(i)).join('\n'));
    const poor = await startServer(bundle.bundle, folder, ['--max-old-space-size=24']);
    try {
      await expect(poor.request('profile/open', { uri: uri(hungry) })).rejects.toMatchObject({
        message: 'The profile needs more memory than there is.',
        data: { code: 'too-large' },
      });
      const other = await poor.request('profile/open', { uri: uri(path.join(folder, 'small.pb.gz')) });
      expect(other.samples).toBe(20);
    } finally {
      await poor.stop();
    }
  });

  it('whose thread breaks down is refused once to everyone who waits, and can be opened again', async () => {
    const program = path.join(folder, 'breakdown.cjs');
    const from = (name: string) => JSON.stringify(path.join(import.meta.dirname, '../../src/server', name));
    await build({
      stdin: {
        contents: `
          import { isMainThread, workerData } from 'node:worker_threads';
          import { AnalysisThread } from ${from('threads/thread.ts')};
          import { runWorker } from ${from('threads/worker.ts')};
          async function main() {
            const thread = await AnalysisThread.open(process.argv[2], {});
            const view = { profile: '1', type: 1 };
            const asked = [0, 1, 2].map((i) => thread.ask('flame', { view: { ...view, focus: 'work_' + i }, root: -1, minFraction: 0.01, inverted: false }));
            const told = Promise.allSettled(asked);
            void thread.worker.terminate();
            const codes = (await told).map((one) => one.reason?.name + ' ' + one.reason?.code);
            const again = await thread.ask('facts', null).catch((error) => error.code);
            const second = await AnalysisThread.open(process.argv[2], {});
            const facts = await second.ask('facts', null);
            second.dispose();
            console.log(JSON.stringify({ codes, again, alive: [thread.alive, second.alive], samples: facts.samples }));
          }
          if (isMainThread) void main();
          else void runWorker(workerData);
        `,
        resolveDir: folder,
        loader: 'ts',
      },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
    });
    const child = spawn(process.execPath, [program, large], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    // It ends by itself: no thread keeps it alive.
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    expect(JSON.parse(text)).toEqual({
      codes: ['ReadError io', 'ReadError io', 'ReadError io'],
      again: 'io',
      alive: [false, false],
      samples: 20_000,
    });
  });
});
