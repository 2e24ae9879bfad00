/** What the trees in the sidebar share: one view, the session that it shows, and when it is drawn anew. */
import * as vscode from 'vscode';
import type { Ctx } from '../ctx.js';
import type { Session } from '../session.js';

export abstract class SessionTree<Node> implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  protected readonly tree: vscode.TreeView<Node>;
  private readonly subscription: vscode.Disposable;
  protected session: Session;

  constructor(
    protected readonly ctx: Ctx,
    readonly id: string,
    options: { readonly showCollapseAll?: boolean } = {},
  ) {
    this.session = ctx.store.value;
    this.tree = vscode.window.createTreeView(id, { treeDataProvider: this, ...options });
    this.subscription = ctx.store.onDidChange((session) => this.render(session));
  }

  /** Another session; the tree is drawn anew when it shows something else. */
  render(session: Session): void {
    const before = this.session;
    this.session = session;
    if (session.active !== before.active) this.profileChanged();
    if (session.view === before.view) return;
    this.describe();
    this.refresh();
  }

  abstract getChildren(node?: Node): Promise<Node[]>;
  abstract getTreeItem(node: Node): vscode.TreeItem;
  /** Writes what stands beside and above the tree. */
  protected abstract describe(): void;
  /** Forgets what belonged to the profile shown before. */
  protected profileChanged(): void {}

  protected refresh(): void {
    this.changed.fire();
  }

  dispose(): void {
    this.subscription.dispose();
    this.tree.dispose();
    this.changed.dispose();
  }
}
