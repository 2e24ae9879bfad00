import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import { GrowingFloat64, GrowingInt32 } from '../model/growing.js';
import type { Format, ReadControl, Source } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';
import { CallFrames } from './v8/frames.js';

/**
 * Node's `--heap-prof` and Chrome's allocation sampling: a tree of call frames with the bytes that are still held
 * (https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/#type-SamplingHeapProfile).
 */
export const heapProfile: Format = {
  id: 'heapprofile',
  label: 'V8 heap profile',
  globs: ['*.heapprofile'],
  sniff(head) {
    const paths = sniffJson(head)?.paths;
    return paths?.has('head.callFrame') && (paths.has('head.selfSize') || paths.has('head.children')) ? 1 : 0;
  },
  read,
};

/** The tree by rows in the order of the file: a parent comes before its children. */
interface Nodes {
  readonly parent: GrowingInt32;
  /** -1 for the root, which is no function. */
  readonly func: GrowingInt32;
  readonly line: GrowingInt32;
  readonly column: GrowingInt32;
  readonly size: GrowingFloat64;
}

async function read(source: Source, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const json = new JsonCursor(await source.bytes(), control);
  const nodes: Nodes = {
    parent: new GrowingInt32(),
    func: new GrowingInt32(),
    line: new GrowingInt32(),
    column: new GrowingInt32(),
    size: new GrowingFloat64(),
  };
  builder.valueType({ type: 'memory', unit: 'bytes' });
  try {
    if (json.object()) {
      while (json.nextKey()) if (json.key === 'head') await readTree(json, new CallFrames(json, builder), nodes);
    }
  } catch (error) {
    if (!(error instanceof ReadError) || error.code !== 'truncated' || nodes.func.length === 0) throw error;
    builder.warn('The file ends too early: what is shown is the part before.');
  }
  const stacks = new Int32Array(nodes.func.length);
  const values = [0];
  for (let row = 0; row < stacks.length; row++) {
    const parent = nodes.parent.array[row]!;
    const around = parent < 0 ? -1 : stacks[parent]!;
    const func = nodes.func.array[row]!;
    stacks[row] = func < 0 ? around : builder.stack(around, builder.place(func, nodes.line.array[row]!, nodes.column.array[row]!));
    values[0] = nodes.size.array[row]!;
    if (values[0] > 0) builder.sample(stacks[row]!, values);
    if ((row & 0xffff) === 0xffff) await json.pause(false);
  }
}

/** Follows `children` down and back up without recursion: the tree is as deep as the program recursed. */
async function readTree(json: JsonCursor, frames: CallFrames, nodes: Nodes): Promise<void> {
  if (!json.object()) return;
  for (let row = addNode(nodes, -1); row >= 0; ) {
    if (!json.nextKey()) {
      // The node ends: on to the next of its parent's children, or back to the parent's other keys.
      row = nextChild(json, nodes, nodes.parent.array[row]!);
      continue;
    }
    if (json.key === 'callFrame') {
      const { func, line, column } = frames.read();
      nodes.func.array[row] = func;
      nodes.line.array[row] = line;
      nodes.column.array[row] = column;
    } else if (json.key === 'selfSize') nodes.size.array[row] = json.number() || 0;
    else if (json.key === 'children' && json.array()) row = nextChild(json, nodes, row);
    if (json.due) await json.pause();
  }
}

/** Inside the children of `parent`: enters the next and gives its row; the parent's row when there is none. */
function nextChild(json: JsonCursor, nodes: Nodes, parent: number): number {
  if (parent < 0) return -1;
  while (json.item()) if (json.object()) return addNode(nodes, parent);
  return parent;
}

function addNode(nodes: Nodes, parent: number): number {
  nodes.parent.push(parent);
  nodes.func.push(-1);
  nodes.line.push(0);
  nodes.column.push(0);
  nodes.size.push(0);
  return nodes.func.length - 1;
}
