// Paths of Windows: parsed, compared and shown with its rules, on whatever system this runs. Profiles travel between machines.
import { win32 } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fits, splitPattern } from '../../src/cli/files.js';
import { comparable, pathFilter, shortPath, sourcePlaces } from '../../src/cli/paths.js';
import { completeAddress } from '../../src/core/address.js';
import { formatFrame, parseFrame } from '../../src/core/formats/collapsed/frames.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { pathOf } from '../../src/core/formats/v8/frames.js';
import { packageOf } from '../../src/core/model/library.js';
import { pairFunctions } from '../../src/core/model/pairing.js';
import { isWindowsPath, pathParts } from '../../src/core/model/paths.js';
import { summarize } from '../../src/core/model/summary.js';

const collapsed = (text: string) => readProfile(bytesSource('any', Buffer.from(text)));

it('is told from other paths by its drive or server', () => {
  for (const path of ['C:\\a.py', 'c:/a.py', '\\\\srv\\share\\a.py', '\\\\?\\C:\\a.py']) expect(isWindowsPath(path), path).toBe(true);
  for (const path of ['/a.py', 'a.py', 'a\\b.py', '//srv/a.py', 'C:a.py', 'cc:/a', '\\a.py', ''])
    expect(isWindowsPath(path), path).toBe(false);
  expect(pathParts('C:\\Shop/App.py')).toEqual(['c:', 'shop', 'app.py']);
  expect(pathParts('/Shop/App.py')).toEqual(['', 'Shop', 'App.py']);
});

describe('comparing', () => {
  it('knows no case and one separator, on every system', () => {
    expect(comparable('C:\\Shop\\.\\x\\..\\App.py')).toBe('c:\\shop\\app.py');
    expect(comparable('c:/shop/app.py')).toBe('c:\\shop\\app.py');
    expect(comparable('\\\\SRV\\Share\\a.py')).toBe(comparable('\\\\srv/share/a.py'));
    expect(comparable('App.py', win32)).toBe(comparable('.\\APP.PY', win32));
  });

  it('chooses files by themselves, by their folder and by their end', () => {
    const wants = (source: string, file: string, path?: typeof win32) => pathFilter(source, source, path)(file);
    expect(wants('c:\\shop\\app.py', 'C:/Shop/App.py')).toBe(true);
    expect(wants('C:\\shop', 'c:\\shop\\lib\\app.py')).toBe(true);
    expect(wants('C:\\shop\\', 'c:\\shop\\app.py')).toBe(true);
    expect(wants('C:\\', 'c:\\shop\\app.py')).toBe(true);
    expect(wants('C:\\shop', 'C:\\shopping\\app.py')).toBe(false);
    expect(wants('D:\\shop', 'C:\\shop\\app.py')).toBe(false);
    expect(wants('\\\\srv\\share\\shop', '\\\\SRV\\share\\shop\\a.py')).toBe(true);
    expect(wants('.\\shop\\app.py', 'C:\\work\\Shop\\app.py')).toBe(true);
    expect(wants('Lib/App.py', 'C:\\work\\lib\\app.py')).toBe(true);
    expect(wants('pp.py', 'C:\\work\\app.py')).toBe(false);
    expect(wants('LIB\\app.py', '/srv/lib/app.py', win32)).toBe(true);
  });

  it('keeps other systems’ rules', () => {
    const wants = (source: string, file: string) => pathFilter(source)(file);
    expect(wants('/', '/srv/app.py')).toBe(process.platform !== 'win32');
    expect(wants('lib/app.py', '/srv/lib/app.py')).toBe(true);
    expect(wants('/srv/lib', '/srv/library/app.py')).toBe(false);
    expect(wants('/srv/LIB', '/srv/lib/app.py')).toBe(process.platform === 'win32');
  });

  it('finds functions again whose paths differ in drive letter, case and separators', async () => {
    const base = await collapsed('f (C:\\Shop\\src\\app.py:1);f (c:\\shop\\b\\app.py:2) 1\nf (/srv/App.py:3) 1\n');
    const next = await collapsed('f (c:/shop/src/App.py:1);f (C:\\shop\\B\\app.py:2) 1\nf (/srv/App.py:3) 1\n');
    const { nextOf } = pairFunctions(base, next);
    const file = (profile: typeof base, func: number) => profile.strings[profile.functions.file[func]!];
    const pairs = Array.from(nextOf, (other, func) => [file(base, func), other < 0 ? undefined : file(next, other)]);
    expect(new Map(pairs as [string, string][])).toEqual(
      new Map([
        ['C:\\Shop\\src\\app.py', 'c:/shop/src/App.py'],
        ['c:\\shop\\b\\app.py', 'C:\\shop\\B\\app.py'],
        ['/srv/App.py', '/srv/App.py'],
      ]),
    );
  });
});

