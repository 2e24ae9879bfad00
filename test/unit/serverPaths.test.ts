import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { escapeMarkdown, plain } from '../../src/server/markdown.js';
import { PathMap, pathOfUri } from '../../src/server/paths.js';

let root = '';
const at = (...parts: string[]) => path.join(root, ...parts);

beforeAll(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'heatline paths ü-')));
  for (const file of [
    'work/shop/pricing.py',
    'work/shop/__init__.py',
    'work/src/lib/util.py',
    'work/main.py',
    'other/main.py',
    'other/deep/util.py',
  ]) {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    writeFileSync(at(file), 'pass\n');
  }
  symlinkSync(at('work'), at('link'), 'dir');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const map = (names: string[], cwd?: string) =>
  new PathMap(names, () => ({ home: at('nowhere'), folders: [at('work')], ...(cwd === undefined ? {} : { cwd }) }));

describe('PathMap', () => {
  it('knows a file by its absolute name, with spaces and umlauts, and through links', () => {
    expect(map([at('work/shop/pricing.py')]).namesOf(at('work/shop/pricing.py'))).toEqual([at('work/shop/pricing.py')]);
    expect(map([at('link/shop/pricing.py')]).namesOf(at('work/shop/pricing.py'))).toEqual([at('link/shop/pricing.py')]);
    expect(map([at('work/shop/pricing.py')]).namesOf(at('link/shop/pricing.py'))).toEqual([at('work/shop/pricing.py')]);
  });

  it('takes relative names from the recording folder first', () => {
    const paths = map(['main.py'], at('other'));
    expect(paths.locate('main.py')).toBe(at('other/main.py'));
    expect(paths.namesOf(at('work/main.py'))).toEqual([]);
    expect(map(['main.py']).locate('main.py')).toBe(at('work/main.py'));
  });

  it('finds the file of another machine by its longest end in the workspace', () => {
    const name = '/srv/app/shop/pricing.py';
    expect(map([name]).locate(name)).toBe(at('work/shop/pricing.py'));
    expect(map([name]).namesOf(at('work/shop/pricing.py'))).toEqual([name]);
    const windows = 'C:\\app\\shop\\pricing.py';
    expect(map([windows]).namesOf(at('work/shop/pricing.py'))).toEqual([windows]);
  });

  it('joins a document below a source folder with the one name that ends alike, and with none if two do', () => {
    expect(map(['/srv/lib/util.py']).namesOf(at('work/src/lib/util.py'))).toEqual(['/srv/lib/util.py']);
    expect(map(['/srv/lib/util.py', '/opt/lib/util.py']).namesOf(at('work/src/lib/util.py'))).toEqual([]);
    expect(map(['/srv/lib/util.py']).namesOf(at('other/deep/util.py'))).toEqual([]);
  });

  it('never takes an installed package, or a mere __init__.py, for a file of the workspace', () => {
    expect(map(['/usr/lib/python3.12/site-packages/shop/pricing.py']).namesOf(at('work/shop/pricing.py'))).toEqual([]);
    expect(map(['/srv/else/__init__.py']).namesOf(at('work/shop/__init__.py'))).toEqual([]);
  });

  it('has no file for names that are none', () => {
    for (const name of ['', '~', '<frozen importlib._bootstrap>', '<string>', 'a\0b']) expect(map([name]).locate(name)).toBeNull();
  });
});

describe('pathOfUri', () => {
  it('reads file URIs and refuses others', () => {
    expect(pathOfUri('file:///a%20b/%C3%BC.py')).toBe('/a b/ü.py');
    for (const uri of ['untitled:one', 'vscode-remote://ssh/x.py', 'file:///%ZZ', 'http://x/y.py']) expect(pathOfUri(uri)).toBeUndefined();
  });
});

describe('names in Markdown', () => {
  it('neutralises what could be more than text', () => {
    expect(escapeMarkdown('a`b|c<img src=x>[l](command:x)\n# h $(flame)')).toBe(
      'a\\`b\\|c\\<img src=x\\>\\[l\\](command:x)\\\\u\\{a\\}\\# h \\$(flame)',
    );
    expect(escapeMarkdown('http://evil www.evil a@b')).toBe('http\\://evil www\\.evil a\\@b');
  });

  it('writes out bidirectional marks and shortens what is too long', () => {
    expect(plain('a\u202eb\u2066c\u200b')).toBe('a\\u{202e}b\\u{2066}c\\u{200b}');
    expect(plain('x'.repeat(500))).toHaveLength(120);
  });
});
