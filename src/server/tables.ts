import { type CallTree, callTree } from '../core/model/callTree.js';
import { type FunctionTable, functionTable } from '../core/model/functionTable.js';
import { libraryFlags } from '../core/model/library.js';
import { type LineTable, lineTable } from '../core/model/lines.js';
import type { ViewSpec } from '../core/model/profile.js';
import type { FunctionRow, ViewParams } from '../protocol/lsp.js';
import type { OpenProfile } from './store.js';

/** What a view means to the model. Empty filters are none. */
export function specOf(view: ViewParams): ViewSpec {
  return {
    type: view.type,
    ...(view.thread === undefined ? {} : { thread: view.thread }),
    ...(view.focus ? { focus: view.focus } : {}),
    ...(view.ignore ? { ignore: view.ignore } : {}),
  };
}

const keyOf = (kind: string, view: ViewParams, ...more: unknown[]) => JSON.stringify([kind, specOf(view), ...more]);

export function functionsOf(opened: OpenProfile, view: ViewParams): FunctionTable {
  return opened.table(keyOf('functions', view), () => functionTable(opened.profile, specOf(view)));
}

export function linesOf(opened: OpenProfile, view: ViewParams): LineTable {
  return opened.table(keyOf('lines', view), () => lineTable(opened.profile, specOf(view)));
}

export function treeOf(opened: OpenProfile, view: ViewParams, inverted: boolean): CallTree {
  const justMyCode = view.justMyCode === true;
  return opened.table(keyOf('tree', view, inverted, justMyCode), () => callTree(opened.profile, specOf(view), { inverted, justMyCode }));
}

/** Flags (0/1) per function: not the user's own code. */
export function libraryOf(opened: OpenProfile): Uint8Array {
  return opened.table('library', () => libraryFlags(opened.profile));
}

/** Figures that stand in a row; by default the function's own. */
export interface Figures {
  readonly self: number;
  readonly total: number;
  readonly calls: number | null;
  readonly primitive: number | null;
}

export function rowOf(opened: OpenProfile, func: number, figures: Figures): FunctionRow {
  const { functions, strings } = opened.profile;
  return {
    func,
    name: strings[functions.name[func]!] ?? '',
    file: strings[functions.file[func]!] ?? '',
    line: functions.startLine[func]!,
    self: figures.self,
    total: figures.total,
    calls: figures.calls,
    primitive: figures.primitive,
    library: libraryOf(opened)[func] === 1,
  };
}

export function figuresOf(table: FunctionTable, func: number): Figures {
  return {
    self: table.self[func]!,
    total: table.total[func]!,
    calls: table.calls?.[func] ?? null,
    primitive: table.primitive?.[func] ?? null,
  };
}
