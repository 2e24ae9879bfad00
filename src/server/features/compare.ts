import { UserError } from '../../core/errors.js';
import { mapLines } from '../../core/model/lineMap.js';
import type { Change, CompareParams, CompareRequests, CompareTreeOrder, LineChange } from '../../protocol/compare.js';
import type { ViewParams } from '../../protocol/lsp.js';
import { recordedText } from '../documents.js';
import { placeOfUri } from '../paths.js';
import { type Feature, type Server, viewed } from '../server.js';
import type { OpenProfile } from '../store.js';

export const compareSummary: Feature<'compare/summary'> = {
  method: 'compare/summary',
  answer(server, params, { signal }) {
    viewed(server, params.view);
    return server.comparisons.ask('summary', params, {}, signal);
  },
};

export const compareFunctions: Feature<'compare/functions'> = {
  method: 'compare/functions',
  answer(server, params, { signal }) {
    viewed(server, params.view);
    return server.comparisons.ask('functions', params, { ...pageOf(params), sort: params.sort, descending: params.descending }, signal);
  },
};

export const compareLines: Feature<'compare/lines'> = {
  method: 'compare/lines',
  answer(server, params, { signal }) {
    viewed(server, params.view);
    return server.comparisons.ask('lines', params, pageOf(params), signal);
  },
};

function pageOf({ search, clearOnly, offset, limit }: CompareRequests['compare/lines'][0]) {
  return { search: search ?? '', clearOnly: clearOnly === true, offset, limit };
}

export const compareFlame: Feature<'compare/flame'> = {
  method: 'compare/flame',
  answer(server, params, { signal }) {
    viewed(server, params.view);
    const { root, minFraction, inverted, widths } = params;
    return server.comparisons.ask('flame', params, { root, minFraction, inverted: inverted === true, widths }, signal);
  },
};

export const compareTree: Feature<'compare/tree'> = {
  method: 'compare/tree',
  answer(server, params, { signal }) {
    viewed(server, params.view);
    const { node, offset, limit } = params;
    return server.comparisons.ask('tree', params, { ...treeOrder(params), node, offset, limit }, signal);
  },
};

export const compareTreePath: Feature<'compare/treePath'> = {
  method: 'compare/treePath',
  answer(server, params, { signal }) {
    viewed(server, params.view);
    const { node, limit, goal } = params;
    return server.comparisons.ask('treePath', params, { ...treeOrder(params), node, limit, goal }, signal);
  },
};

function treeOrder({ inverted, sort, descending, clearOnly }: CompareTreeOrder): CompareTreeOrder {
  return { inverted: inverted === true, sort, descending, clearOnly: clearOnly === true };
}

export const compareDocument: Feature<'compare/document'> = {
  method: 'compare/document',
  answer(server, params, { signal }) {
    return lineChanges(server, viewed(server, params.view), params, placeOfUri(params.uri), signal);
  },
};

export const compareOldDocument: Feature<'compare/oldDocument'> = {
  method: 'compare/oldDocument',
  async answer(server, params, { signal }) {
    viewed(server, params.view);
    const file = placeOfUri(params.uri);
    const base = server.store.get(params.base[0] ?? '');
    const files = file === undefined ? [] : base.paths.namesOf(file);
    const recorded = file === undefined || files.length === 0 ? null : recordedText(base, file);
    // Another text than the one that ran: its lines are other lines.
    if (recorded === null || !mapLines(recorded, params.text).identical) return [];
    return server.comparisons.ask('baseLines', params, { files }, signal);
  },
};

/** Changes of a document's lines as they are now, in order; lines that were deleted drop. */
export async function lineChanges(
  server: Server,
  opened: OpenProfile,
  params: CompareParams,
  file: string | undefined,
  signal?: AbortSignal,
): Promise<LineChange[]> {
  const files = file === undefined ? [] : opened.paths.namesOf(file);
  if (file === undefined || files.length === 0) return [];
  const lines = await server.comparisons.ask('fileLines', params, { files }, signal);
  // The text is looked at last: while the profiles were asked, somebody may have typed.
  const { map } = server.texts.place(opened, file);
  const found = lines.map((line) => ({ ...line, line: map.now(line.line) })).filter(({ line }) => line > 0);
  return found.sort((a, b) => a.line - b.line);
}

/** The change of functions of the active profile since the baseline; nulls where there is none, or the two cannot be compared. */
export async function changesSinceBaseline(
  server: Server,
  view: ViewParams,
  funcs: readonly number[],
): Promise<readonly (Change | null)[]> {
  const none = funcs.map(() => null);
  const { baseline } = server;
  if (baseline.length === 0 || baseline.includes(view.profile)) return none;
  return server.comparisons.ask('changes', { view, base: baseline }, { funcs }).catch(orNothing(server, none));
}

/** What cannot be compared has no change to tell in a lens or a hover; a bug goes to the log. */
export function orNothing<T>(server: Server, nothing: T): (error: unknown) => T {
  return (error) => {
    if (!(error instanceof UserError))
      server.connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return nothing;
  };
}
