import { UserError } from '../../core/errors.js';
import { placeOfUri } from '../paths.js';
import { type Feature, viewed } from '../server.js';

export const selection: Feature<'profile/selection'> = {
  method: 'profile/selection',
  async answer(server, { view, uri, from, to }, { signal }) {
    const opened = viewed(server, view);
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 1 || to < from)
      throw new UserError('bad-request', 'A selection goes from a line to one that is not above it.');
    const file = placeOfUri(uri);
    const files = file === undefined ? [] : opened.paths.namesOf(file);
    if (file === undefined || files.length === 0) return { self: 0, total: 0, sum: 0 };
    const { map, lines } = server.texts.place(opened, file);
    const recorded = new Set<number>();
    for (let line = from; line <= Math.min(to, lines.length); line++) recorded.add(map.recorded(line));
    recorded.delete(0);
    const { self, total, sum } = await opened.analysis.ask('lineSet', { view, files, lines: recorded }, signal);
    return { self, total, sum };
  },
};
