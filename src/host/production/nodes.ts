/** What stands in the view of production: folders, their services, and a service's versions, labels, days and hours. No vscode. */
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import { formatCount, formatValue, typeLabel } from '../../core/model/units.js';
import type { WindowGroup, WindowLabel, WindowRange } from '../../protocol/windows.js';

export interface ProductionNode {
  readonly kind: 'folder' | 'service' | 'versions' | 'version' | 'labels' | 'key' | 'label' | 'day' | 'hour' | 'trouble';
  /** The windows that it stands for. */
  readonly range: WindowRange;
  readonly label: string;
  /** Absent for a folder, which is looked into when it is opened. */
  readonly group?: WindowGroup;
  /** Of which label the rows below are values. */
  readonly key?: string;
  readonly parent?: ProductionNode;
}

/** More versions stand below a row of their own. */
const FEW_VERSIONS = 4;
/** Values of a label that have rows, those with the most. */
const MOST_VALUES = 100;

export const serviceName = (name: string) => name || t('(service not told)');
export const versionName = (name: string) => name || t('(version not told)');

/** @param name what the folder is called in the view */
export function folderNode(folder: string, name: string): ProductionNode {
  return { kind: 'folder', range: { folder }, label: name };
}

export function troubleNode(parent: ProductionNode, sentence: string): ProductionNode {
  return { kind: 'trouble', range: parent.range, label: sentence, parent };
}

export function serviceNode(parent: ProductionNode, group: WindowGroup): ProductionNode {
  return { kind: 'service', range: { ...parent.range, service: group.name }, label: serviceName(group.name), group, parent };
}

/** Rows for a service's versions: none where there is one only, for that is the service. */
export function versionNodes(parent: ProductionNode, groups: readonly WindowGroup[]): ProductionNode[] {
  if (groups.length < 2) return [];
  if (groups.length <= FEW_VERSIONS || parent.kind === 'versions') return groups.map((group) => versionNode(parent, group));
  return [{ kind: 'versions', range: parent.range, label: t('{0} versions', formatCount(groups.length)), parent }];
}

function versionNode(parent: ProductionNode, group: WindowGroup): ProductionNode {
  return { kind: 'version', range: { ...parent.range, version: group.name }, label: versionName(group.name), group, parent };
}

/** The row below which a service's samples are told by their labels. */
export function labelsNode(parent: ProductionNode): ProductionNode {
  return { kind: 'labels', range: parent.range, label: t('Labels'), parent };
}

export function keyNode(parent: ProductionNode, key: string): ProductionNode {
  return { kind: 'key', range: parent.range, label: key, key, parent };
}

/** Rows for values of a label. @param groups those with the most first */
export function labelNodes(parent: ProductionNode, groups: readonly WindowGroup[]): ProductionNode[] {
  const rows = groups.slice(0, MOST_VALUES).map((group): ProductionNode => {
    const label = { key: parent.key!, value: group.name };
    return { kind: 'label', range: { ...parent.range, label }, label: group.name, group, parent };
  });
  const more = groups.length - rows.length;
  if (more === 0) return rows;
  return [...rows, troubleNode(parent, t('{0} more with less: the filter of this view has them', formatCount(more)))];
}

export function dayNode(parent: ProductionNode, group: WindowGroup, now = new Date()): ProductionNode {
  return { kind: 'day', range: { ...parent.range, from: group.from, to: group.to }, label: dayText(group.from, now), group, parent };
}

export function hourNode(parent: ProductionNode, group: WindowGroup): ProductionNode {
  return {
    kind: 'hour',
    range: { ...parent.range, from: group.from, to: group.to },
    label: hoursText(group.from, group.to),
    group,
    parent,
  };
}

/** The same for the same windows whatever is filtered; unique in the tree. */
export function nodeId({ kind, range, label, key }: ProductionNode): string {
  const { folder, service, version, from, to } = range;
  const own = range.label === undefined ? [] : [range.label.key, range.label.value];
  return JSON.stringify([kind, folder, service, version, from, to, key, ...own, ...(kind === 'trouble' ? [label] : [])]);
}

