/** Profile Again: what was started last, as it was started then. */

import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { ProfileInfo } from '../protocol/lsp.js';
import { attachAgain } from './attach/attach.js';
import type { Ctx } from './ctx.js';
import { fetchAgain } from './fetch/fetchPprof.js';
import { profileCellsAgain } from './notebooks/profileCells.js';
import { profileFile } from './profileFile.js';
import { profileLaunch } from './profileLaunch.js';
import { lastStart } from './starts.js';

/** @throws UserError `no-run`, and what the start itself throws */
export async function rerun(ctx: Ctx): Promise<ProfileInfo> {
  const last = lastStart(ctx);
  switch (last?.kind) {
    case 'file':
      return profileFile(ctx, vscode.Uri.parse(last.uri, true), last.options, last);
    case 'launch':
      return profileLaunch(
        ctx,
        last.spec,
        last.folder ? vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(last.folder, true)) : undefined,
      );
    case 'cells':
      return profileCellsAgain(ctx, last.notebook, last.cell);
    case 'attach':
      return attachAgain(ctx, last.options, last.program);
    case 'fetch':
      return fetchAgain(ctx, last);
    default:
      throw new UserError('no-run', t('Nothing was profiled in this workspace yet.'), [
        { title: t('Profile This File'), command: 'heatline.profileFile' },
      ]);
  }
}
