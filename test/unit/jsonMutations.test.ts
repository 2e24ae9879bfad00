import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import { lineTable } from '../../src/core/model/lines.js';

const folder = join(import.meta.dirname, '../fixtures/profiles');
const files = ['speedscope', 'v8', 'trace', 'firefox'].flatMap((name) =>
  readdirSync(join(folder, name))
    .filter((file) => /\.(?:json|cpuprofile|heapprofile)$/.test(file) && !file.includes('.judge.'))
    .map((file) => `${name}/${file}`),
);
const ROUNDS = Number(process.env.MUTATIONS ?? 25);

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Written out as a number that is too large. */
const INFINITE = 'infinite';

/** What may stand where a value stood. */
const values = fc.constantFrom<Json>(
  -1,
  0,
  0.5,
  1,
  1e9,
  2 ** 31,
  2 ** 32 + 1,
  2 ** 53,
  -(2 ** 63),
  1e300,
  '',
  '__proto__',
  '\ud800',
  '1',
  INFINITE,
  'O',
  null,
  true,
  [],
  [[]],
  {},
  [{}],
  [1, [2]],
  {
    length: 2 ** 63,
  },
);

/** A way to one value of a document, chosen by numbers, and what to do with it. */
const mutation = fc.record({
  way: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
  act: fc.constantFrom('replace', 'delete', 'double', 'reverse', 'number'),
  value: values,
  by: fc.integer({ min: -3, max: 300 }),
});

function mutate(document: Json, { way, act, value, by }: { way: number[]; act: string; value: Json; by: number }): void {
  let at: Json = document;
  for (const [depth, step] of way.entries()) {
    if (typeof at !== 'object' || at === null) return;
    const holder = at as { [key: string]: Json };
    const keys = Object.keys(holder);
    if (keys.length === 0) return;
    const key = keys[step % keys.length]!;
    const inner: Json = holder[key]!;
    if (depth < way.length - 1 && typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0) {
      at = inner;
      continue;
    }
    if (act === 'replace') holder[key] = value;
    else if (act === 'number') holder[key] = typeof inner === 'number' ? inner + by : by;
    else if (act === 'reverse' && Array.isArray(inner)) inner.reverse();
    else if (act === 'double' && Array.isArray(at)) at.push(structuredClone(inner));
    else if (Array.isArray(at)) at.splice(Number(key), 1);
    else delete holder[key];
    return;
  }
}

/** Reads it all the way to its tables: a profile whose indexes are wrong would fail there. */
async function survives(bytes: Uint8Array): Promise<void> {
  try {
    const profile = await readProfile(bytesSource('any', bytes));
    for (let type = 0; type < profile.sampleTypes.length; type++) {
      functionTable(profile, { type });
      lineTable(profile, { type });
    }
    for (const column of profile.samples.values) expect(column.some((value) => Number.isNaN(Number(value)))).toBe(false);
    expect(profile.stacks.length).toBeGreaterThanOrEqual(0);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
  }
}

describe.each(files)('%s', (file) => {
  const bytes = readFileSync(join(folder, file));
  const text = bytes.toString();

  test('is read or refused when its values are changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        const document: Json = JSON.parse(text);
        for (const one of mutations) mutate(document, one);
        await survives(Buffer.from(JSON.stringify(document).replaceAll(`"${INFINITE}"`, '1e999')));
      }),
      { numRuns: ROUNDS },
    );
  });

  test('is read or refused when it is cut, or bytes are changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), async (length, changes) => {
        const changed = Uint8Array.from(bytes);
        for (const [at, byte] of changes) changed[at % changed.length] = byte;
        await survives(length % 2 === 0 ? changed : changed.subarray(0, length % (changed.length + 1)));
      }),
      { numRuns: ROUNDS },
    );
  });

  test('says the same as UTF-16, with a mark, and with white space', async () => {
    const plain = await readProfile(bytesSource('any', bytes));
    const sum = (profile: typeof plain) =>
      Array.from(functionTable(profile, { type: profile.defaultType }).self).reduce((all, self) => all + self, 0);
    const spaced = JSON.stringify(JSON.parse(text), null, '\t').replaceAll('\n', '\r\n');
    for (const other of [Buffer.from(`\ufeff${text}`), Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(spaced)]) {
      const profile = await readProfile(bytesSource('any', other));
      expect([profile.format, profile.samples.length, profile.warnings]).toEqual([plain.format, plain.samples.length, plain.warnings]);
      expect(sum(profile)).toBeCloseTo(sum(plain), 6);
    }
  });
});
