import { type Feature, viewed } from '../server.js';

export const search: Feature<'profile/search'> = {
  method: 'profile/search',
  answer(server, { view, search }, { signal }) {
    return viewed(server, view).analysis.ask('search', { view, search }, signal);
  },
};
