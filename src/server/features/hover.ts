import { type Hover, type HoverParams, MarkupKind } from 'vscode-languageserver/node';
import { t } from '../../core/l10n.js';
import { formatCount, formatShare, formatValue, typeLabel } from '../../core/model/units.js';
import { shownChange } from '../../core/report/change.js';
import type { Change } from '../../protocol/compare.js';
import type { FunctionRow, LineHeat, ViewParams } from '../../protocol/lsp.js';
import type { Figures, FunctionFigures } from '../analysis/queries.js';
import { type Definition, definitionsIn } from '../definitions.js';
import { commandLink, escapeMarkdown } from '../markdown.js';
import { placeOfUri } from '../paths.js';
import { type Server, viewed } from '../server.js';
import type { OpenProfile } from '../store.js';
import { changesSinceBaseline, lineChanges, orNothing } from './compare.js';
import { heatOf } from './lineHeat.js';
import { nativeLine } from './nativeLine.js';
import { stateLines } from './threadStates.js';
import { waitLines } from './waitLines.js';

/** Callers and callees that are named. */
const NAMED = 4;

/** Figures of the line under the pointer, and of the function that begins there; nothing where the profile knows nothing. */
export async function hover(server: Server, params: HoverParams): Promise<Hover | null> {
  const view = server.active;
  const file = placeOfUri(params.textDocument.uri);
  if (!view || file === undefined || !server.store.has(view.profile)) return null;
  const opened = viewed(server, view);
  const line = params.position.line + 1;
  const [heat, definitions] = await Promise.all([heatOf(server, opened, view, file), definitionsIn(server, opened, file)]);
  const own = heat.lines.find((one) => one.line === line);
  const around = definitions.filter((one) => one.line <= line && line <= one.end).sort((a, b) => a.end - a.line - (b.end - b.line));
  const beginning = around.filter((one) => one.line === line && !isPartOfLine(one));
  const { figures, sum } = await opened.analysis.ask('figures', { view, funcs: beginning.map(({ func }) => func) });
  const first = figures.findIndex(hasFigures);
  const begins = beginning[first];
  const blocks = begins
    ? await functionBlocks(server, opened, view, begins, figures[first]!, sum)
    : own && (own.self !== 0 || own.total !== 0)
      ? await lineBlocks(server, opened, view, { file, uri: params.textDocument.uri }, own, heat.sum, around[0])
      : [];
  blocks.push(...(await waitLines(server, opened, view, file, line)));
  if (blocks.length === 0) return null;
  if (own?.stale || begins?.changed) blocks.push(t('*This line was edited since the recording.*'));
  else if (heat.stale) blocks.push(t('*The file was written after the recording: figures may stand at the wrong lines.*'));
  return { contents: { kind: MarkupKind.Markdown, value: blocks.join('\n\n') } };
}

async function functionBlocks(
  server: Server,
  opened: OpenProfile,
  view: ViewParams,
  { func, name }: Definition,
  figures: FunctionFigures,
  sum: number,
): Promise<string[]> {
  const [callers, callees, native, since] = await Promise.all([
    opened.analysis.ask('callers', { view, func }),
    opened.analysis.ask('callees', { view, func }),
    opened.analysis.ask('native', { view, func }),
    changesSinceBaseline(server, view, [func]),
  ]);
  const measured = measuredView(opened, view);
  const asked = measured && (await opened.analysis.ask('figures', { view: measured, funcs: [func] }));
  return [
    figureTable(opened, view, escapeMarkdown(name || t('unnamed')), figures, sum, since[0]),
    ...notes(opened, view, figures, figures.samples),
    ...measuredLine(opened, measured, asked?.figures[0], asked?.sum ?? 0),
    ...tracedLine(figures),
    ...nativeLine(opened, view, native, null),
    ...(await stateLines(
      opened,
      view,
      async (each) => (await opened.analysis.ask('figures', { view: each, funcs: [func] })).figures[0]?.total,
    )),
    ...neighbourLine(opened, t('Called by'), callers, sum),
    ...neighbourLine(opened, t('Calls'), callees, sum),
  ];
}

