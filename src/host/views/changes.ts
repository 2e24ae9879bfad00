/** The change of each line since the baseline, after the line; on the old side of a git diff what the line took then. */
import * as vscode from 'vscode';
import type { Ctx } from '../ctx.js';
import { activeInfo, comparedWith, type Session, unfolded } from '../session.js';
import { changeNotes, type LineNote, oldNotes } from './changeStyle.js';

/** Typing pauses this long before lines are asked for again. */
const DEBOUNCE_MS = 200;
const RULES = 'none; font-size: 0.88em; font-variant-numeric: tabular-nums; white-space: pre';
/** Largest text (characters) of another version that is compared with what the base recorded. */
const LONGEST = 4_000_000;

export class ChangesView implements vscode.Disposable {
  /** By sign: less, neither, more. */
  private readonly types = ['lessText', 'heatText', 'moreText'].map((colour) =>
    vscode.window.createTextEditorDecorationType({
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
      after: { color: new vscode.ThemeColor(`heatline.${colour}`), margin: '0 0 0 2ch', textDecoration: RULES },
    }),
  );
  private readonly subscriptions: vscode.Disposable[];
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** Counts paintings per document: what comes back late is not drawn. */
  private readonly turns = new Map<string, number>();
  private readonly work = new Set<Promise<void>>();
  /** Documents that have notes. */
  private readonly noted = new Set<string>();
  private session: Session;

  constructor(private readonly ctx: Ctx) {
    this.session = ctx.store.value;
    this.subscriptions = [
      ctx.store.onDidChange((session) => this.render(session)),
      ctx.client.onRefresh((reason) => reason !== 'activated' && this.paintVisible()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.paintVisible()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.later(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document.uri.toString())),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('heatline.heat') && this.paintVisible()),
    ];
    ctx.painters.push(async () => void (await Promise.all(this.work)));
    this.paintVisible();
  }

  render(session: Session): void {
    const before = this.session;
    this.session = session;
    if (session.view !== before.view || session.metric !== before.metric || session.baseline !== before.baseline) this.paintVisible();
  }

  private paintVisible(): void {
    if (!this.session.baseline && this.noted.size === 0) return;
    for (const document of new Set(vscode.window.visibleTextEditors.map((editor) => editor.document))) this.start(document);
  }

  private later(document: vscode.TextDocument): void {
    if (!this.session.baseline || !vscode.window.visibleTextEditors.some((editor) => editor.document === document)) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        this.start(document);
      }, DEBOUNCE_MS),
    );
  }

  private forget(key: string): void {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    this.turns.delete(key);
    this.noted.delete(key);
  }

  private start(document: vscode.TextDocument): void {
    const work = this.paint(document)
      .catch((error: unknown) => {
        // What cannot be compared is told where one asks for it, in the Diff tab; here there is nothing to show.
        if (!(error instanceof vscode.CancellationError))
          this.ctx.log.info(`Changes of ${document.uri.toString()}: ${error instanceof Error ? error.message : String(error)}`);
        this.draw(document, []);
      })
      .finally(() => this.work.delete(work));
    this.work.add(work);
  }

  private async paint(document: vscode.TextDocument): Promise<void> {
    const { session } = this;
    const { version } = document;
    const key = document.uri.toString();
    const turn = (this.turns.get(key) ?? 0) + 1;
    this.turns.set(key, turn);
    const notes = await this.notesOf(document, session);
    // Something newer is on its way.
    if (this.turns.get(key) !== turn || this.session !== session || document.version !== version || document.isClosed) return;
    this.draw(document, notes);
  }

  private async notesOf(document: vscode.TextDocument, session: Session): Promise<LineNote[]> {
    const info = activeInfo(session);
    const base = comparedWith(session, info);
    const settings = vscode.workspace.getConfiguration('heatline.heat', document);
    if (!info || !session.view || base.length === 0 || !settings.get<boolean>('enabled', true)) return [];
    const view = unfolded(session.view);
    const unit = info.valueTypes[view.type]?.unit ?? '';
    const threshold = settings.get<number>('threshold', 0.5) / 100;
    const { uri } = document;
    if (uri.scheme === 'git') {
      const text = document.getText();
      if (text.length > LONGEST) return [];
      const file = vscode.Uri.file(uri.fsPath).toString();
      return oldNotes(
        await this.ctx.client.request('compare/oldDocument', { view, base, uri: file, text }),
        session.metric,
        unit,
        threshold,
      );
    }
    if (uri.scheme !== 'file' && uri.scheme !== 'vscode-notebook-cell') return [];
    const changes = await this.ctx.client.request('compare/document', { view, base, uri: uri.toString() });
    return changeNotes(changes, session.metric, unit, info.totals[view.type] ?? 0, threshold);
  }

  private draw(document: vscode.TextDocument, notes: readonly LineNote[]): void {
    const key = document.uri.toString();
    if (notes.length === 0 && !this.noted.has(key)) return;
    if (notes.length > 0) this.noted.add(key);
    else this.noted.delete(key);
    const options = this.types.map((): vscode.DecorationOptions[] => []);
    for (const { line, text, sign } of notes) {
      if (line < document.lineCount)
        options[sign + 1]!.push({ range: document.lineAt(line).range, renderOptions: { after: { contentText: text } } });
    }
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document !== document) continue;
      for (const [at, type] of this.types.entries()) editor.setDecorations(type, options[at]!);
    }
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const item of [...this.subscriptions, ...this.types]) item.dispose();
  }
}
