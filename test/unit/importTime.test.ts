// Python's `-X importtime`. Judge: the cumulative times of the files, which CPython added up itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importTime } from '../../src/core/formats/importTime.js';
import { readProfile, sniff } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { callTree } from '../../src/core/model/callTree.js';
import type { Profile } from '../../src/core/model/profile.js';
import { asTree } from './draw.js';

const fixtures = join(import.meta.dirname, '../fixtures/profiles/importtime');
const read = (text: string | Uint8Array) =>
  readProfile(bytesSource('a.txt', typeof text === 'string' ? new TextEncoder().encode(text) : text));

/** Total of each module's node in the tree, in µs, of the one process `thread` or all. */
function totals(profile: Profile, thread?: string): Map<string, number[]> {
  const tree = callTree(profile, { type: 1, ...(thread === undefined ? {} : { thread }) });
  const found = new Map<string, number[]>();
  for (let node = 0; node < tree.length; node++) {
    const name = profile.strings[profile.functions.name[tree.func[node]!]!]!;
    found.set(name, [...(found.get(name) ?? []), tree.total[node]!]);
  }
  return found;
}

describe.each(['python-3.7', 'two-processes-3.12', 'cached-3.15'])('%s', (name) => {
  test('each import takes with all below it what the file says', async () => {
    const bytes = readFileSync(join(fixtures, `${name}.importtime`));
    const profile = await read(bytes);
    expect(profile.format).toBe('importtime');
    const [, ...processes] = bytes.toString().split('import time: self [us] | cumulative | imported package\n');
    expect(profile.threads).toHaveLength(processes.length > 1 ? processes.length : 0);
    for (const [i, text] of processes.entries()) {
      const ours = totals(profile, processes.length > 1 ? `process ${i + 1}` : undefined);
      let rows = 0;
      const judged = new Map<string, number>();
      for (const [, cumulative, module] of text.matchAll(/import time: +\d+ \| +(\d+) \| +(\S+)$/gm)) {
        rows++;
        judged.set(module!, (judged.get(module!) ?? 0) + Number(cumulative));
      }
      expect(rows).toBeGreaterThan(20);
      expect([...ours.keys()].sort()).toEqual([...judged.keys()].sort());
      // Each line of the file is rounded to a whole microsecond.
      for (const [module, cumulative] of judged)
        expect(Math.abs(ours.get(module)!.reduce((sum, own) => sum + own) - cumulative), module).toBeLessThanOrEqual(rows);
    }
  });
});

test('callers stand after callees, and what they printed between', async () => {
  const profile = await read(`import time: self [us] | cumulative | imported package
import time:         5 |          5 |     json.scanner
hello
import time:        10 |         15 |   json.decoder
what: import time:         1 |          1 |   json.encoder
import time: tables for tea
import time:        20 |         36 | json
import time: cached    | cached     | json
import time:         7 |          7 | größe.teil
`);
  expect(asTree(profile, callTree(profile, { type: 1 }))).toMatchInlineSnapshot(`
    [
      "json 20/36",
      "  json.decoder 10/15",
      "    json.scanner 5/5",
      "  json.encoder 1/1",
      "größe.teil 7/7",
    ]
  `);
  expect(profile.warnings).toEqual([]);
  expect(profile.quality.rows).toBe('sums');
});

test('a file that is cut, or whose lines are broken, is what is whole of it', async () => {
  const bytes = readFileSync(join(fixtures, 'python-3.7.importtime'));
  const cut = await read(bytes.subarray(0, 3000));
  expect(cut.samples.length).toBeGreaterThan(20);
  const broken = await read(
    'import time:  1 |  1 | a\nimport time:  12 | \nimport time:  1 |  99999999999999999999 |   b\nimport time: 99999999999999999999 | 1 | c\n',
  );
  expect(broken.samples.length).toBe(2);
  expect(broken.warnings).toEqual(['2 lines of imports could not be read.']);
  await expect(read('import time: self [us] | cumulative | imported package\nimport time: self [us] | cumulative | x\n')).rejects.toThrow(
    'It holds no import that has ended.',
  );
});

test('is known by its lines alone', () => {
  const known = (text: string) => sniff(new TextEncoder().encode(text), 'stderr.txt')?.id;
  expect(known('warming up\nimport time:  1 |  1 | a\nimport time:  1 |  1 | b\n')).toBe('importtime');
  expect(known('\ufeffimport time: self [us] | cumulative | imported package\r\nimport time:  1 |  1 | b\r\n')).toBe('importtime');
  expect(known('import time: 3\nimport time: 4\nimport time: 5\n')).not.toBe('importtime');
  expect(importTime.sniff(new Uint8Array([0, 1, 2]), 'a.importtime', new Uint8Array())).toBe(0);
});
