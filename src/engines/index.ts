import { UserError } from '../core/errors.js';
import { asyncEngine } from './async.js';
import { austin } from './austin.js';
import { cprofile } from './cprofile.js';
import type { Engine, EngineOptions, Environment, Target } from './engine.js';
import { events } from './events.js';
import { goEngine } from './go.js';
import { hybrid } from './hybrid.js';
import { imports } from './imports.js';
import { joinsByItself } from './inTheBox.js';
import { languageOf } from './languages/index.js';
import { lineProfiler } from './lineProfiler.js';
import { lines } from './lines.js';
import { locks } from './locks.js';
import { measureOf } from './measure.js';
import { memory } from './memory.js';
import { memray } from './memray.js';
import { perf } from './perf.js';
import { pyinstrument } from './pyinstrument.js';
import { pySpy } from './pySpy.js';
import { rbspy } from './rbspy.js';
import { sampler } from './sampler.js';
import { scalene } from './scalene.js';
import { stackprof } from './stackprof.js';
import { isTachyonAge, tachyon } from './tachyon.js';
import { viztracer } from './viztracer.js';
import { waysToGet } from './waysToGet.js';
import { chooseWithin, refuseWithin } from './within.js';
import { yappi } from './yappi.js';

export { ask } from './ask.js';
export { type AttachRequest, type AttachTarget, explainRefusal, probeProcess, processEnvironment } from './attach.js';
export { type PythonCommand, pythonCommand } from './command.js';
export { type CommandLine, commandLine } from './commandLine.js';
export { diagnose, type Interpreter, interpreterOf, type Refusal } from './doctor.js';
export { type DumpRequest, dumpProcess } from './dump.js';
export { type ProbeRequest, probeEnvironment } from './environment.js';
export { finishRun, type ProcessEnd, type RunResult } from './finish.js';
export { isInstallable, pipInstall } from './installed.js';
export { type Language, languageOf } from './languages/index.js';
export { type LaunchControl, type LaunchResult, launch } from './launch.js';
export { isStillThere, type ProcessFacts, processFacts } from './processFacts.js';
export { listProcesses, type RunningProcess } from './processList.js';
export { descendants } from './processTree.js';
export { maskSecrets } from './secrets.js';
export { shellWord } from './shellQuote.js';
export { isWithin, neverRan, readWithin } from './within.js';

/** Every engine, in the order in which they are offered. */
export const engines: readonly Engine[] = [
  ...[hybrid, sampler, cprofile, lines, locks, asyncEngine, events, imports, memory, tachyon, pySpy, austin, perf],
  ...[lineProfiler, memray, pyinstrument, scalene, viztracer, yappi],
  ...[goEngine, stackprof, rbspy],
];

/** Those that measure functions by name. */
const byName: readonly Engine[] = [lines, lineProfiler];

/** The engine for an id, or the best one here for `auto`, with the reason in one clause. Throws UserError `unknown-engine` or `engine-missing`. */
export async function chooseEngine(
  id: string,
  target: Target,
  environment: Environment,
  options: Pick<EngineOptions, 'want'> & Partial<EngineOptions>,
): Promise<{ readonly engine: Engine; readonly reason: string }> {
  const selective = options.delaySeconds !== undefined ? '--delay' : options.function !== undefined ? '--function' : undefined;
  if (selective !== undefined && target.kind === 'process') {
    throw new UserError('usage', `${selective} works on programs that are started, not on those that run already.`);
  }
  if (options.within !== undefined) refuseWithin(id, target, languageOf(target, environment), options);
  if (id !== 'auto') {
    const engine = engines.find((each) => each.id === id);
    if (!engine) throw new UserError('unknown-engine', `There is no engine ${id}; there are ${engines.map((each) => each.id).join(', ')}.`);
    if (target.kind === 'process' && !engine.attaches) {
      const able = engines.filter((each) => each.attaches && each.languages.some((one) => engine.languages.includes(one)));
      const others = able.length === 0 ? '' : `; ${listed(able.map((each) => each.id))} can`;
      throw new UserError('no-attach', `The engine ${id} cannot join a program that runs already${others}.`);
    }
    const spoken = languageOf(target, environment)?.id ?? 'python';
    if (target.kind === 'process' && environment.implementation !== undefined && !engine.languages.includes(spoken)) {
      throw new UserError(
        'no-attach',
        `The engine ${id} is for programs in ${engine.languages.join(', ')}; process ${target.pid} is one in ${spoken}.`,
      );
    }
    if (options.only !== undefined && !byName.includes(engine)) {
      throw new UserError(
        'usage',
        `--only chooses functions for the engines ${byName.map((each) => each.id).join(' and ')}, not for ${id}.`,
      );
    }
    if (selective !== undefined && engine !== sampler)
      throw new UserError('usage', `${selective} is for the engine sampler, not for ${id}.`);
    if (options.perTest && engine !== sampler && engine !== hybrid)
      throw new UserError('usage', `--per-test is for the engines sampler and hybrid, not for ${id}.`);
    const ofMemory = memoryOption(options);
    if (ofMemory !== undefined && engine !== memory) throw new UserError('usage', `${ofMemory} is for the engine memory, not for ${id}.`);
    if (options.sample !== undefined && engine !== locks) throw new UserError('usage', `--sample is for the engine locks, not for ${id}.`);
    if (options.blockedMs !== undefined && engine !== asyncEngine)
      throw new UserError('usage', `--blocked is for the engine async, not for ${id}.`);
    measureOf(engine, options);
    await demand(engine, target, environment);
    return { engine, reason: 'asked for by name' };
  }
  const language = languageOf(target, environment);
  if (selective !== undefined && (language !== undefined || options.only !== undefined)) {
    throw new UserError('usage', `${selective} is for Python programs under the engine sampler, without --only.`);
  }
  if (options.perTest && (language !== undefined || target.kind === 'process' || options.only !== undefined)) {
    throw new UserError('usage', '--per-test is for Python tests that are started, without --only.');
  }
  if (memoryOption(options) !== undefined && (language !== undefined || target.kind === 'process')) {
    throw new UserError('usage', `${memoryOption(options)} is for Python programs that are started.`);
  }
  if (options.sample !== undefined && (language !== undefined || target.kind === 'process'))
    throw new UserError('usage', '--sample is for Python programs that are started.');
  if (options.blockedMs !== undefined && (language !== undefined || target.kind === 'process'))
    throw new UserError('usage', '--blocked is for Python programs that are started.');
  const chosen = language === undefined ? automatic(target, environment, options) : language.choose(target, options);
  if (chosen.engine === pySpy && (await joinsInstead(target, environment, options))) {
    return { engine: sampler, reason: 'the program’s own Python lets it in, and py-spy is not installed' };
  }
  measureOf(chosen.engine, options);
  await demand(chosen.engine, target, environment);
  return chosen;
}

