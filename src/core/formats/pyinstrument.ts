import type { ProfileBuilder } from '../model/builder.js';
import { GrowingFloat64, GrowingInt32, GrowingUint32 } from '../model/growing.js';
import { checkRoom, checkSamples, maxSamples } from '../model/limits.js';
import type { Format } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';
import { jsonText } from './json/text.js';
import { walkJsonTree } from './json/tree.js';

/** pyinstrument writes six digits after the point. */
const NANOS = 1e9;

/** Frames of the tree, each after its parent. */
class Nodes {
  readonly parent = new GrowingInt32();
  /** String indexes; 0 none. */
  readonly name = new GrowingUint32();
  readonly file = new GrowingUint32();
  readonly systemName = new GrowingUint32();
  readonly line = new GrowingInt32();
  /** Nanoseconds, with those of the children. */
  readonly time = new GrowingFloat64();

  /** @param most how many there may be at most @throws ReadError for one more */
  constructor(private readonly most: number) {}

  add(parent: number): number {
    checkSamples(this.parent.length + 1, this.most);
    this.parent.push(parent);
    this.name.push(0);
    this.file.push(0);
    this.systemName.push(0);
    this.line.push(0);
    this.time.push(0);
    return this.parent.length - 1;
  }
}

/**
 * pyinstrument's JSON (`-r json`; 3 to 5): a tree of functions with their first lines and times, summed over calls. It has no
 * running lines. A frame's own time is what its children leave; the synthetic child `[self]` says the same.
 */
export const pyinstrument: Format = {
  id: 'pyinstrument',
  label: 'pyinstrument JSON',
  globs: [],
  sniff(head) {
    const found = sniffJson(head);
    if (found?.root !== 'object') return 0;
    const { paths } = found;
    return paths.has('start_time') && paths.has('sample_count') && paths.has('root_frame') ? 1 : 0;
  },
  async read(source, builder, control) {
    const json = new JsonCursor(await source.bytes(), control);
    builder.valueType({ type: 'wall', unit: 'nanoseconds' });
    builder.quality({ engine: 'pyinstrument', rows: 'sums' });
    const nodes = new Nodes(maxSamples(json.bytes.length));
    if (json.object()) {
      while (json.nextKey()) {
        if (json.key === 'start_time') setStart(builder, json.number());
        else if (json.key === 'duration') setDuration(builder, json.number());
        else if (json.key === 'root_frame') await readTree(json, nodes, builder);
      }
    }
    if (nodes.parent.length === 0) builder.warn('It holds no samples: the program ended before the first one.');
    addSamples(nodes, builder);
  },
};

/** Whole nanoseconds; what is no time of less than thirty years is none. */
export function nanosOf(seconds: number): number {
  return seconds > 0 && seconds < 1e9 ? Math.round(seconds * NANOS) : 0;
}

/** @param seconds Unix time */
export function setStart(builder: ProfileBuilder, seconds: number): void {
  // More microseconds than fit 2^53 are no time of ours.
  if (seconds > 0 && seconds < 1e10) builder.set({ timeNanos: BigInt(Math.round(seconds * 1e6)) * 1000n });
}

export function setDuration(builder: ProfileBuilder, seconds: number): void {
  if (seconds >= 0 && seconds < 1e9) builder.set({ durationNanos: seconds * NANOS });
}

function readTree(json: JsonCursor, nodes: Nodes, builder: ProfileBuilder): Promise<void> {
  const texts = json.table((text) => builder.string(text));
  let named = 0;
  // As many functions as names, at least: too many are refused while they are read.
  const names = json.table((name) => {
    checkRoom('functions', named++);
    return builder.string(name);
  });
  const text = () => Math.max(0, json.interned(texts));
  /** The name read last: whose it is, and where it stands in the file. */
  const last = { node: -1, start: 0, end: 0 };
  return walkJsonTree(
    json,
    (parent) => nodes.add(parent),
    (node) => {
      if (json.key === 'children') return json.array();
      if (json.key === 'function') {
        nodes.name.array[node] = Math.max(0, json.interned(names));
        last.node = node;
        last.start = json.start;
        last.end = json.end;
      } else if (json.key === 'file_path') nodes.file.array[node] = text();
      else if (json.key === 'class_name') {
        // A name that comes after its class is left as it is.
        const name = last.node === node ? jsonText(json.bytes, last.start, last.end) : '';
        nodes.systemName.array[node] = qualified(name, json.string(), builder);
      } else if (json.key === 'line_no') nodes.line.array[node] = json.number();
      else if (json.key === 'time') nodes.time.array[node] = nanosOf(json.number());
      return false;
    },
  );
}

function addSamples(nodes: Nodes, builder: ProfileBuilder): void {
  const { length } = nodes.parent;
  const self = builder.string('[self]');
  const isSelf = (node: number) => node > 0 && nodes.name.array[node] === self;
  const own = Float64Array.from(nodes.time.array.subarray(0, length));
  for (let node = 1; node < length; node++) if (!isSelf(node)) own[nodes.parent.array[node]!]! -= nodes.time.array[node]!;
  const stacks = new Int32Array(length).fill(-1);
  for (let node = 0; node < length; node++) {
    if (isSelf(node)) continue;
    const parent = nodes.parent.array[node]!;
    const name = nodes.name.array[node]!;
    const func = builder.func(name, nodes.systemName.array[node]! || name, nodes.file.array[node]!, nodes.line.array[node]!);
    stacks[node] = builder.stack(parent < 0 ? -1 : stacks[parent]!, builder.place(func, 0));
    // Rounded parts may add up to more than their rounded sum.
    if (own[node]! > 0) builder.sample(stacks[node]!, [own[node]!]);
  }
}

/** `Class.name` for the class at hand: that of the object, maybe a subclass, so that it does not tell functions apart. 0 for none. */
function qualified(name: string, className: string, builder: ProfileBuilder): number {
  return className === '' || name === '' ? 0 : builder.string(`${className}.${name}`);
}
