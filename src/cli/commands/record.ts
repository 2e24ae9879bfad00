import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReadError, UserError } from '../../core/errors.js';
import type { Format } from '../../core/formats/format.js';
import { readProfile } from '../../core/formats/index.js';
import { fileSource } from '../../core/formats/source.js';
import { functionTable } from '../../core/model/functionTable.js';
import type { Profile } from '../../core/model/profile.js';
import { bytesPer, formatSeconds, formatShare, formatValue, plural } from '../../core/model/units.js';
import { nameAndPlace } from '../../core/report/figures.js';
import { samplesIn } from '../../core/report/top.js';
import { typeOf } from '../../core/report/view.js';
import type { EngineOptions, Environment, Target } from '../../engines/engine.js';
import {
  type CommandLine,
  chooseEngine,
  commandLine,
  explainRefusal,
  type LaunchResult,
  launch,
  probeEnvironment,
  probeProcess,
  readWithin,
} from '../../engines/index.js';
import { Exit, FULL, say } from '../failure.js';
import { keepMoments } from '../keepMoments.js';
import { checkOutput, stamp, writeWhole } from '../output.js';
import { pythonPackage } from '../pythonPackage.js';
import { openRecordFolder } from '../recordFolder.js';
import { writeProfile, writerFor } from '../writer.js';

/** Options of `heatline record` (contract). */
export interface RecordOptions {
  readonly pid?: number;
  readonly engine: string;
  readonly duration?: number;
  readonly rate?: number;
  readonly output?: string;
  readonly subprocesses?: boolean;
  readonly native?: boolean;
  readonly gil?: boolean;
  readonly idle?: boolean;
  readonly only?: string;
  readonly delay?: number;
  readonly function?: string;
  readonly perTest?: boolean;
  readonly within?: string;
  readonly depth?: number;
  readonly duty?: string;
  readonly sample?: number;
  readonly blocked?: number;
  readonly measure?: string;
}

/** What is recorded, and the interpreter that runs it. */
interface Job {
  readonly target: Target;
  readonly environment: Environment;
  /** Short command line of a program that runs already. */
  readonly label?: string;
}

/**
 * `heatline record [options] -- CMD…`: the program's own streams and status pass through; `heatline record --pid N`: the
 * program runs on, and the status is ours.
 */
