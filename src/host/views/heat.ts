/** Heat on lines: bar, figure, gutter block, ruler mark and hot expression in every visible editor, from the current session. */
import * as vscode from 'vscode';
import type { HotExpression } from '../../protocol/code.js';
import type { LineHeat } from '../../protocol/lsp.js';
import type { Ctx } from '../ctx.js';
import { activeInfo, codeView, type Session, sameCode } from '../session.js';
import { canHeat, type HeatSettings, heatSettings, markSettings } from './heatSettings.js';
import { type LineStyle, lineStyles } from './heatStyle.js';
import { Painter, type Sheet, sheetOf, turn } from './painter.js';
import { decoration, makePens, type OwnPens } from './pens.js';

/** Typing pauses this long before lines are asked for again; until then VS Code moves the decorations with the text. */
const DEBOUNCE_MS = 200;

/** So many lines are styled in a piece; then whatever else waits has its turn. */
const PIECE = 500;

const CLEAN: Sheet = { styles: [], marks: [], expressions: [], version: 0 };

/** What was answered for a document, and the sheet that was made of it. */
interface Heated {
  readonly version: number;
  readonly session: Session;
  readonly settings: HeatSettings;
  readonly lines: readonly LineHeat[];
  readonly sheet: Sheet;
}

/** A line that is lit, for the commands that go from one to the next. */
export interface LitLine extends LineStyle {
  readonly heat: LineHeat;
}

export class HeatView implements vscode.Disposable {
  readonly id = 'heat';
  private pens: OwnPens;
  private readonly painter: Painter;
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** Last answer per document: split editors and editors that come back need not ask again. */
  private readonly known = new Map<string, Heated>();
  private readonly painted = new Map<string, { readonly work: Promise<void>; readonly cancel: vscode.CancellationTokenSource }>();
  private session: Session;

