import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import { lineSet } from '../../src/core/model/lineSet.js';
import { lineTable } from '../../src/core/model/lines.js';
import { libraryName } from '../../src/core/model/native.js';
import { nativeUse } from '../../src/core/model/nativeUse.js';
import type { Profile } from '../../src/core/model/profile.js';
import { linesJson, linesText } from '../../src/core/report/lines.js';
import { topText } from '../../src/core/report/top.js';

const recording = join(import.meta.dirname, '../fixtures/profiles/pyspy/native-zlib.raw');
const TILL = '/tmp/till/truth.py';
const raw = (...lines: string[]) => readProfile(bytesSource('x.raw', Buffer.from(`${lines.join('\n')}\n`)));
const perf = (...stacks: string[][]) =>
  readProfile(
    bytesSource(
      'x.perf',
      Buffer.from(
        stacks.map((frames, i) => `python 1/1 ${i + 1}.0: 10000000 cpu-clock: \n${frames.map((f) => `\t1f00 ${f}\n`).join('')}\n`).join(''),
      ),
    ),
  );
const named = (profile: Profile, name: string): number =>
  Array.from(profile.functions.name).findIndex((text) => profile.strings[text] === name);

/** What py-spy's own text says of stacks whose innermost Python frame is this line: all of them, and those that end in a library. */
function counted(line: number, library: RegExp): { all: number; native: number } {
  const sums = { all: 0, native: 0 };
  for (const text of readFileSync(recording, 'utf8').split('\n').filter(Boolean)) {
    const [, stack, count] = /^(.*) (\d+)$/.exec(text)!;
    const python = stack!.lastIndexOf('.py:');
    const after = stack!.slice(python);
    if (!stack!.slice(0, python + 3).endsWith(TILL) || !after.startsWith(`.py:${line})`)) continue;
    sums.all += Number(count);
    if (library.test(after)) sums.native += Number(count);
  }
  return sums;
}

