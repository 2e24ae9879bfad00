// Many pprof files read one after another (src/core/formats/pprof/run): quicker than one by one, and nothing else.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { ProtoWriter } from '../../src/core/formats/pprof/protoWriter.js';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { Merger } from '../../src/core/model/merge.js';
import { handmade, type } from './pprofKit.js';

const folder = mkdtempSync(join(tmpdir(), 'heatline-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { makeWindows } = await import(String(new URL('../bench/makeWindows.mjs', import.meta.url)));
const ROUNDS = Number(process.env.HEATLINE_FUZZ_ROUNDS ?? 300);

/** The sum as it is written, and what could not be read; and whether any file was read as one of the run. */
async function summed(files: readonly Uint8Array[], control: { readonly run?: object }) {
  const merger = new Merger({ sumTimes: true });
  const failed: string[] = [];
  let shared = 0;
  for (const [at, bytes] of files.entries()) {
    try {
      const profile = await readProfile(bytesSource('window', bytes), control);
      if (profile.frames?.run !== undefined) shared++;
      merger.add(profile);
    } catch (error) {
      failed.push(`${at} ${error}`);
    }
  }
  return { sum: Buffer.from(gunzipSync(writePprof(merger.finish()))).toString('latin1'), failed, shared };
}

async function same(files: readonly Uint8Array[]): Promise<number> {
  const alone = await summed(files, {});
  const together = await summed(files, { run: {} });
  expect(together.failed).toEqual(alone.failed);
  expect(together.sum === alone.sum, 'the sums are the same bytes').toBe(true);
  return together.shared;
}

function windows(): Uint8Array[] {
  const root = join(folder, 'store');
  makeWindows(root, { windows: 12, samples: 40, pool: 60, functions: 40, depth: 12, bodies: 5 });
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.gz'));
  return names.sort().map((name) => new Uint8Array(gunzipSync(readFileSync(join(root, name)))));
}

describe('files of a run', () => {
  const made = windows();

  test('have the sum that they have one by one, to the byte', async () => {
    expect(await same(made)).toBe(made.length);
  });

  test('may be of any writer', async () => {
    const found = readdirSync('test/fixtures', { recursive: true, encoding: 'utf8' }).filter((name) => /\.(pb\.gz|pprof|pb)$/.test(name));
    expect(found.length).toBeGreaterThan(3);
    const files = found.map((name) => new Uint8Array(readFileSync(join('test/fixtures', name))));
    await same([...files, ...made.slice(0, 2), ...files]);
  });

  test('are refused as they are alone when they are damaged, and the others are unharmed', async () => {
    const damage = fc.record({
      file: fc.nat(made.length - 1),
      bytes: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      cut: fc.option(fc.double({ min: 0, max: 0.999, noNaN: true })),
    });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, bytes, cut }) => {
        const damaged = made[file]!.slice();
        for (const [at, value] of bytes) damaged[Math.floor(at * damaged.length)] = value;
        const files = [made[0]!, cut === null ? damaged : damaged.subarray(0, Math.floor(cut * damaged.length)), made[1]!, damaged];
        refused += (await summed(files, {})).failed.length;
        await same(files);
      }),
      { numRuns: ROUNDS },
    );
    expect(refused).toBeGreaterThan(0);
  });

  test.each<[string, (out: ProtoWriter, inner: ProtoWriter) => void]>([
    [
      'names a thread by text and number',
      (out, inner) =>
        sample(
          out,
          inner,
          [1],
          [7],
          [
            [3, 4, 0],
            [5, 0, 12],
          ],
        ),
    ],
    [
      'names two threads alike',
      (out, inner) => {
        for (const id of [12, 13, 12])
          sample(
            out,
            inner,
            [1],
            [7],
            [
              [3, 4, 0],
              [5, 0, id],
            ],
          );
      },
    ],
    ['has values that no double holds', (out, inner) => sample(out, inner, [1, 1], [2n ** 62n], [])],
    ['has negative values', (out, inner) => sample(out, inner, [1], [-5], [])],
    [
      'has sums that no double holds',
      (out, inner) => {
        for (let i = 0; i < 40; i++) sample(out, inner, [1], [2 ** 48 - i], []);
      },
    ],
    ['has no frames', (out, inner) => sample(out, inner, [], [3], [])],
    ['has a place that is missing', (out, inner) => sample(out, inner, [9], [3], [])],
    ['has a text that is missing', (out, inner) => sample(out, inner, [1], [3], [[3, 99, 0]])],
    ['has more values than types', (out, inner) => sample(out, inner, [1], [3, 4], [])],
    ['has a time stamp', (out, inner) => sample(out, inner, [1], [3], [[6, 0, 1_800_000_000]])],
  ])('one that %s', async (_, add) => {
    const odd = handmade((out, inner) => {
      type(out, inner, 1, 2);
      add(out, inner);
      inner.number(1, 1);
      out.block(4, inner);
      for (const text of ['', 'cpu', 'nanoseconds', 'thread', 'main', 'thread id', 'end_timestamp_ns']) out.text(6, text);
    });
    await same([made[0]!, odd, made[1]!, odd]);
  });
});

/** @param labels key, text and number of each */
function sample(
  out: ProtoWriter,
  inner: ProtoWriter,
  ids: readonly number[],
  values: readonly (number | bigint)[],
  labels: readonly (readonly [number, number, number])[],
): void {
  const own = new ProtoWriter();
  for (const id of ids) own.varint(id);
  inner.block(1, own);
  for (const value of values) own.varint(value);
  inner.block(2, own);
  for (const [key, text, number] of labels) {
    own.number(1, key);
    own.number(2, text);
    own.number(3, number);
    inner.block(3, own);
  }
  out.block(2, inner);
}
