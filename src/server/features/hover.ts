import { type Hover, type HoverParams, MarkupKind } from 'vscode-languageserver/node';
import { lineCallees } from '../../core/model/lineCallees.js';
import { calleesOf, callersOf } from '../../core/model/neighbours.js';
import { isSummed } from '../../core/model/summed.js';
import { formatCount, formatShare, formatValue } from '../../core/model/units.js';
import type { LineHeat, ViewParams } from '../../protocol/lsp.js';
import { type Definition, definitionsIn } from '../definitions.js';
import { commandLink, escapeMarkdown } from '../markdown.js';
import { pathOfUri } from '../paths.js';
import { type Server, viewed } from '../server.js';
import type { OpenProfile } from '../store.js';
import { type Figures, figuresOf, functionsOf, linesOf, specOf } from '../tables.js';
import { heatOf } from './lineHeat.js';

/** Callers and callees that are named. */
const NAMED = 4;

/** Figures of the line under the pointer, and of the function that begins there; nothing where the profile knows nothing. */
export function hover(server: Server, params: HoverParams): Hover | null {
  const view = server.active;
  const file = pathOfUri(params.textDocument.uri);
  if (!view || file === undefined || !server.store.has(view.profile)) return null;
  const opened = viewed(server, view);
  const line = params.position.line + 1;
  const heat = heatOf(server, opened, view, file);
  const own = heat.lines.find((one) => one.line === line);
  const around = definitionsIn(server, opened, file)
    .filter((one) => one.line <= line && line <= one.end)
    .sort((a, b) => a.end - a.line - (b.end - b.line));
  const table = functionsOf(opened, view);
  const begins = around.find(
    ({ func, line: start }) => start === line && !isPartOfLine(opened, func) && hasFigures(figuresOf(table, func)),
  );
  const blocks = begins
    ? functionBlocks(opened, view, begins)
    : own && (own.self !== 0 || own.total !== 0)
      ? lineBlocks(server, opened, view, file, own, around[0])
      : [];
  if (blocks.length === 0) return null;
  if (own?.stale || begins?.changed) blocks.push('*This line was edited since the recording.*');
  else if (heat.stale) blocks.push('*The file was written after the recording: figures may stand at the wrong lines.*');
  return { contents: { kind: MarkupKind.Markdown, value: blocks.join('\n\n') } };
}

function functionBlocks(opened: OpenProfile, view: ViewParams, { func }: Definition): string[] {
  const table = functionsOf(opened, view);
  const figures = figuresOf(table, func);
  const spec = specOf(view);
  const callers = callersOf(opened.profile, spec, func);
  const callees = calleesOf(opened.profile, spec, func);
  return [
    figureTable(opened, view, nameOf(opened, func), figures, table.sum),
    ...notes(opened, view, figures, table.samples?.[func] ?? null),
    ...tracedLine(opened, view, func),
    ...neighbourLine(opened, 'Called by', callers, table.sum),
    ...neighbourLine(opened, 'Calls', callees, table.sum),
  ];
}

function lineBlocks(
  server: Server,
  opened: OpenProfile,
  view: ViewParams,
  file: string,
  own: LineHeat,
  around: Definition | undefined,
): string[] {
  const { sum } = linesOf(opened, view);
  const figures = { self: own.self, total: own.total, calls: own.calls, primitive: null };
  const recorded = server.texts.place(opened, file).map.recorded(own.line);
  const callees = opened.table(JSON.stringify(['lineCallees', specOf(view), file, recorded]), () =>
    lineCallees(opened.profile, specOf(view), opened.paths.namesOf(file), recorded),
  );
  const callers = around && !isModule(opened, around.func) ? callersOf(opened.profile, specOf(view), around.func) : [];
  return [
    figureTable(opened, view, `Line ${own.line}`, figures, sum),
    ...notes(opened, view, figures, own.samples),
    ...neighbourLine(opened, 'Calls', callees, sum),
    ...neighbourLine(opened, around ? `${nameOf(opened, around.func)} called by` : '', callers, sum),
  ];
}

