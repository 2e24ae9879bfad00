import { type Feature, viewed } from '../server.js';

export const flame: Feature<'profile/flame'> = {
  method: 'profile/flame',
  answer(server, { view, root, minFraction, inverted, part }, { signal }) {
    return viewed(server, view).analysis.ask('flame', { view, root, minFraction, inverted: inverted === true, part }, signal);
  },
};
