import { UserError } from '../core/errors.js';
import { ask } from './ask.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { measureOf } from './measure.js';
import { stopSteps } from './stopSteps.js';
import { underRunner } from './underRunner.js';
import { findExecutable } from './which.js';

const defaultRateHz = 100;
/** The oldest version with a binary format that has columns. */
const OLDEST = [3, 5] as const;

/** Austin (https://github.com/P403n1x87/austin), an external sampler that the user installs. */
export const austin: Engine = {
  id: 'austin',
  label: 'Austin',
  languages: ['python'],
  measures: ['wall', 'cpu'],
  formats: ['austin-mojo'],
  attaches: true,
  probe,
  plan,
};

const locate = ({ path, platform, scripts }: Environment): string | undefined => findExecutable('austin', [scripts ?? '', path], platform);

const install = 'Install it: pip install austin-dist (macOS: brew install austin).';

const missing = (reason: string, fix: string): Availability => ({ state: 'missing', reason, fix });

async function probe(environment: Environment): Promise<Availability> {
  if (environment.implementation === 'pypy') return missing('Austin cannot read PyPy', 'Use the cprofile engine.');
  if (environment.freeThreaded) return missing('Austin cannot read free-threaded builds', 'Use the sampler engine.');
  const executable = locate(environment);
  if (executable === undefined) return missing('austin is not installed', install);
  const { error, stdout, stderr } = await ask(executable, ['--version']);
  return judgeAustin(executable, environment, stdout, stderr || (error?.message ?? ''));
}

/** What Austin's answer to `--version` means; `otherwise` is what it or the system said instead. Pure. */
export function judgeAustin(executable: string, { pythonVersion }: Environment, stdout: string, otherwise: string): Availability {
  const library = /version `(GLIBC_[\d.]+)' not found/.exec(otherwise)?.[1];
  if (library !== undefined)
    return missing(`${executable} wants ${library}, newer than this system's`, 'Use py-spy or the sampler engine.');
  const version = /^austin (\d+)\.(\d+)\.\d+/im.exec(stdout);
  if (version === null) return missing(`${executable} does not work: ${otherwise.trim().split('\n')[0]}`, install);
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const found = version[0];
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    return missing(`${found} is older than ${OLDEST.join('.')}`, install);
  const newest = major < 4 ? 13 : 14;
  if ((pythonVersion?.[1] ?? 0) > newest)
    return missing(`${found} reads Python up to 3.${newest}`, 'Use py-spy, tachyon or the sampler engine.');
  return { state: 'found', detail: `${executable}, ${found}`, executable };
}

const START_MS = 10_000;

function plan(target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  if (options.gil) throw new UserError('no-gil', 'Austin does not know who holds Python’s lock; py-spy and tachyon do.');
  if (options.native) throw new UserError('no-native', 'Austin sees Python functions only; py-spy and perf see C functions too.');
  const attached = target.kind === 'process';
  if (options.durationSeconds !== undefined && !attached)
    throw new UserError(
      'no-duration',
      'Austin ends a program that it has started when its time is over; join the running program, or use py-spy.',
    );
  const { output } = options;
  const statusFile = `${output}.status`;
  const interval = Math.max(1, Math.round(1e6 / (options.rateHz ?? defaultRateHz)));
  const words = ['-P', '-i', `${interval}us`, '-o', output];
  // Unless told, it gives what it starts 100 ms to become an interpreter, and gives up.
  if (!attached) words.push('-t', String(START_MS));
  if (options.subprocesses) words.push('-C');
  if (options.durationSeconds !== undefined) words.push('-x', String(Math.max(1, Math.round(options.durationSeconds))));
  const started = attached ? { argv: ['-p', String(target.pid)], reports: false } : underRunner(target, environment, statusFile);
  const executable = locate(environment) ?? 'austin';
  const cpu = measureOf(austin, options) === 'cpu';
  return {
    argv: [...byVersion(executable, environment, cpu), ...words, ...started.argv],
    cwd: target.cwd,
    env: target.env,
    output,
    format: 'austin-mojo',
    // Whatever it is sent it sends on to a program that it has started, and writes.
    stop: stopSteps(),
    // Of a program that it starts, the file has our runner in it until the end.
    ...(attached && options.live ? { live: 'output' } : {}),
    ...(attached ? { attached } : {}),
    ...(started.reports ? { statusFile } : {}),
  };
}

/**
 * Version 3 has to be asked for its binary format and has another word for CPU time; version 4 knows no other format. A plan knows no
 * version, so a shell asks at the start and becomes the tool. Windows has only version 3.
 */
function byVersion(executable: string, { platform }: Environment, cpu: boolean): readonly string[] {
  const old = cpu ? '-bs' : '-b';
  if (platform === 'win32') return [executable, old];
  const script = `case "$("$0" --version)" in *" 3."*) exec "$0" ${old} "$@";; *) exec "$0"${cpu ? ' -c' : ''} "$@";; esac`;
  return ['/bin/sh', '-c', script, executable];
}
