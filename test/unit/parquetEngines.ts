// Engines that know nothing of us are asked about the Parquet tables of a store, in the words of docs/scale.md.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A row of an engine's answer: whole numbers and dates are texts. */
export type Answer = readonly (readonly (string | number)[])[];

/** Tests and benches are started there. */
const project = process.cwd();
const script = join(project, 'test/fixtures/judge_sql.py');

/** What an engine says to queries of docs/scale.md. @param python its interpreter @param root of the store */
export function askEngine(python: string, engine: SqlEngine, root: string, queries: readonly string[]): readonly Answer[] {
  return timeEngine(python, engine, root, queries).answers;
}

/** The same, and how long it thought about each. */
export function timeEngine(
  python: string,
  engine: SqlEngine,
  root: string,
  queries: readonly string[],
): { readonly answers: readonly Answer[]; readonly seconds: readonly number[] } {
  const views = sqlOf(engine).map((text) => text.replaceAll('ROOT', root));
  const input = JSON.stringify({ views: views.flatMap((text) => text.split(';').filter((one) => one.trim() !== '')), queries });
  const { status, stdout, stderr } = spawnSync(python, [script, engine], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${engine} ended with ${status}: ${stderr.slice(-3000)}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

export type SqlEngine = 'duckdb' | 'clickhouse' | 'spark';

const page = readFileSync(join(project, 'docs/scale.md'), 'utf8');

/** The views of an engine, as the page says. */
function sqlOf(engine: SqlEngine): string[] {
  const begin = { duckdb: 'DuckDB:', clickhouse: 'ClickHouse (', spark: 'Spark SQL:' }[engine];
  const part = page.slice(page.indexOf(`\n${begin}`));
  return [/```sql\n([\s\S]*?)```/.exec(part)![1]!];
}

/** The page's questions, by their headings. */
export const questions: ReadonlyMap<string, string> = new Map(
  Array.from(page.matchAll(/\n### ([^\n]+)\n(?:(?!\n###? )[\s\S])*?```sql\n([\s\S]*?)```/g), ([, heading, query]) => [heading!, query!]),
);
