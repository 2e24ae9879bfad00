import { type Feature, viewed } from '../server.js';

/** One value of a label was chosen to be looked at: the list still names them all. */
export const label: Feature<'profile/label'> = {
  method: 'profile/label',
  answer(server, { view: { tagFocus, ...rest }, key }, { signal }) {
    const view = tagFocus === undefined || tagFocus.startsWith(`${key}=`) ? rest : { ...rest, tagFocus };
    return viewed(server, view).analysis.ask('label', { view, key }, signal);
  },
};