test('a line has the time of the native code that it called, as the text of py-spy counts it, and as much as the program spent', async () => {
  const profile = await readProfile(fileSource(recording));
  const { files, sum } = lineTable(profile, { type: 0 });
  const { line, self, samples } = files.get(TILL)!;
  const selfOf = (wanted: number) => self[line.indexOf(wanted)]!;
  const use = nativeUse(profile, { type: 0 })!;
  for (const [at, library, share] of [
    [20, /libz\.so/, 0.7],
    [24, /libcrypto\.so/, 0.2],
  ] as const) {
    const { all, native } = counted(at, library);
    expect(native).toBeGreaterThan(20);
    expect(selfOf(at)).toBe(all);
    expect(use.ofLine(TILL, at)[0]).toEqual({ library: share > 0.5 ? 'libz' : 'libcrypto', value: native });
    expect(Math.abs(selfOf(at) / sum - share)).toBeLessThan(0.07);
  }
  expect(samples).toEqual(self);
  expect((selfOf(29) + selfOf(30)) / sum).toBeCloseTo(0.1, 1);
  // Once the loader was at work below a line of plain Python.
  expect(use.ofLine(TILL, 30)).toEqual([{ library: 'ld-linux-x86-64', value: 1 }]);
  expect(use.ofFunction(named(profile, 'squeeze'))).toEqual(use.ofLine(TILL, 20));
  expect(lineSet(profile, { type: 0 }, [TILL], new Set([20])).self).toBe(selfOf(20));
  expect(topText(profile, { type: 0 })).toMatch(/^ *1 +0.1 % +522 libz \+1 .* squeeze \(/m);
});

test('who is named: the innermost library that is not the system; the interpreter is Python', async () => {
  const stack = (tail: string) => `MainThread;main (/srv/app.py:3);${tail} 2`;
  const umath = '/venv/lib/python3.12/site-packages/numpy/_core/_umath.cpython-312-x86_64-linux-gnu.so';
  const profile = await raw(
    stack(`sum (${umath});memmove (/lib/libc.so.6)`),
    stack(`sum (${umath});PyFloat_FromDouble (/usr/lib/libpython3.12.so.1.0)`),
    stack('PyNumber_Add (/usr/lib/libpython3.12.so.1.0);list_resize (/usr/src/python/Objects/listobject.c:70)'),
    stack('os_read (/usr/bin/python3.12);read (/lib/libc.so.6)'),
    stack('sort (/srv/native/fast.c:12)'),
    stack('0x7f0011 (?)'),
    stack(`call (${umath});back (/srv/app.py:9)`),
    stack('step (/srv/app.py:5)'),
  );
  const { files } = lineTable(profile, { type: 0 });
  const app = files.get('/srv/app.py')!;
  expect(Array.from(app.line, (line, i) => [line, app.self[i], app.total[i]])).toEqual([
    [3, 12, 16],
    [5, 2, 2],
    [9, 2, 2],
  ]);
  expect(files.get('/srv/native/fast.c')!.self).toEqual(Float64Array.of(2));
  const use = nativeUse(profile, { type: 0 })!;
  expect(use.ofLine('/srv/app.py', 3)).toEqual([
    { library: 'numpy/_core/_umath', value: 4 },
    { library: 'fast.c', value: 2 },
    { library: 'libc', value: 2 },
  ]);
  expect(use.ofLine('/srv/app.py', 9)).toEqual([]);
  const text = linesText(profile, { type: 0 }, { wants: (file) => file === '/srv/app.py' });
  expect(text).toMatch(/^line +self +% +native +total/m);
  expect(text).toMatch(/^ +3 +12 +75.0 % +8 numpy\/_core\/_umath \+2 +16/m);
  expect(linesJson(profile, { type: 0 }).files[0]!.lines[1]).toMatchObject({ line: 5, native: [] });
});

test('perf: functions of Python without lines; filters count; the kernel has a name', async () => {
  const profile = await perf(
    ['inflate+0x1 (/lib/libz.so.1)', 'py::load:/srv/app.py (/tmp/perf-1.map)'],
    ['copy_to_user ([kernel.kallsyms])', '__read (/lib/libc.so.6)', 'py::load:/srv/app.py (/tmp/perf-1.map)'],
    ['inflate+0x1 (/lib/libz.so.1)'],
  );
  const load = named(profile, 'load');
  const type = profile.defaultType;
  expect(nativeUse(profile, { type })!.ofFunction(load)).toEqual([
    { library: 'kernel', value: 10_000_000 },
    { library: 'libz', value: 10_000_000 },
  ]);
  expect(nativeUse(profile, { type, focus: 'inflate' })!.ofFunction(load)).toEqual([{ library: 'libz', value: 10_000_000 }]);
});

test('nothing is told of native code where there is none, or no Python', async () => {
  expect(nativeUse(await raw('MainThread;main (/srv/app.py:3) 2'), { type: 0 })).toBeUndefined();
  expect(nativeUse(await raw('MainThread;main (/srv/main.c:3);read (/lib/libc.so.6) 2'), { type: 0 })).toBeUndefined();
  expect(linesJson(await raw('MainThread;main (/srv/app.py:3) 2'), { type: 0 }).files[0]!.lines[0]!).not.toHaveProperty('native');
});

test.each([
  ['/usr/lib/x86_64-linux-gnu/libz.so.1.2.13', 'libz'],
  ['/usr/lib/python3.14/lib-dynload/_hashlib.cpython-314-x86_64-linux-gnu.so', '_hashlib'],
  ['C:\\venv\\Lib\\site-packages\\lxml\\etree.cp312-win_amd64.pyd', 'lxml/etree'],
  ['/opt/lib/libwork.dylib', 'libwork'],
  ['[vdso]', 'vdso'],
  ['/srv/native/fast.c', 'fast.c'],
])('%s is %s', (file, name) => {
  expect(libraryName(file)).toBe(name);
});
