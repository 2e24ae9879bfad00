// The Parquet tables of a store that has outgrown its folder: `node test/bench/scale.mjs [--windows 1000000] [--rounds 3] [--engines duckdb,clickhouse,spark]
// [--update]`. Rows of the tables are drawn by DuckDB, not read out of windows; then the questions of docs/scale.md are put to the engines that tests install
// (`node test/rig/run.mjs tools`, and `spark`).

import { runTypeScript } from '../runTypeScript.mjs';

await runTypeScript('test/bench/scale');
