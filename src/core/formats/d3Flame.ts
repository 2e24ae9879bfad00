import { ReadError } from '../errors.js';
import type { ProfileBuilder } from '../model/builder.js';
import { GrowingFloat64, GrowingInt32 } from '../model/growing.js';
import type { Format, ReadControl } from './format.js';
import { JsonCursor } from './json/cursor.js';
import { sniffJson } from './json/head.js';
import { walkJsonTree } from './json/tree.js';

/** A node's name, value and children, as d3-flame-graph calls them and as Linux's `perf script report flamegraph` does. */
const KEYS: Readonly<Record<string, 'name' | 'value' | 'children'>> = {
  name: 'name',
  n: 'name',
  value: 'value',
  v: 'value',
  children: 'children',
  c: 'children',
};
/** Names of roots that are no frame. */
const ROOTS = new Set(['', 'root', '<root>', '(root)', 'all']);
const STRIDE = 1 << 16;

/** The tree's nodes, each after its parent. */
class Nodes {
  readonly parent = new GrowingInt32();
  /** Place of the builder; -1 none. */
  readonly place = new GrowingInt32();
  readonly value = new GrowingFloat64();

  add(parent: number): number {
    this.parent.push(parent);
    this.place.push(-1);
    this.value.push(0);
    return this.parent.length - 1;
  }
}

/**
 * The trees that d3-flame-graph draws: `{name, value, children}` (https://github.com/spiermar/d3-flame-graph, "Input Format"; burn,
 * stackprof, 0x …), or `{n, v, c}` (Linux, tools/perf/scripts/python/flamegraph.py). A value holds those of its children; where one
 * is smaller than they are together, all are own values (`selfValue(true)`).
 */
export const d3Flame: Format = {
  id: 'd3-flame-graph',
  label: 'd3-flame-graph JSON',
  globs: [],
  sniff(head) {
    const found = sniffJson(head);
    if (found?.root !== 'object') return 0;
    const is = (name: string, value: string, children: string) => {
      const at = (path: string) =>
        typeof found.paths.get(`${path}${name}`) === 'string' && typeof found.paths.get(`${path}${value}`) === 'number';
      const inner = `${children}.[].`;
      return found.paths.has(children) && (at('') || at(inner) || at(`${inner}${inner}`));
    };
    return is('name', 'value', 'children') || is('n', 'v', 'c') ? 0.6 : 0;
  },
  async read(source, builder, control) {
    const json = new JsonCursor(await source.bytes(), control);
    builder.valueType({ type: 'samples', unit: 'count' });
    const nodes = new Nodes();
    try {
      await readTree(json, nodes, builder);
    } catch (error) {
      if (!(error instanceof ReadError) || error.code !== 'truncated' || nodes.parent.length < 2) throw error;
      // A value often comes before its children, and is then more than what can be seen of them: the rest is shown as its own.
      builder.warn('The file ends too early: what comes after is missing.');
    }
    await addSamples(nodes, builder, control);
  },
};

function readTree(json: JsonCursor, nodes: Nodes, builder: ProfileBuilder): Promise<void> {
  const places = json.table((text) => place(builder, text));
  return walkJsonTree(
    json,
    (parent) => nodes.add(parent),
    (node) => {
      const key = Object.hasOwn(KEYS, json.key) ? KEYS[json.key] : undefined;
      if (key === 'name') {
        const found = json.interned(places);
        if (node === 0 && found >= 0 && isRoot(json)) return false;
        nodes.place.array[node] = found;
      } else if (key === 'value') {
        const value = json.number();
        nodes.value.array[node] = value > 0 && Number.isFinite(value) ? value : 0;
      }
      return key === 'children' && json.array();
    },
  );
}

/** Whether the text taken last names no frame. */
function isRoot({ bytes, start, end }: JsonCursor): boolean {
  return end - start <= 8 && ROOTS.has(String.fromCharCode(...bytes.subarray(start, end)));
}

/** `name (file:line)`, of stackprof `name : file : first line`, or the name alone. */
function place(builder: ProfileBuilder, text: string): number {
  const parts = text.split(' : ');
  if (parts.length === 3 && /^\d*$/.test(parts[2]!)) {
    const [name, file, line] = parts as [string, string, string];
    const own = builder.string(name);
    return builder.place(builder.func(own, own, builder.string(file === '<cfunc>' ? '' : file), Number(line)), 0);
  }
  const open = text.endsWith(')') ? text.lastIndexOf(' (') : -1;
  const found = open > 0 ? /^(.+):(\d{1,9})$/.exec(text.slice(open + 2, -1)) : null;
  const own = builder.string(found === null ? text : text.slice(0, open));
  return builder.place(builder.func(own, own, builder.string(found?.[1] ?? ''), 0), Number(found?.[2] ?? 0));
}

async function addSamples({ parent, place, value }: Nodes, builder: ProfileBuilder, control: ReadControl): Promise<void> {
  const { length } = parent;
  const below = new Float64Array(length);
  for (let node = length - 1; node > 0; node--) below[parent.array[node]!]! += value.array[node]!;
  // Sums of fractions differ in their last digits; a root without a value is what its children are.
  let nested = true;
  for (let node = 1; node < length && nested; node++) nested = value.array[node]! >= below[node]! * (1 - 1e-9);
  if (value.array[0]! > 0) nested &&= value.array[0]! >= below[0]! * (1 - 1e-9);
  if (!nested) builder.warn('Values are smaller than those below them: they are taken as what each function has of its own.');
  const stacks = new Int32Array(length).fill(-1);
  for (let node = 0; node < length; node++) {
    if (node % STRIDE === STRIDE - 1) {
      control.progress?.(node / length);
      await new Promise((resolve) => setTimeout(resolve, 0));
      control.signal?.throwIfAborted();
    }
    const above = node === 0 ? -1 : stacks[parent.array[node]!]!;
    const at = place.array[node]!;
    stacks[node] = at < 0 ? above : builder.stack(above, at);
    const own = nested ? value.array[node]! - below[node]! : value.array[node]!;
    if (own > value.array[node]! * 1e-9) builder.sample(stacks[node]!, [own]);
  }
}
