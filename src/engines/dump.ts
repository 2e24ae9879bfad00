import { UserError } from '../core/errors.js';
import type { StackDump, StackFrame, ThreadStack } from '../core/report/stacks.js';
import { ask } from './ask.js';
import { type AttachRequest, explainRefusal, probeProcess } from './attach.js';
import { pySpy } from './pySpy.js';
import { toolTrouble } from './toolTrouble.js';
import { waysToGet } from './waysToGet.js';

export interface DumpRequest extends AttachRequest {
  /** Also the local variables of each frame, as the program would print them. They may hold secrets. */
  readonly locals?: boolean;
  /** Also frames of C code, where the platform can unwind them. */
  readonly native?: boolean;
  readonly signal?: AbortSignal;
}

/** Reading the stacks stops the program for milliseconds; a tool that takes longer than this has got stuck itself. */
const LIMIT_MS = 30_000;
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Where each thread of a running Python program is now, by py-spy; the program runs on.
 * @throws UserError `engine-missing`, `attach-…` with the doctor's fix, or `no-dump`
 */
export async function dumpProcess(request: DumpRequest): Promise<StackDump> {
  const { pid, locals, native, signal } = request;
  const { environment, label } = await probeProcess(request);
  const available = await pySpy.probe(environment);
  if (available.state === 'missing') {
    throw new UserError(
      'engine-missing',
      `Stacks are read by py-spy, which cannot run: ${available.reason}. ${available.fix}`,
      waysToGet(available),
    );
  }
  const words = [
    'dump',
    '--json',
    '--full-filenames',
    '--pid',
    String(pid),
    ...(locals ? ['--locals'] : []),
    ...(native ? ['--native'] : []),
  ];
  const limits = { timeout: LIMIT_MS, maxBuffer: MOST_BYTES, ...(signal ? { signal } : {}) };
  const { error, stdout, stderr } = await ask(available.executable ?? 'py-spy', words, limits);
  if (error) {
    const said = toolTrouble(stderr, false);
    throw (
      explainRefusal(pid, said ?? stderr) ?? new UserError('no-dump', `--pid ${pid}: its stacks cannot be read: ${said ?? error.message}`)
    );
  }
  return { pid, label, threads: parsePySpyDump(stdout) };
}

/** The threads in what `py-spy dump --json` prints. @throws UserError `no-dump` when it is something else */
export function parsePySpyDump(text: string): readonly ThreadStack[] {
  const unknown = new UserError('no-dump', 'py-spy printed something else than stacks; another version of it may help.');
  let threads: unknown;
  try {
    threads = JSON.parse(text);
  } catch {
    throw unknown;
  }
  if (!Array.isArray(threads)) throw unknown;
  return threads.map((thread: Record<string, unknown>) => ({
    name: textOr(thread.thread_name, `thread ${String(thread.os_thread_id ?? thread.thread_id ?? '')}`.trim()),
    osThread: typeof thread.os_thread_id === 'number' ? thread.os_thread_id : null,
    state: thread.active === true ? ('running' as const) : ('waiting' as const),
    holdsLock: thread.owns_gil === true,
    frames: Array.isArray(thread.frames) ? thread.frames.map(frameOf) : [],
  }));
}

function frameOf(frame: Record<string, unknown>): StackFrame {
  const locals = Array.isArray(frame.locals) ? (frame.locals as Record<string, unknown>[]) : undefined;
  return {
    name: textOr(frame.name, '?'),
    file: textOr(frame.filename, ''),
    line: typeof frame.line === 'number' ? frame.line : 0,
    ...(locals
      ? { locals: locals.map((each) => ({ name: textOr(each.name, '?'), value: textOr(each.repr, '?'), argument: each.arg === true })) }
      : {}),
  };
}

const textOr = (value: unknown, other: string): string => (typeof value === 'string' && value !== '' ? value : other);
