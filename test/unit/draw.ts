import { ProfileBuilder } from '../../src/core/model/builder.js';
import type { CallTree } from '../../src/core/model/callTree.js';
import { childrenOf } from '../../src/core/model/callTree.js';
import type { Profile } from '../../src/core/model/profile.js';

export interface DrawOptions {
  /** One per column; 1 by default. */
  readonly weights?: readonly (number | bigint)[];
  readonly threads?: readonly string[];
  readonly unit?: string;
  /** Give the stacks whole and leaf first, as pprof does, and not as a tree. */
  readonly whole?: boolean;
}

/**
 * Makes a profile from text: each column is a sample, root on top. A frame is `name`, `name@file`, `name@file:line` or
 * `name@file:line/start`; `inner<outer` is one location with an inlined call; `.` leaves a place empty.
 */
export function draw(text: string, options: DrawOptions = {}): Profile {
  const rows = text
    .split('\n')
    .map((row) => row.trim())
    .filter((row) => row !== '')
    .map((row) => row.split(/\s+/));
  const samples = rows[0]!.map((_, column) => rows.map((row) => row[column] ?? '.').filter((frame) => frame !== '.'));
  const builder = new ProfileBuilder('drawn');
  builder.valueType({ type: 'time', unit: options.unit ?? 'count' });
  const locations = new Map<string, number>();
  const location = (frame: string): number => {
    const known = locations.get(frame);
    if (known !== undefined) return known;
    const parts = frame.split('<').map((part) => {
      const [, name, file = 'main.py', line = '1', start = '1'] = /^([^@]+)(?:@([^:]+)(?::(\d+)(?:\/(\d+))?)?)?$/.exec(part)!;
      return { func: builder.func(builder.string(name!), 0, builder.string(file), Number(start)), line: Number(line) };
    });
    const funcs = parts.map(({ func }) => func);
    const lines = parts.map(({ line }) => line);
    const made = parts.length === 1 ? builder.place(funcs[0]!, lines[0]!) : builder.location(-1, 0n, funcs, lines);
    locations.set(frame, made);
    return made;
  };
  samples.forEach((frames, index) => {
    const value = options.weights?.[index] ?? 1;
    const thread = options.threads === undefined ? -1 : builder.thread(options.threads[index]!);
    const places = frames.map(location);
    if (options.whole) builder.sampleFrames(places.toReversed(), places.length, [value], thread);
    else {
      let stack = -1;
      for (const place of places) stack = builder.stack(stack, place);
      builder.sample(stack, [value], thread);
    }
  });
  return builder.finish();
}

/** Functions, lines or nodes by name. */
export function nameOf(profile: Profile, func: number): string {
  return profile.strings[profile.functions.name[func]!]!;
}

/** `name self/total` per function, in the order of the table. */
export function asTable(profile: Profile, self: ArrayLike<number>, total: ArrayLike<number>): Record<string, string> {
  const rows: Record<string, string> = {};
  for (let func = 0; func < profile.functions.length; func++) rows[nameOf(profile, func)] = `${self[func]}/${total[func]}`;
  return rows;
}

/** A tree as indented text: `name self/total`. */
export function asTree(profile: Profile, tree: CallTree): string[] {
  const lines: string[] = [];
  const round = (value: number) => Math.round(value * 1000) / 1000;
  const visit = (node: number, indent: string) => {
    lines.push(`${indent}${nameOf(profile, tree.func[node]!)} ${round(tree.self[node]!)}/${round(tree.total[node]!)}`);
    for (const child of childrenOf(tree, node)) visit(child, `${indent}  `);
  };
  for (const root of childrenOf(tree, -1)) visit(root, '');
  return lines;
}

export interface Figures {
  readonly calls: number;
  readonly primitive?: number;
  readonly self: number;
  readonly total: number;
}

/** A profile of call counts, as cProfile writes them: functions by name, edges as `caller>callee`. Time in seconds. */
export function drawCalls(functions: Readonly<Record<string, Figures>>, edges: Readonly<Record<string, Figures>>): Profile {
  const builder = new ProfileBuilder('drawn');
  const calls = builder.valueType({ type: 'calls', unit: 'count' });
  const time = builder.valueType({ type: 'time', unit: 'seconds' });
  builder.callTypes(calls, time);
  builder.set({ defaultType: time });
  const func = (place: string) => {
    const [name, file = 'main.py'] = place.split('@') as [string, string?];
    return builder.func(builder.string(name), 0, builder.string(file), 1);
  };
  for (const [name, figures] of Object.entries(functions)) {
    builder.functionCalls(func(name), figures.calls, figures.primitive ?? figures.calls, figures.self, figures.total);
  }
  for (const [ends, figures] of Object.entries(edges)) {
    const [caller, callee] = ends.split('>') as [string, string];
    builder.edge(func(caller), func(callee), figures.calls, figures.primitive ?? figures.calls, figures.self, figures.total);
  }
  return builder.finish();
}
