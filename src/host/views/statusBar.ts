/** One line on where the time went; click for the flame graph. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import type { Ctx } from '../ctx.js';
import { safeText } from '../safeText.js';
import { activeInfo, type Session } from '../session.js';

export class StatusBarView implements vscode.Disposable {
  readonly id = 'statusBar';
  private item: vscode.StatusBarItem | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(ctx: Ctx) {
    this.subscription = ctx.store.onDidChange((session) => this.render(session));
  }

  render(session: Session): void {
    void vscode.commands.executeCommand('setContext', 'heatline.active', session.active !== undefined);
    const info = activeInfo(session);
    if (!info || !session.view) {
      this.item?.hide();
      return;
    }
    this.item ??= vscode.window.createStatusBarItem('heatline.summary', vscode.StatusBarAlignment.Left, 99);
    this.item.name = t('Heatline: summary');
    this.item.text = `$(flame) ${shorten(safeText(info.summary))}`;
    this.item.command = 'heatline.showFlameGraph';
    const tooltip = new vscode.MarkdownString();
    tooltip.appendText([safeText(info.label), info.summary, ...info.warnings, 'Click for the flame graph.'].map(safeText).join('\n\n'));
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: t('Heatline: {0}', info.summary), role: 'button' };
    this.item.show();
  }

  dispose(): void {
    this.subscription.dispose();
    this.item?.dispose();
  }
}

const shorten = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text);
