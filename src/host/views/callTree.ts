/** Call Tree: cumtime from the top, children asked for as they are opened. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import type { TreeRow } from '../../protocol/lsp.js';
import type { Ctx } from '../ctx.js';
import { activeInfo } from '../session.js';
import { functionItem, placeCommand, timeWords } from './functionItem.js';
import { SessionTree } from './sessionTree.js';

interface Node {
  readonly row: TreeRow;
  readonly total: number;
  readonly generation: string;
}

export class CallTreeView extends SessionTree<Node> {
  private inverted = false;

  constructor(ctx: Ctx) {
    super(ctx, 'heatline.callTree', { showCollapseAll: true });
  }

  /** Callers below instead of callees. */
  toggleInverted(): void {
    this.inverted = !this.inverted;
    this.describe();
    this.refresh();
  }

  protected describe(): void {
    const info = activeInfo(this.session);
    this.tree.description = info ? `${timeWords(info).total}${this.inverted ? t(', inverted') : ''} · ${info.label}` : '';
    // Call edges know who called whom, not which stack it was: say so where the tree is drawn from them.
    if (info?.treeIsEstimate) this.tree.message = t('Estimated from caller–callee sums: this profile has no stacks.');
    else delete (this.tree as { message?: string }).message;
  }

  async getChildren(node?: Node): Promise<Node[]> {
    const { view } = this.session;
    if (!view) return [];
    const generation = JSON.stringify([view, this.inverted]);
    if (node && node.generation !== generation) return [];
    try {
      const { rows, total } = await this.ctx.client.request('profile/tree', { view, node: node?.row.node ?? -1, inverted: this.inverted });
      return rows.map((row) => ({ row, total, generation }));
    } catch (error) {
      this.ctx.log.warn(`Call Tree: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }

  getTreeItem({ row, total, generation }: Node): vscode.TreeItem {
    const info = activeInfo(this.session);
    const unit = info?.valueTypes[this.session.view?.type ?? 0]?.unit ?? '';
    const item = functionItem(row, row.total, total, unit);
    item.id = `${generation}#${row.node}`;
    if (row.children > 0) item.collapsibleState = vscode.TreeItemCollapsibleState.Collapsed;
    item.command = placeCommand(info, row);
    return item;
  }
}
