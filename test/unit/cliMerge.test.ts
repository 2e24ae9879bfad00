// Many files are added up in threads: nobody must be able to tell.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { mergeProfiles } from '../../src/core/model/merge.js';
import type { Profile } from '../../src/core/model/profile.js';
import { draw, nameOf } from './draw.js';

const FILES = 70;
const folder = mkdtempSync(join(tmpdir(), 'heatline-cli-merge-'));
const names = Array.from({ length: FILES }, (_, i) => join(folder, `run${String(i).padStart(2, '0')}.pb.gz`));
const profiles = names.map((_, i) =>
  draw(`main main\nf${i % 7} g\nh .`, { weights: [i + 1, 1000], threads: ['one', `t${i % 3}`], whole: true }),
);

beforeAll(() => {
  for (const [i, profile] of profiles.entries()) writeFileSync(names[i]!, writePprof(profile));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function heatline(...words: string[]) {
  return spawnSync(process.execPath, [process.env.HEATLINE_TEST_CLI!, ...words], { encoding: 'utf8' });
}

const figures = (profile: Profile) => {
  const { self, total } = functionTable(profile, { type: 0 });
  return Array.from(self, (own, func) => [nameOf(profile, func), own, total[func]]);
};

describe('heatline merge of many files', () => {
  const output = join(folder, 'all.pb.gz');

  it('is what adding them up in order gives', async () => {
    const { status, stderr } = heatline('merge', ...names, '-o', output);
    expect([status, stderr]).toEqual([0, '']);
    const merged = await readProfile(bytesSource('all', readFileSync(output)));
    const wanted = mergeProfiles(profiles);
    expect(figures(merged)).toEqual(figures(wanted));
    expect([merged.samples.length, merged.threads]).toEqual([wanted.samples.length, wanted.threads]);
  });

  it('names the file that cannot be read, or leaves it out when told to', async () => {
    const broken = join(folder, 'broken.pb.gz');
    writeFileSync(broken, 'nothing of the kind');
    const list = [...names.slice(0, 50), broken, ...names.slice(50)];
    const refused = heatline('merge', ...list, '-o', join(folder, 'none.pb.gz'));
    expect(refused.status).toBe(3);
    expect(refused.stderr).toMatch(/^heatline: .*broken\.pb\.gz: [^\n]+\n$/);
    const kept = heatline('merge', '--keep-going', ...list, '-o', output);
    expect(kept.status).toBe(0);
    expect(kept.stderr).toContain('1 of 71 inputs were left out');
    expect(figures(await readProfile(bytesSource('all', readFileSync(output))))).toEqual(figures(mergeProfiles(profiles)));
  });
});
