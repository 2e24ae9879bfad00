/** Puts decorations on editors, and as few of them as can be seen. Has no vscode of its own, so that its calls can be counted. */
import type { DecorationOptions, Range, TextEditor, TextEditorDecorationType } from 'vscode';
import type { LineStyle } from './heatStyle.js';

/** Up to so many lines are painted whole: scrolling then asks for nothing. */
export const WHOLE = 1000;
/** Lines above and below the visible ones that are painted with them. */
const MARGIN = 200;

/** What a document shows, made once for all its editors. */
export interface Sheet {
  /** In order of lines. */
  readonly styles: readonly LineStyle[];
  /** Gutter and ruler, per step. */
  readonly marks: readonly (readonly Range[])[];
  readonly expressions: readonly Range[];
}

/** Made once per palette; one of each per step. */
export interface Pens {
  readonly marks: readonly TextEditorDecorationType[];
  readonly lines: readonly TextEditorDecorationType[];
  readonly expression: TextEditorDecorationType;
}

export type Canvas = Pick<TextEditor, 'setDecorations' | 'visibleRanges'>;

interface Painted {
  readonly sheet: Sheet;
  /** 0-based lines that have their bars and figures; the last one not included. */
  readonly from: number;
  readonly to: number;
}

export class Painter {
  private painted = new WeakMap<Canvas, Painted>();
  /** Pens that have something on an editor: only these need be wiped. */
  private readonly used = new WeakMap<Canvas, Set<TextEditorDecorationType>>();

  constructor(
    private pens: Pens,
    private readonly decoration: (style: LineStyle) => DecorationOptions,
  ) {}

  /** Other pens: what the old ones drew is gone with them. */
  replace(pens: Pens): void {
    this.pens = pens;
    this.painted = new WeakMap();
  }

  /** Shows a sheet; nothing is done where what can be seen of it is shown already. */
  paint(editor: Canvas, sheet: Sheet): void {
    const before = this.painted.get(editor);
    const [first, end] = visibleOf(editor);
    const same = before?.sheet === sheet;
    if (same && before.from <= first && end <= before.to) return;
    const whole = sheet.styles.length <= WHOLE;
    const from = whole ? 0 : Math.max(0, first - MARGIN);
    const to = whole ? Number.POSITIVE_INFINITY : end + MARGIN;
    if (!same) {
      for (const [step, pen] of this.pens.marks.entries()) this.set(editor, pen, sheet.marks[step] ?? []);
      this.set(editor, this.pens.expression, sheet.expressions);
    }
    const steps: DecorationOptions[][] = this.pens.lines.map(() => []);
    for (let at = firstFrom(sheet.styles, from); at < sheet.styles.length; at++) {
      const style = sheet.styles[at]!;
      if (style.line >= to) break;
      steps[style.step]?.push(this.decoration(style));
    }
    for (const [step, pen] of this.pens.lines.entries()) this.set(editor, pen, steps[step] ?? []);
    this.painted.set(editor, { sheet, from, to });
  }

  /** The editor was scrolled: of a long sheet other lines may be seen now. */
  scrolled(editor: Canvas): void {
    const before = this.painted.get(editor);
    if (before) this.paint(editor, before.sheet);
  }

  private set(editor: Canvas, pen: TextEditorDecorationType, what: readonly (Range | DecorationOptions)[]): void {
    let used = this.used.get(editor);
    if (!used) {
      used = new Set();
      this.used.set(editor, used);
    }
    if (what.length === 0 && !used.delete(pen)) return;
    if (what.length > 0) used.add(pen);
    editor.setDecorations(pen, what as DecorationOptions[]);
  }
}

/** Makes a sheet; lines that the document does not have are left out. */
export function sheetOf(
  styles: readonly LineStyle[],
  lineCount: number,
  range: (line: number) => Range,
  expressions: readonly Range[],
): Sheet {
  const shown = styles.filter(({ line }) => line < lineCount);
  const marks: Range[][] = [];
  for (const { line, step } of shown) {
    marks[step] ??= [];
    marks[step].push(range(line));
  }
  return { styles: shown, marks: Array.from(marks, (ranges) => ranges ?? []), expressions };
}

function visibleOf({ visibleRanges }: Canvas): readonly [from: number, to: number] {
  return [visibleRanges[0]?.start.line ?? 0, (visibleRanges.at(-1)?.end.line ?? 0) + 1];
}

/** Index of the first style on the line or below it. */
function firstFrom(styles: readonly LineStyle[], line: number): number {
  let low = 0;
  let high = styles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (styles[middle]!.line < line) low = middle + 1;
    else high = middle;
  }
  return low;
}
