import type { ProfileBuilder } from '../../model/builder.js';
import type { JfrPools } from './pools.js';

/** Java's names of types in descriptors. */
const SHORT: Readonly<Record<string, string>> = {
  B: 'byte',
  C: 'char',
  D: 'double',
  F: 'float',
  I: 'int',
  J: 'long',
  S: 'short',
  Z: 'boolean',
};

/** The address of a hidden class, which is another one in each run, as the JDK and async-profiler write it. */
const HIDDEN = /(?:\+0x[0-9a-f]{1,16}\/\d{1,20}|[.+]0x[0-9a-f]{8,16})$/;

/** What async-profiler says of native code, which it keeps as methods of no class or of a class that is a library. */
const NATIVE = '()L;';

/** Turns a chunk's stacks and threads into the builder's, each once. */
export class JfrStacks {
  /** Whether a stack was used that the recorder had cut. */
  truncated = false;
  private readonly known = new Map<number, number>();
  private readonly threads = new Map<number, number>();
  private readonly functions = new Map<number, number>();

  constructor(
    private readonly pools: JfrPools,
    private readonly builder: ProfileBuilder,
  ) {}

  /** -1 for the key of no stack. */
  stack(key: number): number {
    let found = this.known.get(key);
    if (found !== undefined) return found;
    found = -1;
    const rows = this.pools.stacks.get(key);
    if (rows !== undefined) {
      if (rows.truncated) this.truncated = true;
      const { method, line } = this.pools;
      for (let row = rows.end - 1; row >= rows.first; row--) {
        const func = this.func(method.array[row]!);
        found = this.builder.stack(found, this.builder.place(func, line.array[row]!));
      }
    }
    this.known.set(key, found);
    return found;
  }

  thread(key: number): number {
    let found = this.threads.get(key);
    if (found !== undefined) return found;
    const thread = this.pools.threads.get(key);
    const name = this.pools.text(thread?.java) || this.pools.text(thread?.system);
    found = name === '' ? -1 : this.builder.thread(name);
    this.threads.set(key, found);
    return found;
  }

  private func(key: number): number {
    const known = this.functions.get(key);
    if (known !== undefined) return known;
    const { pools, builder } = this;
    const method = pools.methods.get(key);
    const owner = method === undefined ? '' : pools.symbol(pools.classes.get(method.type) ?? 0);
    const name = method === undefined ? '(unknown)' : pools.symbol(method.name);
    const descriptor = method === undefined ? '' : pools.symbol(method.descriptor);
    const func =
      owner === '' || descriptor === NATIVE
        ? builder.func(builder.string(name), builder.string(name), builder.string(owner), 0)
        : this.javaFunc(owner, name, descriptor);
    this.functions.set(key, func);
    return func;
  }

  private javaFunc(owner: string, name: string, descriptor: string): number {
    const { builder } = this;
    const parameters = parametersOf(descriptor);
    const shown = `${owner.replace(HIDDEN, '').replaceAll('/', '.')}.${name}${parameters === undefined ? '' : `(${parameters})`}`;
    const system = `${owner.replaceAll('/', '.')}.${name}${descriptor}`;
    return builder.func(builder.string(shown), builder.string(system), builder.string(fileOf(owner)), 0);
  }
}

/** `java/util/Map$Entry` stands in java/util/Map.java; hidden classes (lambdas) in that of the class around them. */
function fileOf(owner: string): string {
  const named = owner.split(/[$+]/, 1)[0]!;
  return /(?:^|\/)$/.test(named) ? '' : `${named.replaceAll('.', '/')}.java`;
}

/** `(I[Ljava/lang/String;)V` → `int, String[]`; undefined for what is no descriptor. */
function parametersOf(descriptor: string): string | undefined {
  const close = descriptor.indexOf(')');
  if (!descriptor.startsWith('(') || close < 0) return undefined;
  const parts: string[] = [];
  for (let at = 1; at < close; ) {
    let dimensions = 0;
    for (; descriptor[at] === '['; at++) dimensions++;
    let name: string | undefined;
    if (descriptor[at] === 'L') {
      const end = descriptor.indexOf(';', at);
      if (end < 0 || end > close) return undefined;
      const whole = descriptor.slice(at + 1, end);
      name = whole.slice(whole.lastIndexOf('/') + 1);
      at = end + 1;
    } else name = SHORT[descriptor[at++] ?? ''];
    if (name === undefined || dimensions > 255) return undefined;
    parts.push(name + '[]'.repeat(dimensions));
  }
  return parts.join(', ');
}
