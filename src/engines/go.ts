import { UserError } from '../core/errors.js';
import { ask } from './ask.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { measureOf } from './measure.js';
import { stopSteps } from './stopSteps.js';
import { findExecutable } from './which.js';

/** What is measured → Go's own name for it in flags such as `-cpuprofile`. */
const FLAGS: Readonly<Record<string, string>> = { cpu: 'cpu', alloc: 'mem', lock: 'mutex', block: 'block' };

/** A word of the command in which this stands names the program's own flag for the file. */
const PLACE = '{profile}';

/** Options of `go build` that take their value in the next word. */
const WITH_VALUE = new Set(
  (
    'C p covermode coverpkg asmflags buildmode buildvcs compiler gccgoflags gcflags installsuffix ldflags mod modfile overlay pgo pkgdir tags ' +
    'toolexec exec'
  ).split(' '),
);

/** Go's own profiler: in tests and benchmarks (`go test`), and in mains with a flag for it (`go run`, or built). */
export const goEngine: Engine = {
  id: 'go',
  label: 'Go’s own profiler',
  languages: ['go'],
  measures: Object.keys(FLAGS),
  formats: ['pprof'],
  attaches: false,
  takesRate: () => false,
  probe,
  plan,
};

async function probe({ toolchain, path, platform }: Environment): Promise<Availability> {
  if (toolchain !== undefined) return { state: 'found', detail: toolchain, executable: toolchain };
  const executable = findExecutable('go', [path], platform);
  if (executable === undefined) {
    const fix = 'install Go (Debian: apt-get install golang-go), or put its bin folder on PATH';
    return { state: 'missing', reason: 'go is not on PATH', fix };
  }
  const { error, stdout } = await ask(executable, ['version']);
  if (error) return { state: 'missing', reason: `${executable} does not run`, fix: 'install Go anew: go version has to answer' };
  return { state: 'found', detail: `${stdout.trim().replace(/^go version /, '')}, ${executable}`, executable };
}

function plan(target: Target, _environment: Environment, options: EngineOptions): LaunchPlan {
  if (options.rateHz !== undefined) throw new UserError('usage', 'The engine go samples 100 times a second; leave --rate out.');
  if (options.durationSeconds !== undefined) {
    throw new UserError('usage', 'The engine go records whole runs: leave --duration out (-benchtime says how long a benchmark runs).');
  }
  const { argv, hint } = command(words(target), options.output, `${FLAGS[measureOf(goEngine, options)]}profile`);
  return {
    argv,
    cwd: target.cwd,
    env: target.env,
    output: options.output,
    format: 'pprof',
    // The go command waits for what it runs, and tells it nothing.
    signalsTree: true,
    hint,
    stop: stopSteps(),
  };
}

function words(target: Target): readonly string[] {
  if (target.kind === 'process') {
    throw new UserError(
      'no-attach',
      'The engine go cannot join a program that runs already; one with net/http/pprof is asked by heatline fetch URL.',
    );
  }
  if (target.kind === 'command') return target.argv;
  if (target.kind === 'script') return [target.script, ...target.args];
  throw new UserError('usage', 'The engine go runs no Python modules.');
}

interface Command {
  readonly argv: readonly string[];
  readonly hint: string;
}

/** Puts the flag for the profile where it belongs. */
function command(all: readonly string[], output: string, flag: string): Command {
  const [first = '', ...rest] = all;
  if (/_test\.go$/i.test(first)) return command(['go', 'test', '-bench=.', folderOf(first), ...rest], output, flag);
  if (/\.go$/i.test(first)) return command(['go', 'run', ...all], output, flag);
  if (!/(?:^|[\\/])go(?:\.exe)?$/i.test(first)) return program([first], rest, output, testBinary(first) ? `test.${flag}` : flag);
  const [verb, ...more] = rest;
  if (verb === 'test') return test([first, verb], more, output, flag);
  if (verb === 'run') {
    const end = packageEnd(more);
    return program([first, verb, ...more.slice(0, end)], more.slice(end), output, flag);
  }
  throw new UserError('usage', `go ${verb ?? ''} runs no program that could be recorded: use go test, go run, or a built program.`);
}

function test(head: readonly string[], rest: readonly string[], output: string, flag: string): Command {
  const own = rest.find((word) => new RegExp(`^--?(?:test\\.)?${flag}(?:=|$)`).test(word));
  if (own !== undefined) throw new UserError('usage', `Leave ${own.split('=')[0]} out: the engine go sets it.`);
  // -C has to stay the first flag of all. Beside a profile go keeps the test's program, which is to lie with ours.
  const at = /^--?C$/.test(rest[0] ?? '') ? 2 : /^--?C=/.test(rest[0] ?? '') ? 1 : 0;
  return {
    argv: [...head, ...rest.slice(0, at), `-${flag}=${output}`, `-o=${output}.tmp-test.exe`, ...rest.slice(at)],
    hint: 'go test writes a profile at the end of a run, and of one package at a time: name one.',
  };
}

/** A main: its flag comes before its own arguments, unless a word says where. */
function program(head: readonly string[], args: readonly string[], output: string, flag: string): Command {
  const placed = args.some((word) => word.includes(PLACE));
  const words = placed ? args.map((word) => word.replaceAll(PLACE, output)) : [`--${flag}=${output}`, ...args];
  return {
    argv: [...head, ...words],
    hint: placed
      ? 'It did not write the file that it was given.'
      : `A Go program is recorded by a flag of its own, here --${flag}; name another in its arguments: --other-flag=${PLACE}.`,
  };
}

/** Where the arguments of `go run` begin: behind its own flags and the package, or its files. */
function packageEnd(words: readonly string[]): number {
  let at = 0;
  while (words[at]?.startsWith('-')) at += WITH_VALUE.has(words[at]!.replace(/^--?/, '')) ? 2 : 1;
  if (!words[at]?.endsWith('.go')) return Math.min(at + 1, words.length);
  while (words[at]?.endsWith('.go')) at++;
  return at;
}

/** What `go test -c` builds is called so. */
function testBinary(file: string): boolean {
  return /\.test(?:\.exe)?$/i.test(file);
}

/** The package of a file, as go wants it named. */
function folderOf(file: string): string {
  const folder = file.replace(/[^\\/]*$/, '').replace(/(.)[\\/]$/, '$1');
  return folder === '' ? '.' : /^(?:\.|[\\/]|[a-z]:)/i.test(folder) ? folder : `./${folder}`;
}
