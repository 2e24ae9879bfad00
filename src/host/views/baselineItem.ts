/** Says in the status bar what the active profile is compared with; click for the comparison. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
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
    this.item.name = t('Heatline: baseline');
    this.item.text = itself ? t('$(pinned) baseline') : t('$(git-compare) vs {0}', label);
    this.item.tooltip = itself
      ? t('This profile is the baseline. Open or record another run to see what changed since.')
      : t(
          'Figures tell the change since {0}{1}. Click for the comparison.',
          label,
          runs > 1 ? t('; {0} runs are compared with it', runs) : '',
        );
    if (itself) delete (this.item as { command?: unknown }).command;
    else this.item.command = 'heatline.showComparison';
    this.item.accessibilityInformation = {
      label: t('Heatline: {0}', itself ? t('this is the baseline') : t('compared with {0}', label)),
      role: 'button',
    };
    this.item.show();
  }

  dispose(): void {
    this.subscription.dispose();
    this.item?.dispose();
  }
}
