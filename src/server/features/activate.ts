import { tellBlockedLoops } from '../blockedLoops.js';
import { refresh } from '../refresh.js';
import { type Feature, viewed } from '../server.js';

export const activate: Feature<'profile/activate'> = {
  method: 'profile/activate',
  answer(server, params) {
    if (params.view) viewed(server, params.view);
    server.active = params.view ?? null;
    server.baseline = params.base ?? [];
    refresh(server, 'activated');
    void tellBlockedLoops(server);
    return null;
  },
};
