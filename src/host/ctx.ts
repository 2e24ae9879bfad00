/** What every command and view of the extension shares. Made once per window by `activate`. */
import path from 'node:path';
import * as vscode from 'vscode';
import { Client } from './client.js';
import { Live } from './live.js';
import { Runs } from './runs.js';
import { SessionStore } from './session.js';

export interface Ctx {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly store: SessionStore;
  readonly client: Client;
  readonly runs: Runs;
  readonly live: Live;
  /** Folder of this workspace's recordings; made by the first one. */
  readonly recordingsRoot: string;
  /** Fires when recordings were made, renamed or deleted. */
  readonly recordingsChanged: vscode.EventEmitter<void>;
  /** Resolves when what is visible shows the current session. */
  shown(): Promise<void>;
  /** Views that must have painted before something counts as shown. */
  readonly painters: (() => Promise<void>)[];
}

export function createCtx(context: vscode.ExtensionContext): Ctx {
  const log = vscode.window.createOutputChannel('Heatline', { log: true });
  const client = new Client(context.extensionPath, log);
  const runs = new Runs();
  const live = new Live();
  const recordingsChanged = new vscode.EventEmitter<void>();
  const painters: (() => Promise<void>)[] = [];
  context.subscriptions.push(log, client, runs, live, recordingsChanged);
  return {
    context,
    log,
    client,
    runs,
    live,
    recordingsChanged,
    painters,
    store: new SessionStore(),
    recordingsRoot: path.join((context.storageUri ?? context.globalStorageUri).fsPath, 'recordings'),
    shown: async () => void (await Promise.all(painters.map((painted) => painted()))),
  };
}
