import { checkFunction, type Feature, viewed } from '../server.js';

export const callees: Feature<'profile/callees'> = {
  method: 'profile/callees',
  answer(server, { view, func }, { signal }) {
    const opened = viewed(server, view);
    checkFunction(opened, func);
    return opened.analysis.ask('callees', { view, func }, signal);
  },
};
