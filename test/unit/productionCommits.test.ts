import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinFiles } from '../../src/server/commits/joinFiles.js';
import { toldRevisions } from '../../src/server/commits/toldRevisions.js';
import { buildServer, encodePprof, type RunningServer, startServer, type TestFunction } from './serverKit.js';

describe('revisions that a profile tells of', () => {
  it('knows the words of agents and SDKs, each commit once, and no branch', () => {
    const comments = ['commit=1A2B3C4', 'git.commit.sha=1a2b3c4', 'service_git_ref=main', 'git_commit=xyz', 'version=2.7', 'host=web-1'];
    expect(toldRevisions(comments)).toEqual({ commits: ['1a2b3c4'], versions: ['2.7'] });
  });
});

describe('names of another machine and the files of a commit', () => {
  const files = [
    'services/shop/app.py',
    'services/shop/cart/total.py',
    'services/mail/app.py',
    'src/shoplib/pay.py',
    'shoplib/__init__.py',
    'setup.py',
  ];
  const joined = (...names: string[]) => Object.fromEntries(joinFiles(names, files));

  it('takes the longest common end, and learns the root of what has only its name in common', () => {
    expect(joined('/usr/src/app/app.py', '/usr/src/app/cart/total.py')).toEqual({
      '/usr/src/app/cart/total.py': { paths: ['services/shop/cart/total.py'], proven: true },
      '/usr/src/app/app.py': { paths: ['services/shop/app.py'], proven: true },
    });
  });

  it('only guesses where two are as good, and where it was an installed package; the standard library is none', () => {
    expect(joined('/srv/app.py')).toEqual({ '/srv/app.py': { paths: ['services/shop/app.py', 'services/mail/app.py'], proven: false } });
    const installed = '/usr/lib/python3.12/site-packages/shoplib/pay.py';
    expect(joined(installed)).toEqual({ [installed]: { paths: ['src/shoplib/pay.py'], proven: false } });
    expect(joined('/usr/lib/python3.12/pay.py', '<string>', '~', '')).toEqual({});
  });
});

/** A repository whose first commit ran, as 1.0, and whose second is checked out; in between lines moved and a file got another name. */
let root = '';
let server: RunningServer;
let bundle: { bundle: string; dispose(): void };
let first = '';
const git = (...args: string[]) =>
  execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'commit.gpgsign=false', ...args], {
    encoding: 'utf8',
  }).trim();
const put = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};
const cart = 'def total(items):\n    return sum(items)\n\n\ndef tax(items):\n    return total(items) * 2\n';
const mail = 'import smtplib\n\n\ndef send(text):\n    for line in text.split():\n        print(line)\n';

beforeAll(async () => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'heatline commits ü-')));
  git('init', '-q', '-b', 'main');
  put('shop/cart.py', cart);
  put('shop/mail.py', mail);
  put('same.py', 'def same():\n    pass\n');
  git('add', '.');
  git('commit', '-qm', 'one');
  git('tag', 'v1.0');
  first = git('rev-parse', 'HEAD');
  put('shop/cart.py', `# A new line\n# and one more\n${cart}`);
  renameSync(path.join(root, 'shop/mail.py'), path.join(root, 'shop/post.py'));
  git('add', '.');
  git('commit', '-qm', 'two');
  bundle = await buildServer();
  // The server's cache of windows.
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = path.join(bundle.bundle, '../cache');
  server = await startServer(bundle.bundle, root, [], undefined, { git: 'git', sourcePaths: { '/srv/elsewhere': 'shop' } });
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
}, 60_000);
afterAll(async () => {
  await server?.stop();
  bundle?.dispose();
  rmSync(root, { recursive: true, force: true });
});

