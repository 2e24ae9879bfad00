import { t } from '../../core/l10n.js';
import type { Comparison } from '../../core/model/compare.js';
import { wholeNoise } from '../../core/model/compare.js';
import { type ComparedLine, sideLines } from '../../core/model/compareLines.js';
import { diffLayout } from '../../core/model/diffTree.js';
import { packFrames } from '../../core/model/frameColumns.js';
import { type HeatLine, heatLines } from '../../core/model/heat.js';
import { isLibrary, libraryFlags } from '../../core/model/library.js';
import { identityMap } from '../../core/model/lineMap.js';
import { searchTest } from '../../core/model/search.js';
import { byChange, functionsByChange, movedText, placeOf } from '../../core/report/diff.js';
import type { Change, ComparedFunctionRow, CompareSort, LineChange } from '../../protocol/compare.js';
import { basisOf, doubts } from './doubts.js';
import type { ComparisonQueries } from './queries.js';
import type { ComparisonTables } from './tables.js';
import { comparedLevel, comparedPath } from './treeRows.js';

/** Most rows that one answer carries, and the narrowest boxes. */
const MAX_ROWS = 10_000;
const NARROWEST = 1e-5;

type Answers = {
  readonly [Q in keyof ComparisonQueries]: (tables: ComparisonTables, params: ComparisonQueries[Q][0]) => ComparisonQueries[Q][1];
};

/** How each query about a comparison is answered: plain functions of its tables. */
export const comparisonAnswers: Answers = {
  summary(tables, looked) {
    const comparison = tables.comparison(looked);
    const { type, base, next, functions } = comparison;
    const shows = tables.shows(looked);
    let changed = 0;
    let clear = 0;
    for (let row = 0; row < functions.length; row++) {
      if (!shows(row)) continue;
      const change = functionChange(comparison, row);
      if (isChanged(change)) changed++;
      if (isClear(change)) clear++;
    }
    const whole = ({ sum, samples, runs }: typeof base) => ({ sum, samples: samples ?? null, runs });
    return {
      type: { type: type.type, unit: type.unit },
      base: whole(base),
      new: whole(next),
      noise: known(wholeNoise(comparison)),
      changed,
      clear,
      basis: basisOf(comparison),
      warnings: doubts(comparison),
    };
  },
  functions(tables, params) {
    const { search = '', sort, descending, clearOnly } = params;
    const comparison = tables.comparison(params);
    const key = JSON.stringify(['order', params.view, params.normalize, search, sort, descending, clearOnly === true]);
    const order = tables.table(key, () => {
      const test = search === '' ? undefined : searchTest(search);
      const shows = tables.shows(params);
      const rows = functionsByChange(comparison).filter((row) => {
        if (!shows(row)) return false;
        const { name, file } = placeOf(comparison, row);
        return (test === undefined || test(name, file)) && (clearOnly !== true || isClear(functionChange(comparison, row)));
      });
      return sorted(comparison, rows, sort, descending);
    });
    return { rows: page(order, params).map((row) => functionRow(tables, comparison, row)), count: order.length };
  },
  lines(tables, params) {
    const { search = '', clearOnly } = params;
    const key = JSON.stringify(['line order', params.view, params.normalize, search, clearOnly === true]);
    const ownOnly = params.view.justMyCode === true;
    const found = tables.table(key, () => {
      const test = search === '' ? undefined : searchTest(search);
      const lines = tables.lines(params);
      if (test === undefined && clearOnly !== true && !ownOnly) return byChange(lines);
      const own = new Map<string, boolean>();
      const isOwn = (file: string) => {
        if (!own.has(file)) own.set(file, !isLibrary(file));
        return own.get(file) === true;
      };
      return byChange(
        lines.filter(
          (line) =>
            (test === undefined || test('', line.file)) &&
            (clearOnly !== true || isClear(lineChange(line))) &&
            (!ownOnly || isOwn(line.file)),
        ),
      );
    });
    const funcs = tables.table('funcs of files', () => funcsOfFiles(tables));
    const rows = page(found, params).map((line) => ({
      ...lineChange(line),
      file: line.file,
      line: line.line,
      note: lineNote(line),
      func: line.isGone ? -1 : (funcs.get(line.file) ?? -1),
    }));
    return { rows, count: found.length };
  },
  flame(tables, params) {
    const comparison = tables.comparison(params);
    const tree = tables.tree(params, params.inverted === true, params.widths);
    const fraction = Number.isFinite(params.minFraction) ? Math.max(NARROWEST, params.minFraction) : NARROWEST;
    const { nextSelf, nextTotal, noise, ...layout } = diffLayout(comparison, tree, params.root, fraction);
    const { own } = tables;
    const frames = layout.frames.map((frame) => (frame.func < 0 ? frame : { ...frame, func: own[frame.func]! }));
    return { ...layout, frames: packFrames(frames), newSelf: nextSelf, newTotal: nextTotal, noise: noise.map(known) };
  },
  tree: comparedLevel,
  treePath: comparedPath,
  changes(tables, { funcs, ...looked }) {
    const comparison = tables.comparison(looked);
    const rows = tables.rowsByFunction(looked);
    return funcs.map((func) => ((rows[func] ?? -1) < 0 ? null : functionChange(comparison, rows[func]!)));
  },
  fileLines(tables, { files, ...looked }) {
    const wanted = new Set(files);
    const found = new Map<number, LineChange>();
    for (const line of tables.lines(looked)) {
      if (!line.isGone && wanted.has(line.file)) found.set(line.line, { line: line.line, ...lineChange(line) });
    }
    return [...found.values()];
  },
  baseLines(tables, { files, ...looked }) {
    const comparison = tables.comparison(looked);
    const { scale, sum } = comparison.base;
    const { table } = tables.table(JSON.stringify(['base lines', looked]), () => sideLines(comparison, comparison.base));
    const own = files.flatMap((file) => table.files.get(file) ?? []);
    return heatLines({ sum: sum / scale, perFunction: table.perFunction }, own, identityMap).map(
      (line): HeatLine => ({ ...line, self: line.self * scale, total: line.total * scale }),
    );
  },
  files({ base, next, pairing }) {
    return Array.from(pairing.nextFileOf, ([mine, theirs]) => [base.profile.strings[mine]!, next.profile.strings[theirs]!] as const);
  },
  moved(tables, files) {
    tables.setMoved(new Map(files));
    return null;
  },
};

