import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import type { ErrorData, Requests } from '../protocol/lsp.js';
import type { RequestOptions, RunningClient } from './languageClient.js';
import { languageClient } from './lazy.js';

/** Talks to the language server, which is started by the first request. Errors come back as UserError or CancellationError. */
export class Client implements vscode.Disposable {
  private running: Promise<RunningClient> | undefined;
  private readonly refreshed = new vscode.EventEmitter<string>();
  private readonly restarted = new vscode.EventEmitter<void>();
  /** Hover and lens texts changed in the server: what is drawn from it should be asked for again. */
  readonly onRefresh = this.refreshed.event;
  /** The server lost its store. */
  readonly onRestart = this.restarted.event;

  constructor(
    private readonly extensionPath: string,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async request<M extends keyof Requests>(method: M, params: Requests[M][0], options?: RequestOptions): Promise<Requests[M][1]> {
    const client = await this.start();
    try {
      return await client.request(method, params, options);
    } catch (error) {
      throw readable(error);
    }
  }

  /** Whether a request was ever made. */
  get started(): boolean {
    return this.running !== undefined;
  }

  private start(): Promise<RunningClient> {
    this.running ??= this.load().catch((error: unknown) => {
      this.running = undefined;
      this.log.error('The analysis process could not be started', error instanceof Error ? error : String(error));
      throw new UserError('server', t('Heatline’s analysis process could not be started.'), [
        { title: t('Show Log'), command: 'heatline.showLog' },
      ]);
    });
    return this.running;
  }

  private load(): Promise<RunningClient> {
    return languageClient().startClient({
      module: path.join(this.extensionPath, 'dist', 'server.js'),
      log: this.log,
      onRefresh: (reason) => this.refreshed.fire(reason),
      onRestart: () => this.restarted.fire(),
    });
  }

  /** Ends the server; resolves when it is gone. */
  async stop(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    await (await running?.catch(() => undefined))?.stop();
  }

  dispose(): void {
    this.refreshed.dispose();
    this.restarted.dispose();
  }
}

/** LSP's codes for a request that was cancelled, and for one whose document changed under it. */
const CANCELLED = new Set([-32800, -32801, -32802]);

/** What the server expected becomes a UserError; anything else stays the bug that it is. */
function readable(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error;
  const { code, data, message } = error as { code?: number; data?: ErrorData; message?: string };
  if (code !== undefined && CANCELLED.has(code)) return new vscode.CancellationError();
  if (data?.code === 'cancelled') return new vscode.CancellationError();
  if (data?.code === 'bug')
    return new UserError('bug', message ?? t('Heatline could not answer.'), [{ title: t('Show Log'), command: 'heatline.showLog' }]);
  if (typeof data?.code === 'string') return new UserError(data.code, message ?? t('The profile cannot be read.'));
  return error;
}
