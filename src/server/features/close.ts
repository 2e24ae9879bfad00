import { tellBlockedLoops } from '../blockedLoops.js';
import { refresh } from '../refresh.js';
import type { Feature } from '../server.js';

export const close: Feature<'profile/close'> = {
  method: 'profile/close',
  answer(server, params) {
    const closed = server.store.close(params.profile);
    server.comparisons.closed(params.profile);
    if (closed && server.active?.profile === params.profile) {
      server.active = null;
      refresh(server, 'closed');
      void tellBlockedLoops(server);
    }
    return null;
  },
};