/** NaN does not travel. */
function known(noise: number): number | null {
  return Number.isNaN(noise) ? null : noise;
}

function functionChange({ functions: { baseSelf, baseTotal, nextSelf, nextTotal, noise, totalNoise } }: Comparison, row: number): Change {
  return {
    base: { self: baseSelf[row]!, total: baseTotal[row]! },
    new: { self: nextSelf[row]!, total: nextTotal[row]! },
    noise: { self: known(noise[row]!), total: known(totalNoise[row]!) },
  };
}

function lineChange(line: ComparedLine): Change {
  return {
    base: { self: line.baseSelf, total: line.baseTotal },
    new: { self: line.nextSelf, total: line.nextTotal },
    noise: { self: known(line.noise), total: known(line.totalNoise) },
  };
}

function isChanged({ base, new: next }: Change): boolean {
  return base.self !== next.self || base.total !== next.total;
}

/** The change of self, or of the total, is more than noise. */
function isClear({ base, new: next, noise }: Change): boolean {
  return (['self', 'total'] as const).some((kind) => Math.abs(next[kind] - base[kind]) > (noise[kind] ?? 0));
}

function functionRow(tables: ComparisonTables, comparison: Comparison, row: number): ComparedFunctionRow {
  const { functions, base, next } = comparison;
  const func = functions.next[row]!;
  const library = func < 0 ? libraryFlags(base.profile)[functions.base[row]!]! : libraryFlags(next.profile)[func]!;
  return {
    ...functionChange(comparison, row),
    ...placeOf(comparison, row),
    func: func < 0 ? -1 : tables.own[func]!,
    note: movedText(comparison, row),
    library: library === 1,
  };
}

/** Rows that stand by change, in another order where one is asked for; on a draw they stay as they are. */
function sorted(comparison: Comparison, byChange: number[], sort: CompareSort, descending: boolean): number[] {
  const { baseSelf, baseTotal, nextSelf, nextTotal } = comparison.functions;
  const by = (key: (row: number) => number) => byChange.sort((a, b) => (descending ? key(b) - key(a) : key(a) - key(b)));
  switch (sort) {
    case 'self':
      return descending ? byChange : byChange.reverse();
    case 'total':
      return by((row) => Math.abs(nextTotal[row]! - baseTotal[row]!));
    case 'baseSelf':
      return by((row) => baseSelf[row]!);
    case 'newSelf':
      return by((row) => nextSelf[row]!);
    case 'baseTotal':
      return by((row) => baseTotal[row]!);
    case 'newTotal':
      return by((row) => nextTotal[row]!);
    case 'name':
    case 'file': {
      const { compare } = new Intl.Collator('en', { numeric: true });
      const texts = new Map(byChange.map((row) => [row, placeOf(comparison, row)]));
      const text = (row: number) => texts.get(row)![sort];
      return byChange.sort((a, b) => (descending ? compare(text(b), text(a)) : compare(text(a), text(b))));
    }
  }
}

function lineNote({ isGone, wasFile, wasLine, file, line }: ComparedLine): string {
  if (isGone) return t('gone');
  if (wasLine === 0) return t('new');
  const name = (path: string) => path.split(/[\\/]/).at(-1)!;
  if (name(wasFile) !== name(file)) return t('was in {0}:{1}', name(wasFile), wasLine);
  return wasLine === line ? '' : t('was line {0}', wasLine);
}

/** Any function of the first new run in each file. */
function funcsOfFiles({ next, own }: ComparisonTables): Map<string, number> {
  const { functions, strings } = next.profile;
  const found = new Map<string, number>();
  for (let func = 0; func < functions.length; func++) {
    const file = strings[functions.file[func]!]!;
    if (own[func]! >= 0 && !found.has(file)) found.set(file, own[func]!);
  }
  return found;
}

function page<T>(rows: readonly T[], { offset, limit }: { readonly offset: number; readonly limit: number }): T[] {
  const from = Math.max(0, Math.trunc(offset) || 0);
  return rows.slice(from, from + Math.min(MAX_ROWS, Math.max(0, Math.trunc(limit) || 0)));
}
