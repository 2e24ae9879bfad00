import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { functions, lines, stacks } from './describeProfile.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/stackprof');
const open = (bytes: Uint8Array | string) => readProfile(bytesSource('unknown', Buffer.from(bytes)));

/** Name → total and self of every function in samples; functions of one name are put together in order of size. */
function figures(profile: Profile): string[] {
  const table = functionTable(profile, { type: 0 });
  return Array.from(table.self, (self, func) => {
    return `${profile.strings[profile.functions.name[func]!]} ${table.total[func]} ${self}`;
  })
    .filter((row) => !row.endsWith(' 0 0'))
    .sort();
}

describe.each(['cpu', 'wall', 'object', 'custom', 'cpu-sums'])('%s', (name) => {
  it('has the totals and samples that stackprof prints', async () => {
    const judge = readFileSync(join(folder, `${name}.json.judge.txt`), 'utf8');
    const wanted = Array.from(judge.matchAll(/^ +(\d+) +\([\d.]+%\) +(\d+) +\([\d.]+%\) +(.*)$/gm), ([, total, self, name]) => {
      return `${name} ${total} ${self}`;
    });
    expect(wanted.length).toBeGreaterThan(5);
    expect(figures(await open(readFileSync(join(folder, `${name}.json`))))).toEqual(wanted.sort());
  });
});

it('takes lines and times of raw stacks', async () => {
  const profile = await open(readFileSync(join(folder, 'lines.json')));
  expect(profile.sampleTypes).toEqual([
    { type: 'samples', unit: 'count' },
    { type: 'cpu', unit: 'nanoseconds' },
  ]);
  expect(profile.defaultType).toBe(1);
  expect(stacks(profile, 0)).toEqual([
    { figures: [3], name: 'main (/tmp/shop/a.rb:2);A#work (/tmp/shop/a.rb:11)' },
    { figures: [1], name: 'main (/tmp/shop/a.rb:2)' },
    { figures: [2], name: 'main (/tmp/shop/a.rb:3);A#work (/tmp/shop/a.rb:11);A#work (/tmp/shop/a.rb:12)' },
  ]);
  expect(Array.from(profile.samples.time!)).toEqual([0, 1e6, 2e6, 3e6, 4e6, 5.5e6]);
  expect(Array.from(profile.samples.values[1]! as Float64Array)).toEqual(new Array(6).fill(1e6));
  expect(profile.quality).toMatchObject({ missed: 0.25, rateAsked: 1000 });
});

it('without stacks, gives the sums of lines; a line was never there more often than its method', async () => {
  const profile = await open(readFileSync(join(folder, 'lines.json'), 'utf8').replace(/"raw":\[[^\]]*\],/, ''));
  expect(functions(profile, 0)).toEqual([
    { figures: [1, 6], name: 'main (/tmp/shop/a.rb:1)' },
    { figures: [5, 5], name: 'A#work (/tmp/shop/a.rb:10)' },
  ]);
  expect(lines(profile, 0)).toEqual([
    { figures: [1, 3], name: '/tmp/shop/a.rb:2' },
    { figures: [0, 3], name: '/tmp/shop/a.rb:3' },
    { figures: [3, 4], name: '/tmp/shop/a.rb:11' },
    { figures: [2, 2], name: '/tmp/shop/a.rb:12' },
  ]);
  expect(profile.warnings).toEqual(["It holds sums of methods and lines, no stacks: record with 'raw: true' to see who calls whom."]);
});

it('shows the beginning of a file that is cut off, and refuses stacks of unknown methods', async () => {
  const whole = readFileSync(join(folder, 'lines.json'), 'utf8');
  const cut = await open(whole.slice(0, whole.indexOf('"raw":') + 30));
  expect(cut.samples.length).toBe(2);
  expect(cut.warnings).toContain('The file ends too early: what comes after is missing.');
  await expect(open(whole.replace('[2,10,20,3', '[2,10,99,3'))).rejects.toThrow(
    new ReadError('corrupt', 'A stack refers to frame 99, which the profile does not have.'),
  );
});
