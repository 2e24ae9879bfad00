import path from 'node:path';
import { pathKey } from '../paths.js';
import { type Feature, viewed } from '../server.js';

/** Names that are looked up, the largest first: of what comes after, each is below a thousandth of the whole. */
const LOOKED_UP = 1000;

export const pathShares: Feature<'profile/pathShares'> = {
  method: 'profile/pathShares',
  async answer(server, { view }, { signal }) {
    const opened = viewed(server, view);
    const { files, sum } = await opened.analysis.ask('fileSelf', { view }, signal);
    const shares = new Map<string, { folder: boolean; self: number }>();
    const add = (at: string, folder: boolean, self: number) => shares.set(at, { folder, self: (shares.get(at)?.self ?? 0) + self });
    const folders = server.store.folders.map((folder) => path.normalize(folder));
    for (const { file, self } of files.slice(0, LOOKED_UP)) {
      const found = opened.paths.locate(file);
      if (found === null || !path.isAbsolute(found)) continue;
      add(found, false, self);
      const top = folders.find((folder) => pathKey(found).startsWith(pathKey(folder + path.sep)));
      if (top === undefined) continue;
      for (let folder = path.dirname(found); folder.length >= top.length; folder = path.dirname(folder)) add(folder, true, self);
    }
    return { sum, paths: Array.from(shares, ([at, share]) => ({ path: at, ...share })) };
  },
};
