import { UserError } from '../core/errors.js';
import { ask } from './ask.js';
import { besideProgram } from './beside.js';
import { pythonCommand } from './command.js';
import type { AfterStep, Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { stopSteps } from './stopSteps.js';
import { underRunner } from './underRunner.js';
import { findExecutable } from './which.js';

const defaultRateHz = 99;
/** Bytes of the stack that are kept of each sample, from which frames are found afterwards: some 70 Python functions deep. */
const STACK_BYTES = 32_768;

/**
 * The kernel's sampler (Linux): Python functions and what they call in C, in one stack; any other program as well. It counts the CPU's
 * time by a clock, since counters of the processor are missing in most virtual machines.
 */
export const perf: Engine = {
  id: 'perf',
  label: 'perf, the sampler of the Linux kernel',
  languages: ['python', 'native'],
  measures: ['cpu'],
  formats: ['perf-script'],
  attaches: true,
  probe,
  plan,
};

const locate = ({ path, platform }: Environment): string | undefined => findExecutable('perf', [path], platform);

async function probe(environment: Environment): Promise<Availability> {
  if (environment.platform !== 'linux') return missing('it is part of Linux', 'Use py-spy or the sampler engine.');
  const executable = locate(environment);
  if (executable === undefined) return missing('perf is not on PATH', installPerf);
  // Only a trial tells what this kernel, container and user may do.
  const words = ['record', '-q', '-e', 'cpu-clock', '-o', '-', '--', 'true'];
  const { error, stderr } = await ask(executable, words, { maxBuffer: 1 << 24 });
  return error ? perfTrouble(stderr, error.message) : { state: 'found', detail: seen(executable, environment), executable };
}

const installPerf = 'Install it: sudo apt-get install linux-perf (Ubuntu: linux-tools-$(uname -r); Fedora: dnf install perf).';

const missing = (reason: string, fix: string): Availability => ({ state: 'missing', reason, fix });

/** What perf's refusal means, and the command that helps. Pure. */
export function perfTrouble(stderr: string, otherwise: string): Availability {
  if (/not found for kernel|linux-perf-[\d.]|perf_[\d.]+.*not found/.test(stderr))
    return missing('the perf here is not that of the running kernel', installPerf);
  if (/perf_event_paranoid|No permission|Access to performance monitoring/i.test(stderr))
    return missing('the kernel lets only root use it', 'Allow it until the next start: sudo sysctl kernel.perf_event_paranoid=2');
  if (/Operation not permitted|Permission denied|Function not implemented|EPERM|EACCES/.test(stderr))
    return missing(
      'the kernel refuses it, as containers do',
      'Start the container with --cap-add PERFMON --security-opt seccomp=unconfined.',
    );
  const lines = stderr.split('\n').map((line) => line.trim());
  const line = lines.find((each) => /\w{3}/.test(each) && !/^(?:Error|WARNING):?$/i.test(each)) ?? otherwise.split('\n')[0]!;
  return missing(`perf cannot record here: ${line.replace(/\.$/, '')}`, 'Try it by hand: perf record -e cpu-clock true');
}

function seen(executable: string, environment: Environment): string {
  switch (kindOf(environment)) {
    case 'jit':
      return executable;
    case 'map':
      return `${executable}; of Python 3.12 it sees Python functions where that was built with frame pointers`;
    default:
      return `${executable}; sees Python functions from CPython 3.12 on, here only compiled code`;
  }
}

/** How Python tells perf of its functions: by unwinding tables for each (3.13 and newer), by a map of addresses (3.12), not at all. */
function kindOf({ implementation, pythonVersion }: Environment): 'jit' | 'map' | 'none' {
  const [major, minor] = pythonVersion ?? [0, 0];
  if (implementation !== 'cpython' || major !== 3 || minor < 12) return 'none';
  return minor > 12 ? 'jit' : 'map';
}

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  if (options.gil) throw new UserError('no-gil', 'perf does not know Python’s lock; py-spy and tachyon do.');
  if (options.idle) throw new UserError('no-idle', 'perf sees only what runs on a CPU; py-spy sees threads that wait.');
  const { program, python, statusFile } = programOf(target, environment, options);
  const attached = target.kind === 'process';
  const age = python || attached ? kindOf(environment) : 'none';
  // Who joins a program late has only the map of one that was started with -X perf: the tables lie in its memory until it ends.
  const kind = attached && age === 'jit' ? 'map' : age;
  const executable = locate(environment) ?? 'perf';
  const data = `${options.output}.data`;
  // The map has no unwinding tables: there, stacks are followed by frame pointers.
  const stacks = kind === 'map' ? 'fp' : `dwarf,${STACK_BYTES}`;
  const rate = String(Math.max(1, Math.round(options.rateHz ?? defaultRateHz)));
  const words = ['record', '-q', '-N', '-k', 'mono', '-e', 'cpu-clock', '-F', rate, '--call-graph', stacks, '-o', data];
  const limit = options.durationSeconds === undefined ? [] : ['--', 'sleep', String(options.durationSeconds)];
  const tool = [executable, ...words, '-p', attached ? String(target.pid) : '{pid}', ...limit];
  const supports = { jit: { PYTHON_PERF_JIT_SUPPORT: '1' }, map: { PYTHONPERFSUPPORT: '1' }, none: {} };
  return {
    argv: attached ? tool : besideProgram(tool, program, options.output, data),
    cwd: target.cwd,
    env: { ...target.env, ...(attached ? {} : supports[kind]) },
    output: options.output,
    format: 'perf-script',
    stop: stopSteps(10),
    after: toText(executable, data, options.output, kind === 'jit'),
    scratch: [data, `${data}.jit`, `${data}.ids`],
    hint: 'perf sees only what runs on a CPU.',
    ...(attached ? { attached } : {}),
    ...(statusFile === undefined ? {} : { statusFile }),
  };
}

/** perf's own file depends on its version, its kernel and every library: it becomes text here and now. */
function toText(executable: string, data: string, output: string, jit: boolean): readonly AfterStep[] {
  const fields = 'comm,pid,tid,time,period,event,ip,sym,dso';
  const script = {
    argv: [executable, 'script', '--header', '--no-inline', '-F', fields, '-i', jit ? `${data}.jit` : data],
    stdout: output,
  };
  const buildIds = ['--buildid-dir', `${data}.ids`];
  return jit ? [{ argv: [executable, ...buildIds, 'inject', '--jit', '-i', data, '-o', `${data}.jit`] }, script] : [script];
}

/** What is started; a Python program under our runner where the caller cannot see how it ends. */
function programOf(
  target: Target,
  environment: Environment,
  { output, reportStatus }: EngineOptions,
): { readonly program: readonly string[]; readonly python: boolean; readonly statusFile?: string } {
  if (target.kind === 'process') return { program: [], python: false };
  const statusFile = `${output}.status`;
  const { argv, reports } = underRunner(target, environment, statusFile);
  if (!reports) return { program: argv, python: false };
  if (reportStatus) return { program: argv, python: true, statusFile };
  const { interpreter, program } = pythonCommand(target, environment);
  return { program: [...interpreter, ...program], python: true };
}
