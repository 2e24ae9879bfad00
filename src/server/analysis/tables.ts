import { callTree } from '../../core/model/callTree.js';
import { type FunctionTable, functionTable } from '../../core/model/functionTable.js';
import { libraryFlags } from '../../core/model/library.js';
import { type LineTable, lineTable } from '../../core/model/lines.js';
import type { Profile, ViewSpec } from '../../core/model/profile.js';
import { type SandwichSide, sandwichShape, sandwichTree } from '../../core/model/sandwich.js';
import { shownKey, shownProfile } from '../../core/model/shown.js';
import { isSummed } from '../../core/model/summed.js';
import { columnNodes, type TreeNodes } from '../../core/model/treeNodes.js';
import { type FunctionStacks, foldedLibrary, functionStacks, type TreeShape, treeShape } from '../../core/model/treeShape.js';
import { type Weights, weigh } from '../../core/model/weights.js';
import type { FunctionRow, ViewParams } from '../../protocol/lsp.js';
import type { Figures } from './queries.js';

/** Derived tables kept per profile, and bytes that they may hold together; a table is remade when others pushed it out. */
const TABLES = 48;
const BYTES = 512 * 2 ** 20;
/** Frames from which on parts of a tree that no screen can show are not drawn, and what these parts are. */
const LARGE = 4_000_000;
const UNSEEN = 1e-5;

/** What knows how many bytes it holds: they may become more while it is looked at. */
interface Sized {
  readonly bytes: number;
}

/** A profile with what was derived from it, made at first use. */
export class Tables {
  private readonly made = new Map<string, Sized & { readonly value: unknown }>();

  constructor(readonly profile: Profile) {}

  /** The table `key`, made if it is not kept. */
  table<T>(key: string, make: () => T): T {
    const entry = this.made.get(key) ?? kept(make());
    // The map's order is the order of use: the first key is the one unused for longest.
    this.made.delete(key);
    this.made.set(key, entry);
    let held = 0;
    for (const { bytes } of this.made.values()) held += bytes;
    for (const [oldest, { bytes }] of this.made) {
      if (oldest === key || (this.made.size <= TABLES && held <= BYTES)) break;
      this.made.delete(oldest);
      held -= bytes;
    }
    return entry.value as T;
  }

  /** The profile that a view is of: without the frames that it hides or merges. */
  shown(view: ViewParams): Profile {
    const key = shownKey(view);
    return key.every((filter) => filter === '')
      ? this.profile
      : this.table(JSON.stringify(['shown', key]), () => shownProfile(this.profile, view));
  }

  functions(view: ViewParams): FunctionTable {
    return this.table(keyOf('functions', view), () => functionTable(this.shown(view), specOf(view), () => this.weights(view)));
  }

  lines(view: ViewParams): LineTable {
    return this.table(keyOf('lines', view), () => lineTable(this.shown(view), specOf(view), () => this.weights(view)));
  }

  tree(view: ViewParams, inverted: boolean): TreeNodes {
    const justMyCode = view.justMyCode === true;
    const key = keyOf('tree', view, inverted, justMyCode);
    if (isSummed(this.profile, view.type))
      return columnNodes(this.table(key, () => callTree(this.shown(view), specOf(view), { inverted, justMyCode, minShare: this.unseen })));
    const library = justMyCode ? foldedLibrary(this.profile) : undefined;
    return this.drawn(key, view, ['shape', inverted, justMyCode], () =>
      treeShape(this.shown(view), this.stacks(view, library, justMyCode), inverted),
    );
  }

  /** Callers or callees of one function. */
  sandwich(view: ViewParams, func: number, side: SandwichSide): TreeNodes {
    const justMyCode = view.justMyCode === true;
    const key = keyOf('sandwich', view, func, side, justMyCode);
    if (isSummed(this.profile, view.type)) {
      const options = { justMyCode, minShare: this.unseen };
      return columnNodes(this.table(key, () => sandwichTree(this.shown(view), specOf(view), func, side, options)));
    }
    const library = justMyCode ? foldedLibrary(this.profile, func) : undefined;
    const folding = justMyCode && this.library()[func] === 1 ? func : justMyCode;
    return this.drawn(key, view, ['sandwichShape', func, side, justMyCode], () =>
      sandwichShape(this.shown(view), this.stacks(view, library, folding), func, side),
    );
  }

