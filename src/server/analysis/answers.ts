import path from 'node:path';
import { UserError } from '../../core/errors.js';
import { formats } from '../../core/formats/index.js';
import { type FlameLayout, flameLayout } from '../../core/model/flame.js';
import { packFrames } from '../../core/model/frameColumns.js';
import type { FunctionTable } from '../../core/model/functionTable.js';
import { labelTotals } from '../../core/model/labelTotals.js';
import { lineCallees } from '../../core/model/lineCallees.js';
import { calleesOf, callersOf } from '../../core/model/neighbours.js';
import { searchFunctions, totalOf } from '../../core/model/search.js';
import { measured } from '../../core/model/states.js';
import { isSummed } from '../../core/model/summed.js';
import { packProfile } from '../../core/model/transport.js';
import type { FlameColumns } from '../../protocol/lsp.js';
import { writeWhole } from '../atomic.js';
import { codeAnswers } from './codeAnswers.js';
import { factsOf } from './facts.js';
import { fileBoxes, fileList, lineFunctions } from './fileList.js';
import { functionList } from './functionList.js';
import { definitions, functionPlace } from './places.js';
import type { FunctionFigures, Queries } from './queries.js';
import { figuresOf, specOf, type Tables } from './tables.js';
import { timelineColumns, timelineOverview } from './timelineAnswers.js';
import { treeLevel, treePath, wayOf } from './treeLevels.js';
import { waitAnswers } from './waitAnswers.js';

/** Narrower boxes are no use to any screen, and would make the answer large. */
const NARROWEST = 1e-5;

type Answers = { readonly [Q in keyof Queries]: (tables: Tables, params: Queries[Q][0]) => Queries[Q][1] | Promise<Queries[Q][1]> };

/** How each query is answered: plain functions of the profile and its tables. */
export const answers: Answers = {
  ...codeAnswers,
  ...waitAnswers,
  facts: (tables) => factsOf(tables.profile),
  functions: functionList,
  rows(tables, { view, funcs }) {
    const table = tables.functions(view);
    return funcs.map((func) => tables.row(func, figuresOf(table, func)));
  },
  figures(tables, { view, funcs }) {
    const table = tables.functions(view);
    return { figures: funcs.map((func) => functionFigures(tables, table, view.type, func)), sum: table.sum };
  },
  label: (tables, { view, key }) => labelTotals(tables.profile, specOf(view), key),
  callers: (tables, { view, func }) => callersOf(tables.shown(view), specOf(view), func).map((one) => tables.row(one.func, one)),
  callees: (tables, { view, func }) => calleesOf(tables.shown(view), specOf(view), func).map((one) => tables.row(one.func, one)),
  lineCallees: (tables, { view, files, line }) =>
    lineCallees(tables.shown(view), specOf(view), files, line).map(({ func, total }) =>
      tables.row(func, { self: 0, total, calls: null, primitive: null }),
    ),
  lines(tables, { view, files }) {
    const table = tables.lines(view);
    return { files: files.flatMap((name) => table.files.get(name) ?? []), sum: table.sum, perFunction: table.perFunction };
  },
  tree: treeLevel,
  treePath,
  flame(tables, { view, root, minFraction, inverted, part }) {
    const tree = tables.tree(view, inverted);
    wayOf(tree, root);
    const within = part && { ...part, minFraction: fractionOf(part.minFraction) };
    return sent(flameLayout(tables.profile, tree, root, fractionOf(minFraction), within));
  },
  sandwich(tables, { view, func, side, root, minFraction }) {
    const tree = tables.sandwich(view, func, side);
    if (tree.countChildren(undefined) > 0) wayOf(tree, root);
    return { ...sent(flameLayout(tables.profile, tree, root, fractionOf(minFraction))), whole: tree.sum };
  },
  files: fileList,
  lineFunctions,
  fileTree: (tables, params) => fileBoxes(tables, { ...params, minFraction: fractionOf(params.minFraction) }),
  search(tables, { view, search }) {
    const funcs = searchFunctions(tables.profile, search);
    return { total: totalOf(tables.shown(view), specOf(view), funcs), funcs };
  },
  timeline: timelineOverview,
  timelineBoxes: timelineColumns,
  definitions: (tables, { files }) => definitions(tables, files),
  place: (tables, { func }) => functionPlace(tables, func),
  columns: ({ profile }) => packProfile(profile).packed,
  async export({ profile }, { format: id, path: target }) {
    const format = formats.find((one) => one.id === id);
    if (!format?.write) throw new UserError('cannot-export', `Heatline cannot write "${id}" files.`);
    if (!path.isAbsolute(target)) throw new UserError('bad-path', 'The file to write must be named by its whole path.');
    await writeWhole(target, (write) => format.write?.(measured(profile), { write }));
    return null;
  },
};

/** Boxes as they travel. */
const sent = (layout: FlameLayout): FlameColumns => ({ ...layout, frames: packFrames(layout.frames) });

function fractionOf(asked: number): number {
  return Number.isFinite(asked) ? Math.max(NARROWEST, asked) : NARROWEST;
}

function functionFigures({ profile }: Tables, table: FunctionTable, type: number, func: number): FunctionFigures {
  const { calls } = profile;
  const traced =
    calls === undefined || isSummed(profile, type) || !(calls.functions.calls[func]! > 0)
      ? null
      : { self: calls.functions.self[func]!, total: calls.functions.total[func]!, unit: profile.sampleTypes[calls.timeType]!.unit };
  return { ...figuresOf(table, func), samples: table.samples?.[func] ?? null, traced };
}
