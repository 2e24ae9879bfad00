import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openParquet, writeParquet } from '../../src/windows/parquetFile.js';
import { type Row, TABLES, type Table } from '../../src/windows/parquetTables.js';
import { sparkPython, sqlPython } from '../rig/sqlEngines.js';
import { questions, type SqlEngine, timeEngine } from '../unit/parquetEngines.js';

/** Processes, each with a window a minute; versions change at noon. */
const SERVICES = 10;
const HOSTS = 10;
const WINDOWS_A_DAY = SERVICES * HOSTS * 1440;

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    windows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    engines: { type: 'string', default: 'duckdb,clickhouse' },
    update: { type: 'boolean' },
  },
});
const days = Math.max(2, Math.round(Number(values.windows) / WINDOWS_A_DAY));
const root = mkdtempSync(join(tmpdir(), 'heatline-scale-'));
const first = Date.UTC(2026, 10, 22 - days);
const dayText = (day: number) => new Date(first + day * 86_400_000).toISOString().slice(0, 10);
const place = (table: string, day: number) => join(root, 'index', table, `date=${dayText(day)}`, 'data.parquet');
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

console.log(`${cpus().length} × ${cpus()[0]?.model}; ${days} days of ${SERVICES * HOSTS} processes, a window a minute`);
try {
  drawStore();
  await tellSizes();
  for (const engine of values.engines.split(',') as SqlEngine[]) askAll(engine);
  if (values.update) await timeUpdate();
} finally {
  rmSync(root, { recursive: true, force: true });
}

/**
 * Draws the tables in the order and the layout of ours. DuckDB does it, in a twentieth of the time that we took. But for their windows days are copies of
 * the first one: engines do not know, each is a file.
 */