async function lineBlocks(
  server: Server,
  opened: OpenProfile,
  view: ViewParams,
  { file, uri }: { readonly file: string; readonly uri: string },
  own: LineHeat,
  sum: number,
  around: Definition | undefined,
): Promise<string[]> {
  const figures = { self: own.self, total: own.total, calls: own.calls, primitive: null };
  const recorded = server.texts.place(opened, file).map.recorded(own.line);
  const files = opened.paths.namesOf(file);
  const [callees, native, callers, since] = await Promise.all([
    opened.analysis.ask('lineCallees', { view, files, line: recorded }),
    opened.analysis.ask('native', { view, files, line: recorded }),
    around && around.name !== '<module>' ? opened.analysis.ask('callers', { view, func: around.func }) : [],
    lineSinceBaseline(server, opened, view, file, own.line),
  ]);
  const measured = measuredView(opened, view);
  const there = measured && (await heatOf(server, opened, measured, file));
  return [
    figureTable(opened, view, t('Line {0}', own.line), figures, sum, since),
    ...notes(opened, view, figures, own.samples),
    ...measuredLine(
      opened,
      measured,
      there?.lines.find(({ line }) => line === own.line),
      there?.sum ?? 0,
    ),
    ...nativeLine(opened, view, native, own.self),
    ...(await stateLines(
      opened,
      view,
      async (each) => (await heatOf(server, opened, each, file)).lines.find(({ line }) => line === own.line)?.total,
    )),
    ...neighbourLine(opened, t('Calls'), callees, sum),
    ...neighbourLine(opened, around ? t('{0} called by', escapeMarkdown(around.name || t('unnamed'))) : '', callers, sum),
    ...(callees.length + callers.length > 0 ? [peekLinks(uri, own.line)] : []),
  ];
}

/** The same as a peek, with the places that call. */
function peekLinks(uri: string, line: number): string {
  const link = (label: string, command: string) => commandLink(label, command, [{ uri, line }]);
  return `${link(t('Who called this line'), 'heatline.lineCallers')} · ${link(t('What it called'), 'heatline.lineCallees')}`;
}

function figureTable(
  opened: OpenProfile,
  view: ViewParams,
  title: string,
  figures: Pick<Figures, 'self' | 'total'>,
  sum: number,
  since: Change | null | undefined,
): string {
  const type = opened.info.valueTypes[view.type]!;
  const { unit } = type;
  const share = (value: number) => (sum > 0 ? formatShare(value / sum) : '–');
  const row = (kind: 'self' | 'total') =>
    `| ${t(kind)} | ${formatValue(figures[kind], unit)} | ${share(figures[kind])} |${since ? ` ${formatValue(since.base[kind], unit)} | ${sinceText(since, kind, unit)} |` : ''}`;
  return [
    `| ${title} | ${escapeMarkdown(typeLabel(type))} | ${t('of {0}', formatValue(sum, unit))} |${since ? ` ${t('baseline')} | ${t('change')} |` : ''}`,
    `|:--|--:|--:|${since ? '--:|--:|' : ''}`,
    row('self'),
    row('total'),
  ].join('\n');
}

/** `−344 ms (−29.0 %) ±80 ms`; what is no more than noise begins with ≈. */
function sinceText({ base, new: next, noise }: Change, kind: 'self' | 'total', unit: string): string {
  const { amount, percent, sign, isNew } = shownChange(base[kind], next[kind], unit, noise[kind]);
  const parts = [sign === 0 && base[kind] !== next[kind] ? `≈ ${amount}` : amount];
  if (isNew) parts.push(t('(new)'));
  else if (percent !== '') parts.push(`(${percent})`);
  if (noise[kind] !== null && noise[kind] > 0) parts.push(`±${formatValue(noise[kind], unit)}`);
  return parts.join(' ');
}

