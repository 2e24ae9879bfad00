import type { Feature } from '../server.js';

export const exportProfile: Feature<'profile/export'> = {
  method: 'profile/export',
  answer(server, { profile, format, path }, { signal }) {
    return server.store.get(profile).analysis.ask('export', { format, path }, signal);
  },
};
