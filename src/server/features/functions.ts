import { type Feature, viewed } from '../server.js';

export const functions: Feature<'profile/functions'> = {
  method: 'profile/functions',
  answer(server, params, { signal }) {
    const { view, search = '', group = 'function' } = params;
    return viewed(server, view).analysis.ask('functions', { ...params, search, group }, signal);
  },
};