  /** A tree of a view on what it shares with the trees of other views. */
  private drawn(key: string, view: ViewParams, shape: readonly unknown[], make: () => TreeShape): TreeNodes {
    const shapeKey = JSON.stringify([...shape, ...shownKey(view)]);
    const tree = this.table(key, () => this.table(shapeKey, make).weigh(this.weights(view), this.unseen));
    // What others share is the last to go.
    this.table(shapeKey, make);
    return tree;
  }

  /** Stacks as functions. @param folding tells apart which library frames are folded */
  private stacks(view: ViewParams, library: Uint8Array | undefined, folding: unknown): FunctionStacks {
    return this.table(JSON.stringify(['stacks', folding, ...shownKey(view)]), () => functionStacks(this.shown(view), library));
  }

  /** The tables of a view, for what is made of several. */
  of(view: ViewParams) {
    return { weights: () => this.weights(view), functions: () => this.functions(view), lines: () => this.lines(view) };
  }

  private weights(view: ViewParams): Weights {
    return this.table(keyOf('weights', view), () => weigh(this.shown(view), specOf(view)));
  }

  /** Share of a tree that no screen can show and that is left out of large ones. */
  private get unseen(): number {
    return (this.profile.frames?.location.length ?? this.profile.stacks.length) > LARGE ? UNSEEN : 0;
  }

  /** Flags (0/1) per function: not the user's own code. */
  library(): Uint8Array {
    return libraryFlags(this.profile);
  }

  row(func: number, figures: Figures): FunctionRow {
    const { functions, strings } = this.profile;
    return {
      func,
      name: strings[functions.name[func]!] ?? '',
      file: strings[functions.file[func]!] ?? '',
      line: functions.startLine[func]!,
      self: figures.self,
      total: figures.total,
      calls: figures.calls,
      primitive: figures.primitive,
      library: this.library()[func] === 1,
    };
  }
}

/** A table with the bytes that it holds: those it tells, or else, measured once, those of its columns. */
function kept(value: unknown): Sized & { readonly value: unknown } {
  if (!isSized(value)) return { value, bytes: sizeOf(value) };
  return {
    value,
    get bytes() {
      return value.bytes;
    },
  };
}

function isSized(value: unknown): value is Sized {
  return typeof value === 'object' && value !== null && 'bytes' in value && typeof value.bytes === 'number';
}

/** Bytes of the columns that a table holds, itself or in lists and objects of it. */
function sizeOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.buffer.byteLength;
  if (typeof value !== 'object' || value === null || (Array.isArray(value) && typeof value[0] !== 'object')) return 0;
  let bytes = 0;
  for (const inner of value instanceof Map ? value.values() : Object.values(value)) if (typeof inner === 'object') bytes += sizeOf(inner);
  return bytes;
}

/** What a view means to the model. Empty filters are none. */
export function specOf(view: ViewParams): ViewSpec {
  return {
    type: view.type,
    ...(view.thread === undefined ? {} : { thread: view.thread }),
    ...(view.focus ? { focus: view.focus } : {}),
    ...(view.ignore ? { ignore: view.ignore } : {}),
    ...(view.tagFocus ? { tagFocus: view.tagFocus } : {}),
    ...(view.tagIgnore ? { tagIgnore: view.tagIgnore } : {}),
    ...(view.range ? { range: view.range } : {}),
    ...(view.scope ? { scope: view.scope } : {}),
  };
}

export function keyOf(kind: string, view: ViewParams, ...more: unknown[]): string {
  return JSON.stringify([kind, specOf(view), ...shownKey(view), ...more]);
}

export function figuresOf(table: FunctionTable, func: number): Figures {
  return {
    self: table.self[func]!,
    total: table.total[func]!,
    calls: table.calls?.[func] ?? null,
    primitive: table.primitive?.[func] ?? null,
  };
}
