// Trees of calls as text, by Instruments and by node --prof-process, against the other figures in the same files.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import { functionTable } from '../../src/core/model/functionTable.js';
import type { Profile } from '../../src/core/model/profile.js';
import { stacks } from './describeProfile.js';

const fixtures = join(import.meta.dirname, '../fixtures/profiles');
const open = (text: string | Uint8Array) => readProfile(bytesSource('any', Buffer.from(text)));

/** Self by function name. */
function selves(profile: Profile): Map<string, number> {
  const { self } = functionTable(profile, { type: profile.defaultType });
  const found = new Map<string, number>();
  for (const [func, value] of self.entries()) {
    const name = profile.strings[profile.functions.name[func]!]!;
    if (value > 0) found.set(name, (found.get(name) ?? 0) + value);
  }
  return found;
}

function added(rows: Iterable<readonly [string, number]>): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, value] of rows) if (value > 0) found.set(name, (found.get(name) ?? 0) + value);
  return found;
}

describe("Instruments' deep copy", () => {
  const text = (name: string) => readFileSync(join(fixtures, 'instruments', `${name}.deep-copy.txt`), 'utf8');
  const scale: Record<string, number> = { ms: 1e6, s: 1e9, min: 60e9, Mc: 1e6, Gc: 1e9, '': 1e6 };

  it.each(['till', 'till-old', 'till-cycles'])('%s: every function has what the column of self weights says', async (name) => {
    const rows = text(name).trimEnd().split('\n').slice(1);
    const judged = rows.map((row): [string, number] => {
      const [, self, ...symbol] = row.split('\t');
      const [, value, unit] = /^([\d.]+) ?(\w*)$/.exec(self!.replace('-', '0'))!;
      return [symbol.join('').trim(), Math.round(Number(value) * scale[unit!]!)];
    });
    const profile = await open(text(name));
    expect(selves(profile)).toEqual(added(judged));
    expect(profile.warnings).toEqual([]);
    expect(profile.sampleTypes.map(({ type, unit }) => `${type}/${unit}`)).toEqual([
      name === 'till-cycles' ? 'cycles/count' : 'cpu/nanoseconds',
    ]);
  });

  it('of allocations says what is below: the rest is a function’s own', async () => {
    const profile = await open(text('till-memory'));
    expect(profile.sampleTypes).toEqual([{ type: 'memory', unit: 'bytes' }]);
    expect(stacks(profile, 0).map(({ name }) => name)).toContain('start;main;receipts();malloc;malloc_zone_malloc');
    const kb = new Map(Array.from(selves(profile), ([name, value]) => [name, value / 1024]));
    // 2,200 and 300 are in malloc; figures are rounded to two digits behind the point of a megabyte.
    expect(Math.abs(kb.get('malloc')! - 2500)).toBeLessThan(25);
    expect(Math.abs(kb.get('operator new(unsigned long)')! - 548)).toBeLessThan(25);
  });

  it('of Windows’ line ends, as UTF-16, and cut, is read as far as it goes', async () => {
    const whole = selves(await open(text('till')));
    expect(selves(await open(text('till').replaceAll('\n', '\r\n')))).toEqual(whole);
    expect(selves(await open(Buffer.from(`\ufeff${text('till')}`, 'utf16le')))).toEqual(whole);
    const broken = await open(`${text('till')}1.00 parsecs\t0 s\tx\n\t\ty\n`);
    expect(broken.warnings).toEqual(['2 rows were left out, since they have no weight or no symbol.']);
    await expect(open('Weight\tSelf Weight\tSymbol Names\n')).rejects.toMatchObject({ name: 'ReadError', code: 'corrupt' });
  });
});

describe('node --prof-process', () => {
  const text = readFileSync(join(fixtures, 'v8/till.v8.txt'), 'utf8');

  it('every function has the ticks of the flat tables', async () => {
    const judged: [string, number][] = [['UNKNOWN', Number(/(\d+) unaccounted/.exec(text)![1])]];
    for (const title of ['Shared libraries', 'JavaScript', 'C++']) {
      const rows = text.split(` [${title}]:\n`)[1]!.split('\n\n')[0]!.split('\n').slice(1);
      for (const row of rows) {
        const [, ticks, name] = /^ +(\d+) +[\d.]+%(?: +[\d.]+%)? +(.*)$/.exec(row)!;
        judged.push([/^JS: [*~^+]?(\S+) /.exec(name!)?.[1] ?? name!, Number(ticks)]);
      }
    }
    const profile = await open(text);
    expect(selves(profile)).toEqual(added(judged));
    expect([...selves(profile).values()].reduce((sum, ticks) => sum + ticks, 0)).toBe(Number(/\((\d+) ticks/.exec(text)![1]));
    expect(profile.warnings).toEqual([]);
  });

  it('has callers, outermost first, and where functions are', async () => {
    const found = stacks(await open(text), 0).map(({ name }) => name);
    const file = '/tmp/till/till.js';
    expect(found).toContain(
      `<anonymous> (${file}:1);bill (${file}:14);bill (${file}:14);bill (${file}:14);bill (${file}:14);tax (${file}:8)`,
    );
  });

  it('that is cut says so, and its log is answered with the command', async () => {
    const cut = await open(text.slice(0, text.indexOf(' [C++]')));
    expect(cut.warnings).toEqual([expect.stringMatching(/^\d+ of \d+ ticks are in no row: the file may not be whole\.$/)]);
    await expect(open('v8-version,11,3,244,8,-node.38,0\nv8-platform,linux,linux\n')).rejects.toThrow(/node --prof-process FILE/);
    await expect(open('{\n  "code": [\n  {\n    "name": "/usr/bin/node",\n')).rejects.toThrow(/leave --preprocess out/);
  });

  it('understands names and paths of every kind', async () => {
    const row = (name: string) =>
      `Statistical profiling result from x.log, (5 ticks, 0 unaccounted, 0 excluded).\n\n [JavaScript]:\n   ticks  total  nonlib   name\n      5  100.0%  100.0%  ${name}\n`;
    const place = async (name: string) => {
      const { functions, strings } = await open(row(name));
      return [strings[functions.name[0]!], strings[functions.file[0]!], functions.startLine[0]];
    };
    expect(await place('JS: *f /a b/x.js:3:7')).toEqual(['f', '/a b/x.js', 3]);
    expect(await place('JS: ~get name file:///a%20b/x.mjs:3:7')).toEqual(['get name', '/a b/x.mjs', 3]);
    expect(await place('JS: ^f C:\\a b\\x.js:3:7')).toEqual(['f', 'C:\\a b\\x.js', 3]);
    expect(await place('JS: ~ node:internal/x:1:1')).toEqual(['(anonymous)', 'node:internal/x', 1]);
    expect(await place('RegExp: (\\d)\\.(\\d)')).toEqual(['RegExp: (\\d)\\.(\\d)', '', 0]);
  });
});

it('fixtures are all looked at', () => {
  expect(readdirSync(join(fixtures, 'instruments')).filter((name) => name.endsWith('.txt'))).toHaveLength(4);
});
