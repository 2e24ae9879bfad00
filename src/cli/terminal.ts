import { plain } from '../core/report/figures.js';
import { coloured, type Look, PLAIN } from '../core/report/look.js';

/** Whether a stream is shown in colours: only on a terminal, never with NO_COLOR; FORCE_COLOR stands for a terminal. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return stream.isTTY === true && TERM !== 'dumb';
}

/** How reports look on our stdout: a file or a pipe gets whole lines. */
export function look(): Look {
  const { stdout } = process;
  const width = stdout.isTTY && stdout.columns > 0 ? stdout.columns : Number.POSITIVE_INFINITY;
  return hasColours(stdout) ? coloured(width) : { ...PLAIN, width };
}

/** One line on stderr that is written over again and again; nothing where stderr is no terminal. */
export interface Progress {
  show(text: string): void;
  /** Takes the line away. */
  end(): void;
}

/** @param interval shortest time between two texts, in milliseconds */
export function progress(interval = 100): Progress {
  const { stderr } = process;
  if (!stderr.isTTY || process.env.TERM === 'dumb') return { show() {}, end() {} };
  let last = 0;
  let shown = false;
  return {
    show(text) {
      const now = Date.now();
      if (now - last < interval) return;
      last = now;
      shown = true;
      // Longer than the terminal is wide would leave rests of lines behind.
      stderr.write(`\r\u001b[K${plain(text).slice(0, Math.max(20, (stderr.columns || 80) - 1))}`);
    },
    end() {
      if (shown) stderr.write('\r\u001b[K');
      shown = false;
    },
  };
}
