import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formats, readProfile } from '../../src/core/formats/index.js';
import { bytesSource } from '../../src/core/formats/source.js';
import type { Profile } from '../../src/core/model/profile.js';
import { infoJson } from '../../src/core/report/info.js';
import { linesJson } from '../../src/core/report/lines.js';
import { topJson } from '../../src/core/report/top.js';

const folder = join(import.meta.dirname, '../fixtures/profiles');
const fixtures = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\.(?:md|py|txt|go|json)$/.test(entry.name))
  .map((entry) =>
    join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .replaceAll('\\', '/'),
  )
  .sort();

/** Figures of every value type, one function or line a row: readable when it differs. */
function drawn(profile: Profile): string {
  const { warnings, quality, totals, ...facts } = infoJson(profile);
  const rows = [JSON.stringify({ ...facts, totals, quality, warnings }, null, 1)];
  profile.sampleTypes.forEach((_, type) => {
    const top = topJson(profile, { type });
    rows.push('', `top ${top.valueType.type}/${top.valueType.unit} total ${top.total}`);
    for (const { name, file, line, self, total, calls } of top.functions.slice(0, 100))
      rows.push(`${self} ${total} ${calls ?? '-'} ${JSON.stringify(name)} ${file}:${line}`);
    rows.push('', `lines ${top.valueType.type}/${top.valueType.unit}`);
    for (const { file, lines } of linesJson(profile, { type }).files.slice(0, 50))
      for (const { line, self, total, calls } of lines.slice(0, 100)) rows.push(`${file}:${line} ${self} ${total} ${calls ?? '-'}`);
  });
  return `${rows.join('\n')}\n`;
}

const read = (file: string, name = file) => readProfile(bytesSource(name, readFileSync(join(folder, file))));

describe.each(fixtures)('%s', (file) => {
  test('reads as it did, under any name', async () => {
    const text = drawn(await read(file));
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'profiles', `${file}.golden`));
    expect(drawn(await read(file, 'unknown'))).toBe(text);
  });

  test('keeps its figures through pprof', async () => {
    const profile = await read(file);
    const chunks: Uint8Array[] = [];
    await formats.find(({ id }) => id === 'pprof')!.write!(profile, { write: (chunk) => void chunks.push(chunk) });
    const again = await readProfile(bytesSource('again', Buffer.concat(chunks)));
    const before = topJson(profile, { type: profile.defaultType });
    const after = topJson(again, { type: again.defaultType });
    // pprof knows whole numbers only: seconds become nanoseconds, and other fractions are rounded.
    const scale = before.valueType.unit === 'seconds' ? 1e9 : 1;
    const key = ({ name, file, line }: { name: string; file: string; line: number }) => `${name} ${file}:${line}`;
    const figures = new Map(after.functions.map((row) => [key(row), row]));
    for (const row of before.functions) {
      const other = figures.get(key(row.name === '' ? { ...row, name: '<unknown>' } : row));
      if (Number(row.self) * scale < 1 && Number(row.total) * scale < 1) continue;
      expect(other, key(row)).toBeDefined();
      expect(Math.abs(Number(other!.self) - Number(row.self) * scale), key(row)).toBeLessThanOrEqual(1);
      expect(Math.abs(Number(other!.total) - Number(row.total) * scale), key(row)).toBeLessThanOrEqual(1);
      if (row.calls !== null) expect(other!.calls).toBe(row.calls);
    }
  });
});
