/** The decoration types that the heat is drawn with: one set per palette, made once. */
import * as vscode from 'vscode';
import type { MarkSettings } from './heatSettings.js';
import { type LineStyle, STEPS } from './heatStyle.js';
import type { Pens } from './painter.js';
import { colourIds, gutterPicture, type Palette } from './palettes.js';

/** Behind the code and out of its flow, so that no character moves. */
const BAR_RULES = 'none; position: absolute; left: 0; top: 0; z-index: -1; pointer-events: none; border-radius: 0 3px 3px 0';
const FIGURE_RULES = 'none; font-size: 0.88em; font-variant-numeric: tabular-nums; white-space: pre';

export interface OwnPens extends Pens, vscode.Disposable {
  readonly palette: Palette;
}

interface Manifest {
  readonly contributes: {
    readonly colors: readonly { readonly id: string; readonly defaults: { readonly light: string; readonly dark: string } }[];
  };
}

/** @param manifest package.json, whose colours the gutter's pictures take */
export function makePens(manifest: Manifest, { palette, gutter, ruler }: MarkSettings): OwnPens {
  const marks = STEPS.map((_, step) => {
    const { mark } = colourIds(palette, step);
    const colours = manifest.contributes.colors.find(({ id }) => id === mark)?.defaults;
    const icon = (colour = '#808080') => ({ gutterIconPath: vscode.Uri.parse(gutterPicture(colour, step)) });
    return vscode.window.createTextEditorDecorationType({
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
      ...(ruler ? { overviewRulerLane: vscode.OverviewRulerLane.Right, overviewRulerColor: new vscode.ThemeColor(mark) } : {}),
      ...(gutter ? { light: icon(colours?.light), dark: icon(colours?.dark), gutterIconSize: 'contain' } : {}),
    });
  });
  const lines = STEPS.map(() => vscode.window.createTextEditorDecorationType({ rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen }));
  const expression = vscode.window.createTextEditorDecorationType({
    borderWidth: '0 0 1px 0',
    borderStyle: 'solid',
    borderColor: new vscode.ThemeColor('heatline.hotExpression'),
  });
  return { palette, marks, lines, expression, dispose: () => vscode.Disposable.from(...marks, ...lines, expression).dispose() };
}

/** Bar behind a line and figure after it. */
export function decoration(style: LineStyle, palette: Palette): vscode.DecorationOptions {
  // Up to the end of the line, however long it is: VS Code cuts the range there.
  const range = new vscode.Range(style.line, 0, style.line, 2 ** 30);
  return {
    range,
    renderOptions: {
      ...(style.width > 0 ? { before: bar(style, palette) } : {}),
      ...(style.text === '' ? {} : { after: figure(style) }),
    },
  };
}

function bar({ step, width, faded }: LineStyle, palette: Palette): vscode.ThemableDecorationAttachmentRenderOptions {
  return {
    contentText: '\u200b',
    backgroundColor: new vscode.ThemeColor(colourIds(palette, step).bar),
    width: `${width}px`,
    height: '100%',
    textDecoration: faded ? `${BAR_RULES}; opacity: 0.55` : BAR_RULES,
  };
}

function figure({ text, faded }: LineStyle): vscode.ThemableDecorationAttachmentRenderOptions {
  return {
    contentText: text,
    color: new vscode.ThemeColor('heatline.heatText'),
    margin: '0 0 0 3ch',
    textDecoration: faded ? `${FIGURE_RULES}; opacity: 0.7; font-style: italic` : FIGURE_RULES,
  };
}