function automatic(target: Target, environment: Environment, options: Partial<EngineOptions>): { engine: Engine; reason: string } {
  const builtIn = isTachyonAge(environment) && !options.subprocesses && !options.native && environment.platform !== 'win32';
  if (target.kind === 'process') {
    if (options.only !== undefined)
      throw new UserError('usage', '--only works on programs that are started, not on those that run already.');
    if (options.measure === 'alloc') return { engine: memray, reason: 'memory is wanted, not time' };
    if (builtIn && environment.python) return { engine: tachyon, reason: 'part of the program’s own Python, with columns and times' };
    return { engine: pySpy, reason: 'it joins a running program without stopping it' };
  }
  if (options.measure === 'alloc' || memoryOption(options) !== undefined) return { engine: memory, reason: 'memory is wanted, not time' };
  if (options.measure === 'lock' || options.sample !== undefined) return { engine: locks, reason: 'waiting for locks is wanted' };
  if (options.measure === 'await' || options.blockedMs !== undefined) return { engine: asyncEngine, reason: 'awaiting is wanted' };
  if (options.measure === 'import') return { engine: imports, reason: 'import time is wanted' };
  if (options.measure === 'exceptions' || options.measure === 'gc') return { engine: events, reason: 'events are wanted, not time' };
  if (options.only !== undefined) return { engine: lines, reason: 'functions are named, so that their lines can be measured exactly' };
  if (options.delaySeconds !== undefined || options.function !== undefined) {
    return { engine: sampler, reason: 'only a part of the run is wanted, and the sampler leaves the rest as it is' };
  }
  if (options.within !== undefined) {
    const { id, reason } = chooseWithin(environment, options, target.kind === 'command' && isLongRunning(target.argv));
    return { engine: { hybrid, sampler, cprofile }[id], reason };
  }
  if (options.perTest) return { engine: sampler, reason: 'time per test is wanted, and the sampler in the box knows which one runs' };
  if (options.gil && builtIn) return { engine: tachyon, reason: 'Python’s own sampler sees who holds the lock' };
  if (options.subprocesses || options.native || options.gil) {
    return { engine: pySpy, reason: 'only py-spy sees child processes, native frames and lock holders' };
  }
  if (environment.implementation === 'pypy') {
    return { engine: cprofile, reason: 'PyPy’s compiler misleads samplers, so calls are traced' };
  }
  if (target.kind === 'command' && options.want === undefined && isLongRunning(target.argv)) {
    return { engine: sampler, reason: 'a server is sampled, since tracing would slow each request' };
  }
  if (options.want === 'time' && builtIn) return { engine: tachyon, reason: 'time was asked for, and Python’s own sampler is the finest' };
  if (options.want === 'time') return { engine: sampler, reason: 'time was asked for, and sampling does not inflate small calls' };
  return { engine: hybrid, reason: 'in the box: exact call counts and line samples in one run' };
}

/** `a, b and c`. */
const listed = (words: readonly string[]): string => words.join(', ').replace(/, (?=[^,]*$)/, ' and ');

/** Whether the sampler in the box can take py-spy's place beside a program that runs. */
async function joinsInstead(target: Target, environment: Environment, options: Partial<EngineOptions>): Promise<boolean> {
  const plain = target.kind === 'process' && !options.subprocesses && !options.native && !options.gil;
  return plain && joinsByItself(environment) && (await pySpy.probe(environment)).state === 'missing';
}

/** The first option that is for the engine memory alone. */
function memoryOption({ depth, duty }: Partial<EngineOptions>): string | undefined {
  return depth !== undefined ? '--depth' : duty !== undefined ? '--duty' : undefined;
}

/** Programs that serve until they are stopped. */
function isLongRunning(argv: readonly string[]): boolean {
  return argv.some((word) => /^(uvicorn|gunicorn|hypercorn|daphne|waitress|runserver|celery)$/.test(word.split(/[\\/]/).at(-1) ?? ''));
}

async function demand(engine: Engine, target: Target, environment: Environment): Promise<void> {
  const joining = target.kind === 'process' ? engine.probeJoining : undefined;
  const available = await (joining ?? engine.probe)(environment);
  if (available.state === 'missing') {
    throw new UserError(
      'engine-missing',
      `The engine ${engine.id} cannot run: ${available.reason}. ${available.fix}`,
      waysToGet(available),
    );
  }
}
