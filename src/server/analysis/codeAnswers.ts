/** Queries that the code in the editor needs, and their answers. */
import { type Span, spanTable } from '../../core/model/hotSpans.js';
import { type CallSite, lineCallers } from '../../core/model/lineCallers.js';
import { type LineSetFigures, lineSet } from '../../core/model/lineSet.js';
import { addNative } from '../../core/model/native.js';
import { type NativePart, nativeUse } from '../../core/model/nativeUse.js';
import { isSummed } from '../../core/model/summed.js';
import type { ViewParams } from '../../protocol/lsp.js';
import { keyOf, specOf, type Tables } from './tables.js';

/** Names that one file has in the profile, and recorded lines of it. */
interface OfFile {
  readonly view: ViewParams;
  readonly files: readonly string[];
}

export interface CodeQueries {
  /** Several lines together; all of the file's without `lines`. */
  lineSet: [OfFile & { readonly lines?: ReadonlySet<number> }, LineSetFigures];
  lineCallers: [OfFile & { readonly line: number }, readonly CallSite[]];
  /** What a function, or a line of these files, spent in compiled code that it called itself, largest first. */
  native: [
    { readonly view: ViewParams } & ({ readonly func: number } | { readonly files: readonly string[]; readonly line: number }),
    readonly NativePart[],
  ];
  /** Expressions with known columns. */
  spans: [OfFile, readonly Span[]];
  /** Self per file name, with compiled code that was called there, largest first, and the whole of the view. */
  fileSelf: [
    { readonly view: ViewParams },
    { readonly files: readonly { readonly file: string; readonly self: number }[]; readonly sum: number },
  ];
}

export const codeAnswers: { readonly [Q in keyof CodeQueries]: (tables: Tables, params: CodeQueries[Q][0]) => CodeQueries[Q][1] } = {
  lineSet: (tables, { view, files, lines }) => lineSet(tables.shown(view), specOf(view), files, lines),
  lineCallers: (tables, { view, files, line }) => lineCallers(tables.shown(view), specOf(view), files, line),
  native(tables, { view, ...place }) {
    const use = tables.table(keyOf('native', view), () => nativeUse(tables.shown(view), specOf(view), tables.of(view).weights));
    if (use === undefined) return [];
    return 'func' in place ? use.ofFunction(place.func) : place.files.flatMap((file) => use.ofLine(file, place.line));
  },
  spans(tables, { view, files }) {
    const table = tables.table(keyOf('spans', view), () => spanTable(tables.shown(view), specOf(view)));
    return files.flatMap((file) => table.get(file) ?? []);
  },
  fileSelf(tables, { view }) {
    const { self: own, sum } = tables.functions(view);
    const { functions, strings, lines } = tables.profile;
    const self = own.slice();
    if (!isSummed(tables.profile, view.type))
      addNative(tables.shown(view), tables.of(view).weights(), lines.func, { self, selfSamples: new Float64Array(self.length) });
    const ofFile = new Map<number, number>();
    for (let func = 0; func < functions.length; func++) {
      const file = functions.file[func]!;
      if (self[func] !== 0) ofFile.set(file, (ofFile.get(file) ?? 0) + self[func]!);
    }
    const files = Array.from(ofFile, ([file, own]) => ({ file: strings[file] ?? '', self: own }));
    return { files: files.sort((a, b) => b.self - a.self), sum };
  },
};
