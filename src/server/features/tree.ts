import { checkFunction, type Feature, viewed } from '../server.js';

export const tree: Feature<'profile/tree'> = {
  method: 'profile/tree',
  answer(server, params, { signal }) {
    return viewed(server, params.view).analysis.ask('tree', { ...params, inverted: params.inverted === true }, signal);
  },
};

export const treePath: Feature<'profile/treePath'> = {
  method: 'profile/treePath',
  answer(server, params, { signal }) {
    const opened = viewed(server, params.view);
    if (params.goal.kind === 'func') checkFunction(opened, params.goal.func);
    return opened.analysis.ask('treePath', { ...params, inverted: params.inverted === true }, signal);
  },
};
