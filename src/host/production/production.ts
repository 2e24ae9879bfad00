/** Folders of windows from production, as a bundle of its own (dist/production.js): loaded when there is one, or the first is opened. */
import '../texts.js';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import { labelFilter } from '../../core/model/labelText.js';
import { formatCount, formatValue } from '../../core/model/units.js';
import type { ProfileInfo } from '../../protocol/lsp.js';
import type { WindowLabel, WindowRange } from '../../protocol/windows.js';
import { pinBaseline } from '../baseline.js';
import type { Ctx } from '../ctx.js';
import { isUserError } from '../errors.js';
import { aloud, openProfile } from '../profiles.js';
import { safeText } from '../safeText.js';
import { opened, productionFolders, remember, SETTING } from './folders.js';
import { commonLabel, dayBefore, type ProductionNode, rangeName, versionName } from './nodes.js';
import { ProductionView } from './productionView.js';

/** What the commands need of the profile editor. */
interface Pages {
  open(uri: vscode.Uri, func?: number, tab?: string): Promise<void>;
}

const views = new WeakMap<Ctx, ProductionView>();

/** The view, made once; its place in the window is shown while there are folders. */
export function productionView(ctx: Ctx): ProductionView {
  const known = views.get(ctx);
  if (known) return known;
  const view = new ProductionView(ctx);
  views.set(ctx, view);
  const settings = vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(SETTING)) refresh(ctx, view);
  });
  ctx.context.subscriptions.push(view, settings);
  refresh(ctx, view);
  return view;
}

function refresh(ctx: Ctx, view: ProductionView): void {
  void vscode.commands.executeCommand('setContext', 'heatline.production', productionFolders(ctx).length > 0);
  view.refresh();
}

type Act = (ctx: Ctx, pages: Pages, node: ProductionNode | undefined, nodes: readonly ProductionNode[]) => Promise<unknown> | unknown;

/** The commands `heatline.production.…`; what a menu hands over is the node, and all that are selected. */
const acts: Readonly<Record<string, Act>> = {
  add: (ctx) => addFolder(ctx),
  remove: (ctx, _, node) => (node ? removeFolder(ctx, node.range.folder) : undefined),
  refresh: (ctx) => productionView(ctx).refresh(),
  open: (ctx, _, node, nodes) => openNodes(ctx, needed(node, nodes)),
  flameGraph: async (ctx, pages, node, nodes) => {
    const info = await openNodes(ctx, needed(node, nodes));
    await pages.open(vscode.Uri.parse(info.uri, true));
  },
  compareDayBefore: (ctx, pages, node, nodes) => {
    const [next] = needed(node, nodes);
    const base = dayBefore(next!.range);
    if (base === undefined) throw new UserError('no-day', t('Choose a day or an hour, to compare it with the day before.'));
    return compare(ctx, pages, base, next!);
  },
  compareVersion: async (ctx, pages, node, nodes) => {
    const [next] = needed(node, nodes);
    await compare(ctx, pages, await pickVersion(ctx, next!), next!);
  },
  compareSelected: (ctx, pages, node, nodes) => {
    const both = [...needed(node, nodes)].sort((a, b) => (a.group?.from ?? 0) - (b.group?.from ?? 0));
    if (both.length !== 2) throw new UserError('not-two', t('Select two rows to compare them; the later one is the new side.'));
    return compare(ctx, pages, both[0]!.range, both[1]!);
  },
  filter: (ctx) => pickLabel(ctx),
  clearFilter: (ctx) => productionView(ctx).filter(undefined),
};

export function act(ctx: Ctx, pages: Pages, what: string, item: unknown, items: unknown): unknown {
  const node = isNode(item) ? item : undefined;
  const nodes = Array.isArray(items) ? items.filter(isNode) : [];
  return acts[what]!(ctx, pages, node, node && !nodes.includes(node) ? [node] : nodes);
}

function needed(node: ProductionNode | undefined, nodes: readonly ProductionNode[]): readonly ProductionNode[] {
  const chosen = (nodes.length > 0 ? nodes : node ? [node] : []).filter(({ kind }) => kind !== 'trouble');
  if (chosen.length === 0)
    throw new UserError('no-windows', t('Choose a day, an hour or a version in the view Production.'), [
      { title: t('Open Production Windows…'), command: 'heatline.production.add' },
    ]);
  return chosen;
}

