import { readdirSync, readFileSync } from 'node:fs';

const HELD_MS = 10_000;
const LOOK_MS = 500;

/**
 * Looks whether a program is held by a tool that sees nothing of it any more, and tells once it has stood still for 10 s. A program that
 * is killed in the moment that py-spy 0.4 stops it (one in forty) stays stopped, and py-spy waits for ever; interrupted, it writes and
 * lets go. For Linux; does nothing elsewhere.
 * @returns what ends the looking
 */
export function watchHeld(pid: number, tell: () => void): () => void {
  let before: string | undefined;
  let since = Date.now();
  const timer = setInterval(() => {
    const now = heldThreads(pid);
    if (now === undefined || now !== before) {
      before = now;
      since = Date.now();
    } else if (Date.now() - since > HELD_MS) {
      clearInterval(timer);
      tell();
    }
  }, LOOK_MS);
  return () => clearInterval(timer);
}

/**
 * The threads of a process that is held, each with how often it has gone to sleep; undefined where one is neither held by a tracer nor
 * dead, and when the process is gone. What is the same twice has stood still between.
 */
function heldThreads(pid: number): string | undefined {
  try {
    const found = readdirSync(`/proc/${pid}/task`).map((thread) => {
      const text = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
      if (!/^State:\s*[tZX]/m.test(text)) throw new Error('it runs');
      return `${thread} ${text.match(/^\w*voluntary_ctxt_switches:.*$/gm)?.join(' ')}`;
    });
    return found.length > 0 ? found.join('\n') : undefined;
  } catch {
    return undefined;
  }
}
