import { heatLines } from '../../core/model/heat.js';
import type { LineHeat, ViewParams } from '../../protocol/lsp.js';
import { placeOfUri } from '../paths.js';
import { type Feature, type Server, viewed } from '../server.js';
import type { OpenProfile } from '../store.js';
import { hotExpressions } from './expressions.js';
import { rescaled } from './heatScale.js';

export const lineHeat: Feature<'profile/lineHeat'> = {
  method: 'profile/lineHeat',
  async answer(server, { view, uri, scale = 'profile', expressions }, { signal }) {
    const opened = viewed(server, view);
    const file = placeOfUri(uri);
    const { lines, stale } = await heatOf(server, opened, view, file, signal);
    if (file === undefined || lines.length === 0) return { lines, stale, expressions: [] };
    return {
      lines: scale === 'profile' ? lines : await rescaled(server, opened, view, file, lines, scale, signal),
      stale,
      expressions: expressions
        ? await hotExpressions(opened, view, opened.paths.namesOf(file), expressions, server.texts.place(opened, file), signal)
        : [],
    };
  },
};

interface Heat {
  readonly lines: readonly LineHeat[];
  readonly stale: boolean;
  /** The whole of the view. */
  readonly sum: number;
}

/** Heat of a file as it is now; no lines when the profile says nothing of it. */
export async function heatOf(
  server: Server,
  opened: OpenProfile,
  view: ViewParams,
  file: string | undefined,
  signal?: AbortSignal,
): Promise<Heat> {
  const names = file === undefined ? [] : opened.paths.namesOf(file);
  if (file === undefined || names.length === 0) return { lines: [], stale: false, sum: 0 };
  const table = await opened.analysis.ask('lines', { view, files: names }, signal);
  // The text is looked at last: while the profile was asked, somebody may have typed.
  const { map, uncertain } = server.texts.place(opened, file);
  const lines = heatLines(table, table.files, map);
  // Rows that are no samples say nothing of an error.
  const counted = opened.info.quality.rows === undefined ? lines : lines.map((line) => ({ ...line, samples: null }));
  return { lines: counted, stale: uncertain, sum: table.sum };
}