/** `Today`, `Yesterday`, else the day with its weekday, as the user's language writes it. */
export function dayText(from: number, now = new Date()): string {
  const day = new Date(from);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (from === midnight) return t('Today');
  const before = new Date(midnight);
  if (from === before.setDate(before.getDate() - 1)) return t('Yesterday');
  const year = day.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const };
  return day.toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short', ...year });
}

export function hoursText(from: number, to: number): string {
  return new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' }).formatRange(from, to);
}

/** `3 h 12 min CPU · 1,440 windows`, and what else the row's own name does not say. */
export function nodeFigures({ kind, group }: ProductionNode): string {
  if (group === undefined) return '';
  const shown = shownTotal(group);
  const count = t(group.windows === 1 ? '{0} window' : '{0} windows', formatCount(group.windows));
  const versions = kind === 'day' || kind === 'hour' ? group.versions.filter((version) => version !== '').slice(0, 3) : [];
  const more = group.versions.length > versions.length && versions.length > 0 ? ' …' : '';
  return [shown && totalText(shown), count, versions.join(', ') + more].filter(Boolean).join(' · ');
}

/** `3 h 12 min CPU`; rows are narrow. */
function totalText(shown: WindowGroup['totals'][number]): string {
  const value = formatValue(shown.total, shown.unit);
  return /^cpu/i.test(shown.type) ? t('{0} CPU', value) : `${typeLabel(shown)} ${value}`;
}

/** All of it, a line each. */
export function nodeDetails(node: ProductionNode): string[] {
  const { group, range } = node;
  if (group === undefined) return node.kind === 'trouble' ? [node.label, range.folder] : [range.folder];
  const when = (time: number) => new Date(time).toLocaleString();
  return [
    [serviceName(range.service ?? ''), ...(range.version === undefined ? [] : [versionName(range.version)])].join(' '),
    ...(range.label === undefined ? [] : [t('{0} is {1}', range.label.key, range.label.value)]),
    t('{0} to {1}', when(group.from), when(group.to)),
    ...group.totals.map((total) => `${typeLabel(total)}: ${formatValue(total.total, total.unit)}`),
    t(group.windows === 1 ? '{0} window' : '{0} windows', formatCount(group.windows)),
    t(group.hosts === 1 ? '{0} host' : '{0} hosts', formatCount(group.hosts)),
    ...(range.version === undefined && group.versions.some((version) => version !== '')
      ? [t('versions {0}', group.versions.join(', '))]
      : []),
  ];
}

/** Processor time first: most threads of a server wait. */
function shownTotal({ totals }: WindowGroup): WindowGroup['totals'][number] | undefined {
  return (
    totals.find(({ type, unit }) => type.startsWith('cpu') && unit === 'nanoseconds') ??
    totals.find(({ unit }) => unit !== 'count') ??
    totals[0]
  );
}

/** What the merged windows are called: `shop 2.7, 21 Nov 14:00 – 15:00`. */
export function rangeName({ service, version, from, to, label }: WindowRange): string {
  const whose = [
    service === undefined ? t('all services') : serviceName(service),
    ...(version === undefined ? [] : [versionName(version)]),
  ];
  const what = [whose.join(' '), ...(label === undefined ? [] : [`${label.key} ${label.value}`])].join(', ');
  if (from === undefined || to === undefined) return what;
  const day = new Date(from).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return `${what}, ${day}${to - from <= 3_600_000 ? ` ${hoursText(from, to)}` : ''}`;
}

/** The label whose samples all of these are of; undefined where they are of all. @throws UserError where they are of different ones */
export function commonLabel(ranges: readonly WindowRange[]): WindowLabel | undefined {
  const [first, ...others] = ranges.map(({ label }) => label);
  if (others.some((label) => label?.key !== first?.key || label?.value !== first?.value))
    throw new UserError('two-labels', t('Samples are shown by one label at a time: choose rows of the same one.'));
  return first;
}

/** The same hours of the day before, also where clocks changed in between. */
export function dayBefore(range: WindowRange): WindowRange | undefined {
  if (range.from === undefined || range.to === undefined) return undefined;
  const back = (time: number) => {
    const day = new Date(time);
    return day.setDate(day.getDate() - 1);
  };
  return { ...range, from: back(range.from), to: back(range.to) };
}
