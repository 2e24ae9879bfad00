import { type Feature, viewed } from '../server.js';

export const tree: Feature<'profile/tree'> = {
  method: 'profile/tree',
  answer(server, { view, node, inverted }, { signal }) {
    return viewed(server, view).analysis.ask('tree', { view, node, inverted: inverted === true }, signal);
  },
};
