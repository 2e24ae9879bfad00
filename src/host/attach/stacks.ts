/** Show Stacks: where each thread of a running program is now, as a page of text whose places are links. */

import * as vscode from 'vscode';
import { t } from '../../core/l10n.js';
import { stacksText } from '../../core/report/stacks.js';
import { dumpProcess, processFacts } from '../../engines/index.js';
import type { Ctx } from '../ctx.js';
import { pythonPackageOf } from '../profileFile.js';
import { demandTrust } from '../target.js';
import { refuse, searchPath } from './attach.js';
import { pickProcess } from './picker.js';

export interface DumpOptions {
  readonly pid?: number;
  /** With the local variables, which may hold secrets. */
  readonly locals?: boolean;
}

const SCHEME = 'heatline-stacks';

/**
 * Shows the stacks of a program that runs; the user picks it where it is not said. Asked again, the same page is renewed.
 * @param given options, or the page whose button was pressed
 * @throws UserError with the doctor's reason, CancellationError
 */
export async function showStacks(ctx: Ctx, given: DumpOptions | vscode.Uri = {}): Promise<string> {
  demandTrust();
  const options = given instanceof vscode.Uri ? optionsIn(given) : given;
  const facts = options.pid === undefined ? await pickProcess(t('Show the Stacks of a Running Program')) : processFacts(options.pid);
  refuse(ctx, facts);
  const request = {
    pid: facts.pid,
    pythonPackage: pythonPackageOf(ctx),
    path: await searchPath(ctx, vscode.workspace.workspaceFolders?.[0]),
  };
  const title = t('Heatline: reading the stacks of process {0}', facts.pid);
  const text = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, async () =>
    stacksText(await dumpProcess({ ...request, ...(options.locals ? { locals: true } : {}) })),
  );
  pages ??= new Pages(ctx);
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/stacks of ${facts.pid}`, query: `${facts.pid}${options.locals ? ' locals' : ''}` });
  pages.put(uri, text);
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
  return text;
}

/** As {@link showStacks}, with the variables. */
export const showVariables = (ctx: Ctx, uri: vscode.Uri): Promise<string> => showStacks(ctx, { ...optionsIn(uri), locals: true });

function optionsIn(uri: vscode.Uri): DumpOptions {
  const [pid, locals] = uri.query.split(' ');
  return { pid: Number(pid), ...(locals ? { locals: true } : {}) };
}

let pages: Pages | undefined;

/** The texts that are shown, and links from them to the code. */
class Pages implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  constructor(ctx: Ctx) {
    ctx.context.subscriptions.push(
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.languages.registerDocumentLinkProvider({ scheme: SCHEME }, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.texts.delete(uri.toString())),
    );
  }

  put(uri: vscode.Uri, text: string): void {
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const links: vscode.DocumentLink[] = [];
    for (let at = 0; at < document.lineCount; at++) {
      const { text } = document.lineAt(at);
      const place = /^ {2}\S.*? {2}((?:[A-Za-z]:[\\/]|\/).*):(\d+)$/.exec(text);
      if (!place) continue;
      const [, file, line] = place;
      const range = new vscode.Range(at, text.length - `${file}:${line}`.length, at, text.length);
      links.push(new vscode.DocumentLink(range, vscode.Uri.file(file!).with({ fragment: `L${line}` })));
    }
    return links;
  }
}
