// How little is painted: a file of 50,000 lit lines and 20 editors. Calls are counted; times are only printed.

import { describe, expect, it } from 'vitest';
import type { DecorationOptions, Range, TextEditorDecorationType } from 'vscode';
import { nextAmong } from '../../src/host/code/nextLine.js';
import { type LineStyle, STEPS } from '../../src/host/views/heatStyle.js';
import { type Canvas, Painter, type Pens, type Sheet, sheetOf, WHOLE } from '../../src/host/views/painter.js';

const range = (line: number) => ({ start: { line, character: 0 }, end: { line, character: 0 } }) as Range;
const pen = (key: string) => ({ key, dispose: () => undefined }) as TextEditorDecorationType;
const makePens = (): Pens => ({
  marks: STEPS.map((_, step) => pen(`mark${step}`)),
  lines: STEPS.map((_, step) => pen(`line${step}`)),
  expression: pen('expression'),
});

class Editor implements Canvas {
  calls: { pen: string; lines: number[] }[] = [];
  visibleRanges: Range[];

  constructor(first = 0, last = 50) {
    this.visibleRanges = [{ start: { line: first }, end: { line: last } } as Range];
  }

  setDecorations(type: TextEditorDecorationType, what: readonly (Range | DecorationOptions)[]): void {
    this.calls.push({ pen: type.key, lines: what.map((one) => ('range' in one ? one.range : one).start.line) });
  }

  scrollTo(line: number): void {
    this.visibleRanges = [{ start: { line }, end: { line: line + 50 } } as Range];
  }

  /** Lines that have a bar now. */
  barred(): number[] {
    const last = new Map(this.calls.filter(({ pen: key }) => key.startsWith('line')).map(({ pen: key, lines }) => [key, lines]));
    return [...last.values()].flat().sort((a, b) => a - b);
  }
}

const style = (line: number, step = line % STEPS.length): LineStyle => ({ line, step, width: 10, text: '1 %', faded: false });
const sheet = (lines: number, of = lines): Sheet =>
  sheetOf(
    Array.from({ length: lines }, (_, line) => style(line)),
    of,
    range,
    [],
  );
const painter = () => {
  let made = 0;
  const own = new Painter(makePens(), ({ line }) => {
    made += 1;
    return { range: range(line) };
  });
  return { own, made: () => made };
};

