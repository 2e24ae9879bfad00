/** Entry of the extension. Everything here is cheap: nothing is started or read before it is asked for. */
import './host/texts.js';
import * as vscode from 'vscode';
import { createApi, type HeatlineApi } from './host/api.js';
import { registerCommands } from './host/commands.js';
import { registerConfigurations } from './host/configurations.js';
import { type Ctx, createCtx } from './host/ctx.js';
import { ProfileEditor } from './host/editors/profileEditor.js';
import { inCode, production } from './host/lazy.js';
import { productionFolders, SETTING } from './host/production/folders.js';
import { followActive, restoreSession } from './host/profiles.js';
import { CallTreeView } from './host/views/callTree.js';
import { HeatView } from './host/views/heat.js';
import { HotFunctionsView } from './host/views/hotFunctions.js';
import { RecordingsView } from './host/views/recordings.js';
import { StatusBarView } from './host/views/statusBar.js';

let ctx: Ctx | undefined;

export function activate(context: vscode.ExtensionContext): HeatlineApi {
  ctx = createCtx(context);
  // Before the views: the server must know the active profile when they ask for its figures.
  context.subscriptions.push(followActive(ctx));
  const heat = new HeatView(ctx);
  const editor = new ProfileEditor(ctx);
  const callTree = new CallTreeView(ctx);
  const hotFunctions = new HotFunctionsView(ctx);
  context.subscriptions.push(heat, editor, callTree, hotFunctions, new RecordingsView(ctx), new StatusBarView(ctx));
  context.subscriptions.push(whenFirstShown(ctx), whenProduction(ctx));
  registerCommands(ctx, { editor, heat, callTree, hotFunctions });
  context.subscriptions.push(registerConfigurations());
  void restoreSession(ctx);
  return createApi(ctx, heat);
}

/** Starts what shows a profile in the code beside the heat, as soon as there is one. */
function whenFirstShown(own: Ctx): vscode.Disposable {
  let started: vscode.Disposable | undefined;
  const waiting = own.store.onDidChange(({ active }) => {
    if (active === undefined) return;
    waiting.dispose();
    started = inCode().startInCode(own);
  });
  return {
    dispose: () => {
      waiting.dispose();
      started?.dispose();
    },
  };
}

/** Shows the folders of windows from production, where this workspace has any. */
function whenProduction(own: Ctx): vscode.Disposable {
  const look = () => void (productionFolders(own).length > 0 && production().productionView(own));
  look();
  return vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration(SETTING) && look());
}

/** Milliseconds that VS Code leaves us, less what the server needs to go. */
const PATIENCE = 3500;

/** Ends what was started: programs being recorded are asked to stop, what they recorded is taken, the server goes. */
export async function deactivate(): Promise<void> {
  ctx?.runs.stop();
  await ctx?.runs.ended(PATIENCE);
  ctx?.runs.dispose();
  await ctx?.client.stop();
  ctx = undefined;
}
