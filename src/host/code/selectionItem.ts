/** In the status bar: what the selected lines took together. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { formatCount, formatShare, formatValue } from '../../core/model/units.js';
import type { Ctx } from '../ctx.js';
import { safeText } from '../safeText.js';
import { activeInfo, codeView, selectionOf } from '../session.js';
import { canHeat } from '../views/heatSettings.js';

/** A selection that still grows is asked for when it rests this long. */
const REST_MS = 120;

export class SelectionItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('heatline.selection', vscode.StatusBarAlignment.Right, 100.5);
  private readonly subscriptions: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;
  private asking: vscode.CancellationTokenSource | undefined;

  constructor(private readonly ctx: Ctx) {
    this.item.name = t('Heatline: selection');
    this.subscriptions = vscode.Disposable.from(
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => textEditor === vscode.window.activeTextEditor && this.later()),
      vscode.window.onDidChangeActiveTextEditor(() => this.later()),
      ctx.store.onDidChange(() => this.later()),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('heatline.selection') && this.later()),
      this.item,
    );
    this.later();
  }

  private later(): void {
    clearTimeout(this.timer);
    this.asking?.cancel();
    this.timer = setTimeout(() => {
      this.show().catch((error: unknown) => {
        this.item.hide();
        if (!(error instanceof vscode.CancellationError))
          this.ctx.log.warn(`Selection: ${error instanceof Error ? error.message : String(error)}`);
      });
    }, REST_MS);
  }

  private async show(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const view = codeView(this.ctx.store.value);
    const info = activeInfo(this.ctx.store.value);
    const selection = selectionOf(this.ctx.store.value);
    const lines = editor && selectedLines(editor.selection);
    const enabled = vscode.workspace.getConfiguration('heatline.selection').get<boolean>('enabled', true);
    if (!editor || !lines || !view || !info || !enabled || !canHeat(editor.document.uri)) return this.item.hide();
    this.asking = new vscode.CancellationTokenSource();
    const { token } = this.asking;
    const [from, to] = lines;
    const asked = { view, uri: editor.document.uri.toString(), from, to };
    const { self, total, sum } = await this.ctx.client.request('profile/selection', asked, { token });
    if (token.isCancellationRequested) return;
    const unit = info.valueTypes[view.type]?.unit ?? '';
    const value = this.ctx.store.value.metric === 'self' || total === null ? self : total;
    if (!(sum > 0)) return this.item.hide();
    const figure = (amount: number) => `${formatValue(amount, unit)} · ${formatShare(amount / sum)}`;
    const count = t('{0} lines', formatCount(to - from + 1));
    this.item.text = `${count}: ${figure(value)}`;
    this.item.tooltip = [
      selection
        ? t('{0} together, as a share of the selected {1}', count, safeText(selection.name))
        : t('{0} together, as a share of the whole profile', count),
      t('self {0}', figure(self)),
      total === null ? t('total unknown: this profile keeps sums, not stacks') : t('total {0}, each stack counted once', figure(total)),
    ].join('\n');
    this.item.accessibilityInformation = { label: t('Heatline: {0} selected took {1}', count, figure(value)) };
    this.item.show();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.asking?.cancel();
    this.subscriptions.dispose();
  }
}

/** 1-based first and last line of a selection of several; one that ends before the first character of a line leaves this out. */
function selectedLines({ start, end }: vscode.Selection): readonly [from: number, to: number] | undefined {
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return last > start.line ? [start.line + 1, last + 1] : undefined;
}
