/** What `activate` returns to other extensions (contract, docs/architecture.md). */
import * as vscode from 'vscode';
import type { LineHeat, ProfileInfo } from '../protocol/lsp.js';
import type { Ctx } from './ctx.js';
import { launching } from './lazy.js';
import { openProfile } from './profiles.js';
import { activeInfo } from './session.js';
import type { ProfileOptions } from './target.js';
import type { HeatView } from './views/heat.js';

export interface HeatlineApi {
  readonly version: 1;
  /** Reads a profile file and shows it in every view. */
  openProfile(uri: vscode.Uri): Promise<ProfileInfo>;
  /** Runs a Python file under a profiler; resolves when the profile is shown. */
  profileFile(uri: vscode.Uri, options?: ProfileOptions): Promise<ProfileInfo>;
  readonly activeProfile: ProfileInfo | undefined;
  /** Figures of a document's lines under the active profile: lines 1-based, values in the profile's unit, share of the whole 0..1. */
  lineHeat(uri: vscode.Uri): Promise<Pick<LineHeat, 'line' | 'self' | 'total' | 'share' | 'stale'>[]>;
  readonly onDidChangeActiveProfile: vscode.Event<ProfileInfo | undefined>;
}

export function createApi(ctx: Ctx, heat: HeatView): HeatlineApi {
  const changed = new vscode.EventEmitter<ProfileInfo | undefined>();
  const following = ctx.store.onDidChange((session, before) => session.active !== before.active && changed.fire(activeInfo(session)));
  ctx.context.subscriptions.push(changed, following);
  return {
    version: 1,
    openProfile: (uri) => openProfile(ctx, uri),
    profileFile: async (uri, options) => launching().profileFile(ctx, uri, options ?? {}),
    get activeProfile() {
      return activeInfo(ctx.store.value);
    },
    lineHeat: async (uri) => (await heat.linesOf(uri)).map(({ line, self, total, share, stale }) => ({ line, self, total, share, stale })),
    onDidChangeActiveProfile: changed.event,
  };
}
