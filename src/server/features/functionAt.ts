import { definitionsIn } from '../definitions.js';
import { placeOfUri } from '../paths.js';
import { type Feature, viewed } from '../server.js';

/** Innermost first; the module's own code comes last. */
export const functionAt: Feature<'profile/functionAt'> = {
  method: 'profile/functionAt',
  async answer(server, { view, uri, line: asked }, { signal }) {
    const opened = viewed(server, view);
    const file = placeOfUri(uri);
    if (file === undefined) return [];
    const around = (await definitionsIn(server, opened, file))
      .filter(({ line, end }) => line <= asked && asked <= end)
      .sort((a, b) => a.end - a.line - (b.end - b.line));
    return opened.analysis.ask('rows', { view, funcs: around.map(({ func }) => func) }, signal);
  },
};
