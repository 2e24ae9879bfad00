import { UserError } from '../../core/errors.js';
import { checkFunction, type Feature, viewed } from '../server.js';

export const sandwich: Feature<'profile/sandwich'> = {
  method: 'profile/sandwich',
  answer(server, params, { signal }) {
    const opened = viewed(server, params.view);
    checkFunction(opened, params.func);
    if (params.side !== 'callers' && params.side !== 'callees') throw new UserError('bad-request', 'A sandwich has callers and callees.');
    return opened.analysis.ask('sandwich', params, signal);
  },
};
