import path from 'node:path';
import { UserError } from '../../core/errors.js';
import { formats } from '../../core/formats/index.js';
import { type CallTree, childrenOf } from '../../core/model/callTree.js';
import { flameLayout } from '../../core/model/flame.js';
import type { FunctionTable } from '../../core/model/functionTable.js';
import { lineCallees } from '../../core/model/lineCallees.js';
import { calleesOf, callersOf } from '../../core/model/neighbours.js';
import { searchFunctions, totalOf } from '../../core/model/search.js';
import { isSummed } from '../../core/model/summed.js';
import type { TreeRow } from '../../protocol/lsp.js';
import { writeWhole } from '../atomic.js';
import { factsOf } from './facts.js';
import { functionList } from './functionList.js';
import { definitions, functionPlace } from './places.js';
import type { FunctionFigures, Queries } from './queries.js';
import { figuresOf, specOf, type Tables } from './tables.js';

/** Narrower boxes are no use to any screen, and would make the answer large. */
const NARROWEST = 1e-5;

type Answers = { readonly [Q in keyof Queries]: (tables: Tables, params: Queries[Q][0]) => Queries[Q][1] | Promise<Queries[Q][1]> };

/** How each query is answered: plain functions of the profile and its tables. */
export const answers: Answers = {
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
  tree(tables, { view, node, inverted }) {
    const tree = tables.tree(view, inverted);
    checkNode(tree, node);
    // Calls of a node are told only where they were counted; for one drawn from samples nobody knows them.
    const counted = isSummed(tables.profile, view.type);
    const rows = childrenOf(tree, node).map((child): TreeRow => {
      const own = counted ? (tree.calls?.[child] ?? null) : null;
      const figures = { self: tree.self[child]!, total: tree.total[child]!, calls: own === null ? null : Math.round(own), primitive: null };
      return { ...tables.row(tree.func[child]!, figures), node: child, children: countChildren(tree, child) };
    });
    return { rows, total: tree.sum };
  },
  flame(tables, { view, root, minFraction, inverted }) {
    const tree = tables.tree(view, inverted);
    checkNode(tree, root);
    const fraction = Number.isFinite(minFraction) ? Math.max(NARROWEST, minFraction) : NARROWEST;
    return flameLayout(tables.profile, tree, root, fraction);
  },
  search(tables, { view, search }) {
    const funcs = searchFunctions(tables.profile, search);
    return { total: totalOf(tables.shown(view), specOf(view), funcs), funcs };
  },
  definitions: (tables, { files }) => definitions(tables, files),
  place: (tables, { func }) => functionPlace(tables, func),
  async export({ profile }, { format: id, path: target }) {
    const format = formats.find((one) => one.id === id);
    if (!format?.write) throw new UserError('cannot-export', `Heatline cannot write "${id}" files.`);
    if (!path.isAbsolute(target)) throw new UserError('bad-path', 'The file to write must be named by its whole path.');
    await writeWhole(target, (write) => format.write?.(profile, { write }));
    return null;
  },
};

function functionFigures({ profile }: Tables, table: FunctionTable, type: number, func: number): FunctionFigures {
  const { calls } = profile;
  const traced =
    calls === undefined || isSummed(profile, type) || !(calls.functions.calls[func]! > 0)
      ? null
      : { self: calls.functions.self[func]!, total: calls.functions.total[func]!, unit: profile.sampleTypes[calls.timeType]!.unit };
  return { ...figuresOf(table, func), samples: table.samples?.[func] ?? null, traced };
}

function countChildren(tree: CallTree, node: number): number {
  let count = 0;
  for (let child = node + 1; child < tree.subtreeEnd[node]!; child = tree.subtreeEnd[child]!) count++;
  return count;
}

/** @throws UserError when the node is not one of this tree; -1 is the whole */
function checkNode(tree: CallTree, node: number): void {
  if (!Number.isInteger(node) || node < -1 || node >= tree.length) throw new UserError('no-such-node', 'The call tree has no such node.');
}
