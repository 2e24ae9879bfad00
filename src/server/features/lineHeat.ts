import { heatLines } from '../../core/model/heat.js';
import type { LineHeat, ViewParams } from '../../protocol/lsp.js';
import { pathOfUri } from '../paths.js';
import { type Feature, type Server, viewed } from '../server.js';
import type { OpenProfile } from '../store.js';
import { linesOf } from '../tables.js';

export const lineHeat: Feature<'profile/lineHeat'> = {
  method: 'profile/lineHeat',
  answer(server, params) {
    return heatOf(server, viewed(server, params.view), params.view, pathOfUri(params.uri));
  },
};

/** Heat of a file as it is now; no lines when the profile says nothing of it. */
export function heatOf(
  server: Server,
  opened: OpenProfile,
  view: ViewParams,
  file: string | undefined,
): { lines: readonly LineHeat[]; stale: boolean } {
  const names = file === undefined ? [] : opened.paths.namesOf(file);
  if (file === undefined || names.length === 0) return { lines: [], stale: false };
  const table = linesOf(opened, view);
  const files = names.flatMap((name) => table.files.get(name) ?? []);
  const { map, uncertain } = server.texts.place(opened, file);
  return { lines: heatLines(table, files, map), stale: uncertain };
}
