import { callersOf } from '../../core/model/neighbours.js';
import { checkFunction, type Feature, viewed } from '../server.js';
import { rowOf, specOf } from '../tables.js';

export const callers: Feature<'profile/callers'> = {
  method: 'profile/callers',
  answer(server, params) {
    const opened = viewed(server, params.view);
    checkFunction(opened, params.func);
    return callersOf(opened.profile, specOf(params.view), params.func).map((one) => rowOf(opened, one.func, one));
  },
};
