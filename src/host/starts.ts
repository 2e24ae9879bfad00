/** What was started last, so that `heatline.rerun` can start it again, exactly. Kept per workspace. */
import type { AttachOptions } from './attach/attach.js';
import type { Ctx } from './ctx.js';
import type { FetchStart } from './fetch/fetchPprof.js';
import type { LaunchSpec } from './launchSpec.js';
import type { Part } from './profileFile.js';
import type { ProfileOptions } from './target.js';

export type Start =
  | ({ readonly kind: 'file'; readonly uri: string; readonly options?: ProfileOptions } & Part)
  | { readonly kind: 'launch'; readonly spec: LaunchSpec; readonly folder?: string }
  /** `cell`: its index; without it all cells. */
  | { readonly kind: 'cells'; readonly notebook: string; readonly cell?: number }
  /** `program` tells the program again when its number has changed: a hash of its command line. */
  | { readonly kind: 'attach'; readonly options: AttachOptions; readonly program: string }
  | ({ readonly kind: 'fetch' } & FetchStart);

const LAST = 'heatline.lastStart';

export async function remember(ctx: Ctx, start: Start): Promise<void> {
  await ctx.context.workspaceState.update(LAST, start);
}

export const lastStart = (ctx: Ctx): Start | undefined => ctx.context.workspaceState.get<Start>(LAST);
