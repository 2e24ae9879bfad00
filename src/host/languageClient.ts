/** The language client: a bundle of its own (dist/languageClient.js), loaded when the first profile is opened. */
import './texts.js';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { LanguageClient, RevealOutputChannelOn, State, TransportKind, WorkDoneProgress } from 'vscode-languageclient/node';
import type { Notifications, Requests } from '../protocol/lsp.js';

/** How a request is followed while it is being answered. */
export interface RequestOptions {
  readonly token?: vscode.CancellationToken;
  /** Is told how far the answer is, 0..1, when the server knows. */
  readonly progress?: (fraction: number) => void;
}

export interface RunningClient {
  request<M extends keyof Requests>(method: M, params: Requests[M][0], options?: RequestOptions): Promise<Requests[M][1]>;
  /** Ask the editor to draw the lenses again. */
  refreshLenses(): void;
  /** Ends the server process. */
  stop(): Promise<void>;
}

export interface ClientOptions {
  /** Absolute path of dist/server.js. */
  readonly module: string;
  readonly log: vscode.LogOutputChannel;
  onRefresh(reason: Notifications['heatline/refresh']['reason']): void;
  /** The server ended by itself and runs again, with an empty store. */
  onRestart(): void;
}

/** Commands that links in hovers may run. */
const TRUSTED = [
  'heatline.lineCallers',
  'heatline.lineCallees',
  'heatline.openLocation',
  'heatline.showFunction',
  'heatline.showFlameGraph',
  'heatline.showLabel',
];

/** Starts the server and waits until it answers. Rejects when it cannot be started. */
export async function startClient(options: ClientOptions): Promise<RunningClient> {
  const enabled = (what: string) => vscode.workspace.getConfiguration('heatline').get<boolean>(`${what}.enabled`, true);
  const client = new LanguageClient(
    'heatline',
    'Heatline',
    { module: options.module, transport: TransportKind.ipc, options: { execArgv: ['--max-old-space-size=4096'] } },
    {
      documentSelector: [{ scheme: 'file' }, { scheme: 'vscode-notebook-cell', language: 'python' }],
      outputChannel: options.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: { texts: vscode.l10n.bundle, ...sourceSettings() },
      initializationFailedHandler: () => false,
      markdown: { isTrusted: { enabledCommands: TRUSTED } },
      middleware: {
        provideCodeLenses: (document, token, next) => (enabled('codeLens') ? next(document, token) : []),
        provideHover: (document, position, token, next) => (enabled('hover') ? next(document, position, token) : undefined),
      },
    },
  );
  client.onNotification('heatline/refresh', (params: Notifications['heatline/refresh']) => options.onRefresh(params.reason));
  let started = false;
  let asked = 0;
  const watch = client.onDidChangeState(({ newState }) => {
    if (newState !== State.Running) return;
    if (started) options.onRestart();
    started = true;
  });
  const refreshLenses = () => {
    // One registration serves every document: any open one leads to it.
    const document = vscode.workspace.textDocuments.find(
      ({ uri, languageId }) => uri.scheme === 'file' || (uri.scheme === 'vscode-notebook-cell' && languageId === 'python'),
    );
    if (document) client.getFeature('textDocument/codeLens').getProvider(document)?.onDidChangeCodeLensEmitter.fire();
  };
  const settings = vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('heatline.codeLens')) refreshLenses();
    if (['heatline.sourcePaths', 'heatline.async', 'git.path'].some((name) => event.affectsConfiguration(name))) tellSettings();
  });
  const tellSettings = () => void client.sendNotification('workspace/didChangeConfiguration', { settings: { heatline: sourceSettings() } });
  const trusted = vscode.workspace.onDidGrantWorkspaceTrust(tellSettings);
  await client.start();
  return {
    request: async (method, params, { token, progress } = {}) => {
      const workDoneToken = `heatline ${++asked}`;
      const listening =
        progress &&
        client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
          if (value.kind === 'report' && value.percentage !== undefined) progress(value.percentage / 100);
        });
      const sent = progress ? { ...params, workDoneToken } : params;
      try {
        // An undefined token would be sent as a second parameter.
        return await (token ? client.sendRequest(method, sent, token) : client.sendRequest(method, sent));
      } finally {
        listening?.dispose();
      }
    },
    refreshLenses,
    stop: async () => {
      watch.dispose();
      settings.dispose();
      trusted.dispose();
      await client.dispose(2000);
    },
  };
}

/** How the server finds sources of programs that ran elsewhere. Git runs in trusted workspaces only, as VS Code's own part for it does. */
function sourceSettings(): { readonly sourcePaths: unknown; readonly git: string | undefined; readonly blockedMilliseconds: unknown } {
  const own = vscode.workspace.getConfiguration('git').get<unknown>('path');
  const paths = (Array.isArray(own) ? own : [own]).filter((each): each is string => typeof each === 'string' && each !== '');
  return {
    sourcePaths: vscode.workspace.getConfiguration('heatline').get('sourcePaths'),
    blockedMilliseconds: vscode.workspace.getConfiguration('heatline').get('async.blockedMilliseconds'),
    git: vscode.workspace.isTrusted ? (paths.find((each) => existsSync(each)) ?? 'git') : undefined,
  };
}