  constructor(private readonly ctx: Ctx) {
    this.session = ctx.store.value;
    this.pens = makePens(ctx.context.extension.packageJSON, markSettings());
    this.painter = new Painter(this.pens, (style) => decoration(style, this.pens.palette));
    this.subscriptions.push(
      ctx.store.onDidChange((session) => this.render(session)),
      ctx.client.onRefresh((reason) => reason !== 'activated' && this.repaint()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.paintVisible()),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.painter.scrolled(textEditor)),
      vscode.workspace.onDidChangeTextDocument((event) => this.later(event.document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
      vscode.workspace.onDidChangeConfiguration((event) => this.configured(event)),
    );
    ctx.painters.push(async () => void (await Promise.all([...this.painted.values()].map(({ work }) => work))));
  }

  render(session: Session): void {
    const same = sameCode(session, this.session) && session.metric === this.session.metric;
    this.session = session;
    if (!same) this.paintVisible();
  }

  /** Lines of one document under the current session, as shares of the whole profile; [] where the profile says nothing of it. */
  async linesOf(uri: vscode.Uri): Promise<readonly LineHeat[]> {
    const view = codeView(this.session);
    if (!view || !canHeat(uri)) return [];
    return (await this.ctx.client.request('profile/lineHeat', { view, uri: uri.toString() })).lines;
  }

  /** Lines of a document that are lit, in order, as they were painted last. */
  litLines(document: vscode.TextDocument): readonly LitLine[] {
    const known = this.known.get(document.uri.toString());
    if (!known) return [];
    const byLine = new Map(known.lines.map((heat) => [heat.line - 1, heat]));
    return known.sheet.styles.flatMap((style) => {
      const heat = byLine.get(style.line);
      return heat ? [{ ...style, heat }] : [];
    });
  }

  private configured(event: vscode.ConfigurationChangeEvent): void {
    if (['heatline.palette', 'heatline.heat.gutter', 'heatline.heat.ruler'].some((name) => event.affectsConfiguration(name))) {
      this.pens.dispose();
      this.pens = makePens(this.ctx.context.extension.packageJSON, markSettings());
      this.painter.replace(this.pens);
    } else if (!event.affectsConfiguration('heatline.heat')) return;
    this.paintVisible();
  }

  private repaint(): void {
    this.known.clear();
    this.paintVisible();
  }

  private paintVisible(): void {
    const documents = new Set(vscode.window.visibleTextEditors.map((editor) => editor.document));
    for (const document of documents) this.start(document);
  }

  private later(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    if (!this.session.view || !vscode.window.visibleTextEditors.some((editor) => editor.document === document)) return;
    clearTimeout(this.timers.get(key));
    const timer = setTimeout(() => {
      this.timers.delete(key);
      this.start(document);
    }, DEBOUNCE_MS);
    this.timers.set(key, timer);
  }

  private forget(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    this.known.delete(key);
    this.painted.get(key)?.cancel.cancel();
  }

  /** Paints a document anew; what was still being asked for it is not wanted any more. */
  private start(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    this.painted.get(key)?.cancel.cancel();
    const cancel = new vscode.CancellationTokenSource();
    const work = this.paint(document, cancel.token)
      .catch((error: unknown) => {
        if (!(error instanceof vscode.CancellationError))
          this.ctx.log.warn(`Heat of ${key}: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => {
        cancel.dispose();
        if (this.painted.get(key)?.work === work) this.painted.delete(key);
      });
    this.painted.set(key, { work, cancel });
  }

  private async paint(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<void> {
    const { session } = this;
    const { version } = document;
    const key = document.uri.toString();
    const settings = heatSettings(document);
    const info = activeInfo(session);
    const view = codeView(session);
    if (!info || !view || !canHeat(document.uri) || !settings.enabled) {
      this.known.delete(key);
      return this.draw(document, CLEAN);
    }
    const before = this.known.get(key);
    if (before && before.version === version && sameLook(before, session, settings)) return this.draw(document, before.sheet);
    const { lines, expressions } = await this.ctx.client.request(
      'profile/lineHeat',
      { view, uri: key, scale: settings.scale, ...(settings.expressions ? { expressions: session.metric } : {}) },
      { token },
    );
    // Something newer is on its way: what came back now would be drawn at the wrong lines.
    const late = () => token.isCancellationRequested || document.version !== version || document.isClosed;
    const unit = info.valueTypes[view.type]?.unit ?? '';
    const styles: LineStyle[] = [];
    for (let at = 0; at < lines.length; at += PIECE) {
      if (at > 0) await turn();
      if (late()) return;
      for (const style of lineStyles(lines.slice(at, at + PIECE), session.metric, unit, settings.threshold, settings.scale))
        styles.push({ ...style, ...(settings.bars ? {} : { width: 0 }), ...(settings.figures ? {} : { text: '' }) });
    }
    if (styles.length > PIECE) await turn();
    if (late()) return;
    const range = (line: number) => document.lineAt(line).range;
    const sheet = sheetOf(styles, document.lineCount, range, underlined(expressions, styles), version);
    this.known.set(key, { version, session, settings, lines, sheet });
    if (styles.length > PIECE) await turn();
    if (!late()) await this.draw(document, sheet);
  }

  private async draw(document: vscode.TextDocument, sheet: Sheet): Promise<void> {
    const editors = vscode.window.visibleTextEditors.filter((editor) => editor.document === document);
    await Promise.all(editors.map((editor) => this.painter.paint(editor, sheet)));
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const { cancel } of this.painted.values()) cancel.cancel();
    for (const item of [...this.subscriptions, this.pens]) item.dispose();
  }
}

function sameLook(before: Heated, session: Session, settings: HeatSettings): boolean {
  return (
    sameCode(before.session, session) &&
    before.session.metric === session.metric &&
    JSON.stringify(before.settings) === JSON.stringify(settings)
  );
}

/** Expressions of lines that are lit; elsewhere they would be noise. */
function underlined(expressions: readonly HotExpression[], styles: readonly LineStyle[]): vscode.Range[] {
  const lit = new Set(styles.map(({ line }) => line));
  return expressions
    .filter(({ line }) => lit.has(line - 1))
    .map(({ line, column, endLine, endColumn }) => new vscode.Range(line - 1, column, endLine - 1, endColumn));
}