describe('painting', () => {
  it('writes to an editor only what has something on it, and nothing twice', () => {
    const editor = new Editor();
    const { own, made } = painter();
    const two = sheetOf([style(3, 0), style(9, 5)], 100, range, [range(9)]);
    void own.paint(editor, two);
    expect(editor.calls.map(({ pen: key }) => key)).toEqual(['mark0', 'mark5', 'expression', 'line0', 'line5']);
    void own.paint(editor, two);
    own.scrolled(editor);
    expect([editor.calls.length, made()]).toEqual([5, 2]);
    void own.paint(editor, sheetOf([], 100, range, []));
    expect(editor.calls.slice(5)).toEqual(['mark0', 'mark5', 'expression', 'line0', 'line5'].map((key) => ({ pen: key, lines: [] })));
    void own.paint(editor, sheetOf([], 100, range, []));
    expect(editor.calls).toHaveLength(10);
  });

  it('leaves out lines that the document no longer has', () => {
    const editor = new Editor();
    painter().own.paint(editor, sheet(10, 4));
    expect(editor.barred()).toEqual([0, 1, 2, 3]);
  });

  it('draws again with other pens', () => {
    const editor = new Editor();
    const { own } = painter();
    const one = sheet(1);
    void own.paint(editor, one);
    own.replace(makePens());
    void own.paint(editor, one);
    expect(editor.calls.map(({ pen: key }) => key)).toEqual(['mark0', 'line0', 'mark0', 'line0']);
  });

  it('of 50,000 lit lines draws those around the visible ones, in 20 editors from one sheet', async () => {
    const began = performance.now();
    const whole = sheet(50_000);
    const { own, made } = painter();
    const editors = Array.from({ length: 20 }, (_, at) => new Editor(at * 2000, at * 2000 + 50));
    await Promise.all(editors.map((editor) => own.paint(editor, whole)));
    for (const editor of editors) expect(editor.calls).toHaveLength(2 * STEPS.length);
    const around = made();
    expect(around).toBeLessThanOrEqual(20 * 500);
    const first = editors[0]!;
    const near = new Set(first.barred());
    for (let line = 0; line <= 50; line++) expect(near.has(line)).toBe(true);
    // A page further is painted already; a jump to the end paints its lines, and only bars and figures.
    first.scrollTo(100);
    own.scrolled(first);
    expect(first.calls).toHaveLength(2 * STEPS.length);
    first.scrollTo(49_000);
    own.scrolled(first);
    expect(first.calls).toHaveLength(3 * STEPS.length);
    for (let line = 49_000; line <= 49_050; line++) expect(first.barred()).toContain(line);
    expect(made() - around).toBeLessThanOrEqual(500);
    console.log(`50,000 lit lines in 20 editors: ${made()} decorations made, ${(performance.now() - began).toFixed(0)} ms`);
  });

  it('hands over a large sheet in several turns, and drops it for a newer one', async () => {
    const editor = new Editor();
    const { own } = painter();
    const counted = async (work: Promise<void>) => {
      const turns: number[] = [];
      let [over, seen] = [false, editor.calls.length];
      void work.then(() => {
        over = true;
      });
      while (!over) {
        turns.push(editor.calls.slice(seen).reduce((sum, { lines }) => sum + lines.length, 0));
        seen = editor.calls.length;
        await new Promise((resolve) => void setImmediate(resolve));
      }
      return turns;
    };
    const turns = await counted(own.paint(editor, sheet(6000)));
    // A pen's ruler marks go at once, for VS Code has no other way; no two pens' do.
    expect(Math.max(...turns)).toBe(6000 / STEPS.length);
    expect(turns.length).toBeGreaterThanOrEqual(STEPS.length);
    const [calls, older] = [editor.calls.length, own.paint(editor, { ...sheet(6000), version: 1 })];
    const last = sheetOf([style(3, 0)], 100, range, [], 2);
    await Promise.all([older, own.paint(editor, last)]);
    expect(editor.calls.slice(calls).filter(({ lines }) => lines.length > 1)).toHaveLength(1);
    expect(editor.barred()).toEqual([3]);
  });

  it('of a renewal draws only what differs, unless the text has moved', async () => {
    const editor = new Editor();
    const { own } = painter();
    const styles = [style(3, 0), style(9, 5), style(12, 5)];
    void own.paint(editor, sheetOf(styles, 100, range, [range(9)], 7));
    const first = editor.calls.splice(0).length;
    void own.paint(editor, sheetOf([...styles], 100, range, [range(9)], 7));
    expect(editor.calls).toEqual([]);
    void own.paint(editor, sheetOf([style(3, 0), { ...styles[1]!, text: '2 %' }, styles[2]!], 100, range, [range(9)], 7));
    expect(editor.calls.splice(0)).toEqual([{ pen: 'line5', lines: [9, 12] }]);
    void own.paint(editor, sheetOf([style(3, 0), { ...styles[1]!, text: '2 %' }, styles[2]!], 100, range, [range(9)], 8));
    expect(editor.calls).toHaveLength(first);
  });

  it('draws a short sheet whole, so that scrolling asks for nothing', async () => {
    const editor = new Editor();
    const { own } = painter();
    await own.paint(editor, sheet(WHOLE));
    const calls = editor.calls.length;
    editor.scrollTo(WHOLE - 20);
    own.scrolled(editor);
    expect([editor.calls.length, editor.barred().length]).toEqual([calls, WHOLE]);
  });
});

describe('the next hot line', () => {
  const lines = [style(3, 1), style(10, 4), style(20, 2), style(30, 0)];

  it('is a warm one, and after the last comes the first', () => {
    expect([0, 10, 20, 40].map((from) => nextAmong(lines, from, 1)?.line)).toEqual([10, 20, 10, 10]);
    expect([40, 20, 10, 3].map((from) => nextAmong(lines, from, -1)?.line)).toEqual([20, 10, 20, 20]);
  });

  it('is any lit one where none is warm, and none in a cold file', () => {
    expect(nextAmong([style(3, 1), style(30, 0)], 3, 1)?.line).toBe(30);
    expect(nextAmong([], 3, 1)).toBeUndefined();
  });
});
