import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../core/errors.js';
import type { WindowGrouping, WindowRange } from '../../protocol/windows.js';
import type { WindowFacts } from '../../windows/index.js';
import type { Feature } from '../server.js';
import { groupByLabel, groupWindows, labelsOf, windowsIn } from '../windows/groups.js';
import type { Chosen } from '../windows/mergeWorker.js';
import { mergeInto } from '../windows/merging.js';
import { lookInto } from '../windows/source.js';

const GROUPINGS: readonly WindowGrouping[] = ['service', 'version', 'label', 'day', 'hour'];

export const windowGroups: Feature<'windows/groups'> = {
  method: 'windows/groups',
  async answer(_server, { range, by, key, fresh }) {
    if (!GROUPINGS.includes(by) || (by === 'label' && typeof key !== 'string'))
      throw new UserError('bad-request', 'Windows are grouped by service, version, day, hour, or a label and its key.');
    const { windows, unreadable } = await lookInto(folderOf(range), fresh === true);
    return {
      groups: by === 'label' ? groupByLabel(windows, range, key!) : groupWindows(windows, range, by),
      unreadable: unreadable.length,
    };
  },
};

export const windowLabels: Feature<'windows/labels'> = {
  method: 'windows/labels',
  async answer(_server, { range }) {
    const { windows } = await lookInto(folderOf(range), false);
    return labelsOf(windowsIn(windows, range));
  },
};

export const windowMerge: Feature<'windows/merge'> = {
  method: 'windows/merge',
  async answer({ store }, { ranges, into, name }, { signal, progress }) {
    if (!Array.isArray(ranges) || typeof into !== 'string' || !path.isAbsolute(into) || typeof name !== 'string')
      throw new UserError('bad-request', 'Windows are merged into a folder, by a name.');
    progress.begin('Adding up windows', 0, undefined, true);
    try {
      const chosen = new Map<string, Chosen & { readonly taken: Set<WindowFacts> }>();
      for (const range of ranges) {
        const folder = folderOf(range);
        const { windows, cache } = await lookInto(folder, false);
        const known = chosen.get(folder) ?? { folder, windows, cache, taken: new Set<WindowFacts>() };
        chosen.set(folder, known);
        for (const window of windowsIn(windows, range)) known.taken.add(window);
      }
      // In the order of time, whatever was chosen first.
      const parts = [...chosen.values()].map(({ folder, windows, cache, taken }) => ({
        folder,
        cache,
        windows: windows.filter((one) => taken.has(one)),
      }));
      const report = (fraction: number) => progress.report(Math.round(fraction * 100));
      const file = await mergeInto(into, name, parts, { git: store.commits.program, folders: store.folders, signal, progress: report });
      return { uri: pathToFileURL(file).href, windows: parts.reduce((sum, { windows }) => sum + windows.length, 0) };
    } finally {
      progress.done();
    }
  },
};

function folderOf(range: WindowRange): string {
  if (typeof range?.folder !== 'string' || !path.isAbsolute(range.folder))
    throw new UserError('bad-request', 'A range of windows has a folder, by its whole path.');
  return range.folder;
}
