import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formats } from '../../src/core/formats/index.js';
import { formatNotes } from '../golden/formatNotes.js';

const golden = join(import.meta.dirname, '../golden');
const page = join(import.meta.dirname, '../../docs/formats.md');
const MARKS = /(<!-- formats -->\n)[\s\S]*?(<!-- \/formats -->)/;

/** `speedscope 6, rbspy 1`: whose files of a format are golden, from the first line of each golden file. */
function makers(): ReadonlyMap<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const entry of readdirSync(golden, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.txt')) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    const id = /^format (\S+)/.exec(text)?.[1] ?? '';
    const maker = entry.parentPath.slice(golden.length + 1).split(/[\\/]/)[0]!;
    const ofFormat = counts.get(id) ?? new Map<string, number>();
    counts.set(id, ofFormat.set(maker, (ofFormat.get(maker) ?? 0) + 1));
  }
  const shown = ([id, makers]: [string, Map<string, number>]): [string, string] => [
    id,
    Array.from(makers, ([maker, count]) => `${maker} ${count}`)
      .sort()
      .join(', '),
  ];
  return new Map(Array.from(counts, shown));
}

/** With HEATLINE_WRITE_DOCS set the page is written anew. */
it('the table in docs/formats.md is what the registry, the fixtures and the judges are', () => {
  expect(Object.keys(formatNotes).sort()).toEqual(formats.map(({ id }) => id).sort());
  const made = makers();
  const rows = formats.map(({ id, write }) => {
    const { files, notes, judge } = formatNotes[id]!;
    expect(made.get(id), `golden files of ${id}`).toBeDefined();
    return `| \`${id}\` | ${files} | ${write ? 'yes' : ''} | ${notes} | ${made.get(id)} | ${judge} |`;
  });
  const table = ['| id | files | we write it | what is read | golden files | judged by |', '|---|---|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
  const text = readFileSync(page, 'utf8');
  const wanted = text.replace(MARKS, (_, open: string, close: string) => `${open}${table}${close}`);
  if (process.env.HEATLINE_WRITE_DOCS) writeFileSync(page, wanted);
  else expect(text).toBe(wanted);
  expect(text).toMatch(MARKS);
});
