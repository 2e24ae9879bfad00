/** Production: folders of windows that agents wrote, by service, version, label, day and hour, with their figures. */
import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { formatCount } from '../../core/model/units.js';
import type { WindowGroup, WindowGrouping, WindowLabel, WindowRange } from '../../protocol/windows.js';
import type { Ctx } from '../ctx.js';
import { isUserError } from '../errors.js';
import { safeText } from '../safeText.js';
import { activeInfo } from '../session.js';
import { productionFolders } from './folders.js';
import {
  dayNode,
  folderNode,
  hourNode,
  keyNode,
  labelNodes,
  labelsNode,
  nodeDetails,
  nodeFigures,
  nodeId,
  type ProductionNode,
  serviceNode,
  troubleNode,
  versionNodes,
} from './nodes.js';

/** Windows come once a minute from each process: so long is waited for more of them before the folder is looked through, in milliseconds. */
const SETTLED = 3000;
const ICONS = {
  folder: 'server',
  service: 'server-process',
  versions: 'tag',
  version: 'tag',
  labels: 'filter',
  key: 'bookmark',
  label: 'circle-small',
  day: 'calendar',
  hour: 'clock',
  trouble: 'warning',
} as const;
/** Rows that a click adds up and shows. */
const SHOWN: readonly ProductionNode['kind'][] = ['version', 'label', 'day', 'hour'];

