import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { wholeTotal } from '../../src/core/model/functionTable.js';
import { functions, lines } from './describeProfile.js';

const folder = join(import.meta.dirname, '../fixtures/profiles/dhat');
const open = (bytes: Uint8Array | string) => readProfile(bytesSource('unknown', Buffer.from(bytes)));

interface Dhat {
  readonly pps: readonly (Readonly<Record<string, number>> & { readonly fs: readonly number[] })[];
  readonly ftbl: readonly string[];
}

/** The recorder's own summary: `At t-gmax: 100,090 bytes in 7 blocks`. */
function printed(text: string): Map<string, [bytes: number, blocks: number | undefined]> {
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits.replaceAll(',', '')));
  return new Map(
    Array.from(text.matchAll(/^(.*?): +([\d,]+) bytes(?: in ([\d,]+) blocks)?$/gm), ([, name, bytes, blocks]) => {
      return [name!, [number(bytes)!, number(blocks)]] as const;
    }),
  );
}

it.each(['heap.dhat', 'copy.dhat', 'rust-heap.json'])('%s: its sums are those that its recorder printed', async (name) => {
  const profile = await open(readFileSync(join(folder, name)));
  const judge = printed(readFileSync(join(folder, `${name}.judge.txt`), 'utf8'));
  const total = (type: string) =>
    wholeTotal(
      profile,
      profile.sampleTypes.findIndex((one) => one.type === type),
    );
  const heap = name !== 'copy.dhat';
  expect([total(heap ? 'alloc_space' : 'copied'), total(heap ? 'alloc_objects' : 'blocks')]).toEqual(judge.get('Total'));
  if (!heap) return;
  expect([total('peak_space'), total('peak_objects')]).toEqual(judge.get('At t-gmax'));
  expect([total('end_space'), total('end_objects')]).toEqual(judge.get('At t-end'));
  for (const [type, line] of [
    ['read', 'Reads'],
    ['written', 'Writes'],
  ] as const) {
    if (name === 'heap.dhat') expect(total(type)).toBe(judge.get(line)![0]);
  }
});

describe.each(['heap.dhat', 'copy.dhat', 'rust-heap.json'])('%s', (name) => {
  it('gives every function the sums of the points that hold it', async () => {
    const text = readFileSync(join(folder, name), 'utf8');
    const file = JSON.parse(text) as Dhat;
    const wanted = new Map<string, [number, number]>();
    for (const point of file.pps) {
      const stack = point.fs.map((frame) => file.ftbl[frame]!).filter((frame) => frame !== '[root]');
      // The address goes, then the line and the column.
      const names = stack.map((frame) =>
        frame
          .replace(/^0x[0-9A-F]+: /i, '')
          .replace(/(?::\d+){1,2}\)$/, ')')
          .replace(/ \(in (.*)\)$/, ' ($1)'),
      );
      for (const one of new Set(names)) {
        const row = wanted.get(one) ?? [0, 0];
        wanted.set(one, [row[0] + (one === names[0] ? point.tb! : 0), row[1] + point.tb!]);
      }
    }
    const profile = await open(text);
    expect(profile.sampleTypes[profile.defaultType]!.unit).toBe('bytes');
    const found = new Map(functions(profile, profile.defaultType).map(({ name, figures }) => [name, figures]));
    expect(found.size).toBeGreaterThan(3);
    expect([...found].sort()).toEqual([...wanted].filter(([, row]) => row[1] > 0).sort());
  });
});

it('finds the line that allocates', async () => {
  const profile = await open(readFileSync(join(folder, 'heap.dhat')));
  expect(lines(profile, 1)).toContainEqual({ name: 'heap.c:13', figures: [0, 9648] });
});

it('takes own units, and says what is missing', async () => {
  const events = await open(
    '{"dhatFileVersion":2,"mode":"ad-hoc","verb":"Occurred","bu":"unit","bsu":"units","bksu":"events","tu":"µs","te":5,"pps":[{"tb":7,"tbk":2,"fs":[1,9]}],"ftbl":["[root]","0x1: f (a.rs:1:5)"]}',
  );
  expect(events.sampleTypes).toEqual([
    { type: 'events', unit: 'count' },
    { type: 'units', unit: 'count' },
  ]);
  expect(events.durationNanos).toBe(5000);
  expect(events.warnings).toEqual(['Some stacks refer to frames that its table does not have.']);
  expect(functions(events, 1)).toEqual([
    { name: 'f (a.rs)', figures: [7, 7] },
    { name: '(unknown)', figures: [0, 7] },
  ]);
  expect(Array.from(events.lines.column!)).toContain(5);
  await expect(open('{"dhatFileVersion":3,"pps":[]}')).rejects.toMatchObject({ code: 'unsupported' });
  await expect(open('{"dhatFileVersion":2,"pps":[{"tb":1,"fs":[1]},{"tb"')).rejects.toMatchObject({ code: 'truncated' });
});
