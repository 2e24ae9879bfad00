/** Puts decorations on editors, and as few of them as can be seen. Has no vscode of its own, so that its calls can be counted. */
import type { DecorationOptions, Position, Range, TextEditor, TextEditorDecorationType } from 'vscode';
import type { LineStyle } from './heatStyle.js';

/** Up to so many lines are painted whole: scrolling then asks for nothing. */
export const WHOLE = 1000;
/** Lines above and below the visible ones that are painted with them. */
const MARGIN = 200;
/** So many decorations are handed over in a piece; then whatever else waits has its turn. */
const PIECE = 500;
/** Lets whatever else waits have its turn. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** What a document shows, made once for all its editors. */
export interface Sheet {
  /** In order of lines. */
  readonly styles: readonly LineStyle[];
  /** Gutter and ruler, per step. */
  readonly marks: readonly (readonly Range[])[];
  readonly expressions: readonly Range[];
  /** Of the document: what was drawn for another version has moved with its text. */
  readonly version: number;
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
  /** What each pen has on an editor, and of which version of its document: only what differs is drawn. */
  private readonly drawn = new WeakMap<Canvas, Map<TextEditorDecorationType, Drawn>>();

  constructor(
    private pens: Pens,
    private readonly decoration: (style: LineStyle) => DecorationOptions,
  ) {}

  /** Other pens: what the old ones drew is gone with them. */
  replace(pens: Pens): void {
    this.pens = pens;
    this.painted = new WeakMap();
  }

  /**
   * Shows a sheet; nothing is done where what can be seen of it is shown already. A small one is drawn at once, a large one in several
   * turns of the event loop: the promise is for its end. A newer sheet takes the place of one that is still being drawn.
   */
  async paint(editor: Canvas, sheet: Sheet): Promise<void> {
    const before = this.painted.get(editor);
    const [first, end] = visibleOf(editor);
    const same = before?.sheet === sheet;
    if (same && before.from <= first && end <= before.to) return;
    const whole = sheet.styles.length <= WHOLE;
    const from = whole ? 0 : Math.max(0, first - MARGIN);
    const to = whole ? Number.POSITIVE_INFINITY : end + MARGIN;
    const { pens } = this;
    const painting: Painted = { sheet, from, to };
    this.painted.set(editor, painting);
    const steps: LineStyle[][] = pens.lines.map(() => []);
    for (let at = firstFrom(sheet.styles, from); at < sheet.styles.length; at++) {
      const style = sheet.styles[at]!;
      if (style.line >= to) break;
      steps[style.step]?.push(style);
    }
    const wanted: (readonly [TextEditorDecorationType, readonly (Range | LineStyle)[]])[] = [
      ...pens.marks.map((pen, step) => [pen, sheet.marks[step] ?? []] as const),
      [pens.expression, sheet.expressions],
      ...pens.lines.map((pen, step) => [pen, steps[step] ?? []] as const),
    ];
    let count = 0;
    for (const [pen, what] of wanted) {
      if (count > 0 && count + what.length > PIECE) {
        await turn();
        if (this.painted.get(editor) !== painting) return;
        count = 0;
      }
      count += this.set(editor, pen, what, sheet.version);
    }
  }

  /** The editor was scrolled: of a long sheet other lines may be seen now. */
  scrolled(editor: Canvas): void {
    const before = this.painted.get(editor);
    if (before) void this.paint(editor, before.sheet);
  }

  /** @returns how many decorations were handed over */
  private set(editor: Canvas, pen: TextEditorDecorationType, what: readonly (Range | LineStyle)[], version: number): number {
    let drawn = this.drawn.get(editor);
    if (!drawn) {
      drawn = new Map();
      this.drawn.set(editor, drawn);
    }
    const before = drawn.get(pen);
    if (what.length === 0 ? !before : before?.version === version && isSame(before.what, what)) return 0;
    if (what.length > 0) drawn.set(pen, { what, version });
    else drawn.delete(pen);
    editor.setDecorations(pen, what.map((one) => ('line' in one ? this.decoration(one) : one)) as DecorationOptions[]);
    return what.length;
  }
}

interface Drawn {
  readonly what: readonly (Range | LineStyle)[];
  readonly version: number;
}

function isSame(one: readonly (Range | LineStyle)[], other: readonly (Range | LineStyle)[]): boolean {
  return one === other || (one.length === other.length && one.every((each, at) => looksAs(each, other[at]!)));
}

function looksAs(one: Range | LineStyle, other: Range | LineStyle): boolean {
  if ('line' in one)
    return 'line' in other && one.line === other.line && one.width === other.width && one.text === other.text && one.faded === other.faded;
  return !('line' in other) && isAt(one.start, other.start) && isAt(one.end, other.end);
}

const isAt = (one: Position, other: Position): boolean => one.line === other.line && one.character === other.character;

/** Makes a sheet; lines that the document does not have are left out. */
export function sheetOf(
  styles: readonly LineStyle[],
  lineCount: number,
  range: (line: number) => Range,
  expressions: readonly Range[],
  version = 0,
): Sheet {
  const shown = styles.filter(({ line }) => line < lineCount);
  const marks: Range[][] = [];
  for (const { line, step } of shown) {
    marks[step] ??= [];
    marks[step].push(range(line));
  }
  return { styles: shown, marks: Array.from(marks, (ranges) => ranges ?? []), expressions, version };
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
