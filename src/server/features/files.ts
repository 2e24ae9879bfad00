import { type Feature, viewed } from '../server.js';

export const files: Feature<'profile/files'> = {
  method: 'profile/files',
  answer(server, params, { signal }) {
    return viewed(server, params.view).analysis.ask('files', params, signal);
  },
};

export const fileTree: Feature<'profile/fileTree'> = {
  method: 'profile/fileTree',
  answer(server, params, { signal }) {
    return viewed(server, params.view).analysis.ask('fileTree', params, signal);
  },
};
