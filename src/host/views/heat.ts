/** Heat on lines: bar, figure, gutter block and ruler mark in every visible editor, from the current session. */
import * as vscode from 'vscode';
import type { LineHeat } from '../../protocol/lsp.js';
import type { Ctx } from '../ctx.js';
import { activeInfo, type Session, unfolded } from '../session.js';
import { type LineStyle, lineStyles, STEPS } from './heatStyle.js';

/** Typing pauses this long before lines are asked for again; until then VS Code moves the decorations with the text. */
const DEBOUNCE_MS = 200;

/** Behind the code and out of its flow, so that no character moves. */
const BAR_RULES = 'none; position: absolute; left: 0; top: 0; z-index: -1; pointer-events: none; border-radius: 0 3px 3px 0';
const FIGURE_RULES = 'none; font-size: 0.88em; font-variant-numeric: tabular-nums; white-space: pre';

interface Heated {
  readonly version: number;
  readonly session: Session;
  readonly lines: readonly LineHeat[];
}

export class HeatView implements vscode.Disposable {
  readonly id = 'heat';
  private readonly types: readonly vscode.TextEditorDecorationType[];
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** Last answer per document: split editors and editors that come back need not ask again. */
  private readonly known = new Map<string, Heated>();
  private readonly painted = new Map<string, Promise<void>>();
  private session: Session;

  constructor(private readonly ctx: Ctx) {
    this.session = ctx.store.value;
    this.types = STEPS.map((_, step) => decorationType(ctx.context.extensionUri, step));
    this.subscriptions.push(
      ctx.store.onDidChange((session) => this.render(session)),
      ctx.client.onRefresh((reason) => reason !== 'activated' && this.repaint()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.paintVisible()),
      vscode.workspace.onDidChangeTextDocument((event) => this.later(event.document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.known.delete(document.uri.toString())),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('heatline.heat') && this.paintVisible()),
    );
    ctx.painters.push(async () => void (await Promise.all(this.painted.values())));
  }

  render(session: Session): void {
    const same = session.view === this.session.view && session.metric === this.session.metric;
    this.session = session;
    if (!same) this.paintVisible();
  }

  /** Lines of one document under the current session; [] where the profile says nothing of it. */
  async linesOf(uri: vscode.Uri): Promise<readonly LineHeat[]> {
    const { view } = this.session;
    if (!view || !canHeat(uri)) return [];
    return (await this.ctx.client.request('profile/lineHeat', { view: unfolded(view), uri: uri.toString() })).lines;
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

  private start(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const work = this.paint(document)
      .catch((error: unknown) => {
        if (!(error instanceof vscode.CancellationError))
          this.ctx.log.warn(`Heat of ${key}: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => this.painted.get(key) === work && this.painted.delete(key));
    this.painted.set(key, work);
  }

  private async paint(document: vscode.TextDocument): Promise<void> {
    const { session } = this;
    const { version } = document;
    const key = document.uri.toString();
    const info = activeInfo(session);
    const enabled = vscode.workspace.getConfiguration('heatline.heat', document).get<boolean>('enabled', true);
    if (!info || !session.view || !canHeat(document.uri) || !enabled) {
      this.known.delete(key);
      this.draw(document, []);
      return;
    }
    const before = this.known.get(key);
    const fresh = before?.session.view === session.view && before.version === version;
    const lines = fresh ? before.lines : await this.linesOf(document.uri);
    // Something newer is on its way: what came back now would be drawn at the wrong lines.
    if (this.session !== session || document.version !== version || document.isClosed) return;
    this.known.set(key, { version, session, lines });
    const threshold = vscode.workspace.getConfiguration('heatline.heat', document).get<number>('threshold', 0.5) / 100;
    this.draw(document, lineStyles(lines, session.metric, info.valueTypes[session.view.type]?.unit ?? '', threshold));
  }

  private draw(document: vscode.TextDocument, styles: readonly LineStyle[]): void {
    const steps: vscode.DecorationOptions[][] = STEPS.map(() => []);
    for (const style of styles) if (style.line < document.lineCount) steps[style.step]?.push(decoration(document, style));
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document !== document) continue;
      for (const [step, type] of this.types.entries()) editor.setDecorations(type, steps[step] ?? []);
    }
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const item of [...this.subscriptions, ...this.types]) item.dispose();
  }
}

/** Files, and cells of notebooks. */
export function canHeat(uri: vscode.Uri): boolean {
  return uri.scheme === 'file' || uri.scheme === 'vscode-notebook-cell';
}

function decorationType(root: vscode.Uri, step: number): vscode.TextEditorDecorationType {
  const icon = (theme: string) => vscode.Uri.joinPath(root, 'media', `heat-${theme}-${step + 1}.svg`);
  return vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
    overviewRulerLane: vscode.OverviewRulerLane.Right,
    overviewRulerColor: new vscode.ThemeColor(`heatline.ruler${step + 1}`),
    light: { gutterIconPath: icon('light') },
    dark: { gutterIconPath: icon('dark') },
    gutterIconSize: 'contain',
  });
}

function decoration(document: vscode.TextDocument, style: LineStyle): vscode.DecorationOptions {
  const { range } = document.lineAt(style.line);
  return {
    range,
    renderOptions: {
      before: {
        contentText: '\u200b',
        backgroundColor: new vscode.ThemeColor(`heatline.heat${style.step + 1}`),
        width: `${style.width}px`,
        height: '100%',
        textDecoration: style.faded ? `${BAR_RULES}; opacity: 0.55` : BAR_RULES,
      },
      after: {
        contentText: style.text,
        color: new vscode.ThemeColor('heatline.heatText'),
        margin: '0 0 0 3ch',
        textDecoration: style.faded ? `${FIGURE_RULES}; opacity: 0.7; font-style: italic` : FIGURE_RULES,
      },
    },
  };
}