export async function record(words: readonly string[], options: RecordOptions): Promise<void> {
  if (/^https?:\/\//i.test(words[0] ?? '')) return await recordService(words, options);
  const output = options.output ?? `heatline-${stamp(new Date())}.pb.gz`;
  const writer = outputFormat(output);
  checkOutput(output);
  const { target, environment, label } = await findJob(words, options);
  const folder = openRecordFolder();
  let kept = false;
  try {
    const engineOptions = engineOptionsFrom(options, join(folder.path, 'recording'));
    const id = options.engine === 'auto' && writer === 'pstats' ? 'cprofile' : options.engine;
    const { engine } = await chooseEngine(id, target, environment, engineOptions);
    if (writer === 'pstats' && !engine.formats.includes('pstats')) {
      throw new UserError('usage', `${output}: only the engines cprofile and yappi write such files, not ${engine.id}`);
    }
    const plan = engine.plan(target, environment, engineOptions);
    // `heatline engines` says why.
    const named = options.engine === 'auto' ? `${engine.id} (auto)` : engine.id;
    if (target.kind === 'process') {
      const limit = options.duration === undefined ? '' : ` for ${formatSeconds(options.duration)}`;
      const begins = engine.id === 'sampler' || engine.id === 'memray' ? ' from its next step on' : '';
      say(`recording process ${target.pid} (${label})${limit} with ${named}${begins}; Ctrl-C ends it, the program runs on`);
    }
    const result = await launch(plan, { onStart: (pid) => folder.share(pid) });
    if (target.kind === 'process' && result.output === undefined) throw notRecorded(target.pid, result, engine.id);
    process.exitCode = statusOf(result);
    await keep(result, plan.format, writer, output, target.kind === 'process' ? engine.id : named).catch((error: unknown) => {
      if (!(error instanceof UserError) || (error.code !== 'output' && error.code !== FULL)) throw error;
      kept = true;
      throw new UserError(error.code, `${error.message}; the recording is kept as ${result.output}`);
    });
  } finally {
    folder.close(kept);
  }
}

/** What is measured → what a service of Go calls it. */
const SERVICE_KINDS: Readonly<Record<string, string>> = { cpu: 'profile', alloc: 'allocs', lock: 'mutex', block: 'block' };

/** A service that runs, by its URL, is asked for its profile of the next seconds. */
async function recordService(words: readonly string[], { duration, measure = 'cpu', output }: RecordOptions): Promise<void> {
  const [text, second] = words;
  const kind = SERVICE_KINDS[measure];
  if (second !== undefined) throw new UserError('usage', `${second}: a URL is recorded alone, without further words`);
  if (kind === undefined)
    throw new UserError('usage', `A service does not measure ${measure}, but ${Object.keys(SERVICE_KINDS).join(', ')}.`);
  const url = kind === 'profile' ? text! : text!.replace(/^(https?:\/\/[^/?#]*)\/?(?:debug\/pprof\/?)?$/i, `$1/debug/pprof/${kind}`);
  const { fetchProfile } = await import('./fetch.js');
  await fetchProfile(url, {
    ...(duration === undefined ? {} : { seconds: Math.max(1, Math.round(duration)) }),
    ...(output === undefined ? {} : { output }),
  });
}

async function findJob(words: readonly string[], options: RecordOptions): Promise<Job> {
  const cwd = process.cwd();
  const { pid } = options;
  if (pid === undefined) {
    const command = commandLine(words, cwd);
    const { argv, language } = command;
    const target = { kind: 'command' as const, argv, cwd, env: {}, ...(language === undefined ? {} : { language }) };
    return { target, environment: await probe(command, options) };
  }
  if (words.length > 0) throw new UserError('usage', '--pid: a running program and a command cannot be recorded at once');
  const found = await probeProcess({ pid, pythonPackage: pythonPackage() });
  return { target: { kind: 'process', pid, cwd, env: {} }, ...found };
}

/** Why an attached engine left nothing: the doctor's reason, the tool's own words, or a program that only waited. */
function notRecorded(pid: number, result: LaunchResult, engine: string): UserError {
  const explained = explainRefusal(pid, result.sentence);
  if (explained) return explained;
  const why =
    result.sentence === undefined ? 'it used no CPU meanwhile; --idle records waiting threads too' : `${engine}: ${result.sentence}`;
  return new UserError('nothing-recorded', `--pid ${pid}: nothing was recorded: ${why}`);
}

/** `.prof` is written by its engine only; all else is converted where it must be. @throws UserError `usage` */
function outputFormat(output: string): Format | 'pstats' {
  if (/\.(?:prof|pstats)$/i.test(output)) return 'pstats';
  return writerFor(output, undefined, ', and .prof by the engine cprofile');
}

async function probe(command: CommandLine, options: RecordOptions): Promise<Environment> {
  const request = { pythonPackage: pythonPackage(), ...(command.python === undefined ? {} : { python: command.python }) };
  const none = { platform: process.platform, path: process.env.PATH ?? '', pythonPackage: request.pythonPackage };
  if (command.language !== undefined) return { ...none, ...(command.toolchain === undefined ? {} : { toolchain: command.toolchain }) };
  try {
    return await probeEnvironment(request);
  } catch (error) {
    // What is no Python program can still be given to an engine that does not need one.
    if (command.isPython || options.engine === 'auto' || !(error instanceof UserError)) throw error;
    return none;
  }
}

function engineOptionsFrom(options: RecordOptions, output: string): EngineOptions {
  return {
    output,
    ...(options.rate === undefined ? {} : { rateHz: options.rate }),
    ...(options.duration === undefined ? {} : { durationSeconds: options.duration }),
    ...(options.subprocesses ? { subprocesses: true } : {}),
    ...(options.native ? { native: true } : {}),
    ...(options.gil ? { gil: true } : {}),
    ...(options.idle ? { idle: true } : {}),
    ...(options.only === undefined ? {} : { only: options.only }),
    ...(options.delay === undefined ? {} : { delaySeconds: options.delay }),
    ...(options.function === undefined ? {} : { function: options.function }),
    ...(options.perTest ? { perTest: true } : {}),
    ...(options.within === undefined ? {} : { within: readWithin(options.within, process.cwd()) }),
    ...(options.depth === undefined ? {} : { depth: options.depth }),
    ...(options.duty === undefined ? {} : { duty: options.duty }),
    ...(options.sample === undefined ? {} : { sample: options.sample }),
    ...(options.blocked === undefined ? {} : { blockedMs: options.blocked }),
    ...(options.measure === undefined ? {} : { measure: options.measure }),
  };
}

/** The program's own status; 128 + the signal's number for one that was killed, as shells say it. */
function statusOf({ exitStatus }: LaunchResult): number {
  if (exitStatus === null) return 0;
  return exitStatus < 0 ? 128 - exitStatus : exitStatus;
}

/** Brings the raw recording where the user wants it, and says in one line what it holds. */
async function keep(result: LaunchResult, raw: string, writer: Format | 'pstats', output: string, engine: string): Promise<void> {
  if (result.output === undefined) {
    say(result.sentence ?? 'nothing was recorded');
    if (process.exitCode === 0) process.exitCode = Exit.engine;
    return;
  }
  const recorded = result.output;
  let profile: Profile | undefined;
  let unreadable: ReadError | undefined;
  try {
    profile = await readProfile(fileSource(recorded));
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    unreadable = error;
  }
  const wanted = writer === 'pstats' ? 'pstats' : writer.id;
  // py-spy's raw text is collapsed stacks, and says more of processes than we would write.
  const asItIs = wanted === raw || (wanted === 'collapsed' && raw === 'pyspy-raw');
  if (asItIs) await writeWhole(output, async (write) => write(readFileSync(recorded)));
  else if (profile !== undefined && writer !== 'pstats') await writeProfile(profile, writer, output);
  else throw new UserError('engine-output', `the recording of ${engine} cannot be read: ${unreadable?.message ?? 'unknown format'}`);
  const said = result.sentence === undefined ? '' : ` (${result.sentence.replace(/\.$/, '')})`;
  say(`${summary(profile, result, engine)} → ${output}${said}`);
  keepMoments(recorded, output);
}

/** Why an engine measured nothing, where a higher rate does not help. */
const NOTHING: Readonly<Record<string, string>> = {
  cprofile: 'no Python function ran',
  memory: 'nothing was allocated and kept while it looked',
  memray: 'nothing was allocated while it looked',
  async: 'nothing was awaited and nothing ran on an event loop while it looked',
  locks: 'no lock was waited for or held that was made while it looked',
};

/** `engine: 3.20 s, 640 samples, 43 % in name (file:line)`. */
function summary(profile: Profile | undefined, result: LaunchResult, engine: string): string {
  const parts = [`${engine}: ${formatSeconds(result.durationSeconds)}`];
  if (profile !== undefined) {
    const spec = { type: profile.defaultType };
    const figures = functionTable(profile, spec);
    const samples = samplesIn(profile, spec, figures);
    const { unit } = typeOf(profile, spec);
    // What is counted of memory is each block, by the stacks that asked for them.
    if (samples > 0 && bytesPer(unit) === undefined && profile.quality.rows !== 'sums') parts.push(plural(samples, 'sample'));
    let hottest = -1;
    for (let func = 0; func < figures.self.length; func++) {
      if (figures.self[func]! > (hottest < 0 ? 0 : figures.self[hottest]!)) hottest = func;
    }
    if (hottest >= 0 && figures.sum > 0) {
      const { functions, strings } = profile;
      const name = nameAndPlace(strings[functions.name[hottest]!]!, strings[functions.file[hottest]!]!, functions.startLine[hottest]!);
      const self = figures.self[hottest]!;
      parts.push(`${formatShare(self / figures.sum)} (${formatValue(self, unit)}) in ${name}`);
    } else parts.push(`nothing was measured: ${NOTHING[engine] ?? 'a higher --rate sees more, and --engine cprofile counts calls'}`);
  }
  return parts.join(', ');
}
