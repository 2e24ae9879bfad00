import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formats, readProfile } from '../../src/core/formats/index.js';
import { pprof } from '../../src/core/formats/pprof.js';
import { bytesSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';
import { secondsPer } from '../../src/core/model/units.js';
import { describeProfile, functions, lines, stacks } from './describeProfile.js';

const fixtures = join(import.meta.dirname, '../fixtures/profiles');
const golden = join(import.meta.dirname, '../golden');

/** Every profile under test/fixtures/profiles: not the notes, the judges' output, or the programs that made them. */
const files = readdirSync(fixtures, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/^README\.md$|\.judge\.|\.(?:py|go|rb|c|rs|js|sh|mod|java)$/.test(entry.name))
  .map((entry) => relative(fixtures, join(entry.parentPath, entry.name)).split(sep).join('/'))
  .sort();

const open = (name: string, bytes: Uint8Array) => readProfile(bytesSource(name, bytes));

async function viaPprof(profile: Profile): Promise<Profile> {
  const chunks: Uint8Array[] = [];
  await pprof.write!(profile, { write: (chunk) => void chunks.push(chunk) });
  return open('again.pb.gz', Buffer.concat(chunks));
}

const seen = new Set<string>();

/** Each fixture's figures as they were when somebody looked at them: `npx vitest run --project unit golden -u` writes them anew. */
describe.each(files)('%s', (file) => {
  const bytes = readFileSync(join(fixtures, file));

  it('is read as it was, under any name', async () => {
    const profile = await open(file, bytes);
    seen.add(profile.format);
    const text = describeProfile(profile);
    await expect(text).toMatchFileSnapshot(join(golden, `${file}.txt`));
    expect(describeProfile(await open('unknown', bytes))).toBe(text);
  });

  it('keeps its figures as pprof', async () => {
    const profile = await open(file, bytes);
    const again = await viaPprof(profile);
    const [before, after] = [profile, again].map((one) => one.sampleTypes[one.defaultType]!);
    expect(after!.type).toBe(before!.type === 'time' && after!.type === 'tottime' ? 'tottime' : before!.type);
    // pprof knows whole numbers only: seconds become nanoseconds, and other fractions are rounded.
    const scale = (secondsPer(before!.unit) ?? 1) / (secondsPer(after!.unit) ?? 1);
    for (const rows of [stacks, functions, lines]) {
      const found = new Map(rows(again, again.defaultType).map(({ name, figures }) => [name, figures]));
      const samples = Math.max(1, profile.samples.length);
      for (const { name, figures } of rows(profile, profile.defaultType)) {
        const other = found.get(name) ?? figures.map(() => 0);
        for (const [i, value] of figures.entries()) {
          const wanted = i < 2 ? value * scale : value;
          const rounding = Number.isInteger(wanted) ? 0 : samples / 2;
          expect(Math.abs(other[i]! - wanted), `${rows.name} ${name}: ${other[i]} for ${wanted}`).toBeLessThanOrEqual(
            rounding + 1e-9 * Math.abs(wanted),
          );
        }
      }
    }
    expect(again.threads.toSorted()).toEqual(profile.threads.toSorted());
  });
});

it('has a fixture for every format', () => {
  expect(formats.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([]);
});
