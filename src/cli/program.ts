import { Argument, Command, Option } from 'commander';
import { UserError } from '../core/errors.js';
import { EXAMPLES, EXIT_STATUSES, helpStyle, writeError } from './help.js';
import { print } from './output.js';
import { receiving } from './receiveOptions.js';
import { choosingBase, choosingWindows } from './windowOptions.js';
import { between, divisions, percent, positive, rows, secondsOrMoment, several, whole } from './words.js';

declare const HEATLINE_VERSION: string | undefined;

const FILE = 'profile to read, of any format; - is stdin; or a folder of windows, which are added up';
const ONE_FILE = 'profile to read, of any format; - is stdin';
const FILES = 'profile to read, of any format; - is stdin; several are added up; or a folder of windows';

/** The whole command line. Each command's code is loaded when it runs: `top` pays nothing for the engines. */
export function buildProgram(): Command {
  const program = new Command('heatline')
    .description('Where a program spends its time, memory and waiting.')
    .version(typeof HEATLINE_VERSION === 'string' ? HEATLINE_VERSION : '0.1.0', '-V, --version', 'print the version')
    .enablePositionalOptions()
    .configureOutput({ outputError: writeError })
    .configureHelp(helpStyle)
    .helpCommand(false)
    .helpOption('-h, --help', 'print help')
    .exitOverride();
  recording(program.commandsGroup('Record:'));
  reading(program.commandsGroup('Look at a profile:'));
  comparing(program.commandsGroup('Compare, combine, convert:'));
  tools(program.commandsGroup('More:'));
  for (const command of program.commands) {
    const examples = EXAMPLES[command.name()];
    if (examples !== undefined) command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`);
  }
  return program.addHelpText('after', EXIT_STATUSES);
}

function recording(program: Command): void {
  program
    .command('record')
    .description('run a program under a profiler: heatline record -- python app.py')
    .argument('[command...]', 'the program and its arguments, after --')
    .option('--pid <pid>', 'attach to a running program', rows)
    .option('--engine <id>', 'profiler to use (see heatline engines)', 'auto')
    .option('--duration <seconds>', 'stop recording after so long', between(0.001, 1e9, 'time in seconds'))
    .option('--rate <hz>', 'samples per second', between(0.001, 10_000, 'rate'))
    .option('-o, --output <file>', 'file to write; its name says the format: .pb.gz, .prof, .collapsed …')
    .option('--subprocesses', 'record child processes too')
    .option('--native', 'record native frames too')
    .option('--gil', 'only what holds the global interpreter lock')
    .option('--idle', 'waiting threads too')
    .option('--only <regexp>', 'measure each line of the functions so named (engines lines, line-profiler)')
    .option('--delay <seconds>', 'begin so long after the program (engine sampler)', between(0.001, 1e9, 'time in seconds'))
    .option('--function <name>', 'record only what runs inside this function (engine sampler)')
    .option('--per-test', 'label samples with the test of pytest or unittest that runs (engines sampler, hybrid)')
    .option('--within <file:lines>', 'record only while these lines run: app.py:10-20, or app.py:10 for a statement')
    .option('--depth <frames>', 'frames of a stack to keep (engine memory; 1)', whole)
    .option('--duty <on/off>', 'seconds on and off by turns, as in 0.5/30 (engine memory)')
    .option('--sample <n>', 'record one of so many stretches of time, in production (engine locks)', whole)
    .option(
      '--blocked <ms>',
      'a step of an event loop that takes so long blocks it (engine async; 100)',
      between(1, 1e9, 'time in milliseconds'),
    )
    .option('--measure <what>', 'cpu, wall, alloc, lock … where the engine has a choice (see heatline engines)')
    .passThroughOptions()
    .action(async (command: string[], options) => (await import('./commands/record.js')).record(command, options));

  program
    .command('dump')
    .description('where each thread of a running Python program is now')
    .argument('<pid>', 'its process number', rows)
    .option('--locals', 'with the local variables, which may hold secrets')
    .option('--native', 'with frames of C code')
    .option('--json', 'write one JSON value')
    .action(async (pid: number, options) => (await import('./commands/dump.js')).dump(pid, options));

  program
    .command('fetch')
    .description('get a profile from a running service, such as /debug/pprof of a Go program')
    .argument('<url>', 'localhost:6060, or http://host:6060/debug/pprof/heap; - reads it from stdin, then headers')
    .option('--list', 'print what a Go service offers instead')
    .option('-o, --output <file>', 'file to write; its name says the format')
    .option('--format <id>', 'format to write, whatever the name')
    .option('--seconds <n>', 'how long the service measures (CPU: 30; heap and others: the change in that time)', whole)
    .option('--timeout <seconds>', 'longest wait for the answer; else the seconds and 30 more', positive)
    .option('--header <line>', "header to send, such as 'Authorization: Bearer …'; repeatable", several)
    .option('--cacert <file>', 'authority to trust (PEM)')
    .option('--cert <file>', 'own certificate (PEM)')
    .option('--key <file>', 'key of the own certificate (PEM)')
    .option('--insecure', 'take any certificate')
    .option('--json', 'write one JSON value about it')
    .action(async (url: string, options) => (await import('./commands/fetch.js')).fetchProfile(url, options));

  receiving(program);

  program
    .command('timeit')
    .description('how long a Python statement takes, and whether another takes longer')
    .argument('<statement>', 'Python code, of one line or more')
    .option('--compare <statement>', 'code that is to be compared with it')
    .option('--setup <code>', 'code that runs before each round, untimed')
    .option('--names <file>', 'Python file whose functions and names it uses')
    .option('--rounds <n>', 'rounds to take (7, of two statements 10)', whole)
    .option('--python <interpreter>', 'interpreter to use; else python3 on PATH')
    .option('--json', 'write one JSON value')
    .action(async (statement: string, options) => (await import('./commands/timeit.js')).timeit(statement, options));

  program
    .command('engines')
    .description('which profilers can be used here, and how to get the others')
    .option('--json', 'write one JSON value')
    .action(async (options) => (await import('./commands/engines.js')).listEngines(options));
}

function reading(program: Command): void {
  viewed(program.command('top').description('functions, largest first').argument('<files...>', FILES))
    .addOption(new Option('--sort <key>', 'order').choices(['self', 'total', 'calls']).default('self'))
    .option('-n <rows>', 'rows to show; 0 for all', rows)
    .action(async (files: string[], options) => (await import('./commands/top.js')).top(files, options));

  viewed(program.command('lines').description('self and total per line of source').argument('<files...>', FILES))
    .option('--source <path>', 'only this file, or files in this folder')
    .option('-n <rows>', 'only the hottest lines; 0 for all', rows)
    .action(async (files: string[], options) => (await import('./commands/lines.js')).lines(files, options));

  matching(program.command('list').description('source of functions with the figures of each line'))
    .option('--source <path>', 'folder or file to take source text from')
    .action(async (file: string, expression: string, options) => (await import('./commands/list.js')).list(file, expression, options));

  matching(program.command('peek').description('callers and callees of functions')).action(
    async (file: string, expression: string, options) => (await import('./commands/peek.js')).peek(file, expression, options),
  );

  viewed(program.command('tree').description('call tree').argument('<files...>', FILES))
    .option('--inverted', 'bottom-up: callers below the functions they called')
    .option('--min <percent>', 'leave out smaller parts (text only; default 0.5)', percent)
    .option('--depth <levels>', 'levels to show', positive)
    .action(async (files: string[], options) => (await import('./commands/tree.js')).tree(files, options));

  choosingWindows(
    program
      .command('info')
      .description('what a profile holds, and how good it is')
      .argument('<file>', FILE)
      .option('--json', 'write one JSON value'),
  ).action(async (file: string, options) => (await import('./commands/info.js')).info(file, options));

  choosingWindows(
    program
      .command('windows')
      .description('what lies in a folder of windows, as the agent writes them')
      .argument('<folder>', 'the folder')
      .option(
        '--by <keys>',
        'add up by service,version (default), host, day, hour, minute, tag:NAME, label:KEY; or list every window',
        divisions,
      )
      .option('--label <key=value>', 'only samples that bear this label')
      .option('-n <rows>', 'rows to show; 0 for all', rows)
      .option('--json', 'write one JSON value'),
  ).action(async (folder: string, options) => (await import('./commands/windows.js')).windows(folder, options));
}

function comparing(program: Command): void {
  const diff = viewed(
    program
      .command('diff')
      .description('what changed between two profiles: functions and lines')
      .usage(
        '[options] <base> <new>\n       heatline diff [options] --base <file> [--base <file>…] <new> [<new>…]\n       heatline diff [options] <folder> --against-…',
      )
      .argument('<files...>', 'the base and the new profile, of any format; - is stdin; quoted patterns name several, which are added up'),
  );
  choosingBase(diff)
    .option('--base <file>', 'a file of the base, repeatable: what else is named is the new profile', several)
    .option('--fail-on <rule>', "exit 1 when it holds: 'total>5%', 'self(name)>10%', 'alloc>+20MB', 'total>2s'; repeatable", several)
    .option('--markdown', 'write a comment for a pull request')
    .option('--normalize', "multiply the new profile's figures so that the totals are equal")
    .option('--per-second', 'multiply them as if both had run equally long')
    .option('--lines', 'lines in the JSON too')
    .option('-n <rows>', 'rows to show; 0 for all', rows)
    .action(async (files: string[], options) => (await import('./commands/diff.js')).diff(files, options));

  const merge = program.command('merge').description('add up profiles');
  choosingWindows(written(merge.argument('<files...>', 'profiles to read; patterns such as "runs/*.prof" too; or a folder of windows')))
    .option('--keep-going', 'leave out files that cannot be read')
    .action(async (files: string[], options) => (await import('./commands/merge.js')).merge(files, options));

  program
    .command('index')
    .description('Parquet tables of a folder of windows, for DuckDB, ClickHouse, Spark (docs/scale.md)')
    .argument('<folder>', 'folder of windows, as the agent writes them; the tables go to its folder "index"')
    .option('--late', 'take in windows of days that are sealed too')
    .option('--seal-after <hours>', 'how long after its end a day stays open for windows that come late', positive, 24)
    .option('--json', 'write one JSON value about it')
    .action(async (folder: string, options) => (await import('./commands/indexWindows.js')).indexWindows(folder, options));

  written(program.command('convert').description('write a profile in another format').argument('<file>', ONE_FILE))
    .option('--value <type>', 'value type to write (collapsed) or to show first')
    .action(async (file: string, options) => (await import('./commands/convert.js')).convert(file, options));
}

function tools(program: Command): void {
  program
    .command('open')
    .description('show a profile in VS Code')
    .argument('<file>', 'profile to open')
    .option('--editor <command>', 'editor to open it in: code, codium, cursor …')
    .option('--json', 'write one JSON value about it')
    .action(async (file: string, options) => (await import('./commands/open.js')).open(file, options));

  program
    .command('lsp')
    .description('language server for other editors, over stdin and stdout')
    .option('--stdio', 'talk over stdin and stdout (the only way)')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async () => (await import('./commands/lsp.js')).lsp());

  program
    .command('completion')
    .description('completion for your shell; its first lines say where to put it')
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish', 'pwsh']))
    .action(async (shell: 'bash' | 'zsh' | 'fish' | 'pwsh') => (await import('./commands/completion.js')).completion(shell));

  program
    .command('help')
    .description('print help for a command')
    .argument('[command]')
    .action((name: string | undefined) => {
      const command = name === undefined ? program : program.commands.find((one) => one.name() === name);
      if (command === undefined) throw new UserError('usage', `help ${name}: there is no such command (heatline help lists them)`);
      command.help();
    });

  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .passThroughOptions()
    .action(async (words: string[]) => {
      const { complete, completionText } = await import('./completion.js');
      const found = await complete(program, words.slice(1), (words[0] ?? '').slice(1));
      await print(completionText(found));
    });
}

/** The options of every command that writes a profile. */
function written(command: Command): Command {
  return command
    .requiredOption('-o, --output <file>', 'file to write; its name says the format')
    .option('--format <id>', 'format to write, whatever the name: pprof, collapsed …')
    .option('--json', 'write one JSON value about it');
}

/** The options of every command that shows a profile. */
function viewed(command: Command): Command {
  const shown = command
    .option('--json', 'write one JSON value')
    .option('--value <type>', 'value type to show, e.g. cpu or cpu/nanoseconds')
    .optionsGroup('What is counted:')
    .option('--thread <name>', 'only this thread')
    .option('--focus <regexp>', 'only stacks with a frame whose name or file matches')
    .option('--ignore <regexp>', 'no stacks with a frame whose name or file matches')
    .option('--hide <regexp>', 'without frames whose name or file matches: their figures go to their callers')
    .option('--show <regexp>', 'only frames whose name or file matches')
    .option('--merge-recursion <regexp>', 'recursions of functions that match (. for all) as one frame, with all between their calls')
    .option('--merge-direct-recursion <regexp>', 'the same, but only calls of a function by itself')
    .option('--label <filter>', "only samples with such a label: 'tenant=acme', 'size=1mb:', or any label's text")
    .option('--label-ignore <filter>', 'no samples with such a label')
    .option(
      '--from <time>',
      'only what was seen from there on, in seconds since the start; of a folder: windows, also -2h',
      secondsOrMoment,
    )
    .option('--to <time>', 'only what was seen before', secondsOrMoment)
    .optionsGroup('');
  return choosingWindows(shown);
}

function matching(command: Command): Command {
  return viewed(command.argument('<file>', FILE).argument('<regexp>', 'functions whose name or file matches'));
}