it('patterns begin at drives and servers, and know no case there', () => {
  expect(splitPattern('C:\\runs\\**\\*.prof', win32)).toEqual({ root: 'C:\\', parts: ['runs', '**', '*.prof'] });
  expect(splitPattern('c:/runs\\*.prof', win32)).toEqual({ root: 'c:/', parts: ['runs', '*.prof'] });
  expect(splitPattern('\\\\srv\\share\\runs\\*.prof', win32)).toEqual({ root: '\\\\srv\\share\\', parts: ['runs', '*.prof'] });
  expect(splitPattern('\\\\?\\C:\\runs\\*.prof', win32)).toEqual({ root: '\\\\?\\C:\\', parts: ['runs', '*.prof'] });
  expect(splitPattern('runs\\*.prof', win32)).toEqual({ root: '', parts: ['runs', '*.prof'] });
  expect([fits('A.PROF', '*.prof', win32), fits('a.prof', 'A?P*', win32), fits('a.prof', '*.pro', win32)]).toEqual([true, true, false]);
});

describe('showing', () => {
  it('shortens paths for a comment', () => {
    expect(shortPath('c:\\Work\\shop\\app.py', 'C:\\work', win32)).toBe('shop\\app.py');
    expect(shortPath('C:/work/shop/app.py', 'C:\\work', win32)).toBe('shop\\app.py');
    expect(shortPath('D:\\x\\y\\z\\shop\\app.py', 'C:\\work', win32)).toBe('…/z/shop/app.py');
    expect(shortPath('\\\\srv\\share\\x\\shop\\app.py', '\\\\srv\\share\\x', win32)).toBe('shop\\app.py');
    expect(shortPath('C:\\work\\..x.py', 'C:\\work', win32)).toBe('..x.py');
    expect(shortPath('C:\\Python312\\Lib\\site-packages\\numpy\\core.py', 'C:\\work', win32)).toBe('numpy/core.py');
    // A profile of Windows elsewhere.
    expect(shortPath('C:\\Users\\me\\src\\shop\\app.py', '/work')).toBe('…/src/shop/app.py');
  });

  it('looks for text where a profile says, and below a source folder', () => {
    expect(sourcePlaces('C:\\ci\\shop\\app.py', 'D:\\co', win32)).toEqual([
      'C:\\ci\\shop\\app.py',
      'D:\\co\\ci\\shop\\app.py',
      'D:\\co\\shop\\app.py',
      'D:\\co\\app.py',
    ]);
    expect(sourcePlaces('\\\\srv\\share\\app.py', 'D:\\co\\App.py', win32)).toContain('D:\\co\\App.py');
    expect(sourcePlaces('<frozen os>', 'D:\\co', win32)).toEqual([]);
    expect(sourcePlaces('C:\\ci\\app.py', '/co')).toContain(
      win32.sep === '\\' && process.platform === 'win32' ? '\\co\\app.py' : '/co/app.py',
    );
  });

  it('names packages and files by their last parts', async () => {
    expect(packageOf('C:\\Python312\\Lib\\site-packages\\numpy\\core.py')).toBe('numpy');
    expect(packageOf('C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python312\\Lib\\json\\decoder.py')).toBe('json');
    expect(packageOf('C:\\work\\shop\\app.py')).toBe('shop');
    expect(summarize(await collapsed('main (C:\\work\\shop\\app.py:4) 100\n'))).toContain('(app.py');
  });
});

describe('reading', () => {
  it('takes files out of URLs', () => {
    expect(pathOf('file:///C:/a%20b/x.js')).toBe('C:/a b/x.js');
    expect(pathOf('file:///c%3A/x.js')).toBe('c:/x.js');
    expect(pathOf('file://localhost/C:/x.js')).toBe('C:/x.js');
    expect(pathOf('file://LOCALHOST/home/x.js')).toBe('/home/x.js');
    expect(pathOf('file://srv/share/x.js')).toBe('//srv/share/x.js');
    expect(pathOf('file:///home/x.js')).toBe('/home/x.js');
    expect(pathOf('https://host/x.js')).toBe('https://host/x.js');
  });

  it('tells drive letters from lines', () => {
    expect(parseFrame('f (C:\\a b\\x.py:12)')).toEqual({ name: 'f', file: 'C:\\a b\\x.py', line: 12 });
    expect(parseFrame('f (C:\\x.py)', 'pyspy')).toEqual({ name: 'f', file: 'C:\\x.py', line: 0 });
    expect(parseFrame('C:\\x.py:f:12', 'tachyon')).toEqual({ name: 'f', file: 'C:\\x.py', line: 12 });
    expect(parseFrame('f - C:/x.rb:3')).toEqual({ name: 'f', file: 'C:/x.rb', line: 3 });
    for (const file of ['C:\\a b\\x.py', '\\\\srv\\share\\x.py', 'C:\\x;y.py']) {
      for (const line of [0, 7]) expect(parseFrame(formatFrame('f', file, line))).toEqual({ name: 'f', file, line });
    }
  });

  it('is no address of a service', () => {
    for (const path of ['C:\\a.prof', 'c:/a.prof', '\\\\srv\\share\\a.prof', '.\\a.prof', '..\\a.prof']) {
      expect(() => completeAddress(path)).toThrow(/this is a file/);
    }
  });
});
