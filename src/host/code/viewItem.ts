/** In the status bar: which metric, thread and filters every view shows; a click changes them. */
import * as vscode from 'vscode';
import { formatValue, typeLabel } from '../../core/model/units.js';
import type { Ctx } from '../ctx.js';
import { safeText } from '../safeText.js';
import { activeInfo, type Session } from '../session.js';
import { heatScale } from '../views/heatSettings.js';
import { SCALE_WORDS, viewWords } from './viewWords.js';

export class ViewItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('heatline.view', vscode.StatusBarAlignment.Left, 98.9);
  private readonly subscriptions: vscode.Disposable;

  constructor(ctx: Ctx) {
    this.item.name = 'Heatline: what is shown';
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
    const scale = heatScale(vscode.window.activeTextEditor?.document);
    const type = info.valueTypes[view.type];
    const words = viewWords(info, view, metric, scale);
    const total = formatValue(info.totals[view.type] ?? 0, type?.unit ?? '');
    const whole = `${safeText(info.label)}: ${type ? typeLabel(type) : ''}, ${total} in all.`;
    const share = `Heat is ${metric === 'self' ? 'what a line took itself' : 'what a line took with all that it called'}, as a share ${SCALE_WORDS[scale]}.`;
    this.item.text = `$(settings) ${words}`;
    this.item.tooltip = `${whole}\n${share}\nClick to choose metric, thread, focus and scale.`;
    this.item.accessibilityInformation = { label: `Heatline shows ${words}. ${share} Choose what is shown`, role: 'button' };
    this.item.show();
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}
