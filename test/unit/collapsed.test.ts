import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { formatFrame, parseFrame } from '../../src/core/formats/collapsed/frames.js';
import { splitStack } from '../../src/core/formats/collapsed/prefix.js';
import { collapsed, pySpyRaw } from '../../src/core/formats/collapsed.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import { ProfileBuilder } from '../../src/core/model/builder.js';
import type { Profile } from '../../src/core/model/profile.js';

const fixtures = join(import.meta.dirname, '../fixtures/profiles');
const read = (text: string | Uint8Array, name = 'x.collapsed') =>
  readProfile(bytesSource(name, typeof text === 'string' ? Buffer.from(text) : text));

/** Samples as text: `thread | name@file:line > … = values`. */
function drawn(profile: Profile): string[] {
  const { samples, stacks, locations, lines, functions, strings } = profile;
  return Array.from({ length: samples.length }, (_, i) => {
    const frames: string[] = [];
    for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
      const row = locations.firstLine[stacks.location[at]!]!;
      const func = lines.func[row]!;
      frames.unshift(`${strings[functions.name[func]!]}@${strings[functions.file[func]!]}:${lines.line[row]}`);
    }
    const thread = samples.thread?.[i] ?? -1;
    return `${thread < 0 ? '' : profile.threads[thread]} | ${frames.join(' > ')} = ${samples.values.map((column) => column[i]).join(' ')}`;
  });
}

async function written(profile: Profile): Promise<string> {
  const chunks: Uint8Array[] = [];
  await collapsed.write!(profile, { write: (chunk) => void chunks.push(chunk) });
  return Buffer.concat(chunks).toString('utf8');
}

test('plain stacks, fractions, kernel marks and single frames', async () => {
  const profile = await readProfile(fileSource(join(fixtures, 'collapsed/stackcollapse.collapsed')));
  expect(profile.format).toBe('collapsed');
  expect(profile.sampleTypes).toEqual([{ type: 'samples', unit: 'count' }]);
  expect(drawn(profile)).toEqual([
    ' | main@:0 > parse@:0 > read@:0 = 7',
    ' | main@:0 > parse@:0 > tokenize@:0 = 12',
    ' | main@:0 > parse@:0 > tokenize@:0 > match_[k]@:0 = 3',
    ' | main@:0 > render@:0 = 20.5',
    ' | idle@:0 = 4',
  ]);
});

test("py-spy's threads: names may hold what separates frames", async () => {
  const profile = await readProfile(fileSource(join(fixtures, 'pyspy/threads.raw')));
  expect(profile.format).toBe('pyspy-raw');
  expect(profile.threads).toEqual(['MainThread', 'w cpu;1', 'thread (24423)']);
  expect(drawn(profile).at(2)).toBe(
    'w cpu;1 | _bootstrap@/usr/lib/python3.12/threading.py:1030 > Thread.run@/usr/lib/python3.12/threading.py:1010 > spin@/srv/app/a b (old)/spin.py:5 = 22',
  );
  expect(drawn(profile).at(1)).toContain('_find_and_load@<frozen importlib._bootstrap>:1360');
});

test("py-spy's processes: command lines hold quotes and semicolons; native frames have no line", async () => {
  const profile = await readProfile(fileSource(join(fixtures, 'pyspy/processes.raw')));
  expect(drawn(profile)).toEqual([
    'MainThread [process 100] | <module>@/srv/parent.py:3 = 10',
    'MainThread [process 101] | <module>@/srv/child.py:9 > std::vector<int (*)(int)>::push_back(int const&)@libwork.so.1:0 = 25',
    'MainThread [process 101] | <module>@/srv/child.py:9 > [libc.so.6]@libc.so.6:0 = 2',
  ]);
  const labels = profile.samples.labels!;
  expect(profile.strings[labels.key[0]!]).toBe('process');
  expect(profile.strings[labels.text[0]!]).toBe('100:"python -c "import x; print(1)" a;b"');
});

test("Python's own sampler writes file:function:line", async () => {
  const profile = await readProfile(fileSource(join(fixtures, 'collapsed/tachyon.collapsed')));
  expect(drawn(profile)[1]).toBe('thread (1) | <module>@app.py:12 > work@app.py:8 > _find_and_load@<frozen importlib._bootstrap>:1360 = 2');
});

interface Judged {
  readonly total: number;
  readonly frames: Record<string, [number, number]>;
}

