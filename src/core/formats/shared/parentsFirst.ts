import { ReadError } from '../../errors.js';

/** Marks rows that are on the way up. */
const CLIMBING = 1;
const DONE = 2;

/**
 * Visits every row of a tree after its parent, whatever the order of the rows, and without recursion.
 * @param parent row of the parent, -1 for a root @throws ReadError when rows are each other's parents, or a parent is not there
 */
export function parentsFirst(parent: ArrayLike<number>, length: number, visit: (row: number) => void): void {
  const state = new Uint8Array(length);
  const path: number[] = [];
  for (let row = 0; row < length; row++) {
    for (let at = row; at >= 0 && state[at] !== DONE; at = parent[at]!) {
      if (!(at < length)) throw new ReadError('corrupt', `A stack refers to stack ${at}, which there is not.`);
      if (state[at] === CLIMBING) throw new ReadError('corrupt', 'The stacks of the profile call each other in a circle.');
      state[at] = CLIMBING;
      path.push(at);
    }
    for (let at = path.pop(); at !== undefined; at = path.pop()) {
      visit(at);
      state[at] = DONE;
    }
  }
}
