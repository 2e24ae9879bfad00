import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryCases } from './binaryCases.js';
import type { BoundsCase } from './case.js';
import { jsonCases } from './jsonCases.js';
import { builtCommand, type Measured, measure } from './measure.js';
import { textCases } from './textCases.js';

const MAX_SECONDS = 10;
const MAX_MEBIBYTES = 1536;
const cases: readonly BoundsCase[] = [...textCases, ...jsonCases, ...binaryCases];

interface Row {
  readonly command: string;
  readonly measured: Measured;
  readonly outcome: string;
  readonly broken: boolean;
}

/**
 * Makes files of 99 MB, of every format the plainest and the worst that are legal, and reads each with the command line as it ships:
 * `top`, and `tree` where that gives a profile. Each must end within 10 s of processor time and 1.5 GiB, in a profile or in one clean
 * sentence. Prints a table; gives the number of broken bounds.
 * @param only the cases whose `format: case` matches it
 */
export async function checkBounds(only: RegExp): Promise<number> {
  const chosen = cases.filter(([format, like]) => only.test(`${format}: ${like}`));
  const folder = mkdtempSync(join(tmpdir(), 'heatline-bounds-'));
  let broken = 0;
  try {
    const command = await builtCommand(folder);
    console.log('| format | case | command | s | MiB | outcome |\n|---|---|---|---|---|---|');
    for (const [format, like, make] of chosen) {
      // Lines of one frame are taken for collapsed stacks by their name only.
      const file = join(folder, `full.${format}`);
      writeFileSync(file, make());
      for (const row of await rows(command, file)) {
        if (row.broken) broken++;
        const { seconds, mebibytes } = row.measured;
        const mark = row.broken ? ' **broken**' : '';
        console.log(`| ${format} | ${like} | ${row.command} | ${seconds.toFixed(1)} | ${mebibytes.toFixed(0)} | ${row.outcome}${mark} |`);
      }
      rmSync(file);
    }
    console.log(`\n${chosen.length} files, ${broken} broken bounds`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return broken;
}

async function rows(command: readonly [string, string], file: string): Promise<Row[]> {
  const top = judged('top', await measure(command, ['top', file]));
  if (top.measured.status !== 0) return [top];
  return [top, judged('tree', await measure(command, ['tree', file]))];
}

function judged(command: string, measured: Measured): Row {
  const { seconds, mebibytes, status, errors } = measured;
  const sentence = errors.trim().split('\n').at(-1)!.replaceAll('|', '/').slice(0, 160);
  const trace = /\n\s+at |TypeError|RangeError|heap out of memory/.test(errors);
  const outcome =
    status === undefined ? `no end: ${sentence}` : status === 0 ? (sentence === '' ? 'profile' : `partial: ${sentence}`) : sentence;
  const broken = seconds > MAX_SECONDS || mebibytes > MAX_MEBIBYTES || status === undefined || trace || (status !== 0 && sentence === '');
  return { command, measured, outcome, broken };
}
