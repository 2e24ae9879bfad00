import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cliKit, fixtures, prof, raw } from './cliKit.js';

const { heatline, json, folder } = cliKit();
writeFileSync(join(folder, 'a.collapsed'), 'main (app.py:9);work (app.py:3) 50\nmain (app.py:9) 10\n');
writeFileSync(join(folder, 'b.collapsed'), 'main (app.py:9);work (app.py:3) 80\nmain (app.py:9) 10\n');

test('--json is exactly the contract', () => {
  expect(json('diff', 'a.collapsed', 'b.collapsed')).toEqual({
    base: { total: 60 },
    new: { total: 90 },
    valueType: { type: 'samples', unit: 'count' },
    functions: [
      { name: 'work', file: 'app.py', line: 0, base: { self: 50, total: 50 }, new: { self: 80, total: 80 } },
      { name: 'main', file: 'app.py', line: 0, base: { self: 10, total: 60 }, new: { self: 10, total: 90 } },
    ],
    failed: [],
  });
  expect(json('diff', 'a.collapsed', 'b.collapsed', '-n', '1').functions).toHaveLength(1);
  expect(json('diff', 'a.collapsed', 'b.collapsed', '--lines').lines[0]).toEqual({
    file: 'app.py',
    line: 3,
    base: { self: 50, total: 50 },
    new: { self: 80, total: 80 },
  });
});

test('several files a side are added up: by --base, and by patterns', () => {
  mkdirSync(join(folder, 'new'));
  for (const name of ['1', '2'])
    writeFileSync(join(folder, `new/${name}.collapsed`), 'main (app.py:9);work (app.py:3) 40\nmain (app.py:9) 20\n');
  heatline('merge', 'a.collapsed', 'b.collapsed', '-o', 'base.pb.gz');
  heatline('merge', 'new/1.collapsed', 'new/2.collapsed', '-o', 'new.pb.gz');
  const wanted = json('diff', 'base.pb.gz', 'new.pb.gz');
  expect(wanted).toMatchObject({ base: { total: 150 }, new: { total: 120 } });
  expect(json('diff', '--base', 'a.collapsed', '--base', 'b.collapsed', 'new/1.collapsed', 'new/2.collapsed')).toEqual(wanted);
  expect(json('diff', '--base', '?.collapsed', 'new/*')).toEqual(wanted);
  expect(json('diff', '?.collapsed', 'new/*')).toEqual(wanted);
  expect(json('diff', '--base', 'a.collapsed', '--base', 'b.collapsed', 'new.pb.gz')).toEqual(wanted);
});

test('a profile does not differ from itself', () => {
  for (const file of [prof, raw]) {
    const { base, new: next, functions } = json('diff', file, file);
    expect(base).toEqual(next);
    for (const row of functions) expect(row.base).toEqual(row.new);
    expect(heatline('diff', file, file, '--fail-on', 'total>0%').status).toBe(0);
    expect(heatline('diff', file, file).stdout).toContain('no function changed');
  }
});

