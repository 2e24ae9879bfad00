import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordingMeta } from '../../src/core/recording.js';
import { readGitCommit } from '../../src/host/gitCommit.js';
import { chooseInterpreter, findLocalEnvironment, findOnPath, interpreterIn } from '../../src/host/pythonSearch.js';
import { deleteRecording, listRecordings, makeFolder, newRecordingId, readRecording, relabel } from '../../src/host/recordings.js';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'heatline host ü ')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function executable(...parts: string[]): string {
  const file = path.join(root, ...parts);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o755);
  return file;
}

describe.skipIf(process.platform === 'win32')('interpreters', () => {
  const step = (from: string, find: () => Promise<string | undefined>) => ({ from, find });

  it('are taken from the first step that has one that can be started', async () => {
    const python = executable('good', 'python3');
    const said: string[] = [];
    const found = await chooseInterpreter(
      [
        step('empty', async () => undefined),
        step('broken', async () => Promise.reject(new Error('no API'))),
        step('gone', async () => path.join(root, 'gone')),
        step('relative', async () => 'python'),
        step('good', async () => python),
        step('never', async () => expect.fail('asked after one was found')),
      ],
      (line) => said.push(line),
    );
    expect(found).toEqual({ path: python, from: 'good' });
    expect(said).toEqual(['broken: no API', `gone: ${path.join(root, 'gone')} cannot be started`, 'relative: python cannot be started']);
  });

  it('are not waited for without end', async () => {
    const said: string[] = [];
    expect(await chooseInterpreter([step('hangs', () => new Promise(() => undefined))], (line) => said.push(line), 20)).toBeUndefined();
    expect(said).toEqual(['hangs: no answer within 0.02 s']);
  });

  it('are found in the environment of the workspace, but not above it', async () => {
    const python = executable('.venv', 'bin', 'python');
    const deep = path.join(root, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    expect(await findLocalEnvironment(deep, root, 'linux')).toBe(python);
    expect(await findLocalEnvironment(deep, path.join(root, 'a'), 'linux')).toBeUndefined();
    const nearer = executable('a', 'venv', 'bin', 'python3');
    expect(await findLocalEnvironment(deep, root, 'linux')).toBe(nearer);
  });

  it('are files that may be run', async () => {
    writeFileSync(path.join(root, 'python3'), '');
    mkdirSync(path.join(root, 'x', 'python3'), { recursive: true });
    const search = [root, path.join(root, 'x'), 'relative', path.join(root, 'y')].join(':');
    expect(await findOnPath(['python3', 'python'], search, 'linux')).toBeUndefined();
    const second = executable('y', 'python');
    expect(await findOnPath(['python3', 'python'], search, 'linux')).toBe(second);
    expect(await interpreterIn(path.join(root, 'y'), 'linux')).toBeUndefined();
  });
});

describe('recordings', () => {
  const meta = (id: string, startedAt: string): RecordingMeta => ({
    version: 1,
    id,
    label: id,
    file: 'profile.pb.gz',
    engine: 'hybrid',
    argv: ['a.py'],
    cwd: root,
    target: 'a.py',
    startedAt,
    durationSeconds: 1,
    exitStatus: 0,
    stoppedBy: 'program',
    sources: [],
  });
  const seal = async (id: string, startedAt: string) => {
    const folder = await makeFolder(root, id);
    writeFileSync(path.join(folder, 'meta.json'), JSON.stringify(meta(id, startedAt)));
    return folder;
  };

  it('are listed newest first; a folder without meta.json, or with a foreign one, is none', async () => {
    await seal('b', '2026-01-01T10:00:00.000Z');
    await seal('a', '2026-01-02T10:00:00.000Z');
    await makeFolder(root, 'unfinished');
    writeFileSync(path.join(await makeFolder(root, 'foreign'), 'meta.json'), '{"version": 1, "file": "../../etc/passwd"}');
    expect((await listRecordings(root)).map((recording) => recording.meta.id)).toEqual(['a', 'b']);
    expect(await listRecordings(path.join(root, 'nowhere'))).toEqual([]);
  });

  it('are renamed in one step and deleted whole', async () => {
    const folder = await seal('a', '2026-01-02T10:00:00.000Z');
    const [recording] = await listRecordings(root);
    if (!recording) throw new Error('not listed');
    await relabel(recording, 'before the change');
    expect(readdirSync(folder)).toEqual(['meta.json']);
    expect((await readRecording(folder))?.meta).toEqual({ ...recording.meta, label: 'before the change' });
    await deleteRecording(recording);
    expect(existsSync(folder)).toBe(false);
  });

  it('have ids that sort by time', () => {
    const ids = [new Date('2026-01-31T14:25:30Z'), new Date('2026-01-31T14:25:31Z'), new Date('2026-02-01T00:00:00Z')].map(newRecordingId);
    expect(ids[0]).toMatch(/^20260131-142530-[0-9a-f]{4}$/);
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('the commit', () => {
  const commit = 'a'.repeat(40);
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };

  it('is found from a folder inside: loose, packed, detached, and in a worktree', async () => {
    write('.git/HEAD', 'ref: refs/heads/main\n');
    mkdirSync(path.join(root, 'src'));
    expect(await readGitCommit(path.join(root, 'src'))).toBeUndefined();
    write('.git/packed-refs', `# pack-refs with: peeled\n${'b'.repeat(40)} refs/heads/not-main\n${commit} refs/heads/main\n`);
    expect(await readGitCommit(path.join(root, 'src'))).toBe(commit);
    write('.git/refs/heads/main', `${'c'.repeat(40)}\n`);
    expect(await readGitCommit(root)).toBe('c'.repeat(40));
    write('.git/worktrees/w/HEAD', 'ref: refs/heads/main\n');
    write('.git/worktrees/w/commondir', '../..\n');
    write('w/.git', `gitdir: ${path.join(root, '.git/worktrees/w')}\n`);
    expect(await readGitCommit(path.join(root, 'w'))).toBe('c'.repeat(40));
    write('.git/HEAD', `${commit}\n`);
    expect(await readGitCommit(root)).toBe(commit);
    write('.git/HEAD', 'ref: refs/../../../secret\n');
    expect(await readGitCommit(root)).toBeUndefined();
  });

  it('is the one that git names', async ({ skip }) => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', root, '-c', 'user.name=n', '-c', 'user.email=e@x', ...args], { stdio: 'pipe' })
        .toString()
        .trim();
    try {
      git('--version');
    } catch {
      skip('git is not installed');
    }
    git('init', '-q');
    git('commit', '-q', '--allow-empty', '-m', 'x');
    expect(await readGitCommit(root)).toBe(git('rev-parse', 'HEAD'));
    git('pack-refs', '--all');
    expect(await readGitCommit(root)).toBe(git('rev-parse', 'HEAD'));
  });
});
