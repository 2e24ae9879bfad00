import { installEnvironment, pythonOf } from './environments.js';
import type { Say } from './install.js';

/** Engines that answer SQL over Parquet files: DuckDB, and ClickHouse as a library. What chdb wants of data frames is not used. */
const engines = ['duckdb==1.5.6', 'chdb==4.4.0', 'chdb-core==26.9.0'];
/** Its package is half a gigabyte and wants Java 17 or newer: `test/rig/run.mjs spark` alone installs it. */
const spark = ['pyspark==4.1.4', 'py4j==0.10.9.9'];

/** Interpreters of their virtual environments; they are there once these are installed. */
export const sqlPython = (): string => pythonOf('sql');
export const sparkPython = (): string => pythonOf('spark');

/** Installs DuckDB and ClickHouse by pip into the cache, once. Throws Error when that fails three times. */
export function installSqlEngines(python: string, say: Say): Promise<string> {
  const before = 'Installing DuckDB and ClickHouse into the cache: 640 MB, once';
  return installEnvironment(
    { name: 'sql', packages: engines, options: ['--no-cache-dir', '--no-deps', '--only-binary', ':all:'], before },
    python,
    say,
  );
}

/** The same for Spark, which is packed as source. */
export function installSpark(python: string, say: Say): Promise<string> {
  const before = 'Installing Spark into the cache: 520 MB, once';
  return installEnvironment({ name: 'spark', packages: spark, options: ['--no-cache-dir', '--no-deps'], before }, python, say);
}
