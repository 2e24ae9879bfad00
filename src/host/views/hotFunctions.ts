/** Hot Functions: tottime, the slowest first; below each one who called it. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { formatCount } from '../../core/model/units.js';
import type { FunctionRow } from '../../protocol/lsp.js';
import type { Ctx } from '../ctx.js';
import { activeInfo, unfolded } from '../session.js';
import { functionItem, placeCommand, timeWords } from './functionItem.js';
import { SessionTree } from './sessionTree.js';

const PAGE = 100;

type Node =
  | { readonly kind: 'function' | 'caller'; readonly row: FunctionRow; readonly total: number; readonly path: string }
  | { readonly kind: 'more'; readonly left: number };

export class HotFunctionsView extends SessionTree<Node> {
  private limit = PAGE;

  constructor(ctx: Ctx) {
    super(ctx, 'heatline.hotFunctions');
  }

  protected override profileChanged(): void {
    this.limit = PAGE;
  }

  protected describe(): void {
    const info = activeInfo(this.session);
    this.tree.description = info ? `${timeWords(info).self} · ${info.label}` : '';
  }

  showMore(): void {
    this.limit += 4 * PAGE;
    this.refresh();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!this.session.view || node?.kind === 'more') return [];
    const view = unfolded(this.session.view);
    try {
      if (!node) return await this.roots(view);
      const rows = await this.ctx.client.request('profile/callers', { view, func: node.row.func });
      return rows.map((row) => ({ kind: 'caller', row, total: node.total, path: `${node.path}/${row.func}` }));
    } catch (error) {
      this.ctx.log.warn(`Hot Functions: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }

  private async roots(view: ReturnType<typeof unfolded>): Promise<Node[]> {
    const page = await this.ctx.client.request('profile/functions', { view, sort: 'self', descending: true, offset: 0, limit: this.limit });
    const prefix = JSON.stringify(view);
    const rows: Node[] = page.rows.map((row) => ({ kind: 'function', row, total: page.total, path: `${prefix}#${row.func}` }));
    return page.count > rows.length ? [...rows, { kind: 'more', left: page.count - rows.length }] : rows;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === 'more') {
      const item = new vscode.TreeItem(t('{0} more…', formatCount(node.left)));
      item.accessibilityInformation = { label: t('Show {0} more functions', node.left) };
      item.command = { title: t('Show More'), command: 'heatline.hotFunctions.more' };
      return item;
    }
    const info = activeInfo(this.session);
    const unit = info?.valueTypes[this.session.view?.type ?? 0]?.unit ?? '';
    const item = functionItem(node.row, node.kind === 'caller' ? node.row.total : node.row.self, node.total, unit);
    item.id = node.path;
    if (node.kind === 'caller') item.iconPath = new vscode.ThemeIcon('call-incoming');
    // Callers of callers lie a long way from the question; three steps are enough to see a cycle as one.
    const deep = node.path.split('/').length > 12;
    item.collapsibleState = deep ? vscode.TreeItemCollapsibleState.None : vscode.TreeItemCollapsibleState.Collapsed;
    item.command = placeCommand(info, node.row);
    return item;
  }
}
