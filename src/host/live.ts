/** Shows recordings while they go on: what an engine writes of itself is read about once a second, unless the user paused that. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import type { ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { closed, opened, renewed } from './session.js';

/** Milliseconds between two looks at the file; engines write about once a second. */
const PERIOD = 400;

/** All recordings that are shown while they go on, with one Pause for them in the status bar. */
export class Live implements vscode.Disposable {
  private readonly following = new Set<Following>();
  private item: vscode.StatusBarItem | undefined;
  paused = false;

  /**
   * Shows what is recorded into `output` until `end` is called.
   * @param label what to call it
   */
  follow(ctx: Ctx, output: string, label: string): Following {
    const following = new Following(ctx, output, label, this, () => {
      this.following.delete(following);
      this.render();
    });
    this.following.add(following);
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
    if (!shown) this.paused = false;
    void vscode.commands.executeCommand('setContext', 'heatline.live', shown ? (this.paused ? 'paused' : 'on') : undefined);
    if (!shown) {
      this.item?.dispose();
      this.item = undefined;
      return;
    }
    this.item ??= vscode.window.createStatusBarItem('heatline.live', vscode.StatusBarAlignment.Left, 99.5);
    this.item.name = 'Heatline: live view';
    this.item.command = this.paused ? 'heatline.resumeLive' : 'heatline.pauseLive';
    this.item.text = this.paused ? '$(debug-continue) paused' : '$(debug-pause) live';
    this.item.tooltip = this.paused
      ? 'Heat and flame graph stand still; the recording goes on. Click to follow it again.'
      : 'Heat and flame graph follow the recording. Click to hold them still; the recording goes on.';
    this.item.accessibilityInformation = { label: this.paused ? 'Follow the recording again' : 'Hold the live view still', role: 'button' };
    this.item.show();
  }

  dispose(): void {
    for (const each of this.following) void each.end();
    this.item?.dispose();
  }
}

/** One recording that is followed. */
class Following {
  /** What is shown of it now. */
  info: ProfileInfo | undefined;
  private stamp = '';
  /** Replaced, but a page may still be asking for it. */
  private before: ProfileInfo | undefined;
  private over = false;
  private readonly done: Promise<void>;

  constructor(
    private readonly ctx: Ctx,
    private readonly output: string,
    private readonly label: string,
    private readonly live: Live,
    private readonly ended: () => void,
  ) {
    this.done = this.run();
  }

  /**
   * Ends the following. What was shown last stays until the whole recording takes its place, which has the same URI.
   * @returns a function that takes it away: to be called when that is shown, or when there is none
   */
  async end(): Promise<() => Promise<void>> {
    this.over = true;
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
    while (!this.over) {
      await sleep(PERIOD);
      if (this.over || this.live.paused) continue;
      const stamp = await this.look();
      if (stamp === undefined || stamp === this.stamp) continue;
      this.stamp = stamp;
      await this.show().catch((error: unknown) => this.ctx.log.debug(`${this.label}: ${String(error)}`));
    }
  }

  /** Tells one state of the file from another. */
  private async look(): Promise<string | undefined> {
    for (const ending of ['live', 'part']) {
      try {
        const { mtimeMs, size } = await stat(`${this.output}.${ending}`);
        return `${ending} ${mtimeMs} ${size}`;
      } catch {
        // Not yet, or not any more.
      }
    }
    return undefined;
  }

  private async show(): Promise<void> {
    const { ctx, info: last, before } = this;
    const uri = pathToFileURL(this.output).href;
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
