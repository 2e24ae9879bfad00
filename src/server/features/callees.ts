import { calleesOf } from '../../core/model/neighbours.js';
import { checkFunction, type Feature, viewed } from '../server.js';
import { rowOf, specOf } from '../tables.js';

export const callees: Feature<'profile/callees'> = {
  method: 'profile/callees',
  answer(server, params) {
    const opened = viewed(server, params.view);
    checkFunction(opened, params.func);
    return calleesOf(opened.profile, specOf(params.view), params.func).map((one) => rowOf(opened, one.func, one));
  },
};
