// What is measured: one entry per row, `--only NAME` runs those whose name begins with NAME. Files are made once.

import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCollapsed } from './makeCollapsed.mjs';
import { makeFleet } from './makeFleet.mjs';
import { makePprof } from './makePprof.mjs';
import { makeProf } from './makeProf.mjs';
import { makeSpeedscope } from './makeSpeedscope.mjs';
import { found } from './race.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const data = join(root, 'test', '.artifacts', 'bench');
const cli = join(root, 'dist', 'cli.js');

const heatline = (...words) => [process.execPath, cli, ...words];
const mebibytes = (path) => `${(statSync(path).size / 2 ** 20).toFixed(0)} MiB`;
const go = () => (found('go', ['version']) ? {} : { missing: 'go is not installed' });

/**
 * speedscope's import of a file, in this Node: HEATLINE_SPEEDSCOPE names a script that imports the file it is given with speedscope's
 * `importProfilesFromArrayBuffer` and nothing else.
 */
function speedscope(path) {
  const script = process.env.HEATLINE_SPEEDSCOPE;
  const missing = script === undefined ? { missing: 'HEATLINE_SPEEDSCOPE does not name its import' } : {};
  return { name: "speedscope's import", command: [process.execPath, '--max-old-space-size=8192', script, path], slow: true, ...missing };
}

/** Makes a file or folder once; a half-made one is never taken for whole. */
export async function made(name, make) {
  mkdirSync(data, { recursive: true });
  const path = join(data, name);
  if (!existsSync(path)) {
    await make(`${path}.part`);
    renameSync(`${path}.part`, path);
  }
  return path;
}

/** The two large pprof files of the targets: many functions, and many stacks. */
const wide = () => made('375k-stacks.pb.gz', (to) => makePprof(to, { samples: 375_000, depth: 37, functions: 48_000, seed: 3 }));
const many = () => made('1m-stacks.pb.gz', (to) => makePprof(to, { samples: 1_000_000, depth: 38, functions: 48_000, seed: 4 }));

async function top(path, what, slow) {
  const title = `top of pprof, ${what}, ${mebibytes(path)}`;
  return {
    title,
    runners: [
      { name: '`heatline top`', command: heatline('top', path) },
      { name: '`gunzip -c`', command: ['gunzip', '-c', path] },
      { name: '`go tool pprof -top`', command: ['go', 'tool', 'pprof', '-top', path], slow, ...go() },
    ],
  };
}

async function merge(folder, what) {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const output = join(data, 'merged.pb.gz');
  return {
    title: `merge of ${files.length} pprof files of ${(statSync(files[0]).size / 1e6).toFixed(1)} MB, ${what}`,
    runners: [
      { name: '`heatline merge`', command: heatline('merge', ...files, '-o', output) },
      {
        name: '`go tool pprof -proto`',
        command: ['go', 'tool', 'pprof', '-proto', `-output=${output}.go`, ...files],
        slow: true,
        ...go(),
      },
    ],
  };
}

async function tree(path, what, ...more) {
  return {
    title: `call tree of pprof, ${what}, ${mebibytes(path)}`,
    runners: [
      { name: '`heatline tree`', command: heatline('tree', path) },
      { name: '`heatline tree --inverted`', command: heatline('tree', '--inverted', path) },
      { name: '`go tool pprof -tree`', command: ['go', 'tool', 'pprof', '-tree', path], slow: true, ...go() },
      ...more,
    ],
  };
}

export const rows = {
  async 'top-pprof'() {
    return top(await made('200k-stacks.pb.gz', (to) => makePprof(to)), '200,000 × 40 frames', false);
  },
  async 'top-wide'() {
    return top(await wide(), '375,000 × 37 frames, 48,000 functions', true);
  },
  async 'top-many'() {
    return top(await many(), '1,000,000 × 38 frames', true);
  },
  async 'tree-wide'() {
    const path = await wide();
    return tree(path, '375,000 × 37 frames, 48,000 functions', speedscope(path));
  },
  async 'tree-many'() {
    return tree(await many(), '1,000,000 × 38 frames');
  },
  async collapsed() {
    const path = await made('100k-lines.collapsed', (to) => makeCollapsed(to));
    return {
      title: `collapsed, 100,000 × 37 frames, ${mebibytes(path)}`,
      runners: [
        { name: '`heatline top`', command: heatline('top', path) },
        speedscope(path),
        {
          name: '`inferno-flamegraph`',
          command: ['inferno-flamegraph', path],
          ...(found('inferno-flamegraph', ['--help']) ? {} : { missing: 'inferno is not installed' }),
        },
      ],
    };
  },
  async speedscope() {
    const path = await made('1m-samples.speedscope.json', (to) => makeSpeedscope(to));
    return {
      title: `speedscope, 1,000,000 × 30 frames, ${mebibytes(path)}`,
      runners: [{ name: '`heatline top`', command: heatline('top', path) }, speedscope(path)],
    };
  },
  async 'speedscope-large'() {
    const path = await made('6m-samples.speedscope.json', (to) => makeSpeedscope(to, { samples: 6_200_000 }));
    // No JavaScript string holds so much, and so speedscope cannot open it.
    return {
      title: `speedscope, 6,200,000 × 30 frames, ${mebibytes(path)}`,
      runners: [{ name: '`heatline top`', command: heatline('top', path) }],
    };
  },
  async 'merge-same'() {
    return merge(await made('fleet', (to) => makeFleet(to, { files: 1000 })), 'with the same tables');
  },
  async 'merge-own'() {
    return merge(await made('fleet-own', (to) => makeFleet(to, { files: 1000, own: true })), 'each with tables of its own');
  },
  async prof() {
    const path = await made('100k-functions.prof', (to) => makeProf(to));
    const python = ['python3', 'python'].find((name) => found(name, ['-c', 'import pstats']));
    const load = 'import pstats, sys; pstats.Stats(sys.argv[1]).sort_stats("tottime")';
    return {
      title: `.prof, 100,000 functions, 500,000 edges, ${mebibytes(path)}`,
      runners: [
        { name: '`heatline top`', command: heatline('top', path) },
        {
          name: '`pstats.Stats(f).sort_stats("tottime")`',
          command: [python, '-c', load, path],
          ...(python === undefined ? { missing: 'python is not installed' } : {}),
        },
      ],
    };
  },
};
