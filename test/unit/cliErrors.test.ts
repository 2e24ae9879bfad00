// Everything that goes wrong is one line on stderr and an exit status, and leaves nothing behind.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cliKit, prof, raw } from './cliKit.js';

const { cli, heatline, run, folder, files } = cliKit();

describe('what is wrong is one line on stderr', () => {
  const cases: [string, string[], number, RegExp][] = [
    ['no such file', ['top', 'missing.prof'], 3, /^heatline: missing\.prof: There is no such file\n$/],
    ['an empty file', ['top', 'empty.prof'], 3, /^heatline: empty\.prof: .+ \(at byte 0\)\n$/],
    ['a cut file', ['info', 'cut.prof'], 3, /^heatline: cut\.prof: .+ \(at byte 300\)\n$/],
    ['a folder', ['top', '.'], 3, /^heatline: \.: It is a folder without windows: no whole pprof file lies in it\n$/],
    ['a foreign file', ['top', 'foreign.txt'], 3, /^heatline: foreign\.txt: .+\n$/],
    ['no command', [], 2, /^Usage: heatline/],
    ['an unknown command', ['tpo', 'x'], 2, /^heatline: unknown command 'tpo'.*\n$/],
    ['an unknown option', ['top', prof, '--frobnicate'], 2, /^heatline: unknown option '--frobnicate'\n$/],
    ['a bad sort key', ['top', prof, '--sort', 'name'], 2, /^heatline: .*name.*\n$/],
    ['bad rows', ['top', prof, '-n', '-3'], 2, /^heatline: .*\n$/],
    ['an unknown value type', ['top', prof, '--value', 'cpu'], 2, /^heatline: .*"cpu".*calls\/count.*\n$/],
    ['a bad expression', ['top', raw, '--focus', '('], 2, /^heatline: .*regular expression.*\n$/],
    ['an output of no format', ['convert', prof, '-o', 'x.docx'], 2, /^heatline: x\.docx: .*\.pb\.gz.*\n$/],
    ['an output nowhere', ['convert', prof, '-o', 'no/such/x.pb.gz'], 2, /^heatline: no\/such\/x\.pb\.gz: .*\n$/],
    ['nothing to record', ['record'], 2, /^heatline: .*record -- python.*\n$/],
    ['no such program', ['record', '--', 'no-such-program-at-all'], 2, /^heatline: no-such-program-at-all: .*\n$/],
    ['an unknown engine', ['record', '--engine', 'warp', '--', 'python3', 'x.py'], 2, /^heatline: .*warp.*hybrid.*\n$/],
    ['attaching to nothing', ['record', '--pid', '99999999'], 4, /^heatline: --pid 99999999: there is no process 99999999\. .*\n$/],
    ['attaching and starting', ['record', '--pid', '1', '--', 'x'], 2, /^heatline: --pid: .*at once\n$/],
    ['attaching to a word', ['record', '--pid', 'me'], 2, /^heatline: .*whole number.*\n$/],
    ['an unwritable output', ['record', '-o', 'no/such/x.prof', '--', 'python3', 'x.py'], 2, /^heatline: no\/such\/x\.prof: .*\n$/],
  ];
  test.each(cases)('%s', (_, args, status, message) => {
    writeFileSync(join(folder, 'empty.prof'), '');
    writeFileSync(join(folder, 'foreign.txt'), 'hello\nworld\n');
    writeFileSync(join(folder, 'cut.prof'), readFileSync(prof).subarray(0, 300));
    const before = readdirSync(folder).sort();
    const result = heatline(...args);
    expect(result.stderr).toMatch(message);
    expect(result.stdout).toBe('');
    expect(result.status).toBe(status);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test('a reader that stops reading is no error', async () => {
    const many = join(folder, 'many.collapsed');
    writeFileSync(many, Array.from({ length: 50_000 }, (_, i) => `main;a_function_with_a_long_name_${i} 1\n`).join(''));
    const child = spawn(process.execPath, [cli, 'top', many, '-n', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(errors).toBe('');
    expect(status).toBe(0);
  });
});

describe('attacks', () => {
  /** Whatever happens: one line, one of our exit statuses, no trace of the program's insides. */
  function refused(args: readonly string[], status: number, message: RegExp): void {
    const before = files();
    const result = run(args);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(/^heatline: [^\n]*\n$/);
    expect(result.stderr).not.toMatch(/ {4}at |\.js:\d+|this should not have happened/);
    expect(result.stdout).toBe('');
    expect(result.status).toBe(status);
    expect(files()).toEqual(before);
  }

  test('words that are names of JavaScript', () => {
    for (const word of ['__proto__', '']) {
      refused(['top', prof, '--value', word], 2, /there is no value type/);
      refused(['top', raw, '--thread', word], 2, /there is no thread/);
      refused(['top', prof, '--sort', word], 2, /sort/);
      refused(['convert', prof, '-o', 'x.bin', '--format', word], 2, /formats that can be written/);
      refused(['diff', prof, prof, '--fail-on', `${word}>5%`], 2, /--fail-on/);
      refused(['record', '--engine', word, '-o', 'x.pb.gz', '--', 'python3', 'x.py'], 2, /engine|no such script/);
      if (word !== '') refused([word], 2, /unknown command/);
    }
  });

  test.skipIf(process.platform !== 'linux')('a device that never ends', () => {
    refused(['top', '/dev/zero'], 3, /larger than 256 MiB/);
  });

  test('file names that are none, or play with the terminal', () => {
    refused(['top', ''], 3, /There is no such file/);
    refused(['top', 'a\nheatline: all is well'], 3, /^heatline: a heatline: all is well: /);
    refused(['top', '\u001b[2J\u202etxt.prof'], 3, /\\u001b\[2J\\u202etxt/);
    refused(['top', 'x'.repeat(5000)], 3, /cannot be read/);
    refused(['top', `${prof}/x`], 3, /heatline: .*python-3\.12\.prof\/x: /);
    refused(['merge', '-o', 'x.pb.gz'], 2, /missing required argument/);
    refused(['convert', prof, '-o', '-', '--format', 'collapsed'], 2, /-: give the output a name/);
    refused(['merge', prof], 2, /-o, --output/);
  });

  test('outputs that cannot be', () => {
    mkdirSync(join(folder, 'dir.pb.gz'), { recursive: true });
    refused(['convert', prof, '-o', ''], 2, /this name does not say a format/);
    refused(['convert', prof, '-o', 'dir.pb.gz'], 2, /it is a folder/);
    refused(['convert', prof, '-o', 'no/such/x.pb.gz'], 2, /its folder is not there/);
    refused(['convert', prof, '-o', join(prof, 'x.pb.gz')], 2, /its folder is a file/);
    refused(['merge', prof, '-o', `${'x'.repeat(300)}.pb.gz`], 2, /cannot be written/);
    refused(['fetch', 'localhost:1', '-o', 'no/such/x.pb.gz'], 2, /its folder is not there/);
  });

  test.skipIf(process.platform !== 'linux')('streams that are closed', () => {
    const shell = (command: string) =>
      spawnSync('sh', ['-c', command], { encoding: 'utf8', env: { ...process.env, CLI: cli, PROF: prof } });
    expect(shell(`"${process.execPath}" "$CLI" top "$PROF" >&-`).stderr).not.toContain('    at ');
    expect(shell(`"${process.execPath}" "$CLI" top - <&-`)).toMatchObject({ status: 3 });
  });

  test('numbers at the ends of what numbers can be', () => {
    for (const n of ['1e3', '-1', 'NaN', '0x10', ' ', '1.5']) refused(['top', prof, '-n', n], 2, /a whole number is wanted/);
    for (const n of ['0', '-1', 'NaN', '', 'Infinity']) refused(['record', '--duration', n, '--', 'x'], 2, /from 0.001 to/);
    expect(heatline('top', prof, '-n', '99999999999999999999').status).toBe(0);
    expect(heatline('tree', prof, '--depth', '1e300').status).toBe(0);
    refused(['tree', prof, '--min', '101'], 2, /percentage/);
  });

  test('profiles full of traps go through every command', () => {
    const names = [
      '__proto__',
      'constructor',
      '<script>alert(1)</script>',
      '\u001b[31mred',
      '\u202eevil',
      'a|b`c',
      '\ud800',
      'x'.repeat(10_000),
    ];
    writeFileSync(join(folder, 'traps.collapsed'), names.map((name) => `main;${name};${name} 3\n`).join(''));
    writeFileSync(join(folder, 'deep.collapsed'), `${Array.from({ length: 20_000 }, (_, i) => `f${i}`).join(';')} 1\n`);
    for (const file of ['traps.collapsed', 'deep.collapsed']) {
      for (const args of [['top'], ['lines'], ['tree'], ['tree', '--inverted'], ['info']]) {
        const [command, ...options] = args as [string, ...string[]];
        for (const json of [[], ['--json']]) {
          const { status, stdout, stderr } = run([command, file, ...options, ...json]);
          expect([file, args, stderr]).toEqual([file, args, '']);
          expect(status).toBe(0);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
          expect(/\u001b|\u202e/.test(stdout)).toBe(false);
        }
      }
      for (const args of [
        ['list', file, '.'],
        ['peek', file, 'proto|script'],
        ['diff', file, 'traps.collapsed'],
        ['diff', file, 'traps.collapsed', '--markdown'],
        ['merge', file, 'traps.collapsed', '-o', 'merged.pb.gz'],
      ])
        expect([args, run(args).status]).toEqual([args, 0]);
    }
  });
});