function figureTable(opened: OpenProfile, view: ViewParams, title: string, { self, total }: Figures, sum: number): string {
  const { type, unit } = opened.profile.sampleTypes[view.type]!;
  const share = (value: number) => (sum > 0 ? formatShare(value / sum) : '–');
  return [
    `| ${title} | ${escapeMarkdown(type || 'value')} | of ${formatValue(sum, unit)} |`,
    '|:--|--:|--:|',
    `| self | ${formatValue(self, unit)} | ${share(self)} |`,
    `| total | ${formatValue(total, unit)} | ${share(total)} |`,
  ].join('\n');
}

function notes(opened: OpenProfile, view: ViewParams, { self, total, calls, primitive }: Figures, samples: number | null): string[] {
  const { unit } = opened.profile.sampleTypes[view.type]!;
  const lines: string[] = [];
  if (calls !== null && calls > 0) {
    const recursive = primitive !== null && primitive !== calls ? ` (${formatCount(primitive)} not recursive)` : '';
    const per = unit === 'count' ? '' : ` · ${formatValue(self / calls, unit)} self, ${formatValue(total / calls, unit)} total per call`;
    lines.push(`${formatCount(calls)} ${calls === 1 ? 'call' : 'calls'}${recursive}${per}`);
  }
  if (samples !== null && samples > 0)
    lines.push(`${formatCount(samples)} ± ${formatCount(Math.ceil(1.96 * Math.sqrt(samples)))} samples of self`);
  if (view.thread !== undefined) lines.push(`Thread ${escapeMarkdown(view.thread)} only`);
  return lines.length > 0 ? [lines.join('  \n')] : [];
}

/** Where calls were counted beside sampling, the traced times are another measurement: told apart, in cProfile's words. */
function tracedLine({ profile }: OpenProfile, view: ViewParams, func: number): string[] {
  const { calls } = profile;
  if (calls === undefined || isSummed(profile, view.type) || !(calls.functions.calls[func]! > 0)) return [];
  const unit = profile.sampleTypes[calls.timeType]!.unit;
  const figure = (column: Float64Array) => formatValue(column[func]!, unit);
  return [`Traced: ${figure(calls.functions.self)} tottime · ${figure(calls.functions.total)} cumtime, with the cost of counting`];
}

/** Links to the places of functions, largest first. */
function neighbourLine(opened: OpenProfile, lead: string, found: readonly { func: number; total: number }[], sum: number): string[] {
  const links = found.slice(0, NAMED).map(({ func, total }) => {
    const { functions, strings } = opened.profile;
    const name = strings[functions.name[func]!] || 'unnamed';
    const openable = opened.paths.locate(strings[functions.file[func]!] ?? '') !== null;
    const label = openable ? commandLink(name, 'heatline.openLocation', [{ profile: opened.id, func }]) : escapeMarkdown(name);
    return `${label} ${sum > 0 ? formatShare(total / sum) : ''}`;
  });
  if (links.length === 0) return [];
  return [`${lead} ${links.join(' · ')}${found.length > NAMED ? ` · ${found.length - NAMED} more` : ''}`];
}

function nameOf(opened: OpenProfile, func: number): string {
  const { functions, strings } = opened.profile;
  return escapeMarkdown(strings[functions.name[func]!] || 'unnamed');
}

/** A lambda, a generator expression, the module itself: nothing that a line could be said to define. */
function isPartOfLine(opened: OpenProfile, func: number): boolean {
  return /<\w+>$/.test(opened.profile.strings[opened.profile.functions.name[func]!] ?? '');
}

function isModule(opened: OpenProfile, func: number): boolean {
  return opened.profile.strings[opened.profile.functions.name[func]!] === '<module>';
}

function hasFigures(figures: Figures): boolean {
  return figures.total !== 0 || figures.self !== 0 || (figures.calls ?? 0) > 0;
}
