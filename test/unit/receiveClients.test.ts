// `heatline receive` and the clients themselves: ddtrace and pyroscope-io send what they measured of a program whose truth its own clock tells.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { readFacts } from '../../src/windows/facts.js';
import { clientsPython } from '../rig/clients.js';
import { goPprof, hasGo } from './goJudge.js';
import { openReceiver, type ReceiverKit } from './receiveKit.js';

const python = clientsPython();
const has = existsSync(python) && process.platform === 'linux';
if (!has && process.env.CI) throw new Error(`${python} is missing: node test/rig/run.mjs tools installs it.`);

const TOKEN = 'a-long-token';
/** Prints the processor time of its functions, and what it waited for a lock, in seconds. */
const PROGRAM = `
import json, sys, threading, time
lock = threading.Lock()
def burn(seconds):
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        sum(range(300))
    return time.thread_time() - began
def hot(): return burn(1.2)
def cold(): return burn(0.4)
def keeper(taken):
    with lock:
        taken.set()
        time.sleep(0.5)
def work():
    taken = threading.Event()
    thread = threading.Thread(target=keeper, args=(taken,), name="keeper")
    thread.start()
    taken.wait()
    began = time.perf_counter()
    lock.acquire()
    waited = time.perf_counter() - began
    lock.release()
    thread.join()
    return {"hot": hot(), "cold": cold(), "waited": waited}
`;

