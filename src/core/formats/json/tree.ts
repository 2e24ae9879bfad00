import type { JsonCursor } from './cursor.js';

/**
 * Walks a tree of objects whose children stand in a list of their own, to any depth: goes into the lists by a stack of its own.
 * @param add makes the node below `parent` (-1: the root) and gives its index
 * @param field takes the value of `json.key` for `node`; true when it entered the list of the node's children
 */
export async function walkJsonTree(json: JsonCursor, add: (parent: number) => number, field: (node: number) => boolean): Promise<void> {
  /** Nodes whose list of children is being read. */
  const open: number[] = [];
  if (!json.object()) return;
  let node = add(-1);
  for (let inList = false; ; ) {
    if (json.due) await json.pause();
    if (inList) {
      if (!json.item()) {
        node = open.pop()!;
        inList = false;
      } else if (json.object()) {
        node = add(open.at(-1)!);
        inList = false;
      }
    } else if (!json.nextKey()) {
      if (open.length === 0) return;
      inList = true;
    } else if (field(node)) {
      open.push(node);
      inList = true;
    }
  }
}
