import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { report } from './failure.js';
import { safeOutput } from './output.js';

declare const HEATLINE_VERSION: string | undefined;

/** Whole numbers, 0 for "all". */
function rows(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is wanted');
  return Number(text);
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('a number above 0 is wanted');
  return value;
}

function percent(text: string): number {
  const value = Number(text.replace(/\s*%$/, ''));
  if (text.trim() === '' || !(value >= 0 && value <= 100)) throw new InvalidArgumentError('a percentage from 0 to 100 is wanted');
  return value;
}

/** A command that shows one profile: the options that all of them have. */
function view(program: Command, name: string, description: string, expression?: string): Command {
  const command = program.command(name).description(description).argument('<file>', 'profile to read; its format is found by its content');
  if (expression !== undefined) command.argument(expression, 'functions whose name or file matches');
  return command
    .option('--value <type>', 'value type to show, e.g. cpu or cpu/nanoseconds')
    .option('--thread <name>', 'only this thread')
    .option('--focus <regexp>', 'only stacks with a frame whose name or file matches')
    .option('--ignore <regexp>', 'no stacks with a frame whose name or file matches')
    .option('--json', 'write one JSON value');
}

/** Each command's code is loaded when it runs: `top` pays nothing for the engines. */
function build(): Command {
  const program = new Command('heatline')
    .description('Where a program spends its time, memory and waiting.')
    .version(typeof HEATLINE_VERSION === 'string' ? HEATLINE_VERSION : '0.1.0')
    .enablePositionalOptions()
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${text
            .replace(/^error: /, 'heatline: ')
            .trim()
            .replace(/\s*\n\s*/g, ' ')}\n`,
        ),
    })
    .exitOverride();

  program
    .command('record')
    .description('run a program under a profiler: heatline record -- python app.py')
    .argument('[command...]', 'the program and its arguments, after --')
    .option('--pid <pid>', 'attach to a running program', rows)
    .option('--engine <id>', 'profiler to use (see heatline engines)', 'auto')
    .option('--duration <seconds>', 'stop recording after so long', positive)
    .option('--rate <hz>', 'samples per second', positive)
    .option('-o, --output <file>', 'file to write: .pb.gz, .prof or .collapsed')
    .option('--subprocesses', 'record child processes too')
    .option('--native', 'record native frames too')
    .option('--gil', 'only what holds the global interpreter lock')
    .option('--idle', 'waiting threads too')
    .passThroughOptions()
    .action(async (command: string[], options) => (await import('./commands/record.js')).record(command, options));

  view(program, 'top', 'functions, largest first')
    .addOption(new Option('--sort <key>', 'order').choices(['self', 'total', 'calls']).default('self'))
    .option('-n <rows>', 'rows to show; 0 for all', rows)
    .action(async (file: string, options) => (await import('./commands/top.js')).top(file, options));

  view(program, 'lines', 'self and total per line of source')
    .option('--source <path>', 'only this file, or files in this folder')
    .option('-n <rows>', 'only the hottest lines; 0 for all', rows)
    .action(async (file: string, options) => (await import('./commands/lines.js')).lines(file, options));

  view(program, 'list', 'source of functions with the figures of each line', '<regexp>')
    .option('--source <path>', 'folder or file to take source text from')
    .action(async (file: string, expression: string, options) => (await import('./commands/list.js')).list(file, expression, options));

  view(program, 'peek', 'callers and callees of functions', '<regexp>').action(async (file: string, expression: string, options) =>
    (await import('./commands/peek.js')).peek(file, expression, options),
  );

  view(program, 'tree', 'call tree')
    .option('--inverted', 'bottom-up: callers below the functions they called')
    .option('--min <percent>', 'leave out smaller parts (text only; default 0.5)', percent)
    .option('--depth <levels>', 'levels to show', positive)
    .action(async (file: string, options) => (await import('./commands/tree.js')).tree(file, options));

  program
    .command('info')
    .description('what a profile holds')
    .argument('<file>', 'profile to read')
    .option('--json', 'write one JSON value')
    .action(async (file: string, options) => (await import('./commands/info.js')).info(file, options));

  program
    .command('convert')
    .description('write a profile in another format')
    .argument('<file>', 'profile to read')
    .requiredOption('-o, --output <file>', 'file to write: .pb.gz or .collapsed')
    .option('--value <type>', 'value type to write (collapsed) or to show first')
    .action(async (file: string, options) => (await import('./commands/convert.js')).convert(file, options));

  program
    .command('engines')
    .description('which profilers can be used here, and how to get the others')
    .option('--json', 'write one JSON value')
    .action(async (options) => (await import('./commands/engines.js')).listEngines(options));
  return program;
}

async function main(argv: string[]): Promise<void> {
  safeOutput();
  const program = build();
  try {
    if (argv.length <= 2) program.help({ error: true });
    await program.parseAsync(argv);
  } catch (error) {
    // Commander has told what is wrong already; help and version are no mistakes.
    process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : report(error);
  }
}

void main(process.argv);