const functions: TestFunction[] = [
  ['total', '/app/shop/cart.py', 1],
  ['send', '/app/shop/mail.py', 4],
  ['tax', '/usr/lib/python3.12/site-packages/shop/cart.py', 5],
  ['same', '/srv/elsewhere/cart.py', 1],
  ['same', '/app/same.py', 1],
];
let made = 0;
/** Lines with figures of a file, as it is now, of a profile with these comments; each sample is of one function alone. */
async function heat(comments: string[], file: string, stack: readonly [number, number]) {
  const target = path.join(root, '..', `${path.basename(root)}-${made++}.pb.gz`);
  // Recorded an hour from now: the files here would count as unchanged since.
  const timeNanos = (Date.now() + 3_600_000) * 1e6;
  writeFileSync(
    target,
    encodePprof({ functions: [functions[stack[0]]!], samples: [{ stack: [[0, stack[1]]], values: [1, 1000] }], comments, timeNanos }),
  );
  const info = await server.request('profile/open', { uri: pathToFileURL(target).href });
  const uri = pathToFileURL(path.join(root, file)).href;
  const { lines, stale } = await server.request('profile/lineHeat', { view: { profile: info.id, type: 1 }, uri });
  const place = await server.request('profile/locate', { profile: info.id, func: 0, line: stack[1] });
  rmSync(target);
  return {
    at: lines.map(({ line }) => line),
    stale,
    warnings: info.warnings,
    place: place && [path.relative(root, place.path), place.line],
  };
}

describe('heat of a program that ran an older commit elsewhere', () => {
  it('is on the lines as they are now, by commit, its beginning, or a tag that is the version', async () => {
    for (const told of [`commit=${first}`, `git.commit.sha=${first.slice(0, 8)}`, 'version=1.0', 'version=v1.0']) {
      expect(await heat([told], 'shop/cart.py', [0, 2]), told).toEqual({ at: [4], stale: false, warnings: [], place: ['shop/cart.py', 4] });
    }
    // Without, the line is taken to be where it was.
    expect((await heat(['version=2.0'], 'shop/cart.py', [0, 2])).at).toEqual([2]);
  });

  it('follows a file to the name that it has now', async () => {
    expect(await heat([`commit=${first}`], 'shop/post.py', [1, 5])).toMatchObject({ at: [5], stale: false, place: ['shop/post.py', 5] });
  });

  it('knows an installed package as a folder of the repository where its functions begin there, and only there', async () => {
    expect(await heat([`commit=${first}`], 'shop/cart.py', [2, 6])).toMatchObject({ at: [8], stale: false, place: ['shop/cart.py', 8] });
    expect(await heat(['commit=HEAD'], 'shop/cart.py', [2, 6])).toMatchObject({ at: [], place: null });
    const second = git('rev-parse', 'HEAD');
    expect(await heat([`commit=${second}`], 'shop/cart.py', [2, 6])).toMatchObject({ at: [], place: null });
  });

  it('is not sure of a file that differs between the commits of one profile, and is of one that does not', async () => {
    const both = [`commit=${first}`, `commit=${git('rev-parse', 'HEAD')}`];
    expect(await heat(both, 'shop/cart.py', [0, 2])).toMatchObject({ stale: true });
    expect(await heat(both, 'same.py', [4, 2])).toMatchObject({ at: [2], stale: false });
  });

  it('says which commit is missing, and is then not sure', async () => {
    const found = await heat([`commit=${'ab'.repeat(20)}`], 'shop/cart.py', [0, 2]);
    expect(found).toMatchObject({ at: [2], stale: true });
    expect(found.warnings.join()).toContain('has no commit ababababab');
  });

  it('is on the workspace’s file also where the deployment is on this very machine', async () => {
    const deployed = path.join(bundle.bundle, '../app/shop/cart.py');
    mkdirSync(path.dirname(deployed), { recursive: true });
    writeFileSync(deployed, cart);
    functions.push(['total', deployed, 1]);
    const at = functions.length - 1;
    expect(await heat([`commit=${first}`], 'shop/cart.py', [at, 2])).toMatchObject({ at: [4], place: ['shop/cart.py', 4] });
    expect(await heat([], 'shop/cart.py', [at, 2])).toMatchObject({ at: [] });
  });

  it('goes where the setting says first', async () => {
    expect(await heat([], 'shop/cart.py', [3, 1])).toMatchObject({ at: [1], place: ['shop/cart.py', 1] });
    await server.connection.sendNotification('workspace/didChangeConfiguration', {
      settings: { heatline: { git: 'git', sourcePaths: { '**/elsewhere/': 'shop', '/srv': '..' } } },
    });
    expect(await heat([], 'shop/cart.py', [3, 1])).toMatchObject({ at: [1] });
  });
});

