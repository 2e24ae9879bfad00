import { UserError } from '../core/errors.js';
import { ask } from './ask.js';
import type { Availability, Engine, EngineOptions, Environment, LaunchPlan, Target } from './engine.js';
import { noInterpreter, recorderPlan } from './inTheBox.js';

/** A profiler that the user installs beside the program: python/heatline/installed runs it. */
interface Profiler {
  readonly id: string;
  readonly label: string;
  /** Its name on PyPI. */
  readonly distribution: string;
  /** The oldest version that is known to work, e.g. [5, 0]. */
  readonly oldest: readonly [number, number];
  readonly measures: readonly string[];
  readonly format: string;
  /** Samples per second unless the user says otherwise; absent where none are taken. */
  readonly rateHz?: number;
  /** Options that it understands beside `durationSeconds`. */
  readonly understands?: readonly ('only' | 'subprocesses' | 'measure' | 'native')[];
}

/** All that were made, so that the interpreter is asked for them at once. */
const distributions: string[] = [];

/** An engine that is a profiler out of the user's own environment. */
export function installed(profiler: Profiler): Engine {
  distributions.push(profiler.distribution);
  return {
    id: profiler.id,
    label: profiler.label,
    languages: ['python'],
    measures: profiler.measures,
    formats: [profiler.format],
    attaches: false,
    probe: (environment) => probe(profiler, environment),
    plan: (target, environment, options) => plan(profiler, target, environment, options),
  };
}

async function probe({ distribution, oldest }: Profiler, environment: Environment): Promise<Availability> {
  const { python, pythonVersion, implementation } = environment;
  if (!python || !pythonVersion) return noInterpreter;
  const name = `${implementation ?? 'python'} ${pythonVersion.join('.')}`;
  if (implementation !== 'cpython' || pythonVersion[0] < 3 || (pythonVersion[0] === 3 && pythonVersion[1] < 8)) {
    return { state: 'missing', reason: `${distribution} needs CPython 3.8 or newer; this is ${name}`, fix: 'Select such an interpreter.' };
  }
  const version = (await installedVersions(environment, python)).get(distribution);
  if (version === undefined) {
    const reason = `${distribution} is not installed for this Python`;
    return { state: 'missing', reason, fix: pipInstall(python, distribution), install: { python, what: distribution } };
  }
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    const reason = `${distribution} ${version} is too old, ${oldest.join('.')} or newer is needed`;
    return { state: 'missing', reason, fix: pipInstall(python, `--upgrade ${distribution}`) };
  }
  return { state: 'found', detail: `${distribution} ${version}, for ${name}`, executable: python };
}

/** Whether a package is one that an engine needs. */
export const isInstallable = (what: string): boolean => what === 'py-spy' || distributions.includes(what);

/** The command that installs a package for an interpreter, as a person types it. */
export function pipInstall(python: string, what: string): string {
  return `${/\s/.test(python) ? `"${python}"` : python} -m pip install ${what}`;
}

/** What is installed is read, not imported, and nothing of the working directory. */
const question = [
  'import sys',
  'sys.path[:] = [each for each in sys.path if each]',
  'import json',
  'from importlib.metadata import version',
  'found = {}',
  'for name in sys.argv[1:]:',
  '    try:',
  '        found[name] = version(name)',
  '    except Exception:',
  '        pass',
  'print("heatline:" + json.dumps(found))',
].join('\n');

/** Questions that are being answered: engines are probed side by side. */
const asking = new WeakMap<Environment, Promise<ReadonlyMap<string, string>>>();

function installedVersions(environment: Environment, python: string): Promise<ReadonlyMap<string, string>> {
  const known = asking.get(environment);
  if (known) return known;
  const answer = askVersions(python).finally(() => asking.delete(environment));
  asking.set(environment, answer);
  return answer;
}

/** Version by distribution; empty when the interpreter does not answer. */
async function askVersions(python: string): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await ask(python, ['-c', question, ...distributions], { killSignal: 'SIGKILL' });
  try {
    return new Map(Object.entries(JSON.parse(/^heatline:(.*)$/m.exec(stdout)?.[1] ?? '{}') as Record<string, string>));
  } catch {
    return new Map();
  }
}

function plan(profiler: Profiler, target: Target, environment: Environment, options: EngineOptions): LaunchPlan {
  const { id, format, rateHz, understands = [] } = profiler;
  if (options.subprocesses && !understands.includes('subprocesses')) {
    throw new UserError('no-subprocesses', `The engine ${id} records one process; py-spy and viztracer record child processes.`);
  }
  const words: string[] = [];
  if (rateHz !== undefined) words.push('--rate', String(options.rateHz ?? rateHz));
  if (options.durationSeconds !== undefined) words.push('--duration', String(options.durationSeconds));
  if (options.only !== undefined && understands.includes('only')) words.push('--only', options.only);
  if (options.subprocesses) words.push('--subprocesses');
  if (options.native && understands.includes('native')) words.push('--native');
  if (options.measure !== undefined && understands.includes('measure')) words.push('--mode', options.measure);
  return recorderPlan({ id, format }, words, target, environment, options);
}
