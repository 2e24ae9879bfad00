import { parseArgs } from 'node:util';
import { checkBounds } from './bounds/check.js';
import { fixed, fuzz } from './drive.js';

const USAGE = `npm run fuzz -- [--minutes N] [--cases N] [--seed S] [--case C] [--processes P] [--changes] [--only TEXT]

Changes every fixture in many ways, reads what comes out, and does with it all that Heatline does. Prints each new kind of bug
with the file that shows it. --case runs one case of a seed again, --changes leaves out the whole files that attack,
--only takes the fixtures with this in their name.

npm run fuzz -- --full-size [--only REGEXP]

Reads files of 99 MB instead, the plainest and the worst of every format, with the command line as it ships, and fails when one takes
more than 10 s of processor time or 1.5 GiB. Prints a table. --only takes those whose "format: case" matches.`;

/** The long run: `npm run fuzz -- --minutes 10`. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string' },
      cases: { type: 'string' },
      case: { type: 'string' },
      processes: { type: 'string', default: '1' },
      changes: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      'full-size': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (values['full-size']) {
    process.exitCode = (await checkBounds(new RegExp(values.only))) > 0 ? 1 : 0;
    return;
  }
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const one = values.case === undefined ? undefined : Number(values.case);
  console.log(`seed ${seed}`);
  const counts = await fuzz({
    seed,
    only: values.only,
    first: one ?? (values.changes ? fixed(values.only) : 0),
    cases: one === undefined ? Number(values.cases ?? 2 ** 31) : 1,
    ...(one === undefined ? { until: Date.now() + Number(values.minutes) * 60_000 } : {}),
    processes: one === undefined ? Number(values.processes) : 1,
    hangSeconds: 100,
    slowSeconds: 10,
    onBug: ({ number, name, message, path }) => console.log(`\ncase ${number}: ${name}\n${message}\n  ${path}`),
  });
  const { files, cases, profile, partial, error, bugs, slowest } = counts;
  console.log(`\n${files} files, ${cases} cases: ${profile} profiles, ${partial} partial, ${error} errors, ${bugs.length} kinds of bugs`);
  console.log(Array.from(counts.by, ([what, times]) => `${what} ${times}`).join(', '));
  console.log(`slowest to read: ${slowest.seconds.toFixed(2)} s, ${slowest.name}`);
  if (bugs.length > 0)
    console.log(bugs.map(({ number, name, message, times }) => `  ${times}× case ${number} ${name}: ${message.split('\n')[0]}`).join('\n'));
  process.exitCode = bugs.length > 0 ? 1 : 0;
}

await main();
