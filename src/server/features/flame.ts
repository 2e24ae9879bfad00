import { flameLayout } from '../../core/model/flame.js';
import { type Feature, viewed } from '../server.js';
import { treeOf } from '../tables.js';
import { checkNode } from './tree.js';

/** Narrower boxes are no use to any screen, and would make the answer large. */
const NARROWEST = 1e-5;

export const flame: Feature<'profile/flame'> = {
  method: 'profile/flame',
  answer(server, params) {
    const opened = viewed(server, params.view);
    const tree = treeOf(opened, params.view, params.inverted === true);
    checkNode(tree, params.root);
    const fraction = Number.isFinite(params.minFraction) ? Math.max(NARROWEST, params.minFraction) : NARROWEST;
    return flameLayout(opened.profile, tree, params.root, fraction);
  },
};
