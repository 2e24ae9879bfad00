import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expandFiles, fits } from '../../src/cli/files.js';
import { cliKit, prof, raw } from './cliKit.js';

const { heatline, json, run, folder, files } = cliKit();
mkdirSync(join(folder, 'runs/deep'), { recursive: true });
writeFileSync(join(folder, 'runs/a.collapsed'), 'main;work 5\n');
writeFileSync(join(folder, 'runs/b.collapsed'), 'main;work 7\nmain 1\n');
writeFileSync(join(folder, 'runs/deep/c.collapsed'), 'main 100\n');
writeFileSync(join(folder, 'runs/bad.txt'), 'hello\nworld\n');

test('adds up, and says what it wrote', () => {
  expect(heatline('merge', 'runs/a.collapsed', 'runs/b.collapsed', '-o', 'ab.pb.gz')).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(json('top', 'ab.pb.gz')).toMatchObject({
    total: 13,
    samples: 13,
    functions: [
      { name: 'work', self: 12 },
      { name: 'main', total: 13 },
    ],
  });
  expect(json('merge', 'runs/a.collapsed', raw, '-o', 'all.collapsed')).toMatchObject({ output: 'all.collapsed', files: 2, samples: 75 });
  expect(heatline('merge', raw, prof, '-o', 'mixed.pb.gz').stderr).toContain(
    'heatline: Only 1 of the 2 merged profiles have values of time/seconds\n',
  );
});

test('twice the same is twice as much', () => {
  for (const [file, type] of [
    [prof, 'calls'],
    [raw, 'samples'],
  ] as const) {
    const one = json('top', file, '--value', type);
    const two = JSON.parse(
      run(['merge', file, file, '-o', 'two.pb.gz']).stdout || JSON.stringify(json('top', 'two.pb.gz', '--value', type)),
    );
    expect(two.total).toBe(2 * one.total);
    expect(two.functions).toHaveLength(one.functions.length);
  }
});

test('patterns that the shell left alone', () => {
  expect(json('top', 'runs/*.collapsed').total).toBe(13);
  expect(json('top', 'runs/**/?.collapsed').total).toBe(113);
  expect(heatline('top', 'runs/*.none').stderr).toBe('heatline: runs/*.none: There is no such file\n');
  expect(expandFiles([join(folder, 'runs', '?.coll*'), '-'])).toEqual([
    join(folder, 'runs/a.collapsed'),
    join(folder, 'runs/b.collapsed'),
    '-',
  ]);
  // A file may be called like a pattern.
  writeFileSync(join(folder, 'odd[*].collapsed'), 'x 3\n');
  expect(json('top', 'odd[*].collapsed').total).toBe(3);
});

test('a pattern with many stars costs no time', () => {
  expect(fits('a'.repeat(5000), `${'*a'.repeat(200)}b`)).toBe(false);
  expect([fits('run-1.prof', 'run-?.prof'), fits('run.prof', 'run-?.prof'), fits('', '*'), fits('ab', 'a')]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test('an input that cannot be read ends the work, or is left out on request', () => {
  const before = files();
  expect(heatline('merge', 'runs/a.collapsed', 'runs/bad.txt', '-o', 'x.pb.gz')).toMatchObject({ status: 3, stdout: '' });
  expect(files()).toEqual(before);
  const { status, stderr } = heatline('merge', 'runs/a.collapsed', 'runs/bad.txt', 'no.prof', '-o', 'x.pb.gz', '--keep-going');
  expect(status).toBe(0);
  expect(stderr).toMatch(
    /^heatline: runs\/bad\.txt: .*, left out\nheatline: no\.prof: .*, left out\nheatline: 2 of 3 inputs were left out\n$/,
  );
  expect(json('top', 'x.pb.gz').total).toBe(5);
  expect(heatline('merge', 'runs/bad.txt', '-o', 'y.pb.gz', '--keep-going').status).toBe(3);
  expect(files()).not.toContain('y.pb.gz');
});

test('never writes over an input, whatever it is called', () => {
  const file = join(folder, 'own.pb.gz');
  expect(heatline('merge', 'runs/a.collapsed', '-o', file).status).toBe(0);
  const bytes = readFileSync(file);
  symlinkSync(file, join(folder, 'link.pb.gz'));
  for (const args of [
    ['merge', 'own.pb.gz', 'runs/a.collapsed', '-o', './own.pb.gz'],
    ['merge', 'runs/a.collapsed', 'own.pb.gz', '-o', 'link.pb.gz'],
    ['convert', 'own.pb.gz', '-o', file],
  ]) {
    const { status, stderr } = heatline(...args);
    expect(stderr).toMatch(/^heatline: .*own\.pb\.gz|link\.pb\.gz: it is an input too; choose another name to write to\n$/);
    expect(status).toBe(2);
  }
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test('stdin is a file like any other, once', () => {
  const input = 'main;work 5\n';
  expect(JSON.parse(run(['top', '-', '--json'], { input }).stdout).total).toBe(5);
  expect(JSON.parse(run(['top', '-', 'runs/a.collapsed', '--json'], { input }).stdout).total).toBe(10);
  expect(JSON.parse(run(['info', '-', '--json'], { input: readFileSync(join(folder, 'own.pb.gz')) }).stdout).format).toBe('pprof');
  expect(run(['top', '-', '-'], { input })).toMatchObject({ status: 2, stderr: 'heatline: stdin can be only one of the inputs\n' });
  expect(run(['top', '-'], { input: '' })).toMatchObject({
    status: 3,
    stderr: expect.stringMatching(/^heatline: stdin: The file is empty/),
  });
});

test('--format says the format whatever the name', () => {
  expect(heatline('convert', raw, '-o', 'odd.name', '--format', 'collapsed').status).toBe(0);
  expect(json('info', 'odd.name').format).toMatch(/collapsed|pyspy-raw/);
  const refused = heatline('convert', raw, '-o', 'odd.name', '--format', 'pstats');
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/^heatline: --format pstats: .*pprof, collapsed.*\n$/) });
});
