/** The profile editor: a custom editor for profile files; its page draws, the host forwards to the server. */
import * as vscode from 'vscode';
import type { ProfileInfo } from '../../protocol/lsp.js';
import { Rpc } from '../../protocol/rpc.js';
import type { CompareMethod, ForwardedMethod, PageEvents, PageRequests, PageState } from '../../protocol/webview.js';
import type { Ctx } from '../ctx.js';
import { inCode, launching } from '../lazy.js';
import { openProfile, readProfile } from '../profiles.js';
import { activated, defaultView, opened, profileAt, renewed, type Session, selected, unpinned, viewed } from '../session.js';
import { language } from '../texts.js';
import { isCompareMethod, pageCompared } from './pageCompared.js';
import { pageHtml, pageRoot } from './pageHtml.js';

type PageRpc = Rpc<object, PageRequests, PageEvents>;

interface Page {
  readonly uri: vscode.Uri;
  readonly panel: vscode.WebviewPanel;
  readonly rpc: PageRpc;
  /** Set when the page is ready and its profile was read. */
  info?: ProfileInfo;
  /** Function to show as soon as the page is ready. */
  wanted?: number;
  /** Tab to show then. */
  wantedTab?: string;
  /** Stops the reading, while it goes on. */
  reading?: vscode.CancellationTokenSource;
  /** The profile is being read again, for a server that has ended since. */
  again?: Promise<ProfileInfo>;
}

export class ProfileEditor implements vscode.CustomReadonlyEditorProvider, vscode.Disposable {
  static readonly viewType = 'heatline.profile';
  /** The same editor for files that VS Code opens itself, offered in "Reopen Editor With…" (package.json says so). */
  static readonly optionType = 'heatline.profileOption';
  private readonly pages = new Set<Page>();
  private readonly subscriptions: vscode.Disposable[];
  private wanted: { readonly uri: string; readonly func?: number; readonly tab?: string } | undefined;

