/** Says in the status bar what the active profile is compared with; click for the comparison. */
import * as vscode from 'vscode';
import type { Ctx } from '../ctx.js';
import { safeText } from '../safeText.js';
import { activeInfo, baselineLabel, besideOf, comparedWith, type Session } from '../session.js';

export class BaselineItem implements vscode.Disposable {
  private item: vscode.StatusBarItem | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(ctx: Ctx) {
    this.subscription = ctx.store.onDidChange((session) => this.render(session));
    this.render(ctx.store.value);
  }

  render(session: Session): void {
    const { baseline } = session;
    void vscode.commands.executeCommand('setContext', 'heatline.baseline', baseline !== undefined);
    const info = activeInfo(session);
    if (!baseline || !info) {
      this.item?.hide();
      return;
    }
    this.item ??= vscode.window.createStatusBarItem('heatline.baseline', vscode.StatusBarAlignment.Left, 98.5);
    const label = safeText(baselineLabel(baseline));
    const itself = comparedWith(session, info).length === 0;
    const runs = besideOf(session, info).length + 1;
    this.item.name = 'Heatline: baseline';
    this.item.text = itself ? '$(pinned) baseline' : `$(git-compare) vs ${label}`;
    this.item.tooltip = itself
      ? 'This profile is the baseline. Open or record another run to see what changed since.'
      : `Figures tell the change since ${label}${runs > 1 ? `; ${runs} runs are compared with it` : ''}. Click for the comparison.`;
    if (itself) delete (this.item as { command?: unknown }).command;
    else this.item.command = 'heatline.showComparison';
    this.item.accessibilityInformation = {
      label: `Heatline: ${itself ? 'this is the baseline' : `compared with ${label}`}`,
      role: 'button',
    };
    this.item.show();
  }

  dispose(): void {
    this.subscription.dispose();
    this.item?.dispose();
  }
}
