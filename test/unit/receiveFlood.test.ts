// `heatline receive` as a process, flooded, fed garbage and bombs, held up, killed: whatever it answered with success is on the disk, whole.
// HEATLINE_FLOOD=20000 sends more than is usual.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { cliKit } from './cliKit.js';
import { goPprof, hasGo } from './goJudge.js';
import { post, profileOf, push, pushOf, windowsIn } from './receiveKit.js';

const { cli, folder } = cliKit();
const POSTS = Number(process.env.HEATLINE_FLOOD ?? 1200);
const AT_ONCE = 100;
const KILLS = 3;
const LORISES = 600;

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  /** Its exit status or signal, and what it printed. */
  readonly ended: Promise<{ status: number | null; out: string; log: string }>;
}

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

async function start(store: string, ...options: string[]): Promise<Running> {
  const child = spawn(process.execPath, [cli, 'receive', store, '--listen', '127.0.0.1:0', ...options], { cwd: folder });
  running.add(child);
  let [out, log] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = new Promise<{ status: number | null; out: string; log: string }>((resolve) =>
    child.once('close', (status) => {
      running.delete(child);
      resolve({ status, out, log });
    }),
  );
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const found = /Listening on (\S+),/.exec(out);
      if (found !== null) resolve(found[1]!);
    });
    void ended.then(() => reject(new Error(`it ended: ${log}`)));
  });
  return { child, url, ended };
}

/** Names of the marked functions in all windows, with their values; throws when one is not whole. */
async function marksIn(store: string): Promise<Map<string, number>> {
  const marks = new Map<string, number>();
  for (const window of windowsIn(store)) {
    const profile = await readProfile(fileSource(join(store, window)));
    expect(profile.warnings, window).toEqual([]);
    const name = profile.strings.find((text) => /^w\d+$/.test(text))!;
    expect(marks.has(name), `${name} is there twice`).toBe(false);
    marks.set(name, Number(profile.samples.values[0]![0]));
  }
  return marks;
}

