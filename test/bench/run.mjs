// Runs ours and the peers in turn on the same files and prints medians, ratios and peak memory as Markdown:
// node test/bench/run.mjs [--rounds N] [--only NAME]   (after `npm run build`; NAME begins the name of a row in rows.mjs)

import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HEAD, race } from './race.mjs';
import { rows } from './rows.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function option(name, fallback) {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
}

async function main() {
  if (!existsSync(join(root, 'dist', 'cli.js'))) {
    console.error('dist/cli.js is missing: run npm run build first');
    process.exit(2);
  }
  const rounds = Number(option('--rounds', '5'));
  const only = option('--only', '');
  const chosen = Object.keys(rows).filter((name) => name.startsWith(only));
  if (chosen.length === 0) {
    console.error(`there is no row "${only}"; there are: ${Object.keys(rows).join(', ')}`);
    process.exit(2);
  }
  const table = [...HEAD];
  for (const name of chosen) {
    const { title, runners } = await rows[name]();
    table.push(...(await race(title, runners, rounds)));
  }
  console.log(table.join('\n'));
  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  console.log(`\nWhole processes in turn, ${rounds} rounds, ${cpus().length} cores, Node ${process.versions.node}, Heatline ${version}.`);
}

await main();
