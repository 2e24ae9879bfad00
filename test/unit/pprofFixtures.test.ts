// Every pprof fixture against pprof's own tool: functions, lines, and who called whom, in every value type that has any.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { lineTable } from '../../src/core/model/lines.js';
import { calleesOf, callersOf, type Neighbour } from '../../src/core/model/neighbours.js';
import type { Profile } from '../../src/core/model/profile.js';
import { weigh } from '../../src/core/model/weights.js';
import { functionsOf, goPprof, hasGo, judge, type Rows, UNITS } from './goJudge.js';

const fixtures = join(import.meta.dirname, '../fixtures/profiles');
const folder = mkdtempSync(join(tmpdir(), 'heatline-fixtures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = ['async-profiler', 'ddtrace', 'go'].flatMap((producer) =>
  readdirSync(join(fixtures, producer))
    .filter((name) => /\.(?:pb\.gz|pprof)$/.test(name))
    .map((name) => `${producer}/${name}`),
);

/** Of a place in several functions (a closure on its function's line) only the flat figures of the judge add up. */
function judgedLines(rows: Rows, ours: Rows): Rows {
  const places: Rows = {};
  const shared = new Set<string>();
  for (const [name, [flat, cum]] of Object.entries(rows)) {
    const place = / ((?:<frozen )?\S+:\d+)$/.exec(name)?.[1];
    if (place === undefined) continue;
    if (Object.hasOwn(places, place)) shared.add(place);
    places[place] = [flat + (places[place]?.[0] ?? 0), cum];
  }
  for (const place of shared) places[place]![1] = ours[place]?.[1] ?? Number.NaN;
  expect(shared.size).toBeLessThan(8);
  return places;
}

function ourLines(profile: Profile, type: number): Rows {
  const rows: Rows = {};
  for (const [file, lines] of lineTable(profile, { type }).files) {
    lines.line.forEach((line, i) => {
      if (line > 0 && (lines.self[i] !== 0 || lines.total[i] !== 0)) rows[`${file}:${line}`] = [lines.self[i]!, lines.total[i]!];
    });
  }
  return rows;
}

type Neighbours = Record<string, { callers: Record<string, number>; callees: Record<string, number> }>;

/** Sections of `-peek`: callers over the function's own row, callees under it. */
function judgedNeighbours(path: string, type: string, unit: string): Neighbours {
  const options = ['-nodecount=1000000', '-nodefraction=0', '-edgefraction=0', '-filefunctions', `-unit=${unit}`, `-sample_index=${type}`];
  const text = goPprof(['-peek=.', ...options, path]);
  const found: Neighbours = {};
  for (const section of text.split(/^-{20,}\+-+ *$/m).slice(2)) {
    const sides: Record<string, number>[] = [{}, {}];
    let own: string | undefined;
    for (const line of section.split('\n')) {
      const neighbour = /^ *(-?[\d.]+)\D*? +\S+% \| {3}(.+?)(?: \((?:partial-)?inline\))?$/.exec(line);
      if (neighbour !== null) sides[own === undefined ? 0 : 1]![neighbour[2]!] = Number(neighbour[1]);
      else own ??= /\| (\S.*?)(?: \((?:partial-)?inline\))?$/.exec(line)?.[1];
    }
    if (own !== undefined) found[own] = { callers: sides[0]!, callees: sides[1]! };
  }
  return found;
}

function ourNeighbours(profile: Profile, type: number): Neighbours {
  const { functions, strings } = profile;
  const name = (func: number) => `${strings[functions.name[func]!]} ${strings[functions.file[func]!]}`.trim();
  const found: Neighbours = {};
  const shown = new Set(Object.keys(functionsOf(profile, type)));
  for (let func = 0; func < functions.length; func++) {
    if (!shown.has(name(func))) continue;
    // The judge has no edge from a function to itself.
    const rows = (side: readonly Neighbour[]) =>
      Object.fromEntries(side.filter((other) => other.func !== func && other.total !== 0).map((other) => [name(other.func), other.total]));
    found[name(func)] = { callers: rows(callersOf(profile, { type }, func)), callees: rows(calleesOf(profile, { type }, func)) };
  }
  return found;
}

describe.skipIf(!hasGo)('pprof fixtures against go tool pprof', () => {
  it.each(files)('%s', async (file) => {
    const source = bytesSource(file, readFileSync(join(fixtures, file)));
    const profile = await readProfile(source);
    // The judge knows no zstd.
    const path = join(folder, file.replace('/', '-'));
    writeFileSync(path, await source.bytes());
    let compared = 0;
    for (const [index, { type, unit }] of profile.sampleTypes.entries()) {
      if (weigh(profile, { type: index }).value.every((value) => value === 0)) continue;
      const functions = judge(path, type, UNITS[unit]!, '-filefunctions');
      expect(functionsOf(profile, index), type).toEqual(functions.rows);
      const lines = ourLines(profile, index);
      expect(lines, type).toEqual(judgedLines(judge(path, type, UNITS[unit]!, '-lines').rows, lines));
      const neighbours = judgedNeighbours(path, type, UNITS[unit]!);
      expect(Object.keys(neighbours).length).toBe(Object.keys(functions.rows).length);
      expect(ourNeighbours(profile, index), type).toEqual(neighbours);
      compared += Object.keys(functions.rows).length + Object.keys(lines).length;
    }
    expect(compared).toBeGreaterThan(10);
  });
});
