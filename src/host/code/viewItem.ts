/** In the status bar: which metric, thread and filters every view shows; a click changes them. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { formatValue, typeLabel } from '../../core/model/units.js';
import type { Ctx } from '../ctx.js';
import { safeText } from '../safeText.js';
import { activeInfo, type Session, selectionOf } from '../session.js';
import { heatScale } from '../views/heatSettings.js';
import { scaleWords, viewWords } from './viewWords.js';

export class ViewItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('heatline.view', vscode.StatusBarAlignment.Left, 98.9);
  private readonly subscriptions: vscode.Disposable;

  constructor(ctx: Ctx) {
    this.item.name = t('Heatline: what is shown');
    this.item.command = 'heatline.chooseView';
    this.subscriptions = vscode.Disposable.from(
      ctx.store.onDidChange((session) => this.render(session)),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('heatline.heat') && this.render(ctx.store.value)),
      vscode.window.onDidChangeActiveTextEditor(() => this.render(ctx.store.value)),
      this.item,
    );
    this.render(ctx.store.value);
  }

  private render(session: Session): void {
    const info = activeInfo(session);
    const { view, metric } = session;
    if (!info || !view) {
      this.item.hide();
      return;
    }
    const selection = selectionOf(session)?.name;
    const scale = heatScale(vscode.window.activeTextEditor?.document);
    const type = info.valueTypes[view.type];
    const words = viewWords(info, view, metric, scale, selection);
    const total = formatValue(info.totals[view.type] ?? 0, type?.unit ?? '');
    const whole = t('{0}: {1}, {2} in all.', safeText(info.label), type ? typeLabel(type) : '', total);
    const share = t(
      'Heat is {0}, as a share {1}.',
      metric === 'self' ? t('what a line took itself') : t('what a line took with all that it called'),
      scaleWords(scale, selection),
    );
    this.item.text = `$(settings) ${words}`;
    this.item.tooltip = t('{0}\n{1}\nClick to choose metric, thread, focus and scale.', whole, share);
    this.item.accessibilityInformation = { label: t('Heatline shows {0}. {1} Choose what is shown', words, share), role: 'button' };
    this.item.show();
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}