export class ProductionView implements vscode.TreeDataProvider<ProductionNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  readonly tree: vscode.TreeView<ProductionNode>;
  private readonly subscriptions: vscode.Disposable[];
  private watchers: vscode.Disposable[] = [];
  private waiting: NodeJS.Timeout | undefined;
  /** Folders that are to be looked through again when they are asked for next. */
  private readonly stale = new Set<string>();
  /** What was merged for a node: URI → its id. */
  private readonly merged = new Map<string, string>();
  /** Of samples that all figures are of; undefined: all. */
  label: WindowLabel | undefined;

  constructor(private readonly ctx: Ctx) {
    this.tree = vscode.window.createTreeView('heatline.production', { treeDataProvider: this, canSelectMany: true, showCollapseAll: true });
    let active = activeInfo(ctx.store.value)?.uri;
    this.subscriptions = [
      this.tree,
      this.tree.onDidChangeVisibility(() => this.watch()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.tellTrust()),
      ctx.store.onDidChange((session) => {
        const now = activeInfo(session)?.uri;
        if (now !== active) this.changed.fire();
        active = now;
      }),
    ];
    this.watch();
    this.tellTrust();
  }

  /** Git runs in trusted workspaces only: without it lines are those that ran. */
  private tellTrust(): void {
    this.tree.message = vscode.workspace.isTrusted
      ? ''
      : t('This workspace is not trusted, so git is not asked: heat is on the line numbers that ran, not on those of today.');
  }

  /** Looks through all folders again. */
  refresh(): void {
    for (const folder of productionFolders(this.ctx)) this.stale.add(folder);
    this.watch();
    this.changed.fire();
  }

  /** Samples that all figures are of, and what is opened, where rows have no label of their own. */
  filter(label: WindowLabel | undefined): void {
    this.label = label;
    this.tree.description = label === undefined ? '' : `${safeText(label.key)}: ${safeText(label.value)}`;
    void vscode.commands.executeCommand('setContext', 'heatline.production.filtered', label !== undefined);
    this.changed.fire();
  }

  /** Marks the node whose windows are shown, as long as they are. */
  shows(uri: string, node: ProductionNode): void {
    this.merged.set(uri, nodeId(node));
    this.changed.fire();
  }

  /** The range with its own label, else with the filter of the view. */
  filtered(range: WindowRange): WindowRange {
    return range.label !== undefined || this.label === undefined ? range : { ...range, label: this.label };
  }

  getParent(node: ProductionNode): ProductionNode | undefined {
    return node.parent;
  }

  async getChildren(node?: ProductionNode): Promise<ProductionNode[]> {
    if (node === undefined) return productionFolders(this.ctx).map((folder) => folderNode(folder, folderName(folder)));
    try {
      return await this.childrenOf(node);
    } catch (error) {
      if (!isUserError(error)) throw error;
      return [troubleNode(node, withoutPath(error.message, node.range.folder))];
    }
  }

  private async childrenOf(node: ProductionNode): Promise<ProductionNode[]> {
    switch (node.kind) {
      case 'folder': {
        const { groups, unreadable } = await this.ask(node, 'service');
        const torn = t(unreadable === 1 ? '{0} file is no window' : '{0} files are no windows', formatCount(unreadable));
        const last = unreadable > 0 ? [troubleNode(node, torn)] : [];
        if (groups.length > 0) return [...groups.map((group) => serviceNode(node, group)), ...last];
        return [
          ...last,
          troubleNode(node, this.label ? t('No windows have this label.') : t('No windows yet: an agent writes one a minute.')),
        ];
      }
      case 'service': {
        const [versions, keys, days] = await Promise.all([this.groups(node, 'version'), this.keys(node), this.groups(node, 'day')]);
        const labels = keys.length > 0 && this.label === undefined ? [labelsNode(node)] : [];
        return [...versionNodes(node, versions), ...labels, ...days.map((group) => dayNode(node, group))];
      }
      case 'labels':
        return (await this.keys(node)).map((key) => keyNode(node, key));
      case 'key':
        return labelNodes(node, await this.groups(node, 'label'));
      case 'versions':
        return versionNodes(node, await this.groups(node, 'version'));
      case 'version':
      case 'label':
        return (await this.groups(node, 'day')).map((group) => dayNode(node, group));
      case 'day':
        return (await this.groups(node, 'hour')).map((group) => hourNode(node, group));
      default:
        return [];
    }
  }

  private async groups(node: ProductionNode, by: WindowGrouping): Promise<readonly WindowGroup[]> {
    return (await this.ask(node, by)).groups;
  }

  /** Keys of labels, in their order. */
  private async keys({ range }: ProductionNode): Promise<readonly string[]> {
    const keys = await this.ctx.client.request('windows/labels', { range });
    return keys.map(({ key }) => key).sort();
  }

  private ask({ range, key }: ProductionNode, by: WindowGrouping) {
    const fresh = this.stale.delete(range.folder);
    return this.ctx.client.request('windows/groups', { range: this.filtered(range), by, ...(key === undefined ? {} : { key }), fresh });
  }

  getTreeItem(node: ProductionNode): vscode.TreeItem {
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    const { kind } = node;
    const leaf = kind === 'hour' || kind === 'trouble';
    const item = new vscode.TreeItem(safeText(node.label), leaf ? None : kind === 'folder' || kind === 'service' ? Expanded : Collapsed);
    const uri = activeInfo(this.ctx.store.value)?.uri;
    const isShown = uri !== undefined && this.merged.get(uri) === nodeId(node);
    item.id = nodeId(node);
    // A label's values have the menus of a service.
    item.contextValue = `production.${kind === 'label' ? 'service' : kind}`;
    item.description = safeText(nodeFigures(node));
    item.iconPath = isShown ? new vscode.ThemeIcon('flame', new vscode.ThemeColor('heatline.ruler5')) : new vscode.ThemeIcon(ICONS[kind]);
    item.accessibilityInformation = {
      label: `${safeText(node.label)}, ${item.description.replaceAll(' · ', ', ')}${isShown ? t(', shown now') : ''}`,
    };
    item.tooltip = nodeDetails(node).map(safeText).join('\n');
    if (SHOWN.includes(kind)) item.command = { title: t('Show'), command: 'heatline.production.open', arguments: [node] };
    return item;
  }

  /** New windows are looked for while somebody can see them. */
  private watch(): void {
    for (const watcher of this.watchers) watcher.dispose();
    this.watchers = [];
    if (!this.tree.visible) return;
    for (const folder of productionFolders(this.ctx)) {
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(folder), '**/*.{gz,pprof,zst}'));
      const look = () => {
        this.stale.add(folder);
        this.waiting ??= setTimeout(() => {
          this.waiting = undefined;
          this.changed.fire();
        }, SETTLED);
      };
      this.watchers.push(watcher, watcher.onDidCreate(look), watcher.onDidDelete(look));
    }
  }

  dispose(): void {
    clearTimeout(this.waiting);
    for (const each of [...this.subscriptions, ...this.watchers]) each.dispose();
    this.changed.dispose();
  }
}

/** The sentence stands below the folder that it names: `It cannot be read`. */
function withoutPath(sentence: string, folder: string): string {
  if (!sentence.startsWith(`${folder}: `)) return sentence;
  const rest = sentence.slice(folder.length + 2);
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** As short as it is clear: from the workspace where it lies in there. */
function folderName(folder: string): string {
  const shown = vscode.workspace.asRelativePath(folder, false);
  return shown === folder ? path.basename(folder) : shown;
}
