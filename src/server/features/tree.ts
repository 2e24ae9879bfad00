import { UserError } from '../../core/errors.js';
import { type CallTree, childrenOf } from '../../core/model/callTree.js';
import { isSummed } from '../../core/model/summed.js';
import type { TreeRow } from '../../protocol/lsp.js';
import { type Feature, viewed } from '../server.js';
import { rowOf, treeOf } from '../tables.js';

export const tree: Feature<'profile/tree'> = {
  method: 'profile/tree',
  answer(server, params) {
    const opened = viewed(server, params.view);
    const calls = treeOf(opened, params.view, params.inverted === true);
    checkNode(calls, params.node);
    // Calls of a node are told only where they were counted; for one drawn from samples nobody knows them.
    const counted = isSummed(opened.profile, params.view.type);
    const rows = childrenOf(calls, params.node).map((node): TreeRow => {
      const own = counted ? (calls.calls?.[node] ?? null) : null;
      const figures = { self: calls.self[node]!, total: calls.total[node]!, calls: own === null ? null : Math.round(own), primitive: null };
      return { ...rowOf(opened, calls.func[node]!, figures), node, children: countChildren(calls, node) };
    });
    return { rows, total: calls.sum };
  },
};

function countChildren(tree: CallTree, node: number): number {
  let count = 0;
  for (let child = node + 1; child < tree.subtreeEnd[node]!; child = tree.subtreeEnd[child]!) count++;
  return count;
}

/** @throws UserError when the node is not one of this tree; -1 is the whole */
export function checkNode(tree: CallTree, node: number): void {
  if (!Number.isInteger(node) || node < -1 || node >= tree.length) throw new UserError('no-such-node', 'The call tree has no such node.');
}
