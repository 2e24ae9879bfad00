import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/rbspy');
const bytes = readFileSync(join(folder, 'till.raw.gz'));
const read = (content: string | Uint8Array) =>
  readProfile(bytesSource('unknown', typeof content === 'string' ? Buffer.from(content) : content));

/** Stacks as rbspy writes them, with their counts. */
function folded(profile: Profile): Map<string, number> {
  const { samples, stacks, locations, lines, functions, strings } = profile;
  const found = new Map<string, number>();
  for (let i = 0; i < samples.length; i++) {
    const frames: string[] = [];
    for (let at = samples.stack[i]!; at >= 0; at = stacks.prefix[at]!) {
      const row = locations.firstLine[stacks.location[at]!]!;
      const func = lines.func[row]!;
      const file = strings[functions.file[func]!]!;
      frames.unshift(`${strings[functions.name[func]!]} - ${file === '' ? '(unknown)' : `${file}:${lines.line[row]}`}`);
    }
    const key = frames.join(';');
    found.set(key, (found.get(key) ?? 0) + Number(samples.values[0]![i]));
  }
  return found;
}

test('rbspy reports the same stacks', async () => {
  const profile = await read(bytes);
  expect(profile.format).toBe('rbspy-raw');
  const lines = readFileSync(join(folder, 'till.raw.gz.judge.txt'), 'utf8').trim().split('\n');
  const judge = new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
  expect(judge.size).toBeGreaterThan(3);
  expect(folded(profile)).toEqual(judge);
  // Its collapsed file of the same run has the same.
  const collapsed = await read(readFileSync(join(folder, 'till.collapsed')));
  expect(collapsed.format).toBe('collapsed');
  expect(folded(collapsed)).toEqual(judge);
});

test('times, threads, rate and what was on a CPU are kept', async () => {
  const profile = await read(bytes);
  const { samples, quality, period, timeNanos } = profile;
  expect(quality).toMatchObject({ engine: 'rbspy', engineVersion: '0.55.0', rateAsked: 50 });
  expect(period).toBe(20_000_000);
  expect(timeNanos).toBeGreaterThan(1_700_000_000_000_000_000n);
  const time = samples.time;
  if (time !== undefined) expect(time.every((at) => at >= 0 && at < 60e9)).toBe(true);
  const text = gunzipSync(bytes).toString('utf8');
  expect(samples.length).toBe(text.trim().split('\n').length - 2);
  expect(profile.threads.length).toBe(new Set(Array.from(text.matchAll(/"thread_id":(\d+)/g), (match) => match[1])).size);
});

test('older versions, several processes, odd frames', async () => {
  const old = await read(
    'rbspy00\n[{"name":"f","relative_path":"a.rb","absolute_path":null,"lineno":3},{"name":"__proto__","relative_path":"(unknown)"}]\n',
  );
  expect(folded(old)).toEqual(new Map([['__proto__ - (unknown);f - a.rb:3', 1]]));
  const trace = '"trace":[{"name":"f","relative_path":"a.rb","absolute_path":"/x/a.rb","lineno":3}]';
  const one = await read(
    `rbspy01\n{${trace},"pid":1,"thread_id":7,"time":{"secs_since_epoch":5,"nanos_since_epoch":10},"on_cpu":true}\n{${trace},"pid":2,"thread_id":8,"time":{"secs_since_epoch":6,"nanos_since_epoch":0},"on_cpu":false}\n`,
  );
  expect(one.threads).toEqual(['thread (7)', 'thread (8) [process 2]']);
  expect(Array.from(one.samples.time!)).toEqual([0, 999_999_990]);
  expect(Array.from(one.samples.status!)).toEqual([2, 0]);
});

test('bad files', async () => {
  await expect(read('rbspy03\n{}\n')).rejects.toMatchObject({ code: 'unsupported' });
  await expect(read('rbspy02\n{}\n')).rejects.toMatchObject({ code: 'corrupt' });
  await expect(read(`rbspy01\n${'{"trace":5}\n'.repeat(9)}`)).rejects.toMatchObject({ code: 'corrupt' });
  await expect(read(`rbspy01\n${'['.repeat(1e6)}\n`)).rejects.toBeInstanceOf(ReadError);
  const text = gunzipSync(bytes);
  const cut = await read(text.subarray(0, text.length - 40));
  expect(cut.warnings.join()).toContain('1 of ');
  for (let i = 0; i < 200; i++) {
    const changed = Buffer.from(text);
    for (let k = 0; k <= i % 7; k++) changed[8 + ((i * 7919 + k * 104729) % (text.length - 8))] = (i * 31 + k * 17) & 0xff;
    await read(changed).catch((error: unknown) => expect(error).toBeInstanceOf(ReadError));
  }
});
