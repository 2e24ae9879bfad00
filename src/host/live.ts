/** Shows recordings while they go on: what an engine writes of itself is read about once a second, unless the user paused that. */

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import { t } from '../core/l10n.js';
import type { LaunchPlan } from '../engines/engine.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { closed, opened, renewed } from './session.js';

/** Milliseconds between two looks at the file; engines write about once a second. */
const PERIOD = 400;
/** What is slow to show is shown less often: at most this part of the time is spent on it. */
const SHARE = 1 / 3;
/** Endings of the files that are looked at, the better one first. */
const ENDINGS: Readonly<Record<NonNullable<LaunchPlan['live']>, readonly string[]>> = { copy: ['.live', '.part'], output: [''] };

/** All recordings that are shown while they go on, with one Pause for them in the status bar. */
export class Live implements vscode.Disposable {
  private readonly following = new Set<Following>();
  private item: vscode.StatusBarItem | undefined;
  paused = false;

  /**
   * Shows what a plan records until `end` is called, or says that it shows nothing before its end.
   * @param label what to call it
   * @param engine its id
   */
  follow(ctx: Ctx, plan: LaunchPlan, label: string, engine: string): Following {
    const following = new Following(ctx, plan, label, engine, this, () => {
      this.following.delete(following);
      this.render();
    });
    this.following.add(following);
    if (following.blind) this.render();
    return following;
  }

  /** Stops showing what comes, or goes on with it; the recordings themselves go on. */
  pause(paused: boolean): void {
    this.paused = paused;
    this.render();
  }

  /** Called when something is shown for the first time, and at each end. */
  render(): void {
    const shown = [...this.following].some((each) => each.info !== undefined);
    const blind = [...new Set([...this.following].flatMap((each) => each.blind ?? []))];
    if (!shown) this.paused = false;
    void vscode.commands.executeCommand('setContext', 'heatline.live', shown ? (this.paused ? 'paused' : 'on') : undefined);
    if (!shown && blind.length === 0) {
      this.item?.dispose();
      this.item = undefined;
      return;
    }
    this.item ??= vscode.window.createStatusBarItem('heatline.live', vscode.StatusBarAlignment.Left, 99.5);
    this.item.name = t('Heatline: live view');
    const { text, command, sentence, label } = LOOKS[shown ? (this.paused ? 'paused' : 'on') : 'blind'];
    const sentences = [sentence, ...blind].filter((each) => each !== '');
    this.item.text = text;
    this.item.command = command;
    this.item.tooltip = sentences.join(' ');
    this.item.accessibilityInformation = command ? { label, role: 'button' } : { label: `${label}. ${blind.join(' ')}` };
    this.item.show();
  }

  dispose(): void {
    for (const each of this.following) void each.end();
    this.item?.dispose();
  }
}

/** The item in the status bar: while recordings are followed, while they are held still, and when none can be followed. */
const LOOKS = {
  on: {
    text: t('$(debug-pause) live'),
    command: 'heatline.pauseLive',
    sentence: t('Heat and flame graph follow the recording. Click to hold them still; the recording goes on.'),
    label: t('Hold the live view still'),
  },
  paused: {
    text: t('$(debug-continue) paused'),
    command: 'heatline.resumeLive',
    sentence: t('Heat and flame graph stand still; the recording goes on. Click to follow it again.'),
    label: t('Follow the recording again'),
  },
  blind: { text: t('$(eye-closed) shown at the end'), command: undefined, sentence: '', label: t('No live view') },
} as const;

/** One recording that is followed. */
class Following {
  /** What is shown of it now. */
  info: ProfileInfo | undefined;
  private stamp = '';
  /** Replaced, but a page may still be asking for it. */
  private before: ProfileInfo | undefined;
  private over = false;
  private readonly stop = new AbortController();
  private readonly done: Promise<void>;
  private readonly endings: readonly string[];
  /** One sentence where the engine shows nothing before its end. */
  readonly blind: string | undefined;

  constructor(
    private readonly ctx: Ctx,
    private readonly plan: LaunchPlan,
    private readonly label: string,
    engine: string,
    private readonly live: Live,
    private readonly ended: () => void,
  ) {
    this.endings = plan.live === undefined ? [] : ENDINGS[plan.live];
    if (plan.live === undefined) this.blind = t('{0} hands over its recording at the end only: heat and flame graph come then.', engine);
    this.done = plan.live === undefined ? Promise.resolve() : this.run();
  }

  /**
   * Ends the following. What was shown last stays until the whole recording takes its place, which has the same URI.
   * @returns a function that takes it away: to be called when that is shown, or when there is none
   */
  async end(): Promise<() => Promise<void>> {
    this.over = true;
    this.stop.abort();
    await this.done;
    this.ended();
    return async () => {
      const { info, before } = this;
      if (before) await this.forget(before);
      if (!info) return;
      this.ctx.store.update((session) => closed(session, info.id));
      await this.forget(info);
    };
  }

  private async run(): Promise<void> {
    let pause = PERIOD;
    while (!this.over) {
      await sleep(pause, undefined, { signal: this.stop.signal }).catch(() => undefined);
      if (this.over || this.live.paused) continue;
      const stamp = await this.look();
      if (stamp === undefined || stamp === this.stamp) continue;
      this.stamp = stamp;
      const began = Date.now();
      await this.show().catch((error: unknown) => this.ctx.log.debug(`${this.label}: ${String(error)}`));
      pause = Math.max(PERIOD, (Date.now() - began) * (1 / SHARE - 1));
    }
  }

  /** Tells one state of the file from another. */
  private async look(): Promise<string | undefined> {
    for (const ending of this.endings) {
      try {
        const { mtimeMs, size } = await stat(this.plan.output + ending);
        if (size > 0) return `${ending} ${mtimeMs} ${size}`;
      } catch {
        // Not yet, or not any more.
      }
    }
    return undefined;
  }

  private async show(): Promise<void> {
    const { ctx, info: last, before } = this;
    const uri = pathToFileURL(this.plan.output).href;
    const info = await ctx.client.request('profile/open', { uri, live: { label: this.label } });
    if (this.over || info.samples === 0) return this.forget(info);
    this.info = info;
    this.before = last;
    ctx.store.update((session) => (last ? renewed(session, info) : opened(session, info)));
    if (!last) this.live.render();
    await ctx.shown();
    if (before) await this.forget(before);
  }

  private async forget(info: ProfileInfo): Promise<void> {
    await this.ctx.client.request('profile/close', { profile: info.id });
  }
}

/** The name under which a recording that goes on is shown. */
export function liveLabel(file: string): string {
  return `${path.basename(file)} (recording)`;
}
