import { fileTree, type PartKind } from '../../core/model/fileTree.js';
import { type FlameFrame, layoutBoxes } from '../../core/model/flame.js';
import { packFrames } from '../../core/model/frameColumns.js';
import { isLibrary } from '../../core/model/library.js';
import { searchTest } from '../../core/model/search.js';
import type { FileRow } from '../../protocol/tabs.js';
import { functionPlace, functionsByFile } from './places.js';
import type { Queries } from './queries.js';
import { keyOf, type Tables } from './tables.js';
import { wayOf } from './treeLevels.js';

/** Most rows that one answer carries. */
const MAX_ROWS = 10_000;

/** A page of the files of a view, largest self first. */
export function fileList(tables: Tables, { view, search, offset, limit, find }: Queries['files'][0]): Queries['files'][1] {
  const { sum, perFunction } = tables.lines(view);
  const { rows } = tables.table(keyOf('files', view, view.justMyCode === true, search ?? ''), () => ({
    rows: rowsOf(tables, view, search ?? ''),
  }));
  const from = Math.max(0, Math.trunc(offset) || 0);
  const count = Math.min(MAX_ROWS, Math.max(0, Math.trunc(limit) || 0));
  const wanted = find === undefined ? undefined : functionPlace(tables, find);
  const at = wanted ? rows.findIndex(({ file }) => file === wanted.file) : -1;
  const line = wanted ? wanted.startLine || wanted.firstSeen : 0;
  return { rows: rows.slice(from, from + count), count: rows.length, total: sum, at, line, perFunction };
}

function rowsOf(tables: Tables, view: Queries['files'][0]['view'], search: string): FileRow[] {
  const test = search === '' ? undefined : searchTest(search);
  const rows: FileRow[] = [];
  for (const [file, lines] of tables.lines(view).files) {
    const library = isLibrary(file);
    if ((library && view.justMyCode === true) || (test && !test('', file))) continue;
    const self = lines.self.reduce((sum, own) => sum + own, 0);
    const total = lines.total.reduce((most, own) => Math.max(most, own), 0);
    rows.push({ file, self, total, lines: lines.line.length, library, func: functionsByFile(tables).get(file)?.[0] ?? -1 });
  }
  return rows.sort((a, b) => b.self - a.self || b.total - a.total || (a.file < b.file ? -1 : 1));
}

/** The function of each line of a file that was seen running, as pairs; where two share a line, the one met first. */
export function lineFunctions(tables: Tables, { file }: Queries['lineFunctions'][0]): Queries['lineFunctions'][1] {
  return tables.table(JSON.stringify(['lineFunctions', file]), () => {
    const own = new Set(functionsByFile(tables).get(file));
    const { lines } = tables.profile;
    const ofLine = new Map<number, number>();
    for (let i = 0; i < lines.length; i++) {
      if (own.has(lines.func[i]!) && !ofLine.has(lines.line[i]!)) ofLine.set(lines.line[i]!, lines.func[i]!);
    }
    for (const func of own) {
      const line = tables.profile.functions.startLine[func]!;
      if (line > 0 && !ofLine.has(line)) ofLine.set(line, func);
    }
    return [...ofLine];
  });
}

/** Boxes of the partition of self time by files. @throws UserError for a node that is not there */
export function fileBoxes(tables: Tables, { view, root, minFraction }: Queries['fileTree'][0]): Queries['fileTree'][1] {
  const { nodes, part } = tables.table(keyOf('fileTree', view), () => fileTree(tables.profile, tables.functions(view)));
  wayOf(nodes, root);
  const kinds = new Map<FlameFrame, PartKind>();
  const named = (number: number) => {
    const { frame, kind } = part(number);
    kinds.set(frame, kind);
    return frame;
  };
  const boxes = layoutBoxes(named, nodes, root, minFraction);
  return { ...boxes, frames: packFrames(boxes.frames), parts: boxes.frames.map((frame) => kinds.get(frame) ?? 'function') };
}