describe.skipIf(!has)('real clients', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heatline-clients-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = async (name: string, text: string, args: readonly string[], env: Readonly<Record<string, string>>) => {
    writeFileSync(join(folder, name), text);
    const child = spawn(python, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, log] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      log += chunk;
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(status, log).toBe(0);
    return { out: out.trim(), log };
  };
  /** Seconds of a value type, by function, over all windows; totals. */
  const seconds = async (kit: ReceiverKit, type: string) => {
    const sums: Record<string, number> = {};
    for (const window of kit.windows()) {
      const profile = await readProfile(fileSource(join(kit.folder, window)));
      const column = profile.sampleTypes.findIndex((one) => one.type === type);
      expect(column).toBeGreaterThanOrEqual(0);
      const { total } = functionTable(profile, { type: column });
      for (let func = 0; func < profile.functions.length; func++) {
        const name = profile.strings[profile.functions.name[func]!]!;
        sums[name] = (sums[name] ?? 0) + total[func]! / 1e9;
      }
    }
    return sums;
  };
  /** The same as go tool pprof adds it up. */
  const judged = (kit: ReceiverKit, type: string) => {
    const options = ['-top', '-cum', '-nodecount=10000', '-nodefraction=0', '-edgefraction=0', '-unit=ms', `-sample_index=${type}`];
    const text = goPprof([...options, ...kit.windows().map((window) => join(kit.folder, window))]);
    const of = (name: string) => Number(new RegExp(`([\\d.]+)ms\\s+[\\d.]+%\\s+(?:\\S+\\.)?${name}$`, 'm').exec(text)?.[1] ?? 0) / 1000;
    return of;
  };

  test('ddtrace, through a token in the URL: processor time, lock and names are right', async () => {
    const kit = await openReceiver({ token: TOKEN });
    const env = {
      DD_SERVICE: 'shop',
      DD_VERSION: '2.7',
      DD_ENV: 'prod',
      DD_TAGS: 'region:eu',
      DD_PROFILING_ENABLED: '1',
      DD_PROFILING_CAPTURE_PCT: '100',
      DD_PROFILING_UPLOAD_INTERVAL: '1',
      DD_TRACE_ENABLED: '0',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: '0',
      DD_TRACE_AGENT_URL: kit.url.replace('http://', `http://any:${TOKEN}@`),
    };
    const ran = await run(
      'app.py',
      `${PROGRAM}\nprint(json.dumps(work()))\n`,
      ['-m', 'ddtrace.commands.ddtrace_run', python, 'app.py'],
      env,
    );
    const truth = JSON.parse(ran.out);
    expect(kit.figures.refused).toEqual({});
    expect(kit.windows().length).toBeGreaterThan(1);
    for (const window of kit.windows()) {
      expect(window).toMatch(/^date=[\d-]+\/service=shop\//);
      const facts = await readFacts(kit.folder, window);
      expect(facts).toMatchObject({
        service: 'shop',
        version: '2.7',
        tags: { env: 'prod', region: 'eu', language: 'python', runtime: 'CPython' },
      });
      expect(facts.processId).toBeGreaterThan(0);
      expect(facts.types).toHaveLength(19);
    }
    const cpu = await seconds(kit, 'cpu-time');
    // What ddtrace measures may be a tenth off; what we make of it is not.
    expect(Math.abs(cpu.hot! / truth.hot - 1)).toBeLessThan(0.25);
    expect(cpu.hot! / cpu.cold!).toBeGreaterThan(2);
    const waits = await seconds(kit, 'lock-acquire-wait');
    expect(Math.abs(waits.work! - truth.waited)).toBeLessThan(0.1);
    const locks = await Promise.all(kit.windows().map(async (window) => (await readFacts(kit.folder, window)).labels['lock name'] ?? []));
    expect(locks.flat()).toContainEqual(expect.stringMatching(/^app\.py:\d+:lock$/));
    if (!hasGo) return;
    for (const name of ['hot', 'cold']) expect(Math.abs(judged(kit, 'cpu-time')(name) - cpu[name]!)).toBeLessThan(0.002);
    expect(Math.abs(judged(kit, 'lock-acquire-wait')('work') - waits.work!)).toBeLessThan(0.002);
  });

  test('pyroscope-io, with a password: times, tags and labels are right', async () => {
    const kit = await openReceiver({ token: TOKEN });
    const configure = `
import pyroscope
pyroscope.configure(application_name="shop.app", server_address=${JSON.stringify(kit.url)}, sample_rate=100, oncpu=True, gil_only=True,
    basic_auth_username="any", basic_auth_password=${JSON.stringify(TOKEN)}, tags={"region": "eu", "version": "1.2"})
def timed(function):
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
with pyroscope.tag_wrapper({"route": "/buy"}):
    truth = {"hot": timed(hot)}
truth["cold"] = timed(cold)
print(json.dumps(truth))
pyroscope.shutdown()
`;
    const { out } = await run('pyro.py', PROGRAM + configure, ['pyro.py'], {});
    const truth = JSON.parse(out);
    expect(kit.figures).toMatchObject({ refused: {}, received: kit.windows().length });
    expect(kit.windows().length).toBeGreaterThan(0);
    for (const window of kit.windows()) {
      expect(window).toMatch(/^date=[\d-]+\/service=shop\.app\//);
      const facts = await readFacts(kit.folder, window);
      expect(facts).toMatchObject({ service: 'shop.app', version: '1.2', tags: { region: 'eu', runtime: 'cpython' } });
      expect(facts.profileId).toMatch(/^[0-9a-f-]{36}$/);
      // The program's own clock, not the window's: what it sent last began a few seconds ago.
      expect(Math.abs(Number(facts.startNanos / 1_000_000n) - Date.now())).toBeLessThan(120_000);
    }
    const cpu = await seconds(kit, 'cpu');
    // It looks every 10 ms who holds Python's lock, so a busy machine's waits are in it.
    expect(Math.abs(cpu.hot! / truth.hot - 1)).toBeLessThan(0.35);
    expect(Math.abs(cpu.cold! / truth.cold - 1)).toBeLessThan(0.5);
    const labelled = await Promise.all(kit.windows().map(async (window) => (await readFacts(kit.folder, window)).labels.route ?? []));
    expect(new Set(labelled.flat())).toEqual(new Set(['/buy']));
    if (!hasGo) return;
    for (const name of ['hot', 'cold']) expect(Math.abs(judged(kit, 'cpu')(name) - cpu[name]!)).toBeLessThan(0.002);
  });

  test('ddtrace, over a unix socket: tasks of asyncio keep their names', async () => {
    const path = join(folder, 'agent.sock');
    const kit = await openReceiver({ listen: [`unix:${path}`] });
    const tasks = `
import asyncio
spent = {"soup": 0, "salad": 0}
async def cook(name, seconds):
    for _ in range(5):
        spent[name] += burn(seconds)
        await asyncio.sleep(0.01)
async def main():
    await asyncio.gather(*(asyncio.create_task(cook(*each), name=each[0]) for each in (("soup", 0.09), ("salad", 0.03))))
asyncio.run(main())
print(json.dumps(spent))
`;
    const { out } = await run('tasks.py', PROGRAM + tasks, ['-m', 'ddtrace.commands.ddtrace_run', python, 'tasks.py'], {
      DD_SERVICE: 'kitchen',
      DD_PROFILING_ENABLED: '1',
      DD_TRACE_ENABLED: '0',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: '0',
      DD_TRACE_AGENT_URL: `unix://${path}`,
    });
    expect(kit.figures.refused).toEqual({});
    const truth = JSON.parse(out);
    const found = { soup: 0, salad: 0 };
    for (const window of kit.windows()) {
      const { labels, labelTotals, types } = await readFacts(kit.folder, window);
      const column = types.findIndex(({ type }) => type === 'cpu-time');
      for (const name of ['soup', 'salad'] as const) {
        const at = labels['task name']?.indexOf(name) ?? -1;
        if (at >= 0) found[name] += labelTotals['task name']![at]![column]! / 1e9;
      }
    }
    for (const name of ['soup', 'salad'] as const) expect(Math.abs(found[name] - truth[name]), name).toBeLessThan(0.2);
    expect(found.soup).toBeGreaterThan(found.salad * 1.5);
  });
});
