import { isAbsolute } from 'node:path';
import { UserError } from '../core/errors.js';
import { ask } from './ask.js';
import type { Environment } from './engine.js';
import { findExecutable, isExecutable } from './which.js';

const question = [
  'import sys, json, sysconfig',
  'v = sys.version_info',
  'name = getattr(getattr(sys, "implementation", None), "name", "cpython")',
  'print("heatline:" + json.dumps([list(v[:3]), name, sysconfig.get_path("scripts"), sys.executable, "t" in getattr(sys, "abiflags", "")]))',
].join('\n');

/** Where to look; `python` may be absent (then PATH is searched), a name, or an absolute path. */
export interface ProbeRequest {
  readonly python?: string;
  /** Folder that holds our `heatline` package. */
  readonly pythonPackage: string;
  /** PATH; default: this process's. */
  readonly path?: string;
  readonly platform?: NodeJS.Platform;
  readonly timeoutSeconds?: number;
}

/** Runs the interpreter once to learn what it is. Throws UserError `no-interpreter`, `interpreter-slow` or `interpreter-broken`. */
export async function probeEnvironment(request: ProbeRequest): Promise<Environment> {
  const path = request.path ?? process.env.PATH ?? '';
  const platform = request.platform ?? process.platform;
  const python = locate(request.python, path, platform);
  const answer = await factsOf(python, request.timeoutSeconds ?? 15);
  const [version, implementation, scripts, , freeThreaded] = answer;
  return {
    platform,
    python,
    pythonVersion: version,
    implementation,
    ...(scripts ? { scripts } : {}),
    ...(freeThreaded ? { freeThreaded } : {}),
    path,
    pythonPackage: request.pythonPackage,
  };
}

function locate(asked: string | undefined, path: string, platform: NodeJS.Platform): string {
  const select = [{ title: 'Select Interpreter', command: 'python.setInterpreter' }];
  if (asked && isAbsolute(asked)) {
    if (isExecutable(asked)) return asked;
    throw new UserError('no-interpreter', `The Python interpreter ${asked} is not there or may not be run.`, select);
  }
  const names = asked ? [asked] : platform === 'win32' ? ['python', 'py'] : ['python3', 'python'];
  for (const name of names) {
    const found = findExecutable(name, [path], platform);
    if (found) return found;
  }
  const missing = asked ? `${asked} was not found on PATH` : 'No Python interpreter was found on PATH';
  throw new UserError('no-interpreter', `${missing}; install Python 3.9 or newer, or select an interpreter.`, select);
}

type Facts = readonly [readonly [number, number, number], string, string | null, string, boolean?];

async function factsOf(python: string, timeoutSeconds: number): Promise<Facts> {
  const limits = { timeout: timeoutSeconds * 1000, killSignal: 'SIGKILL', maxBuffer: 1 << 20 } as const;
  const { error, stdout, stderr } = await ask(python, ['-c', question], limits);
  const line = /^heatline:(.*)$/m.exec(stdout)?.[1];
  try {
    if (line) return JSON.parse(line) as Facts;
  } catch {
    // falls through to the sentence below
  }
  if (error?.killed) throw new UserError('interpreter-slow', `The interpreter ${python} did not answer within ${timeoutSeconds} s.`);
  const last = stderr.trim().split('\n').at(-1) || error?.message.split('\n')[0] || 'no answer';
  throw new UserError('interpreter-broken', `The interpreter ${python} does not work: ${last}`);
}