test('--fail-on: exit status 1 and which rule held, on stdout as JSON and as a sentence on stderr', () => {
  const args = ['diff', 'a.collapsed', 'b.collapsed', '--fail-on', 'total>5%', '--fail-on', 'self(main)>0%', '--fail-on', 'self(work)>+29'];
  const { status, stdout, stderr } = heatline(...args, '--json');
  expect(status).toBe(1);
  expect(JSON.parse(stdout).failed).toEqual(['total>5%', 'self(work)>+29']);
  expect(stderr).toMatch(/^heatline: --fail-on total>5%: 60 → 90, \+30, \+50\.0 %\nheatline: --fail-on self\(work\)>\+29: .*\n$/);
  expect(heatline(...args).stdout).toContain('failed: total>5%');
  expect(heatline(...args, '--markdown').stdout).toMatch(/^### ❌/);
  expect(heatline('diff', 'b.collapsed', 'a.collapsed', '--fail-on', 'total>5%', '--markdown').stdout).toMatch(/^### ✅/);
});

test('a rule that guards nothing is told, and does not fail', () => {
  const { status, stderr } = heatline('diff', 'a.collapsed', 'b.collapsed', '--json', '--fail-on', 'self(nothing)>5%');
  expect(stderr).toBe('heatline: --fail-on self(nothing)>5%: 0 → 0, no change, no function matches\n');
  expect(status).toBe(0);
});

test('what cannot be compared or is no rule is wrong usage, and said in one line', () => {
  const cases: [string[], number, RegExp][] = [
    [['diff', 'a.collapsed', prof], 2, /^heatline: nothing can be compared: the base holds samples\/count, .*\n$/],
    [['diff', 'a.collapsed', 'b.collapsed', '--fail-on', 'total'], 2, /^heatline: --fail-on "total": .*\n$/],
    [['diff', 'a.collapsed', 'b.collapsed', '--fail-on', 'self([)>1%'], 2, /^heatline: .*regular expression.*\n$/],
    [['diff', 'a.collapsed', 'b.collapsed', '--fail-on', 'calls>1%'], 2, /^heatline: .*calls were not counted.*\n$/],
    [['diff', 'a.collapsed', 'b.collapsed', '--value', 'wall'], 2, /^heatline: the new profile: there is no value type "wall".*\n$/],
    [['diff', raw, 'b.collapsed', '--thread', 'MainThread'], 2, /^heatline: b\.collapsed: there is no thread "MainThread".*\n$/],
    [['diff', 'a.collapsed', 'b.collapsed', '--per-second'], 2, /^heatline: .*how long.*\n$/],
    [['diff', 'a.collapsed', 'b.collapsed', '--json', '--markdown'], 2, /^heatline: .*\n$/],
    [['diff', 'a.collapsed', 'missing.prof'], 3, /^heatline: missing\.prof: There is no such file\n$/],
    [['diff', 'a.collapsed'], 2, /^heatline: a\.collapsed: what is it to be compared with\? \(heatline diff BASE NEW\)\n$/],
    [['diff', 'a.collapsed', 'b.collapsed', 'a.collapsed'], 2, /^heatline: these are more than two profiles; .*--base.*\n$/],
    [['diff', '--base', '-', '-'], 2, /^heatline: stdin can be only one of the two profiles\n$/],
    [['diff', '--base', 'a.collapsed', '--base', raw, 'b.collapsed', '--thread', 'x'], 2, /^heatline: a\.collapsed and 1 more: .*\n$/],
    [['diff', '--base', 'a.collapsed', '--base', 'missing.prof', 'b.collapsed'], 3, /^heatline: missing\.prof: There is no such file\n$/],
  ];
  for (const [args, status, message] of cases) {
    const result = heatline(...args);
    expect(result.stderr).toMatch(message);
    expect(result.stdout).toBe('');
    expect(result.status).toBe(status);
  }
});

test('--markdown: paths as a reviewer knows them', () => {
  const places = [
    join(realpathSync(folder), 'src/app.py'),
    '/v/lib/python3.12/site-packages/lib/io.py',
    '/usr/lib/python3.12/json/decoder.py',
    '/a/b/c/d/e.go',
  ];
  const profile = (weight: number) => places.map((file, i) => `main (x.py:1);f${i} (${file}:7) ${weight * (i + 1)}\n`).join('');
  writeFileSync(join(folder, 'p1.collapsed'), profile(100));
  writeFileSync(join(folder, 'p2.collapsed'), profile(300));
  const text = heatline('diff', 'p1.collapsed', 'p2.collapsed', '--markdown').stdout;
  const shown = [...text.matchAll(/`([^`]+):7`/g)].map(([, file]) => file);
  expect(new Set(shown)).toEqual(new Set([join('src', 'app.py'), 'lib/io.py', 'json/decoder.py', '…/c/d/e.go']));
  expect(text.length).toBeLessThan(65_536);
});

test('traces have spans, and no sampling error', () => {
  const trace = join(fixtures, 'trace/viztracer.json');
  const { stdout } = heatline('diff', trace, join(fixtures, 'trace/viztracer-args.json'));
  expect(stdout).toContain('wall');
  expect(stdout).not.toMatch(/±|~|sampl/);
  expect(heatline('top', trace).stdout).toMatch(/^wall \(microseconds\): .* · [\d,]+ spans\n/);
  // pprof keeps that.
  heatline('convert', trace, '-o', 'trace.pb.gz');
  expect(heatline('diff', 'trace.pb.gz', trace).stdout).not.toMatch(/±|sampl/);
  expect(heatline('info', 'trace.pb.gz').stdout).toMatch(/^rows .*no samples to judge an error by$/m);
  // What is sampled has it.
  expect(heatline('diff', raw, raw).stdout).toContain('± is what sampling alone changes');
});
