import { readFileSync } from 'node:fs';
import { UserError } from '../../core/errors.js';
import { describeFigures, receive } from '../../receive/index.js';
import { say } from '../failure.js';
import { print, printJson } from '../output.js';
import { progress } from '../terminal.js';

export interface ReceiveOptions {
  readonly listen?: string[];
  readonly tokenFile?: string;
  /** Infinity: no limit. */
  readonly keepBytes?: number;
  readonly keepSeconds?: number;
  readonly maxBody?: number;
  readonly maxContent?: number;
  readonly json?: boolean;
}

/** Where Pyroscope's clients look when nothing else is said. */
const USUAL_PLACE = '127.0.0.1:4040';
/** As the agent keeps them: a GiB, a week. */
const KEEP = { bytes: 2 ** 30, seconds: 604_800 };
/** Figures are looked at so often; where nobody watches, a line of them is written so often. */
const LOOK_MILLIS = 1000;
const LINE_MILLIS = 10_000;

/** Takes profiles from other profilers' clients until Ctrl-C or SIGTERM. */
export async function receiveWindows(folder: string, options: ReceiveOptions): Promise<void> {
  const receiving = await receive({
    folder,
    listen: options.listen ?? [USUAL_PLACE],
    token: readToken(options.tokenFile),
    keep: { bytes: options.keepBytes ?? KEEP.bytes, seconds: options.keepSeconds ?? KEEP.seconds },
    bounds: {
      ...(options.maxBody === undefined ? {} : { body: options.maxBody }),
      ...(options.maxContent === undefined ? {} : { content: options.maxContent }),
    },
    bundle: __filename,
    tell: say,
  });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  if (options.json !== true) await print(receiving.addresses.map((address) => `Listening on ${address}, writing to ${folder}\n`).join(''));
  else for (const address of receiving.addresses) say(`listening on ${address}`);
  const line = progress();
  let told = '';
  let toldAt = performance.now();
  const tick = setInterval(() => {
    const text = describeFigures(receiving.figures);
    line.show(text);
    if (text === told || process.stderr.isTTY || performance.now() - toldAt < LINE_MILLIS || receiving.figures.received === 0) return;
    told = text;
    toldAt = performance.now();
    say(text);
  }, LOOK_MILLIS);
  await ended;
  clearInterval(tick);
  line.end();
  await receiving.close();
  if (options.json === true) await printJson({ folder, addresses: receiving.addresses, ...receiving.figures });
  else await print(`${describeFigures(receiving.figures)}\n`);
}

/** Never from the command line, which everybody can read. @throws UserError `usage` */
function readToken(file: string | undefined): string | undefined {
  if (file === undefined) return process.env.HEATLINE_TOKEN || undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new UserError('usage', `--token-file ${file}: this file cannot be read`);
  }
}
