// What `npm pack` packs runs by itself, offline: built and packed in a folder of its own, so that nobody's dist is disturbed.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prof } from './cliKit.js';
import { findPythons } from './pythons.js';

const root = join(import.meta.dirname, '../..');
const python = findPythons().get('python3');
const windows = process.platform === 'win32';

describe('the packed tarball', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heatline pack-'));
  const project = join(folder, 'project');
  const elsewhere = join(folder, 'else where');
  let tarball = '';
  let packed: { path: string; mode: number }[] = [];
  let size = 0;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
    npm_config_cache: join(folder, 'cache'),
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_loglevel: 'error',
  };
  const npm = (args: string[], cwd: string) =>
    execFileSync(windows ? 'npm.cmd' : 'npm', args, { cwd, encoding: 'utf8', env, shell: windows, stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(() => {
    mkdirSync(project);
    mkdirSync(elsewhere);
    for (const name of [
      'package.json',
      '.npmignore',
      '.gitignore',
      'README.md',
      'LICENSE',
      'esbuild.config.mjs',
      'tsconfig.json',
      'src',
      'webview-ui',
      'python',
      'ruby',
    ])
      cpSync(join(root, name), join(project, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'), 'junction');
    execFileSync(process.execPath, ['esbuild.config.mjs', '--production'], { cwd: project, stdio: 'pipe' });
    const [made] = JSON.parse(npm(['pack', '--json', '--ignore-scripts'], project));
    tarball = join(project, made.filename);
    packed = made.files;
    ({ size } = made);
  });

  test('holds what the command needs and nothing else', () => {
    const names = packed.map(({ path }) => path);
    expect(names).toEqual(
      expect.arrayContaining([
        'dist/cli.js',
        'dist/server.js',
        'dist/ThirdPartyNotices.txt',
        'dist/python/heatline/__main__.py',
        'dist/ruby/heatline_recorder.rb',
        'README.md',
        'LICENSE',
      ]),
    );
    expect(
      names.filter(
        (name) =>
          !/^(?:dist\/(?:cli\.js|server\.js|ThirdPartyNotices\.txt|python\/heatline\/[\w/]+\.py|ruby\/\w+\.rb)|package\.json|README\.md|LICENSE)$/.test(
            name,
          ),
      ),
    ).toEqual([]);
    expect(size).toBeLessThan(2 << 20);
    if (!windows) expect(packed.find(({ path }) => path === 'dist/cli.js')!.mode & 0o111).not.toBe(0);
  });

  test('runs with npx, offline', () => {
    const text = npm(['exec', '--offline', '--yes', '--package', tarball, '--', 'heatline', 'top', prof, '--json'], elsewhere);
    expect(JSON.parse(text).format).toBe('pstats');
  });

  describe('installed', () => {
    let cli = '';
    const heatline = (...args: string[]) =>
      execFileSync(process.execPath, [cli, ...args], { cwd: elsewhere, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
    beforeAll(() => {
      npm(['install', '--offline', '--no-save', '--prefix', elsewhere, tarball], elsewhere);
      cli = join(elsewhere, 'node_modules/heatline/dist/cli.js');
    });

    test('knows its version', () => {
      expect(heatline('--version').trim()).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
      expect(readFileSync(cli, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true);
    });

    test.skipIf(python === undefined)('records with the Python part that came with it', () => {
      writeFileSync(join(elsewhere, 'work.py'), 'def spin(n):\n    return sum(i * i for i in range(n))\nspin(2_000_000)\n');
      heatline('record', '-o', 'run.pb.gz', '--', python!, 'work.py');
      const names = JSON.parse(heatline('top', 'run.pb.gz', '--json')).functions.map(({ name }: { name: string }) => name);
      expect(names).toContain('spin');
    });

    test('serves editors over stdio', async () => {
      const child = spawn(process.execPath, [cli, 'lsp', '--stdio'], { cwd: elsewhere, env, stdio: ['pipe', 'pipe', 'inherit'] });
      const send = (message: object) => {
        const body = JSON.stringify({ jsonrpc: '2.0', ...message });
        child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      };
      let text = '';
      const answer = new Promise<void>((resolve) =>
        child.stdout.on('data', (chunk) => {
          text += chunk;
          if (text.includes('"id":1')) resolve();
        }),
      );
      send({ id: 1, method: 'initialize', params: { processId: process.pid, rootUri: null, capabilities: {} } });
      await answer;
      expect(text).toContain('"serverInfo":{"name":"heatline"}');
      send({ id: 2, method: 'shutdown' });
      send({ method: 'exit' });
      expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    });
  });
});
