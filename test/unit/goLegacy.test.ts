// Older forms of pprof: what `go tool pprof -proto` makes of them is the judge, stack by stack.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { ReadError } from '../../src/core/errors.js';
import { readProfile, sniff } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';
import { topJson } from '../../src/core/report/top.js';
import { goPprof, hasGo } from './goJudge.js';

const fixtures = join(import.meta.dirname, '../fixtures/profiles');
const folder = mkdtempSync(join(tmpdir(), 'heatline-legacy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (bytes: Uint8Array): Promise<Profile> => readProfile(bytesSource('unknown', bytes));
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** Words of a binary CPU profile. */
function words(word: 4 | 8, little: boolean, figures: readonly (number | bigint)[], tail = ''): Uint8Array {
  const bytes = new Uint8Array(figures.length * word);
  const view = new DataView(bytes.buffer);
  figures.forEach((figure, i) => {
    if (word === 8) view.setBigUint64(i * 8, BigInt(figure), little);
    else view.setUint32(i * 4, Number(figure), little);
  });
  return Buffer.concat([bytes, text(tail)]);
}

/** Values and labels by stack, a frame as its address, or as its name where that is all there is. */
function stacks(profile: Profile, hidden?: ReadonlyMap<string, number>): string[] {
  const { samples, locations, lines, functions, strings } = profile;
  const rows = new Map<string, bigint[]>();
  for (let i = 0; i < samples.length; i++) {
    const frames: bigint[] = [];
    const names: string[] = [];
    for (let at = samples.stack[i]!; at >= 0; at = profile.stacks.prefix[at]!) {
      const location = profile.stacks.location[at]!;
      frames.push(locations.address?.[location] ?? 0n);
      const line = locations.firstLine[location]!;
      names.push(`${strings[functions.name[lines.func[line]!]!]}:${lines.line[line]}`);
    }
    const drop = hidden?.get(frames.map((address) => address.toString(16)).join(' ')) ?? 0;
    frames.splice(0, drop);
    names.splice(0, drop);
    const labels =
      samples.labels === undefined
        ? ''
        : Array.from(
            samples.labels.number.subarray(samples.labels.first[i], samples.labels.first[i + 1]).filter((number) => number > 0),
          ).join();
    const key = `${frames.map((address, frame) => (address === 0n ? names[frame] : address.toString(16))).join(' ')} [${labels}]`;
    const sums = rows.get(key) ?? profile.sampleTypes.map(() => 0n);
    rows.set(
      key,
      sums.map((sum, type) => sum + BigInt(profile.samples.values[type]![i]!)),
    );
  }
  return [...rows].map(([key, sums]) => `${key} ${sums.join(' ')}`).sort();
}

async function judged(name: string, bytes: Uint8Array): Promise<Profile> {
  const path = join(folder, name.replaceAll('/', '-'));
  writeFileSync(path, bytes);
  goPprof(['-proto', '-symbolize=none', `-output=${path}.pb.gz`, path], { stdio: 'pipe' });
  return read(readFileSync(`${path}.pb.gz`));
}

async function compare(name: string, bytes: Uint8Array, hidden?: ReadonlyMap<string, number>): Promise<Profile> {
  const ours = await read(bytes);
  const theirs = await judged(name, bytes);
  expect(ours.format).toBe('pprof-legacy');
  expect(ours.sampleTypes).toEqual(theirs.sampleTypes);
  expect([ours.period, ours.durationNanos, ours.sampleTypes[ours.defaultType]]).toEqual([
    theirs.period,
    theirs.durationNanos,
    theirs.sampleTypes[theirs.defaultType],
  ]);
  expect(stacks(ours)).toEqual(stacks(theirs, hidden));
  return ours;
}

/** How many frames at the leaf of each stack the comments under it leave out: Go's own tool knows no names here and keeps them. */
function allocators(content: string): Map<string, number> {
  const hidden = new Map<string, number>();
  for (const block of content.split(/\n(?=\d+: )|\n\n/)) {
    const stack = /@((?: 0x[0-9a-f]+)+)/.exec(block)?.[1]?.trim().split(' ');
    if (stack === undefined) continue;
    const addresses = stack.map((address) => (BigInt(address) - 1n).toString(16));
    const shown = Array.from(block.matchAll(/^#\s+0x([0-9a-f]+)\s/gm), ([, address]) => address!);
    hidden.set(addresses.join(' '), addresses.indexOf(shown[0]!));
  }
  return hidden;
}

const MAPS =
  '\nMAPPED_LIBRARIES:\nbuild=/opt/shop\n00400000-00500000 r-xp 00000000 08:01 42   $build/shop\n7f0000-7f9000 r--p 00000000 08:01 43 /lib/ro.so\n0x600000-0x700000: /lib/libc.so.6 (@1000) beef\n';

describe.skipIf(!hasGo)('older forms against go tool pprof', () => {
  it.each(['heap', 'mutex', 'block', 'goroutine', 'threadcreate'])('%s?debug=1 of a Go service', async (kind) => {
    const bytes = readFileSync(join(fixtures, `go/${kind}.debug1`));
    const ours = await compare(kind, bytes, kind === 'heap' ? allocators(Buffer.from(bytes).toString()) : undefined);
    const names = topJson(ours, { type: ours.defaultType }).functions.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(3);
    if (kind !== 'threadcreate') expect(names.some((name) => name.startsWith('main.'))).toBe(true);
  });

  it.each(['shop.cpu', 'shop.heap'])('gperftools %s', async (name) => {
    const ours = await compare(name, readFileSync(join(fixtures, 'gperftools', name)));
    expect(topJson(ours, { type: ours.defaultType }).functions.map((row) => row.name)).toContain('[shop]');
  });

  const cpu = [0, 3, 0, 10_000, 0, 2, 3, 0x400100, 0x400201, 0x400301, 5, 2, 0x600010, 0x400301, 1, 2, 0x400100, 0x400100, 0, 1, 0];
  const java = [0, 3, 1, 5000, 0, 7, 2, 0x10, 0x20, 1, 1, 0x30, 0, 1, 0];
  const names = '\n0x10 com.shop.Till.sell (Till.java:41)\n0x20 main (/usr/lib/libjvm.so)\n0x30 GC\n0x99 unused (X.java:1)\n';
  it.each([
    ['little words of 8', words(8, true, cpu, MAPS)],
    ['big words of 8', words(8, false, cpu, MAPS)],
    ['little words of 4', words(4, true, cpu, MAPS)],
    ['big words of 4', words(4, false, cpu, MAPS)],
    ['Java', words(8, true, java, names)],
    [
      'a handler in every stack',
      words(
        8,
        true,
        [0, 3, 0, 1000, 0, ...Array.from({ length: 40 }, (_, i) => [1, 4, 0x400100 + i, 0x600001, 0x600101, 0x400301]).flat(), 0, 1, 0],
        MAPS,
      ),
    ],
  ])('CPU profiles of %s', async (name, bytes) => {
    await compare(name, bytes);
  });

  it.each([
    [
      'heap_v2',
      `heap profile: 3: 3072 [ 10: 10240] @ heap_v2/524288\n  1: 1024 [ 4: 4096] @ 0x400101 0x400201\n  2: 2048 [6: 6144] @ 0x600001\n${MAPS}`,
    ],
    [
      'heapprofile',
      'heap profile:      3:     3072 [    3:   3072] @ heapprofile\n 1: 1024 [ 1: 1024] @ 0x400101\n 2: 2048 [ 2: 2048] @ 0x400101 0x400301\n',
    ],
    ['growth', 'heap profile: 1: 65536 [ 1: 65536] @ growthz\n 1: 65536 [ 1: 65536] @ 0x400101 0x400201\n'],
    [
      'contentionz',
      '--- contentionz 7 ---\ncycles/second = 2000000000\nsampling period = 10\nms since reset = 2500\ndiscarded samples = 0\n 400 3 @ 0x400101 0x400201\n 17 1 @ 0x400101\n',
    ],
    [
      'threads',
      '--- threadz 1 ---\n\n--- Thread 7f10 (name: main/12) stack: ---\n  0x400100 sell\n  0x400201 main\n--- Thread 7f11 (name: w/1/13) stack: ---\n  [same as previous thread]\n--- Thread 7f12 (name: idle/14) stack: ---\n  0x600100 0x600100\n  0x400301\n---- no stack trace for 9\n',
    ],
    [
      'java heap',
      '--- heapz 1 ---\nformat = java\nresolution = bytes\n  7048  3 @ 0x10 0x20\n 4752 99 @ 0x30\n0x10 com.shop.Till.sell (Till.java:41)\n0x20 main (Main.java:-1)\n0x30 STUB generated stub/JIT\n',
    ],
    [
      'java contention',
      '--- contentionz 1 ---\nformat = java\nresolution = microseconds\nsampling period = 100\nms since reset = 6019923\n  14 1 @ 0x10 0x20\n  9 2 @ 0x20\n0x10 lock (Lock.java:3)\n0x20 run (/x/lib.so)\n',
    ],
    [
      'counts with comments first',
      '# made by hand\n\ngoroutine profile: total 5\n3 @ 0x400101 0x400201\n# labels: {"route":"/a"}\n#\t0x400100\tmain.sell+0x1\t/srv/a.go:7\n\n2 @ 0x400101\n---\nrest\n',
    ],
  ])('%s', async (name, content) => {
    await compare(name, text(content));
  });
});

describe('older forms', () => {
  it('shows functions, files and lines that the comments name, inlined ones innermost first', async () => {
    const profile = await read(
      gzipSync(
        text(
          'heap profile: 2: 64 [4: 128] @ heap/0\n2: 64 [4: 128] @ 0x11 0x21 0x31 0x41\n#\t0x20\tshop.inner+0x3\t/srv/in.go:4\n#\t0x20\tshop.outer+0x9\t/srv/out.go:9\n#\t0x30\tmain.main+0x1\t/srv/main.go:7\n\n',
        ),
      ),
    );
    const { functions } = topJson(profile, { type: 3 });
    expect(functions.map(({ name, file, self, total }) => [name, file, self, total])).toEqual([
      ['shop.inner', '/srv/in.go', 64, 64],
      ['main.main', '/srv/main.go', 0, 64],
      ['runtime.goexit', '', 0, 64],
      ['shop.outer', '/srv/out.go', 0, 64],
    ]);
  });

  it('gives samples of goroutines their labels', async () => {
    const profile = await read(
      text(
        'goroutine profile: total 1\n1 @ 0x400101\n# labels: {"route":"/a", "__proto__":"x"}\n#\t0x400100\tmain.sell+0x1\t/srv/a.go:7\n',
      ),
    );
    expect(Array.from(profile.samples.labels!.text, (row) => profile.strings[row])).toEqual(['/a', 'x']);
  });

  it('keeps what is whole of a CPU profile that is cut, and leaves out lines that are no samples', async () => {
    const bytes = words(8, true, [0, 3, 0, 10_000, 0, 2, 1, 0x400100, 5, 900, 1]);
    const profile = await read(bytes);
    expect([profile.samples.length, profile.warnings.length]).toEqual([1, 1]);
    const heap = await read(text('heap profile: 1: 8 [ 1: 8] @ heapprofile\n 1: 8 [ 1: 8] @ 0x1\nbroken line\n'));
    expect([heap.samples.length, heap.warnings.length]).toEqual([1, 1]);
    expect(await read(text('heap profile: 1: 8 [ 1: 8] @ heapprofile\nbroken\n')).catch((error: unknown) => error)).toBeInstanceOf(
      ReadError,
    );
  });

  it.each([
    ['a list of goroutines', 'goroutine 1 [running]:\nmain.main()\n\t/srv/main.go:7 +0x1\n', /debug=1/],
    ['a trace', 'go 1.26 trace\0\0', /go tool trace/],
  ])('explains %s', async (_, content, sentence) => {
    expect(await read(text(content)).catch((error: unknown) => error)).toMatchObject({
      code: 'unknown-format',
      message: expect.stringMatching(sentence),
    });
  });

  it('takes nothing else for an older form', () => {
    for (const content of [
      '1 @ 0x12\n',
      'memory profile: 3\n',
      '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0',
    ]) {
      expect(sniff(text(content), 'x')?.id).not.toBe('pprof-legacy');
    }
  });

  it.each([
    ['a claim of 2^63 frames', words(8, true, [0, 3, 0, 10_000, 0, 2, 2n ** 63n, 1, 2])],
    ['nothing behind the header', words(8, true, [0, 3, 0, 10_000, 0])],
    ['a header alone', text('heap profile: 0: 0 [0: 0] @ heap/1048576\n')],
    ['long lines', text(`goroutine profile: total 1\n# ${'+0x1 :1 '.repeat(100_000)}\n1 @${' 0x12'.repeat(100_000)}\n`)],
    [
      'a long mapping',
      text(
        `heap profile: 1: 8 [ 1: 8] @ heapprofile\n 1: 8 [ 1: 8] @ 0x1\nMAPPED_LIBRARIES:\n${'0-'.repeat(100_000)}\n${'1 '.repeat(200_000)}\n`,
      ),
    ],
  ])('ends in a profile or a ReadError for %s', async (_, bytes) => {
    const found = await read(bytes).catch((error: unknown) => error);
    if (found instanceof Error) expect(found).toBeInstanceOf(ReadError);
    else expect((found as Profile).format).toBe('pprof-legacy');
  });
});
