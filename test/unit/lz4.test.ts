// LZ4 frames, as the library of Python packs them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { isLz4, unlz4 } from '../../src/core/formats/shared/lz4.js';
import { clientsPython } from '../rig/clients.js';

const python = clientsPython();
const has = existsSync(python);
if (!has && process.env.CI) throw new Error(`${python} is missing: node test/rig/run.mjs tools installs it.`);

/** Packs contents of many kinds in every way that the library has; the content and its frame lie side by side. */
const PACK = `
import itertools, os, random, sys
import lz4.frame
random.seed(7)
contents = [b"", b"a", b"abc" * 70000, bytes(300000), random.randbytes(70000), b"".join(random.choice([b"alpha", b"beta", b"gamma "]) for _ in range(60000))]
ways = itertools.product([lz4.frame.BLOCKSIZE_MAX64KB, lz4.frame.BLOCKSIZE_MAX4MB], [True, False], [True, False], [True, False], [0, 9])
for way, (size, linked, content, checksum, level) in enumerate(ways):
    for which, data in enumerate(contents):
        packed = lz4.frame.compress(data, compression_level=level, block_size=size, block_linked=linked, store_size=content,
            content_checksum=checksum, block_checksum=checksum)
        name = os.path.join(sys.argv[1], "%d-%d" % (way, which))
        open(name, "wb").write(data)
        open(name + ".lz4", "wb").write(packed)
print((way + 1) * len(contents))
`;

describe.skipIf(!has)('LZ4', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heatline-lz4-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const count = has ? Number(execFileSync(python, ['-c', PACK, folder], { encoding: 'utf8' })) : 0;
  const pairs = Array.from({ length: count }, (_, i) => {
    const file = join(folder, `${Math.floor(i / 6)}-${i % 6}`);
    return { content: readFileSync(file), packed: readFileSync(`${file}.lz4`) };
  });

  test('every kind of frame unpacks to its content, alone and one after another', () => {
    expect(count).toBe(192);
    for (const { content, packed } of pairs) {
      expect(isLz4(packed)).toBe(true);
      expect(Buffer.compare(unlz4(packed, 1 << 20), content)).toBe(0);
    }
    const some = pairs.slice(0, 6);
    const whole = Buffer.concat(some.map(({ content }) => content));
    expect(Buffer.compare(unlz4(Buffer.concat(some.map(({ packed }) => packed)), 1 << 20), whole)).toBe(0);
  });

  test('nothing grows beyond its limit, and what is cut or damaged ends in a ReadError', () => {
    const { content, packed } = pairs[3]!;
    expect(unlz4(packed, content.length)).toHaveLength(content.length);
    expect(() => unlz4(packed, content.length - 1)).toThrow(/larger than can be read safely/);
    for (let end = 7; end < packed.length; end += 101) expect(() => unlz4(packed.subarray(0, end), 1 << 20)).toThrow(ReadError);
    let refused = 0;
    for (const [i, pair] of pairs.entries()) {
      for (let change = 0; change < 4; change++) {
        const bytes = Buffer.from(pair.packed);
        bytes[(change * 7919 + i * 104_729) % bytes.length]! ^= 1 << (change % 8);
        try {
          unlz4(bytes, 1 << 20);
        } catch (error) {
          expect(error).toBeInstanceOf(ReadError);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
