import type { ProfileBuilder } from '../../model/builder.js';
import type { JsonCursor } from '../json/cursor.js';

/** A function as V8's inspector describes it: its row in the builder, and where it begins (1-based, 0 unknown). */
export interface CallFrame {
  readonly func: number;
  readonly line: number;
  readonly column: number;
}

/** Stands at the root of every V8 stack and is no function. */
const ROOT = '(root)';
const NOTHING: CallFrame = { func: -1, line: 0, column: 0 };

/**
 * Reads V8's `Runtime.CallFrame` objects: `{functionName, scriptId, url, lineNumber, columnNumber}`, numbers 0-based
 * (https://chromedevtools.github.io/devtools-protocol/tot/Runtime/#type-CallFrame). Gives func -1 for the root.
 */
export class CallFrames {
  private readonly names;
  private readonly files;
  private readonly root: number;

  constructor(
    private readonly json: JsonCursor,
    private readonly builder: ProfileBuilder,
  ) {
    this.names = json.table((text) => builder.string(text === '' ? '(anonymous)' : text));
    this.files = json.table((text) => builder.string(pathOf(text)));
    this.root = builder.string(ROOT);
  }

  read(): CallFrame {
    const { json, builder } = this;
    if (!json.object()) return NOTHING;
    let name = -1;
    let file = 0;
    let line = -1;
    let column = -1;
    while (json.nextKey()) {
      if (json.key === 'functionName') name = json.interned(this.names);
      else if (json.key === 'url') file = Math.max(0, json.interned(this.files));
      else if (json.key === 'lineNumber') line = json.number();
      else if (json.key === 'columnNumber') column = json.number();
    }
    if (name === this.root) return NOTHING;
    if (name < 0) name = builder.string('(anonymous)');
    // V8's own entries, (idle) and the like, are at line -1.
    const known = line >= 0 ? line + 1 : 0;
    return { func: builder.func(name, name, file, known), line: known, column: known > 0 && column >= 0 ? column + 1 : 0 };
  }
}

/** The path of a file: address; other addresses stay. */
export function pathOf(url: string): string {
  if (!url.startsWith('file://')) return url;
  let path = url.slice('file://'.length).replace(/^localhost(?=\/)/i, '');
  try {
    path = decodeURIComponent(path);
  } catch {
    // Half an escape: the address stays as it is.
  }
  if (/^\/[A-Za-z]:/.test(path)) return path.slice(1);
  // file://server/share is Windows' way to name another machine.
  return path.startsWith('/') ? path : `//${path}`;
}
