// pprof: files that are cut, changed or claim what cannot be.
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile } from '../../src/core/formats/index.js';
import type { ProtoWriter } from '../../src/core/formats/pprof/protoWriter.js';
import { writePprof } from '../../src/core/formats/pprof/write.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { draw } from './draw.js';
import { functionAndLocation, handmade, read, type } from './pprofKit.js';

describe('pprof: bad input', () => {
  it.each([
    ['value types', 1, 1001],
    ['mappings', 3, 2 ** 18 + 1],
  ])('refuses more %s than any program has', async (what, field, count) => {
    const bytes = handmade((out, inner) => {
      type(out, inner, 1, 2);
      for (let i = 0; i < count; i++) {
        inner.number(1, 1);
        out.block(field, inner);
      }
    });
    expect(await read(bytes).catch((error: unknown) => error)).toMatchObject({ code: 'too-large', message: expect.stringContaining(what) });
  });

  const good = writePprof(
    draw(
      `main@a.py:3 main@a.py:4 idle
       work@b.py:9 .           .`,
      { weights: [1, 2n ** 60n, 3], threads: ['x', 'y', 'x'] },
    ),
  );
  const plain = new Uint8Array(gunzipSync(good));

  const outcome = async (bytes: Uint8Array): Promise<ReadError | Profile> => {
    try {
      const profile = await read(bytes);
      functionTable(profile, { type: profile.defaultType });
      return profile;
    } catch (error) {
      expect(error).toBeInstanceOf(ReadError);
      expect((error as ReadError).message).toMatch(/^[A-Z].*\.$/);
      return error as ReadError;
    }
  };

  it('says so at every cut of a packed file', async () => {
    for (let length = 0; length < good.length; length++) {
      const found = await outcome(good.subarray(0, length));
      // Only the checksum may be missing: what refers to what is spread over the whole file.
      if (length < good.length - 12) expect(found).toBeInstanceOf(ReadError);
      if (!(found instanceof ReadError)) expect(found.warnings.join()).toMatch(/ends too early/);
    }
  });

  it('reads or refuses every cut of a plain file', async () => {
    let refused = 0;
    for (let length = 0; length < plain.length; length++) if ((await outcome(plain.subarray(0, length))) instanceof ReadError) refused++;
    expect(refused).toBeGreaterThan(plain.length / 2);
  });

  it('never throws anything but ReadError at changed bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(plain.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const bytes = plain.slice();
          for (const [at, value] of changes) bytes[at] = value;
          await outcome(bytes);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never throws anything but ReadError at noise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => void (await outcome(bytes))),
      { numRuns: 500 },
    );
  });

  it('gives the offset where it ends too early', async () => {
    const error = await outcome(plain.subarray(0, plain.length - 2));
    expect(error).toMatchObject({ code: 'truncated' });
    expect((error as ReadError).offset).toBeGreaterThan(0);
    expect((error as ReadError).offset).toBeLessThanOrEqual(plain.length);
  });

  const wrong: [string, (inner: ProtoWriter) => void][] = [
    ['location', (inner: ProtoWriter) => inner.number(1, 77)],
    ['two values', (inner: ProtoWriter) => [1, 2].forEach((value) => void inner.number(2, value))],
    ['no value', (inner: ProtoWriter) => inner.number(1, 1)],
  ];
  it.each(wrong)('refuses a sample with a wrong %s', async (_, fill) => {
    const bytes = handmade((out, inner, row) => {
      type(out, inner, 1, 2);
      functionAndLocation(out, inner, row, 1, 3);
      fill(inner);
      out.block(2, inner);
    });
    expect(await outcome(bytes)).toMatchObject({ code: 'corrupt' });
  });

  it('refuses strings and functions that are not there', async () => {
    expect(await outcome(handmade((out, inner) => type(out, inner, 1, 99)))).toMatchObject({ code: 'corrupt' });
    const bytes = handmade((out, inner, row) => {
      type(out, inner, 1, 2);
      row.number(1, 5);
      inner.number(1, 1);
      inner.block(4, row);
      out.block(4, inner);
    });
    expect(await outcome(bytes)).toMatchObject({ code: 'corrupt' });
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    abort.abort(new Error('stopped'));
    await expect(readProfile(bytesSource('x', good), { signal: abort.signal })).rejects.toThrow('stopped');
  });
});
