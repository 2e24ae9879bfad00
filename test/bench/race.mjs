// Times whole processes in turn and tells medians, ratios and peak memory as rows of a Markdown table.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** GNU time tells the peak memory of a process and of those that it started. */
const TIME = '/usr/bin/time';
const hasTime = existsSync(TIME) && spawnSync(TIME, ['-f', '%M', 'true'], { stdio: 'ignore' }).status === 0;

export const HEAD = ['| Input | Program | Median (range) | Ratio | Peak memory |', '|---|---|---|---|---|'];

/** True when the program is there. */
export function found(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Wall time in seconds and peak memory in MiB of a whole process; its output is read and thrown away, as a pipe would. */
function measure([command, ...args]) {
  return new Promise((resolve, reject) => {
    const folder = mkdtempSync(join(tmpdir(), 'heatline-bench-'));
    const report = join(folder, 'time');
    const whole = hasTime ? [TIME, '-f', '%M', '-o', report, command, ...args] : [command, ...args];
    const start = process.hrtime.bigint();
    const child = spawn(whole[0], whole.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stdout.resume();
    child.stderr.on('data', (chunk) => {
      if (errors.length < 4096) errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const memory = hasTime && status === 0 ? Number(readFileSync(report, 'utf8').trim().split('\n').at(-1)) / 1024 : Number.NaN;
      rmSync(folder, { recursive: true, force: true });
      if (status === 0) resolve({ seconds, memory });
      else reject(new Error(`${command} ${args.slice(0, 4).join(' ')} ended with ${status}: ${errors.trim()}`));
    });
  });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs every program once per round, so that a busy minute hurts all alike; the first one is ours.
 * @param runners `{name, command, missing?, slow?}`: `missing` says why it cannot run; a slow one runs in the first round only
 */
export async function race(title, runners, rounds) {
  const taken = runners.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, runner] of runners.entries()) {
      if (runner.missing !== undefined || (runner.slow && round > 0)) continue;
      process.stderr.write(`\r${title}: round ${round + 1} of ${rounds}, ${runner.name}`.slice(0, 110).padEnd(110));
      taken[index].push(await measure(runner.command));
    }
  }
  process.stderr.write(`\r${' '.repeat(110)}\r`);
  const seconds = taken.map((runs) => median(runs.map((run) => run.seconds)));
  const memory = taken.map((runs) => median(runs.map((run) => run.memory)));
  return runners.map((runner, index) => {
    if (runner.missing !== undefined) return `| ${title} | ${runner.name} | not measured: ${runner.missing} | | |`;
    const own = seconds[index];
    const times = taken[index].map((run) => run.seconds);
    const range = times.length > 1 ? `${Math.min(...times).toFixed(2)}–${Math.max(...times).toFixed(2)}` : 'once';
    const faster =
      own >= seconds[0] ? `ours is ${(own / seconds[0]).toFixed(1)}× faster` : `ours takes ${(seconds[0] / own).toFixed(1)}× as long`;
    const less = memory[index] >= memory[0] ? '' : `, ours ${(memory[0] / memory[index]).toFixed(1)}×`;
    const share = index > 0 && memory[index] >= memory[0] ? `, ours ${Math.round((100 * memory[0]) / memory[index])} %` : less;
    const peak = Number.isNaN(memory[index]) ? 'not known' : `${memory[index].toFixed(0)} MiB${index === 0 ? '' : share}`;
    return `| ${title} | ${runner.name} | ${own.toFixed(2)} s (${range}) | ${index === 0 ? '1' : faster} | ${peak} |`;
  });
}
