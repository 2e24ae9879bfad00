import { type CallTree, callTree } from '../model/callTree.js';
import type { Profile, ViewSpec } from '../model/profile.js';
import { formatCount, formatShare, formatType, formatValue } from '../model/units.js';
import { jsonFigure, jsonText, nameAndPlace, shorten } from './figures.js';
import { type Look, PLAIN } from './look.js';
import { typeOf } from './view.js';

/** Levels that are shown by indentation. */
const DEEP = 100;

export interface TreeReportOptions {
  readonly inverted?: boolean;
  /** Nodes below this share of the whole are left out; text only. Default 0.005. */
  readonly minShare?: number;
  /** Largest depth to give, 0 for the roots; absent: all. */
  readonly depth?: number;
  readonly look?: Look;
}

/**
 * The call tree as one JSON value: `{valueType, total, inverted, estimate, cut, roots: [{name, file, line, self, total, calls, children}]}`,
 * given piece by piece, since trees are deep (JSON.stringify recurses) and long (a string has its limit).
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function* treeJson(profile: Profile, spec: ViewSpec, options: TreeReportOptions = {}): Generator<string> {
  const inverted = options.inverted ?? false;
  const tree = callTree(profile, spec, { inverted, ...levels(options) });
  const head = { valueType: typeOf(profile, spec), total: jsonFigure(tree.sum), inverted, estimate: tree.estimate, cut: tree.cut };
  yield `${jsonText(head).slice(0, -1)},"roots":[`;
  let open = 0;
  for (let node = 0; node < tree.length; node++) {
    const depth = tree.depth[node]!;
    // A node one deeper is the first child of the last one; else the last one and what it ends are closed.
    const close = node > 0 && depth < open ? `${']}'.repeat(open - depth)},` : '';
    yield close + nodeJson(profile, tree, node);
    open = depth + 1;
  }
  yield `${']}'.repeat(open)}]}`;
}

/** One node, open at the end of its children. */
function nodeJson(profile: Profile, tree: CallTree, node: number): string {
  const { functions, strings } = profile;
  const func = tree.func[node]!;
  const fields = {
    name: strings[functions.name[func]!]!,
    file: strings[functions.file[func]!]!,
    line: functions.startLine[func]!,
    self: jsonFigure(tree.self[node]!),
    total: jsonFigure(tree.total[node]!),
    calls: tree.calls === undefined ? null : jsonFigure(tree.calls[node]!),
  };
  return `${jsonText(fields).slice(0, -1)},"children":[`;
}

function levels({ depth }: TreeReportOptions): { depth?: number } {
  return depth === undefined ? {} : { depth: depth + 1 };
}

/** The tree as indented text; parts under 0.5 % are left out unless asked for. */
export function* treeText(profile: Profile, spec: ViewSpec, options: TreeReportOptions = {}): Generator<string> {
  const { inverted = false, minShare = 0.005 } = options;
  // Only what is shown is drawn: of a large profile that is a small part of the work.
  const tree = callTree(profile, spec, { inverted, minShare, ...levels(options) });
  const type = typeOf(profile, spec);
  const { functions, strings } = profile;
  const whole = tree.sum || 1;
  const minimum = minShare * Math.abs(whole);
  const calls = tree.calls;
  const look = options.look ?? PLAIN;
  const estimate = tree.estimate ? ' · the tree is an estimate, drawn from call edges' : '';
  yield `${look.bold(`${formatType(type)}: ${formatValue(tree.sum, type.unit)}${estimate}`)}\n`;
  yield `${look.bold(`${'total'.padStart(10)}  ${'%'.padStart(7)}  ${'self'.padStart(10)}  function`)}\n`;
  let hidden = tree.cut;
  for (let node = 0; node < tree.length; ) {
    const total = tree.total[node]!;
    if (Math.abs(total) < minimum) {
      hidden = true;
      node = tree.subtreeEnd[node]!;
      continue;
    }
    const func = tree.func[node]!;
    const figures = [
      formatValue(total, type.unit).padStart(10),
      formatShare(total / whole).padStart(7),
      formatValue(tree.self[node]!, type.unit).padStart(10),
    ];
    // What nobody is known to have called (a root, or a profile of lines) was not called 0 times.
    const times = calls === undefined || calls[node] === 0 ? '' : ` ×${formatCount(Math.round(calls[node]!))}`;
    const name = nameAndPlace(strings[functions.name[func]!]!, strings[functions.file[func]!]!, functions.startLine[func]!);
    const before = `${figures.join('  ')}  ${indented(tree.depth[node]!)}`;
    yield `${before}${shorten(`${name}${times}`, look.width - before.length)}\n`;
    node++;
  }
  if (hidden) yield minShare > 0 ? '… smaller parts are left out (--min 0 shows all)\n' : '… the tree was cut to bound its size\n';
}

/** Indentation of a depth; deeper than anyone can follow, the depth is told instead. */
function indented(depth: number): string {
  return depth <= DEEP ? '  '.repeat(depth) : `${'  '.repeat(DEEP)}${depth}: `;
}
