/** In the explorer, files and folders wear their share of the profile: what was spent in their own code. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { formatShare, formatValue, typeLabel } from '../../core/model/units.js';
import type { Ctx } from '../ctx.js';
import { activeInfo, codeView, type Session, sameCode } from '../session.js';

/** Below this share (0..1) a file stays clean. */
const SEEN = 0.01;

export class ExplorerBadges implements vscode.FileDecorationProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeFileDecorations = this.changed.event;
  private readonly subscriptions: vscode.Disposable;
  private badges: ReadonlyMap<string, vscode.FileDecoration> = new Map();
  private asking: vscode.CancellationTokenSource | undefined;

  constructor(private readonly ctx: Ctx) {
    this.subscriptions = vscode.Disposable.from(
      vscode.window.registerFileDecorationProvider(this),
      ctx.store.onDidChange((session, before) => !sameCode(session, before) && this.renew(session)),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('heatline.explorer') && this.renew(ctx.store.value)),
      this.changed,
    );
    this.renew(ctx.store.value);
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    return uri.scheme === 'file' ? this.badges.get(uri.fsPath) : undefined;
  }

  private renew(session: Session): void {
    this.asking?.cancel();
    this.asking = new vscode.CancellationTokenSource();
    const { token } = this.asking;
    this.ask(session, token).then(
      (badges) => {
        if (token.isCancellationRequested || (badges.size === 0 && this.badges.size === 0)) return;
        this.badges = badges;
        this.changed.fire(undefined);
      },
      (error: unknown) => {
        if (!(error instanceof vscode.CancellationError))
          this.ctx.log.warn(`Explorer: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  }

  private async ask(session: Session, token: vscode.CancellationToken): Promise<ReadonlyMap<string, vscode.FileDecoration>> {
    const info = activeInfo(session);
    const view = codeView(session);
    const badges = new Map<string, vscode.FileDecoration>();
    if (!info || !view || !vscode.workspace.getConfiguration('heatline.explorer').get<boolean>('enabled', true)) return badges;
    const { sum, paths } = await this.ctx.client.request('profile/pathShares', { view }, { token });
    const type = info.valueTypes[view.type];
    for (const { path, self, folder } of paths) {
      const share = sum > 0 ? self / sum : 0;
      if (share < SEEN) continue;
      const words = t(
        '{0} of {1} ({2}) was spent in {3}',
        formatShare(share),
        type ? typeLabel(type) : t('the profile'),
        formatValue(self, type?.unit ?? ''),
        folder ? t('the code of this folder') : t('this file’s own code'),
      );
      // Two characters is all that a badge may have.
      const badge = String(Math.min(99, Math.round(share * 100)));
      badges.set(vscode.Uri.file(path).fsPath, new vscode.FileDecoration(badge, words));
    }
    return badges;
  }

  dispose(): void {
    this.asking?.cancel();
    this.subscriptions.dispose();
  }
}
