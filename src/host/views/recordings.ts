/** Recordings: the history of runs in this workspace, from the meta.json files on disk. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { formatSeconds } from '../../core/model/units.js';
import type { Ctx } from '../ctx.js';
import { launching } from '../lazy.js';
import { listRecordings, type Recording } from '../recordings.js';
import { safeText } from '../safeText.js';
import { activeInfo, type Session } from '../session.js';

export class RecordingsView implements vscode.TreeDataProvider<Recording>, vscode.Disposable {
  readonly id = 'heatline.recordings';
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];
  private session: Session;
  private looked = false;

  constructor(private readonly ctx: Ctx) {
    this.session = ctx.store.value;
    this.subscriptions = [
      vscode.window.createTreeView(this.id, { treeDataProvider: this, canSelectMany: true }),
      ctx.recordingsChanged.event(() => this.changed.fire()),
      ctx.store.onDidChange((session) => this.render(session)),
    ];
  }

  render(session: Session): void {
    const same = session.active === this.session.active && session.baseline === this.session.baseline;
    this.session = session;
    if (!same) this.changed.fire();
  }

  getChildren(recording?: Recording): Promise<Recording[]> | Recording[] {
    if (recording) return [];
    if (!this.looked) {
      this.looked = true;
      void launching().takeUpInterrupted(this.ctx);
    }
    return listRecordings(this.ctx.recordingsRoot);
  }

  getTreeItem(recording: Recording): vscode.TreeItem {
    const { meta } = recording;
    const uri = vscode.Uri.file(recording.raw).toString();
    const active = activeInfo(this.session)?.uri === uri;
    const baseline = this.session.baseline?.runs.some((run) => run.uri === uri) === true;
    const item = new vscode.TreeItem(safeText(meta.label));
    item.id = meta.id;
    item.contextValue = `recording${active ? '.active' : ''}${baseline ? '.baseline' : ''}`;
    item.description = `${baseline ? t('baseline · ') : ''}${whenText(meta.startedAt)} · ${formatSeconds(meta.durationSeconds)} · ${meta.engine}${endText(recording)}`;
    item.iconPath = active
      ? new vscode.ThemeIcon('flame', new vscode.ThemeColor('heatline.ruler5'))
      : new vscode.ThemeIcon(baseline ? 'pinned' : 'history');
    item.accessibilityInformation = {
      label: `${safeText(meta.label)}, ${item.description.replaceAll(' · ', ', ')}${active ? t(', shown now') : ''}`,
    };
    const tooltip = new vscode.MarkdownString();
    tooltip.appendText(
      [
        safeText([meta.target, ...meta.argv.slice(1)].join(' ')),
        `${new Date(meta.startedAt).toLocaleString()} · ${formatSeconds(meta.durationSeconds)}`,
        `${meta.engine}${meta.engineReason ? `: ${meta.engineReason}` : ''}`,
        meta.interpreter ?? '',
        meta.gitCommit ? `commit ${meta.gitCommit.slice(0, 10)}` : '',
      ]
        .filter(Boolean)
        .join('\n\n'),
    );
    item.tooltip = tooltip;
    item.command = { title: t('Show'), command: 'heatline.recording.open', arguments: [recording] };
    return item;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }
}

/** Time of day for today, else the date with it. */
function whenText(iso: string): string {
  const when = new Date(iso);
  const time = when.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  return when.toDateString() === new Date().toDateString() ? time : `${when.toLocaleDateString()} ${time}`;
}

function endText({ meta }: Recording): string {
  if (meta.stoppedBy === 'user') return ' · stopped';
  if (!meta.exitStatus) return meta.stoppedBy === 'signal' ? ' · interrupted' : '';
  return meta.exitStatus < 0 ? t(' · signal {0}', -meta.exitStatus) : t(' · status {0}', meta.exitStatus);
}
