import { realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { UserError } from '../core/errors.js';
import { diagnose, interpreterOf, type Refusal } from './doctor.js';
import type { Environment } from './engine.js';
import { probeEnvironment } from './environment.js';
import { type ProcessFacts, processFacts } from './processFacts.js';
import { maskSecrets } from './secrets.js';
import { findExecutable } from './which.js';

export interface AttachRequest {
  readonly pid: number;
  /** Folder that holds our `heatline` package. */
  readonly pythonPackage: string;
  /** PATH; default: this process's. */
  readonly path?: string;
}

/** A running program, as an engine and a user want to know it. */
export interface AttachTarget {
  readonly environment: Environment;
  /** Its command line, in short. */
  readonly label: string;
}

/** Learns what a running program is. Throws UserError `attach-…` with the doctor's sentence and fix when it cannot be recorded. */
export async function probeProcess(request: AttachRequest): Promise<AttachTarget> {
  const facts = processFacts(request.pid);
  const refusal = diagnose(facts);
  if (refusal) throw attachError(request.pid, refusal);
  return { environment: await processEnvironment(facts, request), label: labelOf(facts) };
}

/** Explains a tool that was refused although nothing was known against it, or whose program has gone meanwhile. */
export function explainRefusal(pid: number, said: string | undefined): UserError | undefined {
  const rights = said !== undefined && /permission|not permitted|EPERM|EACCES|access process memory|privilege/i.test(said);
  const facts = processFacts(pid);
  const refusal = diagnose(rights ? { ...facts, mayRead: false } : facts);
  return refusal && attachError(pid, refusal);
}

function attachError(pid: number, { code, sentence, fix }: Refusal): UserError {
  return new UserError(`attach-${code}`, `--pid ${pid}: ${sentence}. ${fix}`);
}

/** What an engine may know of the place where a process runs. Its interpreter is asked only when it may be trusted. Never throws. */
export async function processEnvironment(
  facts: ProcessFacts,
  { path, pythonPackage }: Pick<AttachRequest, 'path' | 'pythonPackage'>,
): Promise<Environment> {
  const python = runnable(facts);
  if (python !== undefined) {
    try {
      return await probeEnvironment({ python, pythonPackage, ...(path === undefined ? {} : { path }) });
    } catch {
      // A tool can look at it all the same.
    }
  }
  const interpreter = interpreterOf(facts);
  return {
    platform: facts.platform,
    path: path ?? process.env.PATH ?? '',
    pythonPackage,
    ...(interpreter === undefined ? {} : { implementation: interpreter.kind }),
    ...(interpreter?.version === undefined ? {} : { pythonVersion: [...interpreter.version, 0] as const }),
  };
}

/**
 * The target's interpreter, by the name of its virtual environment if it has one. What another user could have put there
 * is never run: with root's rights that would hand them over.
 */
function runnable(facts: ProcessFacts): string | undefined {
  const { executable, otherRoot, user, me } = facts;
  if (executable === undefined || otherRoot || interpreterOf(facts)?.kind !== 'cpython') return undefined;
  const named = namedBy(facts);
  const candidates = named === undefined ? [executable] : [named, executable];
  return candidates.find((file) => {
    try {
      const whole = realpathSync(file);
      if (whole !== realpathSync(executable)) return false;
      const owners = [file, whole, dirname(file), dirname(whole)].map((each) => statSync(each).uid);
      return user?.id === me.id || owners.every((owner) => owner === 0 || owner === me.id);
    } catch {
      return false;
    }
  });
}

/** The file that a process was started as, found as the shell and Python itself find it. */
function namedBy({ argv: [named], cwd, platform, searchPath }: ProcessFacts): string | undefined {
  if (named === undefined || isAbsolute(named)) return named;
  if (named.includes('/')) return cwd === undefined ? undefined : join(cwd, named);
  return searchPath === undefined ? undefined : findExecutable(named, [searchPath], platform);
}

function labelOf({ argv, executable, pid }: ProcessFacts): string {
  const words = argv.length > 0 ? maskSecrets(argv).join(' ') : (executable ?? `process ${pid}`);
  return words.length > 60 ? `${words.slice(0, 59)}…` : words;
}