/** Own and total weight of each place, counted once per stack, written as the file has it. */
function places(profile: Profile, write: (name: string, file: string, line: number) => string): Map<string, [number, number]> {
  const { samples, stacks, locations, lines, functions, strings } = profile;
  const found = new Map<string, [number, number]>();
  for (let i = 0; i < samples.length; i++) {
    const value = Number(samples.values[profile.defaultType]![i]);
    const seen = new Set<string>();
    for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
      const row = locations.firstLine[stacks.location[at]!]!;
      const func = lines.func[row]!;
      const text = write(strings[functions.name[func]!]!, strings[functions.file[func]!]!, lines.line[row]!);
      const figures = found.get(text) ?? [0, 0];
      if (seen.size === 0) figures[0] += value;
      if (!seen.has(text)) figures[1] += value;
      seen.add(text);
      found.set(text, figures);
    }
  }
  return found;
}

/** Code without a symbol is its library to us. */
function withLibraries({ total, frames }: Judged): Judged {
  const sums: Record<string, [number, number]> = {};
  for (const [name, [self, all]] of Object.entries(frames)) {
    const ours = name.replace(/^0x[\da-f]+ \((.*\/)?([^/]+)\)$/, '[$2] ($1$2)');
    const [own, whole] = sums[ours] ?? [0, 0];
    sums[ours] = [own + self, whole + all];
  }
  return { total, frames: sums };
}

