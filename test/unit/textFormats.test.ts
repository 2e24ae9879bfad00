import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource, fileSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';

const fixtures = join(import.meta.dirname, '../fixtures/profiles');
const read = (text: string | Uint8Array) => readProfile(bytesSource('unknown', typeof text === 'string' ? Buffer.from(text) : text));

/** Stacks root first, frames as `file|name:line`, with thread and value. */
function drawn(profile: Profile): string[] {
  const { samples, stacks, locations, lines, functions, strings } = profile;
  return Array.from({ length: samples.length }, (_, i) => {
    const frames: string[] = [];
    for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
      const row = locations.firstLine[stacks.location[at]!]!;
      const func = lines.func[row]!;
      const line = lines.line[row]! > 0 ? `:${lines.line[row]}` : '';
      frames.unshift(`${strings[functions.file[func]!]}|${strings[functions.name[func]!]}${line}`);
    }
    const thread = samples.thread?.[i] ?? -1;
    return `${thread < 0 ? '' : `${profile.threads[thread]}: `}${frames.join(';')} ${samples.values[0]![i]}`;
  });
}

test("macOS' sample: own ticks are what callees leave; the tables after the tree are none of it", async () => {
  const profile = await readProfile(fileSource(join(fixtures, 'macos/till.sample.txt')));
  expect(profile.format).toBe('macos-sample');
  const main = 'DispatchQueue_1: com.apple.main-thread (15758523): ';
  expect(drawn(profile).toSorted()).toEqual(
    [
      `${main}dyld|start;till.c|main:12;till.c|tax:5;till.c|tax:5;till.c|price(int, int):3 550`,
      `${main}dyld|start;till.c|main:12;till.c|tax:5;till.c|tax:5 50`,
      `${main}dyld|start;till.c|main:12;libsystem_kernel.dylib|read 100`,
      `${main}dyld|start;till.c|main:12 120`,
      `${main}dyld|start;libsystem_c.dylib|exit 5`,
      'worker (15758530): libsystem_pthread.dylib|thread_start;|??? 299',
      'worker (15758530): libsystem_pthread.dylib|thread_start 1',
    ].toSorted(),
  );
  expect(profile.period).toBe(1e6);
  expect(profile.warnings).toEqual([]);
});

test("DTrace's stacks are leaf first; its headings are none", async () => {
  const profile = await readProfile(fileSource(join(fixtures, 'dtrace/till.stacks')));
  expect(profile.format).toBe('dtrace');
  const judge = readFileSync(join(fixtures, 'dtrace/till.stacks.judge.txt'), 'utf8').trim().split('\n');
  const found = drawn(profile).map((text) =>
    text
      .replaceAll(/(^|;)\|/g, '$1')
      .replaceAll('|', '`')
      .replace(/\(.*?\)/g, ''),
  );
  expect(found.toSorted()).toEqual(judge.toSorted());
});

test('what is cut or odd ends in a profile with a warning, or a ReadError', async () => {
  const sample = readFileSync(join(fixtures, 'macos/till.sample.txt'));
  const cut = await read(sample.subarray(0, sample.indexOf('  +   ! 100')));
  expect(cut.warnings.join()).toContain('may not be whole');
  await expect(read('Analysis of sampling x (pid 1) every 1 millisecond\nCall graph:\n')).rejects.toMatchObject({ code: 'corrupt' });
  const deep = Array.from({ length: 3000 }, (_, i) => `    ${'+ '.repeat(i)}9 f${i}  (in x)`).join('\n');
  expect((await read(`Analysis of sampling x (pid 1) every 1 millisecond\nCall graph:\n${deep}\n\n`)).samples.length).toBe(1);
  const stacks = readFileSync(join(fixtures, 'dtrace/till.stacks'));
  expect((await read(stacks.subarray(0, stacks.length - 4))).warnings.join()).toContain('no count');
  for (const whole of [sample, stacks]) {
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(whole);
      for (let k = 0; k <= i % 7; k++) bytes[(i * 7919 + k * 1047) % bytes.length] = (i * 31 + k * 17) & 0xff;
      await read(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(ReadError));
    }
  }
});

test.each([
  ['perf.data', Buffer.from('PERFILE2\x68\0\0\0'), 'perf script -i FILE > out.perf'],
  ['a zip', Buffer.from('PK\x03\x04\x14\0'), 'unzip FILE'],
  ['.nettrace', Buffer.from('Nettrace\x14\0\0\0'), 'dotnet-trace convert FILE --format Speedscope'],
  ["Ruby's dump", Buffer.from([4, 8, 0x7b, 0x0d]), 'stackprof --json FILE > out.json'],
  ['SVG', Buffer.from('<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "x">\n<svg version="1.1">'), '--format raw'],
  ['node --prof', Buffer.from('v8-version,11,3,244,8,-node.19,0\n'), 'node --cpu-prof'],
  ['perf report', Buffer.from('# To display the perf.data header info, please use\n# --header\n'), 'perf script -i perf.data'],
  ['gprof', Buffer.from('gmon\x01\0\0\0'), 'perf record -g'],
])('%s is answered with the command that makes a readable file', async (_, bytes, command) => {
  await expect(read(bytes)).rejects.toMatchObject({ code: 'unknown-format', message: expect.stringContaining(command) });
});
