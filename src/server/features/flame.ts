import { type Feature, viewed } from '../server.js';

export const flame: Feature<'profile/flame'> = {
  method: 'profile/flame',
  answer(server, { view, root, minFraction, inverted }, { signal }) {
    return viewed(server, view).analysis.ask('flame', { view, root, minFraction, inverted: inverted === true }, signal);
  },
};
