// A real Go service with net/http/pprof: what is fetched is what `go tool pprof` sees in it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { fileSource } from '../../src/core/formats/source.js';
import { cliKit } from './cliKit.js';
import { functionsOf, goName, goPprof, hasGo, judge, UNITS } from './goJudge.js';
import { startProxy } from './webProxy.js';

const { heatline, json, run, start, folder, files } = cliKit();

describe.skipIf(!hasGo)('fetch from a Go service', () => {
  let service: ChildProcess;
  let http = '';
  let https = '';
  const certificate = join(folder, 'cert.pem');

  beforeAll(async () => {
    const program = join(folder, process.platform === 'win32' ? 'service.exe' : 'service');
    execFileSync('go', ['build', '-o', program, join(import.meta.dirname, '../fixtures/go-service/main.go')], { stdio: 'pipe' });
    service = spawn(program, [certificate], { stdio: ['pipe', 'pipe', 'ignore'] });
    let text = '';
    await new Promise<void>((resolve, reject) => {
      service.stdout!.on('data', (chunk) => {
        text += chunk;
        if (text.includes('\n')) resolve();
      });
      service.once('exit', () => reject(new Error('the service ended')));
    });
    ({ http, https } = JSON.parse(text));
  });
  afterAll(() => {
    // Its stdin ends, and so does it.
    service?.stdin?.end();
  });

  test.each([
    ['profile', ['--seconds', '1'], 'cpu'],
    ['heap', [], 'inuse_space'],
    ['allocs', [], 'alloc_space'],
    ['mutex', [], 'delay'],
    ['block', [], 'delay'],
    ['goroutine', [], 'goroutine'],
    ['threadcreate', [], 'threadcreate'],
  ])('%s: as go tool pprof -top sees it', async (kind, options, shown) => {
    const out = `${kind}.pb.gz`;
    const { status, stderr } = heatline('fetch', `${http}/debug/pprof/${kind}`, ...options, '-o', out);
    expect(stderr).toMatch(new RegExp(`^heatline: .* → ${kind}\\.pb\\.gz\n$`));
    expect(status).toBe(0);
    const profile = await readProfile(fileSource(join(folder, out)));
    for (const [index, { type, unit }] of profile.sampleTypes.entries()) {
      const judged = judge(join(folder, out), type, UNITS[unit]!, '-filefunctions');
      const top = json('top', out, '--value', type);
      expect(top.total).toBe(judged.total);
      expect(functionsOf(profile, index)).toEqual(judged.rows);
      const figures = top.functions.filter(({ self, total }: { self: number; total: number }) => self !== 0 || total !== 0);
      expect(figures).toHaveLength(Object.keys(judged.rows).length);
    }
    expect(json('top', out).valueType.type).toBe(shown);
  });

  test('the work is found where it is', () => {
    expect(json('top', 'profile.pb.gz').functions[0]).toMatchObject({ name: 'main.digest' });
    expect(json('top', 'heap.pb.gz').functions[0]).toMatchObject({ name: 'main.keep' });
    expect(json('info', 'profile.pb.gz').durationNanos).toBeGreaterThan(0.9e9);
  });

  test('list and peek as go tool pprof -list and -peek see it', () => {
    const go = (...args: string[]) => goPprof(['-unit=ns', ...args, join(folder, 'profile.pb.gz')]);
    const figure = (text: string) => (text === '.' ? 0 : Number.parseFloat(text));
    const theirs = new Map<string, string[]>();
    let routine: string[] = [];
    for (const line of go('-list', '^(main|runtime)\\.').split('\n')) {
      const head = /^ROUTINE =+ (\S+) in/.exec(line);
      if (head !== null) {
        routine = [];
        theirs.set(head[1]!, routine);
      }
      const [, self, total, at] = /^\s*(\.|[\d.]+ns)\s+(\.|[\d.]+ns)\s+(\d+):/.exec(line) ?? [];
      if (at !== undefined && !(self === '.' && total === '.')) routine.push(`${at} ${figure(self!)} ${figure(total!)}`);
    }
    const ours = new Map<string, string[]>();
    for (const { name, lines } of json('list', 'profile.pb.gz', '^(main|runtime)\\.').functions) {
      ours.set(
        name,
        lines.map(({ line, self, total }: { line: number; self: number; total: number }) => `${line} ${self} ${total}`),
      );
    }
    expect(theirs.size).toBeGreaterThan(0);
    for (const [name, lines] of theirs) expect([name, ours.get(name)]).toEqual([name, lines]);

    const callees = go('-peek', '^main\\.worker$')
      .split('\n')
      .map((line) => /^\s+(\d+)ns\s+\S+ \|\s+(main\.\S+)/.exec(line))
      .filter((row) => row !== null)
      .map(([, total, name]) => `${name} ${total}`);
    const [worker] = json('peek', 'profile.pb.gz', '^main\\.worker$').functions;
    const mine = worker.callees.filter(({ name }: { name: string }) => name.startsWith('main.'));
    expect(mine.map(({ name, total }: { name: string; total: number }) => `${name} ${total}`)).toEqual(callees);
    expect(callees.length).toBeGreaterThan(0);
    expect(heatline('list', 'profile.pb.gz', 'main.digest').stdout).toMatch(/^ROUTINE =+ main\.digest in .*main\.go\n.*\(flat, cum\)/m);
  });

  test('https: not trusted, trusted by its authority, and by no question', () => {
    const url = `https://${https}/debug/pprof/heap`;
    const before = files();
    expect(heatline('fetch', url, '-o', 't.pb.gz')).toMatchObject({ status: 3, stderr: expect.stringContaining('--cacert FILE') });
    expect(heatline('fetch', `http://${https}/debug/pprof/heap`, '-o', 't.pb.gz').stderr).toContain('HTTP request to an HTTPS server');
    expect(heatline('fetch', `https://${http}/debug/pprof/heap`, '-o', 't.pb.gz').stderr).toContain('perhaps it is http://');
    expect(files()).toEqual(before);
    expect(heatline('fetch', url, '--cacert', certificate, '-o', 't.pb.gz').status).toBe(0);
    expect(heatline('fetch', url, '--insecure', '-o', 't.pb.gz').status).toBe(0);
    // The authority must be the right one.
    expect(readFileSync(certificate, 'utf8')).toContain('BEGIN CERTIFICATE');
  });

  test('https through a proxy: it sees the name of the service and nothing else', async () => {
    const proxy = await startProxy();
    try {
      // The certificate of the service is good for this name, which nobody but the proxy knows.
      const url = `https://service.test:${https.split(':').at(-1)}/debug/pprof/heap`;
      const fetch = (...more: string[]) =>
        start(['fetch', url, '-o', 'via.pb.gz', ...more], {
          env: { HTTPS_PROXY: `http://it:hush@${proxy.host}`, https_proxy: '', NO_PROXY: '', no_proxy: '' },
        });
      expect(await fetch('--cacert', certificate)).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/^heatline: .* → via\.pb\.gz\n$/),
      });
      expect(proxy.seen).toEqual([{ what: `CONNECT service.test:${https.split(':').at(-1)}`, login: 'it:hush' }]);
      expect(await fetch()).toMatchObject({ status: 3, stderr: expect.stringContaining('--cacert FILE') });
      proxy.refuse = 403;
      expect(await fetch('--insecure')).toMatchObject({
        status: 3,
        stderr: expect.stringContaining(`${proxy.host} (HTTPS_PROXY) answered 403`),
      });
    } finally {
      proxy.close();
    }
  });

  test('answers for people are explained, and a profile that is not there', () => {
    const said = (path: string) => run(['fetch', `${http}/debug/pprof/${path}`, '-o', 'x.pb.gz']);
    expect(said('goroutine?debug=2')).toMatchObject({ status: 3, stderr: expect.stringContaining('leave debug out of the URL') });
    expect(said('trace?seconds=1')).toMatchObject({ status: 3, stderr: expect.stringContaining('go tool trace') });
    expect(said('cmdline').stderr).toContain("the service's command line");
    expect(said('nope').stderr).toMatch(/\(404\); this service offers .*heap.*mutex.*profile/);
  });

  test('a heap profile of the next seconds is the change in them', () => {
    expect(heatline('fetch', `${http}/debug/pprof/allocs`, '--seconds', '1', '-o', 'delta.pb.gz').status).toBe(0);
    expect(json('top', 'delta.pb.gz', '--value', 'alloc_space').total).toBeGreaterThan(0);
  });

  test.each([[[]], [['-normalize']]])('diff as go tool pprof -diff_base sees it %s', (flags) => {
    // Comparing with what was before counts the growth.
    expect(heatline('fetch', `${http}/debug/pprof/allocs`, '-o', 'later.pb.gz').status).toBe(0);
    expect(heatline('diff', 'allocs.pb.gz', 'later.pb.gz', '--fail-on', 'alloc>+1kB').status).toBe(1);
    const { rows } = judge(join(folder, 'later.pb.gz'), 'alloc_space', 'B', '-filefunctions', [
      ...flags,
      `-diff_base=${join(folder, 'allocs.pb.gz')}`,
    ]);
    const normalize = flags.length > 0 ? ['--normalize'] : [];
    const { functions } = json('diff', 'allocs.pb.gz', 'later.pb.gz', '--value', 'alloc_space', ...normalize);
    const theirs = new Map(Object.entries(rows));
    expect(theirs.size).toBeGreaterThan(3);
    // To it functions of one name and file are one; ours are told apart by their first line, and totals of such overlap.
    const ours = new Map<string, { self: number; total: number; several: boolean }>();
    for (const { name, file, base, new: next } of functions) {
      const key = `${goName(name)} ${file}`;
      const known = ours.get(key);
      const [self, total] = [next.self - base.self, next.total - base.total];
      ours.set(key, { self: self + (known?.self ?? 0), total: total + (known?.total ?? 0), several: known !== undefined });
    }
    for (const [key, { self, total, several }] of ours) {
      const [flat, cum] = theirs.get(key) ?? [0, 0];
      theirs.delete(key);
      // It rounds every scaled sample to whole bytes.
      const close = (mine: number, judged: number) => Math.abs(mine - judged) <= (flags.length > 0 ? 50 : 0);
      expect([key, self, total, close(self, flat), several || close(total, cum)]).toEqual([key, self, total, true, true]);
    }
    expect([...theirs.keys()]).toEqual([]);
  });

  test('labels, and frames that are hidden, as pprof has them', () => {
    for (const [ours, theirs] of [
      [['--label', 'bytes=200kb:'], ['-tagfocus=bytes=200kb:']],
      [['--label-ignore', 'bytes=200kb:'], ['-tagignore=bytes=200kb:']],
      [['--hide', 'main\\.keep'], ['-hide=main\\.keep']],
      [['--show', '^main'], ['-show=^main']],
    ] as const) {
      const { rows } = judge(join(folder, 'heap.pb.gz'), 'inuse_space', 'B', '-filefunctions', theirs);
      const figures = json('top', 'heap.pb.gz', ...ours).functions.filter(({ total }: { total: number }) => total !== 0);
      const mine = figures.map(({ name, file, self, total }: { name: string; file: string; self: number; total: number }) => [
        `${goName(name)} ${file}`,
        [self, total],
      ]);
      expect(Object.fromEntries(mine)).toEqual(rows);
    }
  });

  test('record takes the URL of a service too', () => {
    expect(heatline('record', '--duration', '1', '-o', 'recorded.pb.gz', `http://${http}`).status).toBe(0);
    expect(json('top', 'recorded.pb.gz').functions[0]).toMatchObject({ name: 'main.digest' });
    expect(heatline('record', '--measure', 'lock', '-o', 'locks.pb.gz', `http://${http}/debug/pprof/`).status).toBe(0);
    expect(json('info', 'locks.pb.gz').valueTypes.map(({ type }: { type: string }) => type)).toEqual(['contentions', 'delay']);
    expect(heatline('record', `http://${http}`, 'x')).toMatchObject({ status: 2 });
    expect(heatline('record', '--measure', 'wall', `http://${http}`).stderr).toContain('does not measure wall');
  });

  test('--list says what the service offers; a URL on stdin is in no list of processes', () => {
    const kinds = ['allocs', 'block', 'goroutine', 'heap', 'mutex', 'profile', 'threadcreate'];
    expect(heatline('fetch', '--list', http).stdout.trim().split('\n').sort()).toEqual(kinds);
    expect(json('fetch', '--list', `${http}/debug/pprof/?token=s3cret`)).toEqual({
      url: `http://${http.replace('http://', '')}/debug/pprof/`,
      profiles: expect.arrayContaining(kinds),
    });
    expect(heatline('fetch', '--list', `${http}/else/`)).toMatchObject({ status: 3, stderr: expect.stringContaining('(404)') });
    const input = `${http}/debug/pprof/heap?token=s3cret\r\nX-Any: 1\n`;
    expect(run(['fetch', '-', '-o', join(folder, 'in.pb.gz')], { input })).toMatchObject({ status: 0 });
    expect(json('top', 'in.pb.gz').functions.length).toBeGreaterThan(0);
    expect(run(['fetch', '-'], { input: `${http}\nnothing\n` }).stderr).toContain("it looks like 'Name: value'");
    expect(run(['fetch', '-'], { input: '' })).toMatchObject({ status: 2 });
  });
});
