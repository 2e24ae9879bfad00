// The agent of python/heatline (docs/production.md): its windows and its endpoint, as `go tool pprof` and the command see them.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maskSecrets } from '../../src/engines/index.js';
import { cliKit } from './cliKit.js';
import { goPprof, hasGo, judge } from './goJudge.js';

const { folder, json, start } = cliKit();
const packages = resolve(import.meta.dirname, '../../python');
const environment = { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' };
const TOKEN = 'a-long-token';
const BURN = `
import time
def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until: sum(range(200))
def hot(seconds): burn(seconds)
def cold(seconds): burn(seconds)
`;

/** Threads that keep memory, and wait for each other. */
const WAITS = `
import threading
lock, kept = threading.Lock(), []
def keep():
    kept.append([bytes(1000) for _ in range(20)])
    if len(kept) > 1000: kept.clear()
def take():
    with lock: time.sleep(0.001)
def serve():
    while True:
        keep(); take()
for _ in range(3): threading.Thread(target=serve, daemon=True).start()
`;

describe('a folder of windows', () => {
  const windows = join(folder, 'windows');

  beforeAll(() => {
    const begin = `import heatline; heatline.agent(${JSON.stringify(windows)}, service='shop', window=0.7, cost=1)\n`;
    const work =
      "for _ in range(6):\n    with heatline.labels(route='/hot'): hot(0.3)\n    with heatline.labels(route='/cold'): cold(0.1)\n";
    writeFileSync(join(folder, 'app.py'), begin + BURN + work);
    execFileSync('python3', [join(folder, 'app.py')], { env: environment });
  });
  const files = () => readdirSync(windows).map((name) => join(windows, name));

  test.skipIf(!hasGo)('are the same to go tool pprof and to the command', () => {
    expect(files().length).toBeGreaterThan(1);
    for (const [index, file] of files().entries()) {
      for (const type of ['samples', 'wall', 'cpu']) {
        const judged = judge(file, type, type === 'samples' ? 'count' : 'ns', '-functions');
        const top = json('top', file, '--value', type);
        expect(top.total, `${index} ${type}`).toBe(judged.total);
        for (const each of top.functions) {
          if (each.name === 'hot' || each.name === 'cold') expect([each.self, each.total]).toEqual(judged.rows[each.name]);
        }
      }
    }
  });

  test.skipIf(!hasGo || process.platform !== 'linux')('added up by go tool pprof, functions and routes have their shares', () => {
    const seconds = (...options: string[]) => {
      const text = goPprof(['-top', '-cum', '-nodecount=100', '-unit=ms', '-sample_index=cpu', ...options, ...files()]);
      const share = (name: string) => Number(new RegExp(`([\\d.]+)ms\\s+[\\d.]+%\\s+${name}$`, 'm').exec(text)?.[1] ?? 0) / 1000;
      return [share('hot'), share('cold')] as const;
    };
    const [hot, cold] = seconds();
    expect(Math.abs(hot - 1.8)).toBeLessThan(0.25);
    expect(Math.abs(cold - 0.6)).toBeLessThan(0.25);
    expect(seconds('-tagfocus=route=/hot')[1]).toBe(0);
    expect(Math.abs(seconds('-tagfocus=route=/cold')[1] - cold)).toBeLessThan(0.1);
  });

  test('tells whose it is', () => {
    const told = json('info', files()[0]!);
    expect(JSON.stringify(told)).toContain('service=shop');
    expect(told.quality).toMatchObject({ engine: 'agent', rateAsked: 100 });
  });
});

describe('the endpoint', () => {
  let service: ChildProcess;
  let url = '';

  beforeAll(async () => {
    const settings = `service='shop', cost=1, memory=True, locks=5, endpoint='127.0.0.1:0', token='${TOKEN}'`;
    const begin = `import heatline; agent = heatline.agent(${JSON.stringify(join(folder, 'served'))}, ${settings})\n`;
    writeFileSync(
      join(folder, 'service.py'),
      `${begin}${BURN}${WAITS}print(agent.address, flush=True)\nwhile True:\n    hot(0.03); cold(0.01)\n`,
    );
    service = spawn('python3', [join(folder, 'service.py')], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
    url = await new Promise<string>((told, failed) => {
      service.stdout!.once('data', (chunk) => told(String(chunk).trim()));
      service.once('exit', () => failed(new Error('the service ended')));
    });
  });
  afterAll(() => service?.kill('SIGKILL'));

  test('heatline fetch gets a profile', async () => {
    const header = ['--header', `Authorization: Bearer ${TOKEN}`];
    const { status, stderr } = await start(['fetch', `${url}profile`, '--seconds', '2', ...header, '-o', 'fetched.pb.gz']);
    expect([status, stderr]).toEqual([0, expect.stringMatching(/→ fetched\.pb\.gz\n$/)]);
    const { functions } = json('top', 'fetched.pb.gz', '--value', 'wall');
    const total = (name: string) => functions.find((each: { name: string }) => each.name === name)?.total ?? 0;
    expect(total('hot')).toBeGreaterThan(total('cold'));
    expect(total('cold')).toBeGreaterThan(0);
    expect((await start(['fetch', '--list', url, ...header])).stdout).toBe('profile\nheap\nmutex\nblock\n');
  });

  test('heatline fetch says in a sentence what is not there, and what is refused', async () => {
    const heap = await start(['fetch', `${url}goroutine`, '--header', `Authorization: Bearer ${TOKEN}`, '-o', 'none.pb.gz']);
    expect(heap.status).not.toBe(0);
    expect(heap.stderr).toContain('404');
    const refused = await start(['fetch', `${url}profile`, '--seconds', '1', '-o', 'none.pb.gz']);
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain('401');
  });

  test.skipIf(!hasGo)('go tool pprof gets a profile by its own way', () => {
    const address = `${url.replace('http://', `http://any:${TOKEN}@`)}profile?seconds=2`;
    const out = join(folder, 'by-go.pb.gz');
    goPprof(['-proto', '-output', out, address], { env: { ...environment, PPROF_TMPDIR: folder } });
    expect(goPprof(['-top', '-sample_index=wall', out])).toMatch(/\bhot$/m);
    expect(json('top', out, '--value', 'wall').functions.some((each: { name: string }) => each.name === 'cold')).toBe(true);
  });

  test.skipIf(!hasGo).each([
    ['heap', 'kept_space', 'keep'],
    ['mutex', 'lock-release-hold', 'take'],
    ['block', 'lock-acquire-wait', 'take'],
  ])('go tool pprof gets %s, and shows %s first', (kind, shown, name) => {
    const out = join(folder, `${kind}.pb.gz`);
    const address = `${url.replace('http://', `http://any:${TOKEN}@`)}${kind}?seconds=2`;
    goPprof(['-proto', '-output', out, address], { env: { ...environment, PPROF_TMPDIR: folder } });
    expect(goPprof(['-top', out])).toMatch(new RegExp(`Type: ${shown}$`, 'm'));
    const unit = shown === 'kept_space' ? 'B' : 'ns';
    const judged = judge(out, shown, unit, '-functions');
    const top = json('top', out, '--value', shown);
    expect(judged.total).toBeGreaterThan(0);
    expect(top.total).toBe(judged.total);
    const mine = top.functions.find((each: { name: string }) => each.name === name);
    expect([mine.self, mine.total]).toEqual(judged.rows[name]);
  });
});

test('secrets in command lines are masked as those of recordings', () => {
  const lines = [
    ['app.py', '--password', 'hunter2', '-v', '--api_key', 'k', '--apiKey=k2', '--token', '--verbose', '--token', '-abc=1'],
    ['env', 'AWS_SECRET_ACCESS_KEY=abc', 'PATH=/bin', 'SECRET=', '--author', 'ada', '--passes', '3', '--monkey=1', '--tokenFile', 'x'],
    [
      'app.py',
      'postgres://ada:lovelace@db/shop',
      'redis://:pw@cache:6379/0',
      'https://x.org/?user=a&access_token=zzz&n=1;sig=1;signature=2',
    ],
    [
      'x',
      'ghp_0123456789abcdefghijABCDEFGHIJ',
      'AKIAABCDEFGHIJKLMNOP',
      'eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.sig-nature',
      'sk-proj-abcdefghijk',
    ],
    ['curl', 'Authorization: Bearer abcdefghijk', 'x-api-key: 1\ncookie: 2', 'Basic dXNlcjpwYXNzd29yZA==', '/password', 'x', '/p:x'],
    ['python', '-c', 'connect(host="x", password="hunter2", pässword=1, token_url=\'y\')', 'a=b\nc', '--dsn=', '--dsn=1=2', 'pwd=x'],
  ];
  const ask =
    'import json, sys; from heatline.agent.secrets import mask_secrets as m; print(json.dumps([m(w) for w in json.load(sys.stdin)]))';
  const masked = execFileSync('python3', ['-c', ask], { env: environment, input: JSON.stringify(lines), encoding: 'utf8' });
  expect(JSON.parse(masked)).toEqual(lines.map(maskSecrets));
});
