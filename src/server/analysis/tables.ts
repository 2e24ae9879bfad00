import { type CallTree, callTree } from '../../core/model/callTree.js';
import { type FunctionTable, functionTable } from '../../core/model/functionTable.js';
import { libraryFlags } from '../../core/model/library.js';
import { type LineTable, lineTable } from '../../core/model/lines.js';
import type { Profile, ViewSpec } from '../../core/model/profile.js';
import type { FunctionRow, ViewParams } from '../../protocol/lsp.js';
import type { Figures } from './queries.js';

/** Derived tables kept per profile; a table is remade when others pushed it out. */
const TABLES = 24;

/** A profile with what was derived from it, made at first use. */
export class Tables {
  private readonly made = new Map<string, unknown>();

  constructor(readonly profile: Profile) {}

  /** The table `key`, made if it is not kept. */
  table<T>(key: string, make: () => T): T {
    const value = (this.made.has(key) ? this.made.get(key) : make()) as T;
    // The map's order is the order of use: the first key is the one unused for longest.
    this.made.delete(key);
    this.made.set(key, value);
    for (const oldest of this.made.keys()) {
      if (this.made.size <= TABLES) break;
      this.made.delete(oldest);
    }
    return value;
  }

  functions(view: ViewParams): FunctionTable {
    return this.table(keyOf('functions', view), () => functionTable(this.profile, specOf(view)));
  }

  lines(view: ViewParams): LineTable {
    return this.table(keyOf('lines', view), () => lineTable(this.profile, specOf(view)));
  }

  tree(view: ViewParams, inverted: boolean): CallTree {
    const justMyCode = view.justMyCode === true;
    return this.table(keyOf('tree', view, inverted, justMyCode), () => callTree(this.profile, specOf(view), { inverted, justMyCode }));
  }

  /** Flags (0/1) per function: not the user's own code. */
  library(): Uint8Array {
    return this.table('library', () => libraryFlags(this.profile));
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

/** What a view means to the model. Empty filters are none. */
export function specOf(view: ViewParams): ViewSpec {
  return {
    type: view.type,
    ...(view.thread === undefined ? {} : { thread: view.thread }),
    ...(view.focus ? { focus: view.focus } : {}),
    ...(view.ignore ? { ignore: view.ignore } : {}),
  };
}

export function keyOf(kind: string, view: ViewParams, ...more: unknown[]): string {
  return JSON.stringify([kind, specOf(view), ...more]);
}

export function figuresOf(table: FunctionTable, func: number): Figures {
  return {
    self: table.self[func]!,
    total: table.total[func]!,
    calls: table.calls?.[func] ?? null,
    primitive: table.primitive?.[func] ?? null,
  };
}
