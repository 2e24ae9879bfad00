import { mkdirSync } from 'node:fs';
import { UserError } from '../core/errors.js';
import { checkToken, parsePlace } from './access.js';
import type { Limits } from './keep.js';
import { type Listening, listen } from './listen.js';
import { type Bounds, Receiver, USUAL_BOUNDS } from './receiver.js';
import { Store } from './store.js';
import { type Figures, Tally } from './tally.js';
import { Converters } from './threads.js';

export { describeFigures, type Figures } from './tally.js';

export interface ReceiveSettings {
  /** The store; it is made if it is not there. */
  readonly folder: string;
  /** `127.0.0.1:4040`, `unix:PATH`, and others besides. */
  readonly listen: readonly string[];
  readonly token?: string | undefined;
  readonly keep: Limits;
  readonly bounds?: Partial<Bounds>;
  /** Bundle of which threads are started (see `Converters`); without it all is done in this thread. */
  readonly bundle?: string;
  /** A sentence for the log. */
  readonly tell: (sentence: string) => void;
}

/** A receiver that runs. */
export interface Receiving {
  readonly addresses: readonly string[];
  readonly figures: Figures;
  /** Takes nothing more, finishes what is at work, and closes. */
  close(): Promise<void>;
}

/** How often what is too old is looked for. */
const SWEEP_MILLIS = 60_000;

/** Takes profiles over HTTP and writes them as windows into a folder. @throws UserError `usage`, `listen`, `output` */
export async function receive(settings: ReceiveSettings): Promise<Receiving> {
  const token = checkToken(settings.token);
  const places = settings.listen.map((text) => parsePlace(text, token));
  try {
    mkdirSync(settings.folder, { recursive: true });
  } catch (error) {
    throw new UserError('output', `${settings.folder}: it cannot be made (${(error as NodeJS.ErrnoException).code})`);
  }
  // A clock that is set while we run must not make windows old.
  const began = Date.now() - performance.now();
  const store = new Store(settings.folder, settings.keep, () => began + performance.now());
  const tally = new Tally();
  const converters = new Converters(settings.bundle);
  const bounds = { ...USUAL_BOUNDS, ...settings.bounds };
  const receiver = new Receiver({ store, tally, token, bounds, converters, tell: settings.tell });
  const listening: Listening[] = [];
  const close = async () => {
    clearInterval(sweeps);
    await Promise.all(listening.map((one) => one.close()));
    await sweep;
    converters.close();
  };
  let sweep: Promise<void> = Promise.resolve();
  const sweeps = setInterval(() => {
    sweep = sweep.then(() => store.keeper.sweep()).catch(() => {});
  }, SWEEP_MILLIS);
  try {
    for (const place of places) listening.push(await listen(place, receiver, tally));
  } catch (error) {
    await close();
    throw error;
  }
  sweep = store.keeper.sweep().catch(() => {});
  return {
    addresses: listening.map(({ address }) => address),
    get figures() {
      return tally.figures;
    },
    close,
  };
}