describe('a sum of windows of several commits', () => {
  const store = () => path.join(bundle.bundle, '../store');
  /** A window: so many nanoseconds in one line of a function. */
  const write = (name: string, commit: string, minute: number, func: TestFunction, line: number, value: number) => {
    const comments = ['service=shop', ...(commit ? [`commit=${commit}`] : [])];
    const timeNanos = Date.UTC(2026, 10, 20, 9, minute) * 1e6;
    mkdirSync(store(), { recursive: true });
    writeFileSync(
      path.join(store(), `${name}.pb.gz`),
      encodePprof({ functions: [func], samples: [{ stack: [[0, line]], values: [1, value] }], comments, timeNanos, durationNanos: 6e10 }),
    );
  };
  const merged = async (file: string) => {
    const range = { folder: store() };
    await server.request('windows/groups', { range, by: 'day', fresh: true });
    const { uri } = await server.request('windows/merge', { ranges: [range], into: path.join(bundle.bundle, '../merged'), name: 'shop' });
    const info = await server.request('profile/open', { uri });
    const view = { profile: info.id, type: 1 };
    const { lines, stale } = await server.request('profile/lineHeat', { view, uri: pathToFileURL(path.join(root, file)).href });
    return {
      at: lines.map(({ line, self }) => [line, self]),
      stale,
      functions: info.functions,
      commits: info.comments.filter((one) => one.startsWith('commit=')),
      mapped: info.commits,
    };
  };

  it('has the lines of all where they are in the newest, and functions that only moved once', async () => {
    const second = git('rev-parse', 'HEAD');
    write('b', first, 5, ['total', '/app/shop/cart.py', 1], 2, 300);
    write('c', second, 20, ['total', '/app/shop/cart.py', 3], 4, 50);
    write('d', first, 10, ['send', '/app/shop/mail.py', 4], 5, 7);
    write('e', second, 30, ['send', '/app/shop/post.py', 4], 6, 2);
    expect(await merged('shop/cart.py')).toEqual({
      at: [[4, 350]],
      stale: false,
      functions: 2,
      commits: [`commit=${second}`],
      mapped: [second],
    });
    expect(await merged('shop/post.py')).toMatchObject({
      at: [
        [5, 7],
        [6, 2],
      ],
      stale: false,
    });
  });

  it('stays as it is, and unsure, until the last of them is here', async () => {
    // A commit that another clone makes and that is fetched later.
    const clone = path.join(bundle.bundle, '../clone');
    git('clone', '-q', root, clone);
    const there = (...args: string[]) => git('-C', clone, ...args);
    writeFileSync(path.join(clone, 'shop/cart.py'), `# Yet another line\n${readFileSync(path.join(clone, 'shop/cart.py'), 'utf8')}`);
    there('commit', '-qam', 'three');
    write('f', there('rev-parse', 'HEAD'), 40, ['total', '/app/shop/cart.py', 4], 5, 1);
    const { at, commits, functions } = await merged('shop/cart.py');
    expect([at.reduce((sum, [, self]) => sum + self!, 0), commits.length, functions]).toEqual([351, 3, 5]);
    const alone = path.join(bundle.bundle, '../store/f.pb.gz');
    const open = () => server.request('profile/open', { uri: pathToFileURL(alone).href });
    const before = await open();
    expect([before.warnings.length, (await open()).id]).toEqual([1, before.id]);
    git('fetch', '-q', clone);
    expect((await open()).warnings).toEqual([]);
    expect(await merged('shop/cart.py')).toMatchObject({ at: [[4, 351]], stale: false });
  });
});

describe('a repository that cannot be asked', () => {
  it('takes nothing from the heat: no git, and no repository', async () => {
    await server.connection.sendNotification('workspace/didChangeConfiguration', { settings: { heatline: { git: '/no/such/git' } } });
    expect(await heat([`commit=${first}`], 'shop/cart.py', [0, 2])).toMatchObject({ at: [2] });
    await server.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    expect(await heat([`commit=${first}`], 'shop/cart.py', [0, 2])).toMatchObject({ at: [2] });
  });
});