describe('speedscope finds the same', () => {
  const pySpy = (name: string, file: string, line: number) => `${name} (${file}${line > 0 ? `:${line}` : ''})`;
  const tachyon = (name: string, file: string, line: number) => `${file}:${name}:${line}`;
  test.each<[string, (name: string, file: string, line: number) => string]>([
    ['collapsed/inferno-kernel.collapsed', (name) => name],
    ['collapsed/tachyon-tasks.collapsed', tachyon],
    ['collapsed/tachyon-threads.collapsed', tachyon],
    ['pyspy/native-threads.raw', pySpy],
    ['pyspy/subprocesses.raw', pySpy],
  ])('%s: own and total weight of every place', async (file, write) => {
    const profile = await readProfile(fileSource(join(fixtures, file)));
    const judge = withLibraries(JSON.parse(readFileSync(join(fixtures, `${file}.judge.json`), 'utf8')) as Judged);
    const found = places(profile, write);
    // It takes threads and processes for frames; a thread is called "w;cart 1".
    const names = Object.keys(judge.frames).filter((name) => !/^(?:thread \(|tid:|process \d|cart 1$)/.test(name));
    expect(names.length).toBeGreaterThan(4);
    expect(new Set(found.keys())).toEqual(new Set(names));
    for (const name of names) {
      const [self, total] = judge.frames[name]!;
      // What stands several times in a stack as a library counts once there.
      const whole = name.startsWith('[') ? expect.toSatisfy((own: number) => own >= self && own <= total) : total;
      expect([name, found.get(name)]).toEqual([name, [self, whole]]);
    }
    expect(Array.from(profile.samples.values[0]!, Number).reduce((sum, value) => sum + value, 0)).toBe(judge.total);
  });
});

test('threads of py-spy, Tachyon and async-profiler', async () => {
  const threads = async (file: string) => (await readProfile(fileSource(join(fixtures, file)))).threads;
  expect((await threads('pyspy/native-threads.raw')).toSorted()).toEqual(['MainThread', expect.stringMatching(/^thread \(\d+\)$/)]);
  expect(await threads('pyspy/subprocesses.raw')).toEqual(
    expect.arrayContaining([expect.stringMatching(/^MainThread \[process \d+\]$/), expect.stringMatching(/^w;cart 1 \[process \d+\]$/)]),
  );
  expect((await threads('collapsed/tachyon-threads.collapsed')).every((name) => /^thread \(\d+\)$/.test(name))).toBe(true);
  expect(await threads('collapsed/async-profiler.collapsed')).toEqual(['main', 'pool;1 [a]', 'thread (4713)']);
});

test("async-profiler's kinds of Java frames are one method, its lines are lines; the kernel stays apart", async () => {
  expect(drawn(await readProfile(fileSource(join(fixtures, 'collapsed/async-profiler.collapsed'))))).toEqual([
    'main | java/lang/Thread.run@:0 > com/till/Cart.fill@:0 > com/till/Cart.price@:0 = 21',
    'main | java/lang/Thread.run@:0 > com/till/Cart.price@:0 = 4',
    'main | java/lang/Thread.run@:0 > com/till/Cart.price@:0 > sys_read_[k]@:0 > vfs_read_[k]@:0 = 3',
    'pool;1 [a] | start_thread@:0 > JavaMain(void*)@:0 > com/till/Cart.total@:17 > com/till/Cart.total@:18 = 9',
    'thread (4713) | [unknown_Java]@:0 = 2',
  ]);
});

test("rbspy's places and C functions; tasks of asyncio", async () => {
  expect(drawn(await readProfile(fileSource(join(fixtures, 'collapsed/rbspy.collapsed'))))).toEqual([
    ' | <main>@/srv/till.rb:27 > tax@/srv/till.rb:8 > price@/srv/till.rb:3 > times [c function]@:0 = 12',
    ' | <main>@/srv/till.rb:27 > block in <main>@/srv/a - b/till.rb:24 > sleep [c function]@:0 = 5',
  ]);
  const [first] = drawn(await readProfile(fileSource(join(fixtures, 'collapsed/tachyon-tasks.collapsed'))));
  expect(first).toContain('Task-1@<task>:0 > main@tasks.py:12 > cart@<task>:0 > work@tasks.py:8 > price@tasks.py:4');
});

test('two counts a line are before and after', async () => {
  const profile = await readProfile(fileSource(join(fixtures, 'collapsed/inferno-diff.folded')));
  expect(profile.sampleTypes.map(({ type }) => type)).toEqual(['before', 'after']);
  const before = readFileSync(join(fixtures, 'collapsed/inferno-kernel.collapsed'), 'utf8');
  const sum = before.split('\n').reduce((all, line) => all + Number(/ (\d+)$/.exec(line)?.[1] ?? 0), 0);
  expect(Array.from(profile.samples.values[0]!, Number).reduce((all, value) => all + value, 0)).toBe(sum);
});

test('figures past 2^53 keep every digit; fractions, exponents and negative differences are read', async () => {
  const profile = await read('a;b 9007199254740993\na;c 1\n');
  expect(profile.samples.values[0]![0]).toBe(9007199254740993n);
  expect(drawn(await read('a;b -3\na;c 2.5e1\n'))).toEqual([' | a@:0 > b@:0 = -3', ' | a@:0 > c@:0 = 25']);
  const { warnings } = await read(`${'a;b 1\n'.repeat(100)}a;b 99999999999999999999999\n`);
  expect(warnings.join()).toContain('1 of 101');
});

test.each([
  ['UTF-8 with a mark', Buffer.from('\ufeffgröße;b 3\n')],
  ['UTF-16, little end first', Buffer.from('\ufeffgröße;b 3\r\n', 'utf16le')],
  ['UTF-16, big end first', Buffer.from('\ufeffgröße;b 3\n', 'utf16le').swap16()],
])('%s', async (_, bytes) => {
  expect(drawn(await read(bytes, 'unknown'))).toEqual([' | größe@:0 > b@:0 = 3']);
});

test.each([
  ['heap profile of old', 'heap profile: 3: 96 [10: 320] @ heap/1048576\n1: 32 [3: 96] @ 0x4 0x5\n'],
  ["Go's text", 'goroutine profile: total 5\n3 @ 0x43 0x44\n#\t0x43\tmain.f+0x1\t/x.go:3\n'],
  ['a log', '2024-01-01 12:00:00 took 5\n2024-01-01 12:00:01 GET /a;b 200\n'],
  ['an access log', '10.0.0.1 GET /a;b 200\n10.0.0.2 GET /a;c 404\n'],
  ['a table', 'name,count\na;b,3\nc;d,4\n'],
  ['prose', 'There are many things; some of them\nend in numbers like 5\nbut most do not; really.\n'],
  ['code', 'def f(x):\n    return x; y = 3\n'],
  ['nothing but spaces', ' \n\n'],
])('%s is refused', async (_, text) => {
  for (const format of [collapsed, pySpyRaw]) expect(format.sniff(Buffer.from(text), 'x.collapsed', Buffer.from(text))).toBe(0);
  // Another format may know it.
  const other = await read(text).catch((error: unknown) => error);
  if (!(other instanceof ReadError)) expect((other as Profile).format).not.toMatch(/collapsed|pyspy/);
});

test('Austin is another format', async () => {
  for (const text of [
    '# austin: 3.6.0\n# interval: 100\n\nP42;T7:1;main.py:f:3 100\n',
    'P42;T7:1;main.py:f:3 100\nP42;T7:1;main.py:f:4 100\n',
  ]) {
    for (const format of [collapsed, pySpyRaw]) expect(format.sniff(Buffer.from(text), 'x.collapsed', Buffer.from(text))).toBe(0);
    expect((await read(text)).format).toBe('austin');
  }
});

test('a few bad lines are left out with a warning, many are an error with the place', async () => {
  const good = Array.from({ length: 2000 }, (_, i) => `a;b${i} 1\n`).join('');
  const profile = await read(`${good}a;cut`);
  expect(profile.samples.length).toBe(2000);
  expect(profile.warnings.join()).toContain('1 of 2001 lines');
  await expect(read(good + 'no count here\n'.repeat(500))).rejects.toMatchObject({ code: 'corrupt', offset: good.length });
});

describe('frames', () => {
  test.each([
    ['work (app.py:7)', 'work', 'app.py', 7],
    ['work (/a b (c)/x.py:7)', 'work', '/a b (c)/x.py', 7],
    ['f(int, void (*)(int)) (x.cc:3)', 'f(int, void (*)(int))', 'x.cc', 3],
    ['main (python3.12)', 'main', 'python3.12', 0],
    ['run (C:\\x\\y.py:4)', 'run', 'C:\\x\\y.py', 4],
    ['operator()', 'operator()', '', 0],
    ['<lambda>', '<lambda>', '', 0],
    ['call (gone:-1)', 'call', 'gone', 0],
    ['operator new (unsigned long)', 'operator new (unsigned long)', '', 0],
    ['f (.isra.0)', 'f (.isra.0)', '', 0],
    ['a/B.c_[j]', 'a/B.c', '', 0],
    ['x_[q]', 'x_[q]', '', 0],
    ['std::a:3', 'std::a:3', '', 0],
    ['f - (unknown)', 'f', '', 0],
  ])('%s', (text, name, file, line) => {
    expect(parseFrame(text)).toEqual({ name, file, line });
  });

  test('what is written is read as the same frame', () => {
    const name = fc.string({
      minLength: 1,
      unit: fc.constantFrom('a', ';', ' ', '(', ')', ':', '%', '3', 'B', '\n', '.', 'ü', '2', '5', ' - ', '_[j]', '/', '.py'),
    });
    const file = fc.constantFrom('', 'x.py', '/a b/x (1).py', 'weird;(file).py', '<frozen os>', 'a%3Bb.py', 'x:3');
    fc.assert(
      fc.property(name, file, fc.nat(99), (name, file, line) => {
        // A name that opens more than it closes is no Python's, C's or Rust's, and the place's own start is then a guess.
        fc.pre(balanced(name) && balanced(file));
        const text = formatFrame(name, file, file === '' ? 0 : line);
        expect(text).not.toMatch(/[;\n]/);
        expect(parseFrame(text)).toEqual({ name, file, line: file === '' ? 0 : line });
      }),
      { numRuns: 3000 },
    );
  });

  test('a thread seen before it had its name is the same thread', async () => {
    const profile = await read('thread (9);a (x.py:1) 1\nthread (9): late "n;1" (q);a (x.py:1) 2\nthread (8);a (x.py:1) 4\n');
    expect(profile.threads).toEqual(['late "n;1" (q)', 'thread (8)']);
    expect(Array.from(profile.samples.thread!)).toEqual([0, 0, 1]);
  });

  test('thread names up to the first real frame', () => {
    expect(splitStack('thread (0x1): a;b (c);<module> (x.py:1);f (y.py:2)').frames.slice(-2)).toEqual(['<module> (x.py:1)', 'f (y.py:2)']);
    expect(splitStack('thread (0x1): idle')).toMatchObject({ thread: 'idle', frames: [] });
    expect(splitStack('thread (pool);work 3')).toMatchObject({ thread: undefined });
  });
});

/** Every `)` closes a `(` before it. */
function balanced(text: string): boolean {
  let depth = 0;
  for (const char of text) {
    if (char === '(') depth++;
    if (char === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

test('texts made to take long take no long time', async () => {
  const long = 1_000_000;
  for (const text of [
    ' ('.repeat(long / 2),
    ' - :'.repeat(long / 4),
    ':1'.repeat(long / 2),
    '.py:'.repeat(long / 4),
    'a/'.repeat(long / 2),
    '%25'.repeat(long / 3),
    '"'.repeat(long),
    'thread ('.repeat(long / 8),
  ]) {
    for (const end of [')', '1', '_[j]', ']', '"', ' - (unknown)', ':1']) {
      parseFrame(text + end);
      splitStack(text + end);
    }
    await read(`${'a;b 1\n'.repeat(900)}thread (1): ${text};x 1\nprocess 1:"${text};y 1\n[${text};z 1\n`);
  }
  const deep = await read(`${'a;b 1\n'.repeat(900)}${'f;'.repeat(1_000_000)}g 1\n`);
  expect(deep.frames!.location.length).toBeGreaterThan(1_000_000);
});

describe('writing', () => {
  test.each([
    'collapsed/stackcollapse.collapsed',
    'collapsed/tachyon.collapsed',
    'collapsed/async-profiler.collapsed',
    'collapsed/rbspy.collapsed',
    'pyspy/threads.raw',
  ])('%s stays the same', async (file) => {
    const profile = await readProfile(fileSource(join(fixtures, file)));
    expect(drawn(await read(await written(profile)))).toEqual(drawn(profile));
  });

  test('inlined frames, odd names and seconds', async () => {
    const builder = new ProfileBuilder('test');
    builder.valueType({ type: 'wall', unit: 'seconds' });
    const func = (name: string) => builder.func(builder.string(name), 0, builder.string('a;b.py'), 1);
    const location = builder.location(-1, 0n, [func('inner'), func('outer;1')], [3, 4]);
    builder.sample(builder.stack(-1, location), [0.25], builder.thread('w;1'));
    const text = await written(builder.finish());
    expect(text).toBe('thread (1): w%3B1;outer%3B1 (a%3Bb.py:4);inner (a%3Bb.py:3) 250000\n');
    expect(drawn(await read(text))).toEqual(['w;1 | outer;1@a;b.py:4 > inner@a;b.py:3 = 250000']);
  });

  test('whatever a name holds, it is read again', async () => {
    const odd = fc.string({ minLength: 1, unit: fc.constantFrom('a', '\0', '\n', '\r', ';', '%', '0', '#', '!', '\ufeff', 'ü', '\x01') });
    const names = fc.tuple(odd, fc.constantFrom('', 'x'.repeat(5000), 'x'.repeat(20_000))).map(([some, long]) => `${long}${some}y`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(names, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }), async (stacks) => {
        const builder = new ProfileBuilder('test');
        builder.valueType({ type: 'samples', unit: 'count' });
        for (const stack of stacks) {
          let row = -1;
          for (const name of stack) row = builder.stack(row, builder.place(builder.func(builder.string(name), 0, 0, 0), 0));
          builder.sample(row, [7]);
        }
        const profile = builder.finish();
        expect(drawn(await read(await written(profile)))).toEqual(drawn(profile));
      }),
      { numRuns: 100 },
    );
  });

  test('one name of 100,000 characters is a stack under any name; one line of other text is not', async () => {
    expect((await read(`${'x'.repeat(100_000)} 1\n`, 'unknown')).samples.length).toBe(1);
    await expect(read(`${'x'.repeat(100_000)}\n`, 'unknown')).rejects.toMatchObject({ code: 'unknown-format' });
    await expect(read(`{"a":"${'x'.repeat(100_000)} 1\n`, 'unknown')).rejects.toMatchObject({ code: 'unknown-format' });
  });

  test('counts past 2^53 keep every digit', async () => {
    const builder = new ProfileBuilder('test');
    builder.valueType({ type: 'alloc', unit: 'bytes' });
    const name = builder.string('f');
    builder.sample(builder.stack(-1, builder.place(builder.func(name, 0, 0, 0), 0)), [9007199254740993n]);
    expect(await written(builder.finish())).toBe('f 9007199254740993\n');
  });
});

test('the same content under any name', async () => {
  for (const file of ['collapsed/stackcollapse.collapsed', 'pyspy/threads.raw', 'pyspy/processes.raw']) {
    const bytes = readFileSync(join(fixtures, file));
    expect(drawn(await read(bytes, 'unknown'))).toEqual(drawn(await read(bytes, file)));
  }
});
