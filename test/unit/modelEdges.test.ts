import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { callTree, childrenOf } from '../../src/core/model/callTree.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { drawCalls, nameOf } from './draw.js';

const open = (file: string) => readProfile(bytesSource(file, readFileSync(file)));

/** Totals of the tree's nodes by their names, where a name stands once. */
function totals(profile: Profile, type: number): Map<string, number> {
  const tree = callTree(profile, { type });
  return new Map(Array.from(tree.func, (func, node) => [nameOf(profile, func), tree.total[node]!]));
}

it('gives a function that the program enters by all of its time, though what it runs calls it again', () => {
  const profile = drawCalls(
    {
      exec: { calls: 3, primitive: 1, self: 0, total: 100 },
      script: { calls: 1, self: 10, total: 100 },
      load: { calls: 2, primitive: 1, self: 5, total: 20 },
      one: { calls: 1, self: 5, total: 15 },
      two: { calls: 1, self: 10, total: 10 },
      work: { calls: 7, self: 70, total: 70 },
    },
    {
      'exec>script': { calls: 1, self: 10, total: 100 },
      'exec>one': { calls: 1, self: 5, total: 15 },
      'exec>two': { calls: 1, self: 10, total: 10 },
      'script>load': { calls: 1, self: 3, total: 20 },
      'one>load': { calls: 1, self: 2, total: 10 },
      'load>exec': { calls: 2, self: 0, total: 15 },
      'script>work': { calls: 7, self: 70, total: 70 },
    },
  );
  const tree = totals(profile, 1);
  expect(tree.get('exec')).toBe(100);
  // 85 are the script's for sure: calls within calls of exec took 15. What is left of 100 the three share.
  expect(tree.get('script')).toBeCloseTo(85 + (15 * 15) / 40);
  expect(tree.get('one')! + tree.get('two')! + tree.get('script')!).toBeCloseTo(100);
});

it('stays near the times of cProfile for a program with imports', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heatline-edges-'));
  try {
    writeFileSync(join(folder, 'inner.py'), 'VALUE = sum(i * i for i in range(60000))\n');
    writeFileSync(join(folder, 'outer.py'), 'import inner\nVALUE = inner.VALUE + sum(i * i for i in range(60000))\n');
    writeFileSync(
      join(folder, 'program.py'),
      'def work():\n    return sum(i * i for i in range(900000))\n\ndef main():\n    import outer\n    return work() + outer.VALUE\n\nmain()\n',
    );
    execFileSync('python3', ['-m', 'cProfile', '-o', 'run.prof', 'program.py'], { cwd: folder });
    const profile = await open(join(folder, 'run.prof'));
    const type = profile.calls!.timeType;
    const { total } = functionTable(profile, { type });
    const tree = totals(profile, type);
    for (const name of ['main', 'work']) {
      const func = Array.from(total.keys()).find((one) => nameOf(profile, one) === name)!;
      expect(tree.get(name)! / total[func]!).toBeGreaterThan(0.75);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const fixtures = join(import.meta.dirname, '../fixtures/profiles');
const files = ['pstats', 'callgrind'].flatMap((folder) =>
  readdirSync(join(fixtures, folder))
    .filter((name) => /\.(?:prof|pstats|callgrind)$/.test(name))
    .map((name) => `${folder}/${name}`),
);
it.each(files)('%s: no function in it takes more than the file says, nor callees more than their caller', async (file) => {
  const profile = await open(join(fixtures, file));
  const type = profile.calls!.timeType;
  const tree = callTree(profile, { type });
  const { total } = functionTable(profile, { type });
  for (let node = 0; node < tree.length; node++) {
    const below = childrenOf(tree, node).reduce((all, child) => all + tree.total[child]!, 0);
    expect(below).toBeLessThanOrEqual(tree.total[node]! * (1 + 1e-9) + 1e-9);
    expect(tree.total[node]!).toBeLessThanOrEqual(total[tree.func[node]!]! * (1 + 1e-9) + 1e-9);
  }
});

it.each(files.filter((file) => /^pstats\/(?:profile|py(?:thon|py)-)/.test(file)))('%s: all of the time is in the tree', async (file) => {
  const profile = await open(join(fixtures, file));
  const tree = callTree(profile, { type: profile.calls!.timeType });
  // Of the module profile its own setting up is beside the program.
  expect(childrenOf(tree, -1).reduce((all, root) => all + tree.total[root]!, 0) / tree.sum).toBeCloseTo(1, 2);
});
