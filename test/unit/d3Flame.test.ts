import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { functions, stacks } from './describeProfile.js';

const fixtures = join(import.meta.dirname, '../fixtures/profiles');
const open = (bytes: Uint8Array | string) => readProfile(bytesSource('unknown', Buffer.from(bytes)));
const tree = (name: string) => open(readFileSync(join(fixtures, 'd3-flame-graph', name)));

it('has the figures of the profile that the tree was drawn from', async () => {
  const drawn = functions(await tree('stackprof-wall.json'), 0);
  const recorded = functions(await open(readFileSync(join(fixtures, 'stackprof/wall.json'))), 0);
  expect(drawn.length).toBeGreaterThan(15);
  expect(drawn.map((row) => JSON.stringify(row)).sort()).toEqual(recorded.map((row) => JSON.stringify(row)).sort());
});

it("reads what Linux's perf writes", async () => {
  expect(stacks(await tree('perf.json'), 0)).toContainEqual({ figures: [2], name: 'python;main;do_syscall_64' });
});

it('tells values of each function from values with what it called', async () => {
  const own = await tree('self-values.json');
  expect(functions(own, 0)).toContainEqual({ figures: [1, 9], name: 'main (app.py)' });
  expect(own.warnings).toEqual(['Values are smaller than those below them: they are taken as what each function has of its own.']);
  expect((await tree('perf.json')).warnings).toEqual([]);
});

it('keeps names that mean something to JavaScript, takes keys in any order, and goes as deep as the file', async () => {
  const odd = await open(
    '{"children":[{"children":[],"value":2,"name":"__proto__"},{"value":1,"name":"constructor"}],"value":3,"name":"toString"}',
  );
  expect(stacks(odd, 0)).toEqual([
    { figures: [2], name: 'toString;__proto__' },
    { figures: [1], name: 'toString;constructor' },
  ]);
  const depth = 200_000;
  const deep = await open(`${'{"name":"a","value":1,"children":['.repeat(depth)}${']}'.repeat(depth)}`);
  expect(deep.stacks.length).toBe(depth);
  expect(functions(deep, 0)).toEqual([{ figures: [1, 1], name: 'a' }]);
});

it('shows the beginning of a tree that is cut off', async () => {
  const cut = await open('{"name":"root","value":5,"children":[{"name":"a","value":3,"children":[{"name":"b","value":1},{"na');
  expect(cut.warnings).toEqual(['The file ends too early: what comes after is missing.']);
  expect(functions(cut, 0)).toContainEqual({ figures: [2, 3], name: 'a' });
  await expect(open('{"name":"root","value":5,"children":[')).rejects.toBeInstanceOf(ReadError);
});
