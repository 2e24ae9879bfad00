import { expect, it } from 'vitest';
import { fixed, fuzz } from '../fuzz/drive.js';

/** Cases beyond the fixtures as they are and the attacks: three of each fixture. `npm run fuzz` runs without end. */
const CASES = 450;

it('ends every broken file in a profile, a partial profile or a sentence', async () => {
  const counts = await fuzz({ seed: 20_240_607, cases: fixed() + CASES, million: 100_000, processes: 1, hangSeconds: 120 });
  const { files, cases, profile, partial, error, bugs } = counts;
  console.log(`fuzz: ${files} files, ${cases} cases: ${profile} profiles, ${partial} partial, ${error} errors, ${bugs.length} bugs`);
  expect(bugs.map(({ number, name, message }) => `case ${number}, ${name}: ${message}`)).toEqual([]);
  expect(cases).toBe(profile + partial + error);
  // A suite that reads nothing any more would find nothing.
  expect(Math.min(profile, partial, error), Array.from(counts.by, String).join(' ')).toBeGreaterThan(CASES / 50);
}, 600_000);
