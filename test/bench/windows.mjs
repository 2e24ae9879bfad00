// The store of windows: `npm run build && node test/bench/windows.mjs [--windows 10000] [--rounds 3] [--folder STORE]` makes 10,000 windows of about
// 100 kB once, and measures merging them and browsing a day of 8,640: the first time, with the index alone, and with sums that are kept;
// beside `go tool pprof -proto` of the same files. A process is timed as a whole; answers also in a process that goes on, as the editor's server does.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { makeWindows } from './makeWindows.mjs';
import { found, HEAD, race } from './race.mjs';
import { made, root } from './rows.mjs';

const { values } = parseArgs({
  options: { windows: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '3' }, folder: { type: 'string' } },
});
const rounds = Number(values.rounds);
const store =
  values.folder ?? (await made(`windows-${values.windows}`, async (to) => makeWindows(to, { windows: Number(values.windows) })));
const files = readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pb.gz'));
const bytes = files.reduce((sum, name) => sum + statSync(join(store, name)).size, 0);
const temporary = mkdtempSync(join(tmpdir(), 'heatline-bench-windows-'));
const caches = (name) => join(temporary, name);
const cli = join(root, 'dist', 'cli.js');
const output = join(temporary, 'merged.pb.gz');
const heatline = (cache, ...words) => ['env', `XDG_CACHE_HOME=${caches(cache)}`, process.execPath, cli, ...words];
const DAY = ['--day', '2026-11-21'];

try {
  console.log(
    `${files.length} windows of ${(bytes / files.length / 1e3).toFixed(0)} kB, ${(bytes / 1e6).toFixed(0)} MB; ${availableParallelism()} processors\n`,
  );
  console.log(HEAD.join('\n'));
  const go = found('go', ['version']) ? {} : { missing: 'go is not installed' };
  const pprof = ['go', 'tool', 'pprof', '-proto', `-output=${output}.go`, ...files.map((name) => join(store, name))];
  const say = async (title, runners, times) => console.log((await race(title, runners, times)).join('\n'));
  // Every one of these finds nothing kept.
  await say(
    'merge of all, the first time',
    [
      { name: '`heatline merge`', command: heatline('first', 'merge', store, '-o', output) },
      { name: '`heatline merge --no-cache`', command: heatline('none', 'merge', store, '--no-cache', '-o', output), slow: true },
      { name: '`go tool pprof -proto`', command: pprof, slow: true, ...go },
    ],
    1,
  );
  await say('merge of all, sums kept', [{ name: '`heatline merge`', command: heatline('first', 'merge', store, '-o', output) }], rounds);
  await say(
    'top of a stretch of 7 h 30 min of one service, sums kept',
    [
      {
        name: '`heatline top`',
        command: heatline('first', 'top', store, '--since', '2026-11-21T03:00', '--until', '2026-11-21T10:30', '--service', 'shop'),
      },
    ],
    rounds,
  );
  await say('a day browsed, the first time', [{ name: '`heatline windows`', command: heatline('browse', 'windows', store, ...DAY) }], 1);
  await say(
    'a day browsed, index kept',
    [{ name: '`heatline windows`', command: heatline('browse', 'windows', store, ...DAY, '--by', 'hour') }],
    rounds,
  );
  await answers();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** Answers of one process that goes on: every one looks at the folder anew. */
async function answers() {
  const bundle = join(temporary, 'windows.cjs');
  await build({
    entryPoints: [join(root, 'src', 'windows', 'index.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'warning',
  });
  const { WindowStore, chooseWindows, totalsBy, facetsOf, parseDay } = createRequire(import.meta.url)(bundle);
  const span = parseDay('2026-11-21', 0n);
  const timed = async (what, ask) => {
    const taken = [];
    for (let turn = 0; turn < 7; turn++) {
      const began = performance.now();
      await ask();
      taken.push(performance.now() - began);
    }
    taken.sort((a, b) => a - b);
    console.log(`| ${what} | ${taken[3].toFixed(0)} ms (${taken[0].toFixed(0)}–${taken[6].toFixed(0)}) |`);
  };
  console.log('\n| Answer, a day of windows, index kept | Median (range) of 7 |\n|---|---|');
  const options = { cache: caches('browse') };
  const warm = new WindowStore(store, options);
  await warm.look(span);
  await timed('a new process: index read, folder looked through', () => new WindowStore(store, options).look(span));
  await timed('folder looked through again', () => warm.look(span));
  const { windows } = await warm.look(span);
  await timed('totals by hour and service', () => totalsBy(windows, ['hour', 'service']));
  await timed('totals by version', () => totalsBy(windows, ['version']));
  await timed('totals by label', () => totalsBy(windows, ['label:route']));
  await timed('windows of one service, version, label', () =>
    chooseWindows(windows, { service: ['shop'], version: ['2.7'], label: { key: 'route', value: '/cart' } }),
  );
  await timed('what there is to choose from', () => facetsOf(windows));
  await timed('look, choose and totals by hour together', async () => {
    const state = await warm.look(span);
    totalsBy(chooseWindows(state.windows, { service: ['shop'] }), ['hour'], { key: 'route', value: '/cart' });
  });
}