/** The change of a line since the baseline. */
async function lineSinceBaseline(
  server: Server,
  opened: OpenProfile,
  view: ViewParams,
  file: string,
  line: number,
): Promise<Change | null> {
  const { baseline } = server;
  if (baseline.length === 0 || baseline.includes(view.profile)) return null;
  const changes = await lineChanges(server, opened, { view, base: baseline }, file).catch(orNothing(server, []));
  return changes.find((change) => change.line === line) ?? null;
}

function notes(opened: OpenProfile, view: ViewParams, { self, total, calls, primitive }: Figures, samples: number | null): string[] {
  const { unit } = opened.info.valueTypes[view.type]!;
  const lines: string[] = [];
  if (calls !== null && calls > 0) {
    const recursive = primitive !== null && primitive !== calls ? t(' ({0} not recursive)', formatCount(primitive)) : '';
    const per =
      unit === 'count' ? '' : t(' · {0} self, {1} total per call', formatValue(self / calls, unit), formatValue(total / calls, unit));
    lines.push(`${calls === 1 ? t('1 call') : t('{0} calls', formatCount(calls))}${recursive}${per}`);
  }
  if (samples !== null && samples > 0)
    lines.push(t('{0} ± {1} samples of self', formatCount(samples), formatCount(Math.ceil(1.96 * Math.sqrt(samples)))));
  if (view.thread !== undefined) lines.push(t('Thread {0} only', escapeMarkdown(view.thread)));
  return lines.length > 0 ? [lines.join('  \n')] : [];
}

/** The view of what was measured, where the one that is shown is an estimate without the cost of counting. */
function measuredView(opened: OpenProfile, view: ViewParams): ViewParams | undefined {
  if (opened.info.valueTypes[view.type]?.type !== 'untraced') return undefined;
  const type = opened.info.valueTypes.findIndex((one) => one.type === 'wall');
  return type < 0 ? undefined : { ...view, type };
}

function measuredLine(opened: OpenProfile, view: ViewParams | undefined, found: Pick<Figures, 'self' | 'total'> | undefined, sum: number) {
  if (!view || !found) return [];
  const { unit } = opened.info.valueTypes[view.type]!;
  const figure = (value: number) => `${formatValue(value, unit)}${sum > 0 ? ` (${formatShare(value / sum)})` : ''}`;
  return [t('Sampled while counting: {0} self · {1} total', figure(found.self), figure(found.total))];
}

/** Where calls were counted beside sampling, the traced times are another measurement: told apart, in cProfile's words. */
function tracedLine({ traced }: FunctionFigures): string[] {
  if (traced === null) return [];
  const figure = (value: number) => formatValue(value, traced.unit);
  return [t('Traced: {0} tottime · {1} cumtime, with the cost of counting', figure(traced.self), figure(traced.total))];
}

/** Links to the places of functions, largest first. */
function neighbourLine(opened: OpenProfile, lead: string, found: readonly FunctionRow[], sum: number): string[] {
  const links = found.slice(0, NAMED).map(({ func, name, file, total }) => {
    const shown = name || t('unnamed');
    const openable = opened.paths.locate(file) !== null;
    const label = openable ? commandLink(shown, 'heatline.openLocation', [{ profile: opened.id, func }]) : escapeMarkdown(shown);
    return `${label} ${sum > 0 ? formatShare(total / sum) : ''}`;
  });
  if (links.length === 0) return [];
  return [`${lead} ${links.join(' · ')}${found.length > NAMED ? t(' · {0} more', found.length - NAMED) : ''}`];
}

/** A lambda, a generator expression, the module itself: nothing that a line could be said to define. */
function isPartOfLine({ name }: Definition): boolean {
  return /<\w+>$/.test(name);
}

function hasFigures(figures: Figures): boolean {
  return figures.total !== 0 || figures.self !== 0 || (figures.calls ?? 0) > 0;
}