  constructor(private readonly ctx: Ctx) {
    this.subscriptions = [
      ...[ProfileEditor.viewType, ProfileEditor.optionType].map((viewType) =>
        vscode.window.registerCustomEditorProvider(viewType, this, {
          webviewOptions: { retainContextWhenHidden: false },
          supportsMultipleEditorsPerDocument: true,
        }),
      ),
      ctx.store.onDidChange((session) => this.render(session)),
    ];
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => undefined };
  }

  resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const { webview } = panel;
    const extension = this.ctx.context.extensionUri;
    webview.options = { enableScripts: true, localResourceRoots: [pageRoot(extension)] };
    const rpc: PageRpc = new Rpc((packet) => void webview.postMessage(packet));
    const page: Page = { uri: document.uri, panel, rpc };
    if (this.wanted?.uri === document.uri.toString()) {
      if (this.wanted.func !== undefined) page.wanted = this.wanted.func;
      if (this.wanted.tab !== undefined) page.wantedTab = this.wanted.tab;
      this.wanted = undefined;
    }
    this.pages.add(page);
    this.answer(page);
    const receiving = webview.onDidReceiveMessage((message) => rpc.receive(message));
    panel.onDidDispose(() => {
      receiving.dispose();
      rpc.dispose();
      page.reading?.cancel();
      this.pages.delete(page);
    });
    // Last, so that nothing the page says can be missed.
    webview.html = pageHtml(webview, extension, language());
  }

  /** Opens the page of a profile file, on a function or a tab when one is given. */
  async open(uri: vscode.Uri, func?: number, tab?: string): Promise<void> {
    const page = [...this.pages].find((open) => open.uri.toString() === uri.toString());
    if (func !== undefined && page?.info) page.rpc.send('reveal', { func });
    else if (func !== undefined || tab !== undefined)
      this.wanted = { uri: uri.toString(), ...(func === undefined ? {} : { func }), ...(tab === undefined ? {} : { tab }) };
    if (page?.info && tab !== undefined) page.rpc.send('tab', { tab });
    if (page) page.panel.reveal();
    else await vscode.commands.executeCommand('vscode.openWith', uri, ProfileEditor.viewType);
  }

  /** Exports what the page in front shows, or its profile; without a page, `otherwise`. */
  async export(otherwise: () => ProfileInfo): Promise<void> {
    const page = [...this.pages].find(({ panel }) => panel.active);
    if (page?.info) await launching().exportProfile(this.ctx, await this.infoOf(page), (kind) => page.rpc.send('export', { kind }));
    else await launching().exportProfile(this.ctx, otherwise(), undefined);
  }

  /** An item of the context menu of the page in front. */
  act(action: string): void {
    [...this.pages].find(({ panel }) => panel.active)?.rpc.send('menu', { action });
  }

  render(session: Session): void {
    for (const page of this.pages) {
      // Read anew, as a recording that goes on is, a file has another id.
      if (page.info && !session.profiles.has(page.info.id)) page.info = profileAt(session, page.uri.toString()) ?? page.info;
      if (page.info && session.active === page.info.id) page.rpc.send('state', this.stateOf(page.info, session));
    }
  }

  private stateOf(info: ProfileInfo, session: Session): PageState {
    const view = session.active === info.id && session.view ? session.view : defaultView(info);
    return { info, view, tab: 'flame', compared: pageCompared(session, info) };
  }

  private answer(page: Page): void {
    const { rpc } = page;
    rpc.handle('texts', () => vscode.l10n.bundle ?? null);
    rpc.handle('ready', async () => {
      const info = await this.read(page);
      page.info = info;
      const { wanted, wantedTab } = page;
      delete page.wanted;
      delete page.wantedTab;
      // After the answer has left: the page draws first, then it goes to the function.
      if (wanted !== undefined) setTimeout(() => rpc.send('reveal', { func: wanted }), 0);
      if (wantedTab !== undefined) setTimeout(() => rpc.send('tab', { tab: wantedTab }), 0);
      return this.stateOf(info, this.ctx.store.value);
    });
    rpc.handle('stopReading', () => {
      page.reading?.cancel();
      return null;
    });
    rpc.handle('forward', async (message) => {
      const info = await this.infoOf(page);
      if (isCompareMethod(message.method)) {
        const { method, params } = inCode().checkCompare(message.method, message.params, info, this.ctx.store.value);
        return this.ctx.client.request<CompareMethod>(method, params);
      }
      const { method, params } = inCode().checkForward(message, info);
      return this.ctx.client.request<ForwardedMethod>(method, params);
    });
    rpc.handle('openSource', async (message) => {
      const info = await this.infoOf(page);
      const { checkPlace, openPlace } = inCode();
      await openPlace(this.ctx, info, checkPlace(message, info), message.beside === true);
      return null;
    });
    rpc.handle('sourceLine', async (message) => {
      const info = await this.infoOf(page);
      const { checkPlace, sourceLine } = inCode();
      return sourceLine(this.ctx, info, checkPlace(message, info));
    });
    rpc.handle('setView', async (message) => {
      const info = await this.infoOf(page);
      const change = inCode().checkViewChange(message.view);
      this.ctx.store.update((session) => viewed(activated(session, info.id), change));
      return null;
    });
    rpc.handle('select', async (message) => {
      const info = await this.infoOf(page);
      const { func, selection } = inCode().checkSelection(message, info, this.stateOf(info, this.ctx.store.value).view);
      const follows = vscode.workspace.getConfiguration('heatline.heat').get<boolean>('followSelection', true);
      this.ctx.store.update((session) => selected(session, follows ? selection : null));
      if (func === null) return null;
      // The same profile in another group of editors shows the same function.
      for (const other of this.pages) if (other !== page && other.info?.id === info.id) other.rpc.send('reveal', { func });
      return null;
    });
    rpc.handle('chooseBaseline', async () => {
      await vscode.commands.executeCommand('heatline.compareWith', page.uri);
      return null;
    });
    rpc.handle('unpinBaseline', () => {
      this.ctx.store.update(unpinned);
      return null;
    });
    rpc.handle('chooseExport', async () => {
      await vscode.commands.executeCommand('heatline.export');
      return null;
    });
    rpc.handle('picture', async (message) => {
      await launching().savePicture(await this.infoOf(page), message);
      return null;
    });
    rpc.handle('copy', async (message) => {
      await vscode.env.clipboard.writeText(inCode().checkText(message, 'text', 1_000_000));
      return null;
    });
  }

  /** The error goes back to the page, which shows its sentence; the log has the rest. */
  private async read(page: Page): Promise<ProfileInfo> {
    const { uri, rpc } = page;
    const open = profileAt(this.ctx.store.value, uri.toString());
    if (open) {
      this.ctx.store.update((session) => opened(session, open));
      return open;
    }
    page.reading?.cancel();
    const reading = new vscode.CancellationTokenSource();
    page.reading = reading;
    try {
      return await openProfile(this.ctx, uri, { token: reading.token, progress: (fraction) => rpc.send('reading', { fraction }) });
    } catch (error) {
      if (error instanceof vscode.CancellationError) throw new Error('Reading was stopped.');
      this.ctx.log.warn(`${uri.fsPath}: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    } finally {
      if (page.reading === reading) delete page.reading;
      reading.dispose();
    }
  }

  /** The page's profile. What the session has no more, since the server was started anew, is read again: for all questions once. */
  private async infoOf(page: Page): Promise<ProfileInfo> {
    if (!page.info) throw new Error('the profile is not open');
    if (this.ctx.store.value.profiles.has(page.info.id)) return page.info;
    page.again ??= readProfile(this.ctx, page.uri).finally(() => {
      delete page.again;
    });
    const info = await page.again;
    page.info = info;
    this.ctx.store.update((session) => renewed(session, info));
    return info;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
