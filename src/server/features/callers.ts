import { checkFunction, type Feature, viewed } from '../server.js';

export const callers: Feature<'profile/callers'> = {
  method: 'profile/callers',
  answer(server, { view, func }, { signal }) {
    const opened = viewed(server, view);
    checkFunction(opened, func);
    return opened.analysis.ask('callers', { view, func }, signal);
  },
};
