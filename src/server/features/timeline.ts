import { type Feature, viewed } from '../server.js';

export const timeline: Feature<'profile/timeline'> = {
  method: 'profile/timeline',
  answer(server, params, { signal }) {
    return viewed(server, params.view).analysis.ask('timeline', params, signal);
  },
};

export const timelineBoxes: Feature<'profile/timelineBoxes'> = {
  method: 'profile/timelineBoxes',
  answer(server, params, { signal }) {
    return viewed(server, params.view).analysis.ask('timelineBoxes', params, signal);
  },
};