async function addFolder(ctx: Ctx): Promise<void> {
  const [picked] =
    (await vscode.window.showOpenDialog({
      title: t('Folder of windows that agents write'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  if (!picked) throw new vscode.CancellationError();
  if (picked.scheme !== 'file') throw new UserError('not-local', t('Windows can be read from a folder of this machine only.'));
  await remember(ctx.context, [...new Set([...opened(ctx.context), path.normalize(picked.fsPath)])]);
  refresh(ctx, productionView(ctx));
  await vscode.commands.executeCommand('heatline.production.focus');
}

async function removeFolder(ctx: Ctx, folder: string): Promise<void> {
  const before = opened(ctx.context);
  await remember(
    ctx.context,
    before.filter((one) => one !== folder),
  );
  refresh(ctx, productionView(ctx));
  if (productionFolders(ctx).includes(folder)) await vscode.commands.executeCommand('workbench.action.openSettings', `${SETTING}.folders`);
}

async function openNodes(ctx: Ctx, nodes: readonly ProductionNode[]): Promise<ProfileInfo> {
  const view = productionView(ctx);
  const uri = await merged(
    ctx,
    nodes.map(({ range }) => range),
  );
  const info = await shown(ctx, uri, commonLabel(nodes.map(({ range }) => range)));
  if (nodes.length === 1) view.shows(info.uri, nodes[0]!);
  return info;
}

/** Makes the sum of some windows the profile that is shown, filtered by their label, else as the view is. */
function shown(ctx: Ctx, uri: vscode.Uri, own: WindowLabel | undefined): Promise<ProfileInfo> {
  const label = own ?? productionView(ctx).label;
  return openProfile(ctx, uri, undefined, { tagFocus: label ? labelFilter(label.key, label.value) : null });
}

/** Adds up windows in the server, where it takes long with a button that stops it. @throws UserError, CancellationError */
async function merged(ctx: Ctx, ranges: readonly WindowRange[]): Promise<vscode.Uri> {
  commonLabel(ranges);
  const view = productionView(ctx);
  const whole = ranges.map((range) => view.filtered(range));
  const first = rangeName(whole[0]!);
  const name = ranges.length === 1 ? first : t('{0} and {1} more', first, formatCount(ranges.length - 1));
  const into = path.join((ctx.context.storageUri ?? ctx.context.globalStorageUri).fsPath, 'production');
  try {
    const answer = await aloud(t('Heatline: adding up windows of {0}', name), (options) =>
      ctx.client.request('windows/merge', { ranges: whole, into, name }, options),
    );
    return vscode.Uri.parse(answer.uri, true);
  } catch (error) {
    if (isUserError(error) && error.code === 'no-windows') throw new UserError('no-windows', t('There are no windows of {0}.', name));
    throw error;
  }
}

async function compare(ctx: Ctx, pages: Pages, base: WindowRange, next: ProductionNode): Promise<void> {
  const label = commonLabel([base, next.range]);
  const before = await merged(ctx, [base]);
  const after = await merged(ctx, [next.range]);
  await pinBaseline(ctx, [before]);
  await shown(ctx, after, label);
  productionView(ctx).shows(after.toString(), next);
  await pages.open(after, undefined, 'diff');
}

/** All windows of another version of the same service. */
async function pickVersion(ctx: Ctx, { range }: ProductionNode): Promise<WindowRange> {
  const { folder, service, label } = range;
  const all: WindowRange = { folder, ...(service === undefined ? {} : { service }), ...(label === undefined ? {} : { label }) };
  const { groups } = await ctx.client.request('windows/groups', { range: productionView(ctx).filtered(all), by: 'version' });
  const others = groups.filter(({ name }) => name !== range.version);
  if (others.length === 0) throw new UserError('no-version', t('There are no windows of another version.'));
  const items = others.map((group) => ({
    label: safeText(versionName(group.name)),
    description: t('since {0} · {1} windows', new Date(group.from).toLocaleString(), formatCount(group.windows)),
    group,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: t('Compare {0} with which version?', rangeName(range)),
    matchOnDescription: true,
  });
  if (!picked) throw new vscode.CancellationError();
  return { ...all, version: picked.group.name };
}

/** A label whose samples all figures of the view, and what is opened from it, are of. */
async function pickLabel(ctx: Ctx): Promise<void> {
  const view = productionView(ctx);
  const keys = (
    await Promise.all(productionFolders(ctx).map((folder) => ctx.client.request('windows/labels', { range: { folder } })))
  ).flat();
  const rows = keys.flatMap(({ key, values, unit, isCut }) => [
    { label: isCut ? t('{0} (the values that windows list)', safeText(key)) : safeText(key), kind: vscode.QuickPickItemKind.Separator },
    ...values.map(({ value, total }) => ({ label: safeText(value), description: formatValue(total, unit), chosen: { key, value } })),
  ]);
  if (rows.length === 0) throw new UserError('no-labels', t('No samples of these windows have labels.'));
  const picked = await vscode.window.showQuickPick(rows, { title: t('Show only samples with which label?') });
  if (!picked || !('chosen' in picked)) throw new vscode.CancellationError();
  view.filter(picked.chosen);
}

function isNode(item: unknown): item is ProductionNode {
  return typeof item === 'object' && item !== null && 'range' in item && 'kind' in item;
}