test('a flood with garbage, bombs, slow clients and kill -9: nothing that was acknowledged is lost', async () => {
  const store = join(folder, 'flooded');
  let receiver = await start(store);
  const acknowledged = new Map<string, number>();
  const tried = { whole: 0, garbage: 0, cut: 0, bombs: 0, huge: 0, repeated: 0, 'kill -9': 0, 'slow clients': 0 };
  const answers: Record<string, number> = {};
  const bomb = gzipSync(Buffer.alloc(160 << 20));
  const began = Date.now();
  let next = 0;
  let killed = 0;
  const lorises: Socket[] = [];
  const loris = (head: string) => {
    const { hostname, port } = new URL(receiver.url);
    const socket = connect(Number(port), hostname, () => socket.write(head));
    socket.on('error', () => {});
    lorises.push(socket);
    tried['slow clients']++;
  };
  for (let i = 0; i < LORISES; i++) loris(i % 2 === 0 ? 'POST /ingest?name=slow HTTP/1.1\r\nHost: 127.0' : slowBody);

  const labels = { service_name: 'flood' };
  const whole = (i: number): Uint8Array => pushOf([profileOf(`w${i}`, i + 1, began + i)], labels, [`id-${i}`]);
  const send = async (i: number): Promise<void> => {
    const kind = i % 20;
    const { url } = receiver;
    let answer: Promise<{ status: number }>;
    let expected: 'any' | 'error' = 'error';
    if (kind === 3) {
      tried.garbage++;
      answer = push(url, Buffer.from(`garbage ${i} \u0000\u00ff`.repeat(50)));
    } else if (kind === 7) {
      tried.cut++;
      const message = whole(i);
      answer = push(url, message.subarray(0, message.length - 7));
    } else if (kind === 11 && i % 200 === 11) {
      tried.bombs++;
      answer = push(url, pushOf([bomb], labels));
    } else if (kind === 13 && i % 200 === 13) {
      tried.huge++;
      answer = post(`${url}/ingest?name=huge`, Buffer.alloc(33 << 20));
    } else if (kind === 17 && acknowledged.has(`w${i - 217}`)) {
      tried.repeated++;
      answer = push(url, whole(i - 217));
      expected = 'any';
    } else {
      tried.whole++;
      answer = push(url, whole(i));
      expected = 'any';
      const { status } = await answer.catch(() => ({ status: 0 }));
      if (status === 200) acknowledged.set(`w${i}`, i + 1);
    }
    const { status } = await answer.catch(() => ({ status: 0 }));
    answers[status === 0 ? 'cut off' : status] = (answers[status === 0 ? 'cut off' : status] ?? 0) + 1;
    if (expected === 'error') expect(status).not.toBe(200);
  };
  // While one is begun anew, clients wait.
  let again: Promise<void> = Promise.resolve();
  const kill = async (): Promise<void> => {
    tried['kill -9']++;
    const { child, ended } = receiver;
    child.kill('SIGKILL');
    await ended;
    receiver = await start(store);
  };
  const worker = async (): Promise<void> => {
    while (next < POSTS) {
      const i = next++;
      if (killed < KILLS && i > ((killed + 1) * POSTS) / (KILLS + 1)) {
        killed++;
        again = kill();
      }
      await again;
      await send(i);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (Date.now() - began) / 1000;
  for (const socket of lorises) socket.destroy();
  receiver.child.kill('SIGTERM');
  const { status, out, log } = await receiver.ended;
  expect(status, log).toBe(0);
  expect(out).toMatch(/\d+ received, [\d,]+ windows? written/);
  expect(log).not.toMatch(/should not have happened/);

  const found = await marksIn(store);
  const lost = [...acknowledged].filter(([name, value]) => found.get(name) !== value);
  const unasked = [...found.keys()].filter((name) => !acknowledged.has(name));
  const figures = { tried, answers, acknowledged: acknowledged.size, onDisk: found.size, lost: lost.length, seconds };
  console.log(`flood: ${JSON.stringify(figures)}`);
  expect(lost).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(POSTS / 2);
  // What was written but not answered any more: at most what was in the air at the kills.
  expect(unasked.length).toBeLessThanOrEqual(KILLS * AT_ONCE);
  if (hasGo) {
    const text = goPprof(['-top', '-unit=ns', ...windowsIn(store).map((window) => join(store, window))]);
    const sum = [...found.values()].reduce((total, value) => total + value, 0);
    expect(Number(/of ([\d.]+)ns total/.exec(text)?.[1])).toBe(sum);
  }
});

const slowBody = 'POST /ingest?name=slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 30000000\r\n\r\nabc';

test('while hundreds of slow clients hold on, others are served', async () => {
  const store = join(folder, 'held');
  const { child, url, ended } = await start(store);
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  for (let i = 0; i < 1100; i++) {
    const socket = connect(Number(port), hostname, () => socket.write('POST /ingest HTTP/1.1\r\nHo'));
    socket.on('error', () => {});
    sockets.push(socket);
  }
  // Not `pending`, which those are too that were sent away.
  await expect.poll(() => sockets.filter((socket) => socket.connecting).length).toBe(0);
  // Each takes a place from one of those, once these have had their time.
  const pushed = () => push(url, pushOf([profileOf('w1')], {})).catch(() => ({ status: 0 }));
  await expect.poll(async () => (await pushed()).status).toBe(200);
  for (const socket of sockets) socket.destroy();
  child.kill('SIGINT');
  expect((await ended).status).toBe(0);
  expect(windowsIn(store)).toHaveLength(1);
});

test('the command says what is wrong, and tells its figures as JSON', async () => {
  const { heatline, start: run } = cliKit();
  expect(heatline('receive', 'x', '--listen', '0.0.0.0:4040')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^heatline: --listen 0\.0\.0\.0:4040: beyond loopback a token is wanted/),
  });
  expect(heatline('receive', 'x', '--keep-bytes', 'much')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^heatline: .*bytes are wanted/),
  });
  expect(heatline('receive', 'x', '--token-file', 'gone')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/this file cannot be read/),
  });
  const store = join(folder, 'json');
  const ran = await run(['receive', store, '--listen', `unix:${join(folder, 'r.sock')}`, '--json'], {}, (child) => {
    child.stderr!.once('data', () => child.kill('SIGTERM'));
  });
  expect(ran.status).toBe(0);
  expect(JSON.parse(ran.stdout)).toEqual({
    folder: store,
    addresses: [`unix:${join(folder, 'r.sock')}`],
    received: 0,
    written: 0,
    bytes: 0,
    repeated: 0,
    refused: {},
    dropped: 0,
  });
  expect(existsSync(join(folder, 'r.sock'))).toBe(false);
  expect(readdirSync(store)).toEqual([]);
});
