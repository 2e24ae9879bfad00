import { definitionsIn } from '../definitions.js';
import { pathOfUri } from '../paths.js';
import { type Feature, viewed } from '../server.js';
import { figuresOf, functionsOf, rowOf } from '../tables.js';

/** Innermost first; the module's own code comes last. */
export const functionAt: Feature<'profile/functionAt'> = {
  method: 'profile/functionAt',
  answer(server, params) {
    const opened = viewed(server, params.view);
    const file = pathOfUri(params.uri);
    if (file === undefined) return [];
    const table = functionsOf(opened, params.view);
    return definitionsIn(server, opened, file)
      .filter(({ line, end }) => line <= params.line && params.line <= end)
      .sort((a, b) => a.end - a.line - (b.end - b.line))
      .map(({ func }) => rowOf(opened, func, figuresOf(table, func)));
  },
};
