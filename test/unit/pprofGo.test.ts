// pprof's own tool is the judge: every row of its tables, for real Go profiles and for ones made by hand.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';
import type { Profile } from '../../src/core/model/profile.js';
import { draw, drawCalls } from './draw.js';
import { functionsOf, hasGo, judge, type Rows, UNITS } from './goJudge.js';

const folder = mkdtempSync(join(tmpdir(), 'heatline-go-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function linesOf(profile: Profile, type: number): Rows {
  const rows: Rows = {};
  for (const [file, lines] of lineTable(profile, { type }).files) {
    lines.line.forEach((line, i) => {
      if (lines.self[i] !== 0 || lines.total[i] !== 0) rows[`${file}:${line}`] = [lines.self[i]!, lines.total[i]!];
    });
  }
  return rows;
}

async function compare(path: string): Promise<number> {
  const profile = await readProfile(bytesSource(path, readFileSync(path)));
  let compared = 0;
  for (const [index, { type, unit }] of profile.sampleTypes.entries()) {
    const functions = judge(path, type, UNITS[unit]!, '-filefunctions');
    expect(functionsOf(profile, index)).toEqual(functions.rows);
    expect(functionTable(profile, { type: index }).sum).toBe(functions.total);
    const byLine: Rows = {};
    // A function and a closure in it may share a line, which is one line to us: there only flat figures add up.
    const shared = new Set<string>();
    for (const [name, [flat, cum]] of Object.entries(judge(path, type, UNITS[unit]!, '-lines').rows)) {
      const place = /^\S+ (.+:\d+)$/.exec(name)?.[1];
      if (place === undefined) continue;
      if (Object.hasOwn(byLine, place)) shared.add(place);
      byLine[place] = [flat + (byLine[place]?.[0] ?? 0), cum];
    }
    const ours = linesOf(profile, index);
    for (const place of shared) byLine[place]![1] = ours[place]![1];
    expect(ours).toEqual(byLine);
    expect(shared.size).toBeLessThan(4);
    compared += Object.keys(functions.rows).length + Object.keys(byLine).length;
  }
  return compared;
}

describe.skipIf(!hasGo)('pprof against go tool pprof', () => {
  const cpu = join(folder, 'cpu.pb.gz');
  const heap = join(folder, 'heap.pb.gz');

  beforeAll(() => {
    const program = join(folder, 'burn');
    const source = fileURLToPath(new URL('../fixtures/profiles/pprof/burn/main.go', import.meta.url));
    execFileSync('go', ['build', '-o', program, source], { stdio: 'pipe' });
    execFileSync(program, [cpu, heap], { stdio: 'pipe' });
  });

  it('agrees on a real CPU profile: flat and cum of every function and line', async () => {
    expect(await compare(cpu)).toBeGreaterThan(40);
  });

  it('agrees on a real heap profile, in all four types', async () => {
    expect(await compare(heap)).toBeGreaterThan(20);
  });

  it('agrees on what we write of them', async () => {
    for (const original of [cpu, heap]) {
      const profile = await readProfile(bytesSource(original, readFileSync(original)));
      const copy = join(folder, 'copy.pb.gz');
      writeFileSync(copy, writePprof(profile));
      for (const [index, { type, unit }] of profile.sampleTypes.entries()) {
        expect(judge(copy, type, UNITS[unit]!, '-lines')).toEqual(judge(original, type, UNITS[unit]!, '-lines'));
        expect(functionsOf(await readProfile(bytesSource('copy', readFileSync(copy))), index)).toEqual(functionsOf(profile, index));
      }
    }
  });

  it('agrees on recursion and inlined frames', async () => {
    const path = join(folder, 'drawn.pb.gz');
    const profile = draw(
      `main@/m.go:9/8  main@/m.go:9/8  main@/m.go:10/8 main@/m.go:9/8
       f@/m.go:3/1     f@/m.go:4/1     g@/n.go:7/7<f@/m.go:3/1 f@/m.go:3/1
       g@/n.go:8/7     f@/m.go:3/1     f@/m.go:4/1     h@/n.go:3/1<g@/n.go:7/7<f@/m.go:4/1
       f@/m.go:3/1     f@/m.go:4/1     .               f@/m.go:3/1`,
      { weights: [1, 20, 300, 4000] },
    );
    writeFileSync(path, writePprof(profile));
    expect(await compare(path)).toBe(4 + 7);
  });

  it('drops frames as drop_frames and keep_frames say', async () => {
    const path = join(folder, 'dropped.pb.gz');
    const profile = draw(
      `main  alloc  main   main   main
       work  main   alloc  alloc<work  keepalloc
       alloc work   inner  inner  work`,
      { weights: [1, 20, 300, 4000, 50_000] },
    );
    writeFileSync(path, writePprof({ ...profile, dropFrames: '.*alloc', keepFrames: 'keep.*' }));
    const read = await readProfile(bytesSource(path, readFileSync(path)));
    expect(functionsOf(read, 0)).toEqual(judge(path, 'time', 'count', '-filefunctions').rows);
    expect(Object.keys(functionsOf(read, 0))).not.toContain('inner main.py');
  });

  it('gives foreign tools exact calls and tottime as flat figures', async () => {
    const path = join(folder, 'counts.pb.gz');
    const profile = drawCalls(
      {
        main: { calls: 1, self: 1, total: 10 },
        work: { calls: 5, primitive: 3, self: 6, total: 9 },
        leaf: { calls: 7, self: 3, total: 3 },
      },
      {
        'main>work': { calls: 3, self: 4, total: 9 },
        'work>work': { calls: 2, self: 1.5, total: 4 },
        'work>leaf': { calls: 7, self: 3, total: 3 },
      },
    );
    writeFileSync(path, writePprof(profile));
    const flat = (rows: Rows) => Object.fromEntries(Object.entries(rows).map(([name, [self]]) => [name, self]));
    expect(flat(judge(path, 'calls', 'count', '-functions').rows)).toEqual({ main: 1, work: 5, leaf: 7 });
    expect(flat(judge(path, 'tottime', 'ns', '-functions').rows)).toEqual({ main: 1e9, work: 6e9, leaf: 3e9 });
  });
});