function drawStore(): void {
  const began = Date.now();
  const statements: string[] = ['SET preserve_insertion_order = true'];
  for (let day = 0; day < days; day++) {
    for (const table of TABLES) {
      mkdirSync(dirname(place(table.name, day)), { recursive: true });
      if (day > 0 && table.name !== 'windows') continue;
      const rows = `SELECT ${Object.keys(table.columns).join(', ')} FROM (${drawn(table, day)}) ORDER BY ${table.order.join(', ')}`;
      statements.push(`COPY (${rows}) TO '${place(table.name, day)}' (FORMAT parquet, COMPRESSION gzip, ROW_GROUP_SIZE 100000)`);
    }
  }
  const script = 'import json, sys, duckdb\nc = duckdb.connect()\nfor one in json.load(sys.stdin): c.execute(one)';
  const { status, stderr } = spawnSync(sqlPython(), ['-c', script], { input: JSON.stringify(statements), encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  for (const { name } of TABLES.filter((table) => table.name !== 'windows'))
    for (let day = 1; day < days; day++) copyFileSync(place(name, 0), place(name, day));
  console.log(`drawn by DuckDB in ${((Date.now() - began) / 1000).toFixed(0)} s`);
}

/** A query that draws the rows of a table. Of 2,000 functions of a service an hour of a host has 300: the 200 hot ones, and others. */
function drawn({ name }: Table, day: number): string {
  const hours = `SELECT s, h, hour::INT AS hour, 'service-' || s AS service, 'web-' || s || '-' || h AS host, CASE WHEN hour < 12 THEN '2.6' ELSE '2.7' END AS version
    FROM range(${SERVICES}) a(s), range(${HOSTS}) b(h), range(24) c(hour)`;
  const types = `(VALUES ('cpu', 'nanoseconds', 10000000), ('samples', 'count', 1), ('wall', 'nanoseconds', 10000000)) t(type, unit, scale)`;
  if (name === 'windows') {
    const start = `(${first + day * 86_400_000}::BIGINT + hour * 3600000 + minute * 60000)`;
    return `SELECT *, 'date=${dayText(day)}/service=' || service || '/' || strftime(make_timestamp(start_nanos // 1000), '%Y%m%dT%H%M%SZ') || '_' || service || '_' || host
        || '_' || process_id || '_9f3a2c_' || lpad((hour * 60 + minute)::VARCHAR, 4, '0') || '.pb.gz' AS path,
      make_timestamp(start_nanos // 1000)::TIMESTAMPTZ AS start,
      MAP {'samples': cpu // 10000000, 'wall': cpu * 3, 'cpu': cpu} AS totals,
      MAP {'region': CASE WHEN s % 2 = 0 THEN 'eu' ELSE 'us' END, 'language': 'python', 'runtime_version': '3.12.1', 'commit': md5(version)[:12]} AS tags
      FROM (SELECT *, ${start} * 1000000 AS start_nanos, ${start} + 60021 AS modified_ms, (4000 + h)::BIGINT AS process_id, 60000000000::BIGINT AS duration_nanos,
        (90000 + hash(s, h, hour, minute) % 20000)::BIGINT AS bytes, (5000 + hash(s, h, minute) % 1000)::BIGINT AS samples,
        (hash(${day}, s, h, hour, minute) % 60000)::BIGINT * 1000000 AS cpu FROM (${hours}), range(60) m(minute))`;
  }
  if (name === 'labels')
    return `SELECT *, 'route' AS label, '/route/' || route AS value, (hash(${day}, s, h, hour, route, type) % 1000000)::BIGINT * scale AS total
      FROM (${hours}), ${types}, range(12) r(route)`;
  const figures = `SELECT *, CASE WHEN i < 200 THEN i ELSE 200 + ((i - 199) * 3 * (1 + hash(${day}, s, h, hour) % 6)::BIGINT) % 1800 END AS f FROM (${hours}), ${types}, range(300) n(i)`;
  const functions = `SELECT *, 'Class' || f % 89 || '.function_' || f AS function, '/srv/app/package_' || f % 61 || '/module_' || f // 20 || '.py' AS file, (1 + f % 20 * 40)::INT AS first_line,
      ((hash(${day}, s, h, hour, f, type) % 60000)::BIGINT // (1 + f // 20)) * scale AS self, self + (hash(s, h, hour, f) % 60000)::BIGINT * scale AS total FROM (${figures})`;
  if (name === 'functions') return functions;
  return `SELECT * EXCLUDE (self, total), (first_line + 2 + 5 * k)::INT AS line, self // 2 AS self, total // 2 AS total FROM (${functions}), range(2) l(k)`;
}

async function tellSizes(): Promise<void> {
  for (const { name } of TABLES) {
    let [count, bytes] = [0, 0];
    for (let day = 0; day < days; day++) {
      const file = (await openParquet(place(name, day)))!;
      count += file.rows;
      bytes += statSync(place(name, day)).size;
      await file.close();
    }
    console.log(
      `${name.padEnd(10)} ${count.toLocaleString('en').padStart(12)} rows  ${megabytes(bytes)}  ${(bytes / count).toFixed(1)} bytes a row`,
    );
  }
}

/** What a run costs that adds as much as an hour has to the last day: its tables are written anew. */
async function timeUpdate(): Promise<void> {
  for (const table of TABLES) {
    const before = (await openParquet(place(table.name, days - 1)))!;
    const fresh: Row[] = [];
    for await (const group of before.groups()) {
      for (const row of group) if (row.hour === 23) fresh.push({ ...row, host: `${row.host}-late`, path: `${row.path}-late` });
    }
    const began = process.cpuUsage().user;
    const part = await writeParquet(place(table.name, days - 1), table, before, fresh, before.notes);
    const seconds = ((process.cpuUsage().user - began) / 1e6).toFixed(1);
    const size = megabytes(statSync(place(table.name, days - 1)).size);
    console.log(
      `${table.name.padEnd(10)} ${before.rows.toLocaleString('en')} rows (${size}) take in ${fresh.length.toLocaleString('en')} in ${seconds} s of processor time`,
    );
    await part.discard();
    await before.close();
  }
}

/** The questions of the page, about this store. */
function askAll(engine: SqlEngine): void {
  const texts = Array.from(questions, ([heading, query]) => {
    const about = query
      .replaceAll('2026-11-21', dayText(days - 1))
      .replaceAll('2026-11-20', dayText(days - 2))
      .replaceAll("'shop'", "'service-3'")
      .replaceAll("'Cart.add'", "'Class7.function_7'")
      .replaceAll("'retry'", "'Class46.function_491'")
      .replaceAll('%part 1.py', '%module_1.py');
    return { heading, about };
  });
  const rounds = Number(values.rounds);
  const asked = texts.flatMap(({ about }) => Array.from({ length: rounds }, () => about));
  const began = Date.now();
  const { answers, seconds } = timeEngine(engine === 'spark' ? sparkPython() : sqlPython(), engine, root, asked);
  const inside = seconds.reduce((sum, one) => sum + one, 0);
  console.log(
    `\n${engine}: ready after ${((Date.now() - began) / 1000 - inside).toFixed(1)} s; first time, best of ${rounds}, rows of the answer`,
  );
  for (const [at, { heading }] of texts.entries()) {
    const own = seconds.slice(at * rounds, (at + 1) * rounds);
    const [once, best] = [own[0]!, Math.min(...own)].map((one) => `${one.toFixed(2)} s`.padStart(9));
    console.log(`${heading.padEnd(34)} ${once} ${best} ${String(answers[at * rounds]!.length).padStart(8)}`);
  }
}
