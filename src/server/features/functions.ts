import { type Feature, viewed } from '../server.js';

export const functions: Feature<'profile/functions'> = {
  method: 'profile/functions',
  answer(server, { view, sort, descending, search, offset, limit }, { signal }) {
    return viewed(server, view).analysis.ask('functions', { view, sort, descending, search: search ?? '', offset, limit }, signal);
  },
};
