import { searchFunctions, totalOf } from '../../core/model/search.js';
import { type Feature, viewed } from '../server.js';
import { specOf } from '../tables.js';

export const search: Feature<'profile/search'> = {
  method: 'profile/search',
  answer(server, params) {
    const { profile } = viewed(server, params.view);
    const funcs = searchFunctions(profile, params.search);
    return { total: totalOf(profile, specOf(params.view), funcs), funcs };
  },
};
