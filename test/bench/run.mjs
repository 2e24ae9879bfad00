// Runs ours and the peers in turn on the same files and prints medians and ratios as Markdown:
// node test/bench/run.mjs [--rounds N] [--only pprof|prof]   (after `npm run build`)

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePprof } from './makePprof.mjs';
import { makeProf } from './makeProf.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const cli = join(root, 'dist', 'cli.js');
const data = join(root, 'test', '.artifacts', 'bench');

function option(name, fallback) {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
}

/** Makes a file once; a half-made one is never taken for whole. */
async function file(name, make) {
  const path = join(data, name);
  if (!existsSync(path)) {
    await make(`${path}.part`);
    renameSync(`${path}.part`, path);
  }
  return path;
}

function found(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Wall time of a whole process in seconds; its output is read and thrown away, as a pipe would. */
function time([command, ...args]) {
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stdout.resume();
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(Number(process.hrtime.bigint() - start) / 1e9);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${status}: ${errors.trim()}`));
    });
  });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs every command once per round, so that a busy minute hurts all alike. */
async function race(title, runners, rounds) {
  const times = runners.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, runner] of runners.entries()) {
      process.stderr.write(`\r${title}: round ${round + 1} of ${rounds}, ${runner.name}`.padEnd(90));
      if (runner.missing === undefined) times[index].push(await time(runner.command));
    }
  }
  process.stderr.write(`\r${' '.repeat(90)}\r`);
  const ours = median(times[0]);
  return runners.map((runner, index) => {
    if (runner.missing !== undefined) return `| ${title} | ${runner.name} | not measured: ${runner.missing} | |`;
    const own = median(times[index]);
    const spread = `${Math.min(...times[index]).toFixed(2)}–${Math.max(...times[index]).toFixed(2)}`;
    const ratio =
      index === 0 ? '1' : own >= ours ? `ours is ${(own / ours).toFixed(1)}× faster` : `ours takes ${(ours / own).toFixed(1)}× as long`;
    return `| ${title} | ${runner.name} | ${own.toFixed(2)} s (${spread}) | ${ratio} |`;
  });
}

async function main() {
  if (!existsSync(cli)) {
    console.error('dist/cli.js is missing: run npm run build first');
    process.exit(2);
  }
  mkdirSync(data, { recursive: true });
  const rounds = Number(option('--rounds', '5'));
  const only = option('--only', '');
  const table = ['| Input | Program | Median (range) | Ratio |', '|---|---|---|---|'];
  if (only !== 'prof') {
    const path = await file('200k-stacks.pb.gz', (to) => makePprof(to));
    const goMissing = found('go', ['version']) ? undefined : 'go is not installed';
    const title = `pprof, 200,000 × 40 frames, ${(statSync(path).size / 2 ** 20).toFixed(0)} MiB`;
    const runners = [
      { name: '`heatline top`', command: [process.execPath, cli, 'top', path] },
      { name: '`gunzip -c`', command: ['gunzip', '-c', path] },
      { name: '`go tool pprof -top`', command: ['go', 'tool', 'pprof', '-top', path], missing: goMissing },
    ];
    table.push(...(await race(title, runners, rounds)));
  }
  if (only !== 'pprof') {
    const path = await file('100k-functions.prof', (to) => makeProf(to));
    const python = ['python3', 'python'].find((name) => found(name, ['-c', 'import pstats']));
    const load = 'import pstats, sys; pstats.Stats(sys.argv[1]).sort_stats("tottime")';
    const title = `.prof, 100,000 functions, 500,000 edges, ${(statSync(path).size / 2 ** 20).toFixed(0)} MiB`;
    const runners = [
      { name: '`heatline top`', command: [process.execPath, cli, 'top', path] },
      {
        name: '`pstats.Stats(f).sort_stats("tottime")`',
        command: [python, '-c', load, path],
        missing: python === undefined ? 'python is not installed' : undefined,
      },
    ];
    table.push(...(await race(title, runners, rounds)));
  }
  console.log(table.join('\n'));
  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  console.log(`\nWhole processes in turn, ${rounds} rounds, ${cpus().length} cores, Node ${process.versions.node}, Heatline ${version}.`);
}

await main();
