// Help, completion, colours, and what starts other programs.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';
import { cliKit, prof, raw } from './cliKit.js';

const { cli, heatline, run, folder } = cliKit();
copyFileSync(prof, join(folder, 'a.prof'));
copyFileSync(raw, join(folder, 'threads.raw'));
const bin = join(folder, 'bin');
mkdirSync(bin);
const posix = process.platform !== 'win32';
function script(name: string, text: string): void {
  writeFileSync(join(bin, name), text);
  chmodSync(join(bin, name), 0o755);
}
script('heatline', `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`);

describe('help', () => {
  test('lists only commands that work, each with a help of its own', () => {
    const { status, stdout } = heatline('--help');
    expect(status).toBe(0);
    const names = buildProgram()
      .commands.map((command) => command.name())
      .filter((name) => name !== '__complete');
    const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
    for (const name of names) {
      expect(page).toMatch(new RegExp(`^\\| \`heatline ${name}[ \`]`, 'm'));
      expect(stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
      const help = heatline('help', name);
      expect([name, help.status, help.stderr]).toEqual([name, 0, '']);
      expect(help.stdout).toContain(`Usage: heatline ${name}`);
    }
    expect(stdout).toContain('Exit status:');
    expect(stdout).not.toContain('__complete');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(heatline('help', 'tpo')).toMatchObject({ status: 2, stderr: expect.stringMatching(/^heatline: help tpo: .*\n$/) });
  });

  test('colours only where they are wanted', () => {
    const coloured = (env: Record<string, string>) => run(['top', 'a.prof'], { env }).stdout.includes('\u001b[');
    expect(coloured({})).toBe(false);
    expect(coloured({ FORCE_COLOR: '1' })).toBe(true);
    expect(coloured({ FORCE_COLOR: '0' })).toBe(false);
    expect(coloured({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(run(['top', 'a.prof', '--json'], { env: { FORCE_COLOR: '1' } }).stdout).not.toContain('\u001b[');
    for (const args of [
      ['top', 'a.prof'],
      ['list', 'a.prof', 'fib'],
      ['peek', 'a.prof', 'fib'],
      ['tree', 'a.prof'],
      ['lines', 'a.prof'],
      ['diff', 'a.prof', 'a.prof'],
    ])
      expect(stripVTControlCharacters(run(args, { env: { FORCE_COLOR: '1' } }).stdout)).toBe(heatline(...args).stdout);
  });
});

describe('completion', () => {
  const words = (...typed: string[]) =>
    heatline('__complete', `=${typed.at(-1)}`, ...typed.slice(0, -1))
      .stdout.split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t')[0]);

  test('commands, options, values, threads, functions and files', () => {
    expect(words('')).toEqual(expect.arrayContaining(['top', 'diff', 'fetch', 'help']));
    expect(words('')).not.toContain('__complete');
    expect(words('co')).toEqual(['convert', 'completion']);
    expect(words('top', '--so')).toEqual(['--sort']);
    expect(words('top', '--sort', 'self', '--so')).toEqual([]);
    expect(words('diff', '--fail-on', 'x>1', '--fail')).toEqual(['--fail-on']);
    expect(words('top', '--sort', '')).toEqual(['self', 'total', 'calls']);
    expect(words('top', '--sort=c')).toEqual(['--sort=calls']);
    expect(words('top', '')).toEqual([':files']);
    expect(words('top', 'a.prof', '--value', '')).toEqual(['calls', 'time']);
    expect(words('top', 'threads.raw', '--thread', 'w')).toEqual(['w cpu;1']);
    expect(words('list', 'a.prof', 'f')).toContain('fib');
    expect(words('list', '')).toEqual([':files']);
    expect(words('convert', 'a.prof', '-o', '')).toEqual([':files']);
    expect(words('convert', 'a.prof', '--format', 'p')).toContain('pprof');
    expect(words('record', '--engine', 'h')).toEqual(['hybrid']);
    expect(words('record', '--', 'pyth')).toEqual([':files']);
    expect(words('completion', '')).toEqual(['bash', 'zsh', 'fish', 'pwsh']);
    expect(words('diff', '--base', '')).toEqual([':files']);
    expect(words('diff', '--base', 'a', '--bas')).toEqual(['--base']);
    expect(words('help', 'f')).toEqual(['fetch']);
    expect(words('nonsense', '')).toEqual([]);
    expect(words('top', 'missing', '--value', '')).toEqual([]);
  });

  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  const has = (shell: string, ...args: string[]) => posix && spawnSync(shell, args).status === 0;

  test.skipIf(!has('bash', '--version'))('bash', () => {
    const program = `eval "$(heatline completion bash)"
      ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _heatline; echo "\${COMPREPLY[*]}"; }
      ask heatline top --sort ""; ask heatline top threads.raw --thread w; ask heatline li; ask heatline top ""`;
    const options = { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } } as const;
    expect(execFileSync('bash', ['-c', program], options)).toBe('self total calls\nw\\ cpu\\;1\nlines list\n\n');
  });

  test.skipIf(!has('zsh', '--version'))('zsh takes the script', () => {
    expect(spawnSync('zsh', ['-f', '-n'], { input: heatline('completion', 'zsh').stdout }).status).toBe(0);
  });

  test.skipIf(!has('fish', '--version'))('fish', () => {
    const program = 'heatline completion fish | source; complete -C "heatline top --sort "';
    const made = execFileSync('fish', ['--no-config', '-c', program], { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } });
    expect(made.trim().split('\n').sort()).toEqual(['calls', 'self', 'total']);
  });
});

describe.skipIf(!posix)('open', () => {
  const open = (env: Record<string, string>, ...args: string[]) => run(['open', ...args], { env });
  const fake = (name: string) => script(name, `#!/bin/sh\necho "${name} $*" >> '${join(folder, 'opened')}'\n`);

  test('in the first editor on PATH, or the one whose terminal this is, or the one that is named', () => {
    expect(open({ PATH: bin }, 'a.prof')).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/^heatline: no editor is found .*\n$/),
    });
    fake('codium');
    fake('cursor');
    expect(open({ PATH: bin }, 'a.prof')).toEqual({ status: 0, stdout: '', stderr: '' });
    fake('code');
    fake('code-insiders');
    open({ PATH: bin, TERM_PROGRAM: '' }, 'a.prof');
    open({ PATH: bin, TERM_PROGRAM: 'vscode', TERM_PROGRAM_VERSION: '1.120.0-insider' }, 'a.prof');
    open({ PATH: bin, TERM_PROGRAM: 'vscode', CURSOR_TRACE_ID: 'x' }, 'a.prof');
    expect(JSON.parse(open({ PATH: bin }, 'a.prof', '--editor', 'codium', '--json').stdout)).toMatchObject({
      file: join(folder, 'a.prof'),
    });
    const file = join(folder, 'a.prof');
    expect(readFileSync(join(folder, 'opened'), 'utf8')).toBe(
      ['codium', 'code', 'code-insiders', 'cursor', 'codium'].map((name) => `${name} ${file}\n`).join(''),
    );
  });

  test('what cannot be opened', () => {
    expect(open({}, 'missing.prof')).toMatchObject({ status: 3, stderr: 'heatline: missing.prof: There is no such file\n' });
    expect(open({}, 'a.prof', '--editor', 'no-such-editor')).toMatchObject({ status: 2 });
    script('broken', '#!/bin/sh\nexit 7\n');
    expect(open({}, 'a.prof', '--editor', join(bin, 'broken'))).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('exit status 7'),
    });
  });
});

test('lsp without its server says so', () => {
  expect(heatline('lsp', '--stdio')).toMatchObject({
    status: 4,
    stdout: '',
    stderr: expect.stringMatching(/^heatline: .*server\.js: .*\n$/),
  });
});
