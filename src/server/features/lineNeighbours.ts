import { UserError } from '../../core/errors.js';
import type { Neighbour } from '../../protocol/code.js';
import type { FunctionRow } from '../../protocol/lsp.js';
import { definitionsIn } from '../definitions.js';
import { placeOfUri } from '../paths.js';
import { type Feature, type Server, viewed } from '../server.js';
import type { OpenProfile } from '../store.js';
import { placeOf } from './locate.js';

/** Most places that a peek lists. */
const MOST = 100;

export const lineNeighbours: Feature<'profile/lineNeighbours'> = {
  method: 'profile/lineNeighbours',
  async answer(server, { view, uri, line, side }, { signal }) {
    const opened = viewed(server, view);
    if (!Number.isInteger(line) || line < 1) throw new UserError('bad-request', 'Lines count from 1.');
    const file = placeOfUri(uri);
    const files = file === undefined ? [] : opened.paths.namesOf(file);
    if (file === undefined || files.length === 0) return { of: 'line', sum: 0, rows: [] };
    const recorded = server.texts.place(opened, file).map.recorded(line);
    const ask = opened.analysis;
    const { sum } = await ask.ask('figures', { view, funcs: [] }, signal);
    if (side === 'callees') {
      const called = await ask.ask('lineCallees', { view, files, line: recorded }, signal);
      if (called.length > 0) return { of: 'line', sum, rows: await located(server, opened, called, signal) };
    } else {
      const sites = (await ask.ask('lineCallers', { view, files, line: recorded }, signal)).slice(0, MOST);
      const funcs = await ask.ask('rows', { view, funcs: sites.map(({ func }) => func) }, signal);
      const rows = sites.map((site, index) => ({ ...funcs[index]!, total: site.total, at: site.line }));
      if (rows.length > 0) return { of: 'line', sum, rows: await located(server, opened, rows, signal) };
    }
    const around = (await definitionsIn(server, opened, file))
      .filter((one) => one.line <= line && line <= one.end && one.name !== '<module>')
      .sort((a, b) => a.end - a.line - (b.end - b.line))[0];
    if (!around) return { of: 'line', sum, rows: [] };
    const found = await ask.ask(side, { view, func: around.func }, signal);
    // With stacks the line itself would have said so; without them only functions are known.
    const rows = opened.info.treeIsEstimate ? await located(server, opened, found, signal) : [];
    return { of: rows.length > 0 ? 'function' : 'line', sum, rows };
  },
};

async function located(
  server: Server,
  opened: OpenProfile,
  rows: readonly (FunctionRow & { readonly at?: number })[],
  signal: AbortSignal,
): Promise<Neighbour[]> {
  return Promise.all(
    rows.slice(0, MOST).map(async ({ func, name, total, at }) => {
      const place = await placeOf(server, opened, func, at, signal);
      return { func, name, path: place?.path ?? null, line: place?.line ?? 0, total };
    }),
  );
}
