import { type CallTree, callTree } from '../../core/model/callTree.js';
import { type FunctionTable, functionTable } from '../../core/model/functionTable.js';
import { libraryFlags } from '../../core/model/library.js';
import { type LineTable, lineTable } from '../../core/model/lines.js';
import type { Profile, ViewSpec } from '../../core/model/profile.js';
import { type SandwichSide, sandwichTree } from '../../core/model/sandwich.js';
import { shownKey, shownProfile } from '../../core/model/shown.js';
import type { FunctionRow, ViewParams } from '../../protocol/lsp.js';
import type { Figures } from './queries.js';

/** Derived tables kept per profile, and bytes that they may hold together; a table is remade when others pushed it out. */
const TABLES = 24;
const BYTES = 512 * 2 ** 20;
/** Frames from which on parts of a tree that no screen can show are not drawn, and what these parts are. */
const LARGE = 4_000_000;
const UNSEEN = 1e-5;

/** A profile with what was derived from it, made at first use. */
export class Tables {
  private readonly made = new Map<string, { readonly value: unknown; readonly bytes: number }>();
  private bytes = 0;

  constructor(readonly profile: Profile) {}

  /** The table `key`, made if it is not kept. */
  table<T>(key: string, make: () => T): T {
    let entry = this.made.get(key);
    if (entry === undefined) {
      const value = make();
      entry = { value, bytes: sizeOf(value) };
      this.bytes += entry.bytes;
    }
    // The map's order is the order of use: the first key is the one unused for longest.
    this.made.delete(key);
    this.made.set(key, entry);
    for (const [oldest, { bytes }] of this.made) {
      if (oldest === key || (this.made.size <= TABLES && this.bytes <= BYTES)) break;
      this.made.delete(oldest);
      this.bytes -= bytes;
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
    return this.table(keyOf('functions', view), () => functionTable(this.shown(view), specOf(view)));
  }

  lines(view: ViewParams): LineTable {
    return this.table(keyOf('lines', view), () => lineTable(this.shown(view), specOf(view)));
  }

  tree(view: ViewParams, inverted: boolean): CallTree {
    const justMyCode = view.justMyCode === true;
    return this.table(keyOf('tree', view, inverted, justMyCode), () =>
      callTree(this.shown(view), specOf(view), { inverted, justMyCode, minShare: this.unseen }),
    );
  }

  /** Callers or callees of one function. */
  sandwich(view: ViewParams, func: number, side: SandwichSide): CallTree {
    const justMyCode = view.justMyCode === true;
    return this.table(keyOf('sandwich', view, func, side, justMyCode), () =>
      sandwichTree(this.shown(view), specOf(view), func, side, { justMyCode, minShare: this.unseen }),
    );
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
