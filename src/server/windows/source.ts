import os from 'node:os';
import { type StoreCache, type StoreState, WindowStore } from '../../windows/index.js';

const stores = new Map<string, { readonly store: WindowStore; looked: Promise<StoreState> | undefined }>();

/** Folders that were looked into are remembered until there are so many. */
const MOST = 20;

export interface Looked extends StoreState {
  readonly cache: StoreCache | undefined;
}

/** Threads of our own bundle, for what reads many windows. */
export const threads = { bundle: __filename, count: Math.min(4, Math.max(1, os.availableParallelism())) };

/** Windows of a folder, as they were when it was last looked through; `fresh` looks again. @throws UserError when it cannot be read */
export async function lookInto(folder: string, fresh: boolean): Promise<Looked> {
  const known = stores.get(folder) ?? { store: new WindowStore(folder), looked: undefined };
  stores.set(folder, known);
  if (stores.size > MOST) stores.delete(stores.keys().next().value!);
  if (known.looked === undefined || fresh) {
    // One look at a time, and nobody's cancelling ends it: others may wait for it.
    const looked = (known.looked ?? Promise.resolve()).catch(() => undefined).then(() => known.store.look({}, { threads }));
    known.looked = looked;
    looked.catch(() => {
      if (known.looked === looked) known.looked = undefined;
    });
  }
  return { ...(await known.looked), cache: known.store.cache };
}
