// The profile page with its server behind it against speedscope's page, in one browser on the same files:
// node test/bench/pages.mjs [--rounds 3] [--steps 20] [--only collapsed|pprof|speedscope|table|switch|compare] [--file PATH]
// (after `npm run build`). HEATLINE_SPEEDSCOPE_PAGE names the folder of speedscope's built page, `dist/release` of its package.

import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { runTypeScript } from '../runTypeScript.mjs';
import { makeCollapsed } from './makeCollapsed.mjs';
import { makePprof } from './makePprof.mjs';
import { makeSpeedscope } from './makeSpeedscope.mjs';
import { made, root } from './rows.mjs';

const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};
const rounds = Number(option('--rounds', '3'));
const steps = Number(option('--steps', '20'));
const only = option('--only', '');
const more = option('--file');
const built = process.env.HEATLINE_SPEEDSCOPE_PAGE;
const wanted = (name) => only === '' || only === name;

const stacks = () => made('100k-stacks-a.pb.gz', (to) => makePprof(to, { samples: 100_000, depth: 37, functions: 48_000, seed: 3 }));
const samples = () => made('1m-samples.speedscope.json', (to) => makeSpeedscope(to));
const files = [
  ['collapsed', '100,000 stacks × 37 as collapsed', () => made('100k-lines.collapsed', (to) => makeCollapsed(to))],
  ['pprof', '100,000 stacks × 37 over 48,000 functions as pprof', stacks],
  ['speedscope', '1,000,000 samples × 30 as speedscope', samples],
];

/** A million functions of one sample each and more, as collapsed stacks. */
async function millionFunctions(path) {
  const file = createWriteStream(path);
  for (let i = 0; i < 1_000_000; i += 1000) {
    let text = '';
    for (let n = i; n < i + 1000; n++) text += `function_${n} (/srv/app/module_${n % 997}.py:${1 + (n % 800)}) ${1 + (n % 50)}\n`;
    if (!file.write(text)) await new Promise((resolve) => file.once('drain', resolve));
  }
  await new Promise((resolve) => file.end(resolve));
}

const sorted = (values) => values.toSorted((a, b) => a - b);
const part = (values, share) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
const median = (values) => part(values, 0.5);
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const ms = (value) => `${value.toFixed(1)} ms`;
const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const told = (what) => process.stderr.write(`${what}\n`);

/** Median of each figure over the rounds; frames are taken together. */
function together(runs) {
  const of = (key) => median(runs.map((run) => run[key]));
  const frames = runs.flatMap((run) => run.frames);
  return {
    first: of('first'),
    middle: median(frames),
    p95: part(frames, 0.95),
    kept: median(runs.map(({ memory }) => memory.kept)),
    most: median(runs.map(({ memory }) => memory.most)),
    own: median(runs.map(({ memory }) => memory.own)),
    peak: median(runs.map(({ memory }) => memory.peak)),
    server: of('serverPeak'),
  };
}

function row(title, own, theirs) {
  const line = (what, key, format, note = '') => {
    const other = theirs === undefined ? 'not measured' : typeof theirs === 'string' ? theirs : format(theirs[key]);
    const ratio = typeof theirs === 'object' ? `${(theirs[key] / own[key]).toFixed(1)}×` : '';
    return `| ${title} | ${what} | ${format(own[key])}${note} | ${other} | ${ratio} |`;
  };
  return [
    line('file to first picture', 'first', seconds),
    line('zooming and panning, median frame', 'middle', ms),
    line('zooming and panning, p95 frame', 'p95', ms),
    line("page's JavaScript heap after a collection", 'kept', mebibytes),
    line("page's JavaScript heap at most, garbage and all", 'most', mebibytes),
    line("page's process at most, without the browser's files", 'own', mebibytes),
    line("page's process at most, with them", 'peak', mebibytes, `, and server ${mebibytes(own.server)}`),
  ];
}

const measure = await runTypeScript('test/bench/pageMeasures');
if (built !== undefined && !existsSync(join(built, 'index.html'))) {
  console.error(`HEATLINE_SPEEDSCOPE_PAGE: ${built} has no index.html`);
  process.exit(2);
}
const table = ['| Input | Measured | Heatline | speedscope | speedscope / Heatline |', '|---|---|---|---|---|'];
if (more !== undefined) files.push(['file', basename(more), () => more]);
for (const [name, what, make] of files) {
  if (!wanted(name) && !(name === 'file' && only === '')) continue;
  const path = await make();
  const [own, theirs] = [[], []];
  let failure = built === undefined ? undefined : '';
  for (let round = 0; round < rounds; round++) {
    told(`${name}: round ${round + 1} of ${rounds}`);
    own.push(await measure.heatline(path, steps));
    // It takes a minute or more: once is enough.
    if (failure !== '' || round > 0) continue;
    told(`${name}: speedscope`);
    try {
      theirs.push(await measure.speedscope(built, path, steps));
    } catch (error) {
      failure = `fails: ${String(error.message).split('\n')[0]}`;
    }
  }
  const title = `${what}, ${mebibytes(statSync(path).size)}`;
  table.push(...row(title, together(own), theirs.length > 0 ? together(theirs) : failure));
}
if (table.length > 2) {
  console.log(table.join('\n'));
  console.log(
    `\n${rounds} rounds of ours, one of speedscope's, ${steps} events a move, ${cpus().length} cores, no GPU, Node ${process.versions.node}.`,
  );
}

if (wanted('table')) {
  told('table');
  const seen = await measure.tableScroll(await made('1m-functions.collapsed', millionFunctions), steps * 3);
  console.log(`\n| Table of ${seen.rows.toLocaleString('en')} rows | Frames | With a blank row | Most blank rows |\n|---|---|---|---|`);
  const ways = { 'by wheel': seen.wheel, 'by Page Down': seen.keys };
  for (const [way, { frames, blank, worst }] of Object.entries(ways)) console.log(`| ${way} | ${frames} | ${blank} | ${worst} |`);
  console.log(
    `\nA jump of the thumb to anywhere is whole after ${ms(median(seen.jumps))} (${ms(Math.min(...seen.jumps))} – ${ms(Math.max(...seen.jumps))}).`,
  );
}
if (wanted('switch')) {
  console.log('\n| Switch | File | Median (range) to the new heat | … and flame graph |\n|---|---|---|---|');
  for (const [what, path] of [
    ['pprof', await stacks()],
    ['speedscope', await samples()],
  ]) {
    const [heat, flame] = [new Map(), new Map()];
    const add = (to, all) => {
      for (const { what: kind, ms: took } of all) to.set(kind, [...(to.get(kind) ?? []), took]);
    };
    for (let round = 0; round < rounds; round++) {
      told(`switch, ${what}: round ${round + 1} of ${rounds}`);
      add(heat, await measure.heatSwitches(path));
      add(flame, await measure.switches(path));
    }
    const text = (all) => (all ? `${ms(median(all))} (${ms(Math.min(...all))} – ${ms(Math.max(...all))})` : '');
    for (const [kind, all] of flame) console.log(`| ${kind} | ${what} | ${text(heat.get(kind))} | ${text(all)} |`);
  }
}
if (wanted('compare')) {
  told('compare');
  console.log('');
  spawnSync(process.execPath, [join(root, 'test', 'bench', 'compare.mjs'), '--rounds', String(rounds)], { stdio: 'inherit' });
}
