import { type Paint, paintOf } from '../../shared/colour.js';
import { safeText, shortName, shortPath } from '../../shared/format.js';
import type { Theme } from '../../shared/theme.js';
import { type Boxes, visibleRange } from './boxes.js';
import { BOX, type Place, rowAt, rowTop, SIDE } from './place.js';
import { pixelOf, Strips } from './strips.js';
import type { Viewport } from './viewport.js';

const TEXT_PADDING = 5;
/** Narrower boxes carry no text: not even one letter and the ellipsis would fit. */
const TEXT_FROM = 26;

/** What is drawn of boxes, whatever their shape; CSS px. */
export interface Drawing {
  readonly boxes: Boxes;
  readonly view: Viewport;
  readonly width: number;
  readonly height: number;
  readonly selected: number;
  readonly hovered: number;
  readonly colour: Colour;
  /** Functions that match the search; undefined without a search. */
  readonly matches: ReadonlySet<number> | undefined;
}

/** Boxes in rows. */
export interface Scene extends Drawing {
  readonly place: Place;
}

/** Colours of a box under a theme. Asked for once a drawing and box, so it keeps what it finds out. */
export type Colour = (boxes: Boxes, box: number, theme: Theme) => Paint;

/**
 * One hue a package, libraries close to grey.
 * @param tintLibraries for a profile that has no code but libraries': they are not all grey then
 */
export function byPackage(tintLibraries: boolean): Colour {
  let paints: (Paint | undefined)[] = [];
  let frames: unknown;
  let version = -1;
  return (boxes, box, theme) => {
    if (frames !== boxes.frames || version !== theme.version) {
      paints = [];
      frames = boxes.frames;
      version = theme.version;
    }
    const frame = boxes.frame[box]!;
    paints[frame] ??= paintOf(boxes.frames[frame]!, theme, tintLibraries);
    return paints[frame];
  };
}

/** A frame's texts and how wide they are. */
interface FrameText {
  readonly name: string;
  readonly shortName: string;
  readonly file: string;
  readonly nameWidth: number;
  readonly fileWidth: number;
}

/** A box of which more is drawn than its fill. */
interface Marked {
  readonly box: number;
  readonly row: number;
  /** Edges in the window, CSS px. */
  readonly from: number;
  readonly to: number;
  /** Where its left edge is or would be outside of the window. */
  readonly left: number;
}

/** Draws scenes on one canvas; keeps the texts' widths of the frames it has seen under the present theme. */
export class Painter {
  private readonly strips = new Strips();
  private texts: (FrameText | undefined)[] = [];
  private textsOf: unknown;
  private themeVersion = -1;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  draw(scene: Scene, theme: Theme): void {
    const context = this.canvas.getContext('2d');
    if (!context) return;
    const ratio = window.devicePixelRatio || 1;
    const [pixelWidth, pixelHeight] = [Math.round(scene.width * ratio), Math.round(scene.height * ratio)];
    if (this.canvas.width !== pixelWidth || this.canvas.height !== pixelHeight) {
      this.canvas.width = pixelWidth;
      this.canvas.height = pixelHeight;
    }
    if (this.textsOf !== scene.boxes.frames || this.themeVersion !== theme.version) {
      this.texts = [];
      this.textsOf = scene.boxes.frames;
      this.themeVersion = theme.version;
    }
    const ends = [rowAt(scene.place, 0), rowAt(scene.place, scene.height)] as const;
    const first = Math.max(0, Math.floor(Math.min(...ends) - 1));
    const last = Math.min(scene.boxes.rows.length - 1, Math.ceil(Math.max(...ends)));
    const marked = this.fillRows(context, scene, theme, first, last, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.font = `12px ${theme.fontFamily}`;
    context.textBaseline = 'middle';
    for (const box of marked) this.drawMarked(context, scene, theme, box, ratio);
    context.globalAlpha = 1;
  }

  /** Fills the boxes of these rows. Gives those of which more is to be drawn. */
  private fillRows(
    context: CanvasRenderingContext2D,
    scene: Scene,
    theme: Theme,
    first: number,
    last: number,
    ratio: number,
  ): readonly Marked[] {
    const { strips } = this;
    const marked: Marked[] = [];
    strips.begin(this.canvas.width, 2 * Math.max(0, last - first + 1));
    for (let row = first; row <= last; row++) this.fillRow(scene, theme, row, 2 * (row - first), ratio, marked);
    strips.end();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.imageSmoothingEnabled = false;
    const height = Math.round(BOX * ratio);
    const line = theme.contrast ? lineWidth(ratio) : 0;
    for (let row = first; row <= last; row++) {
      const at = 2 * (row - first);
      const top = Math.round(rowTop(scene.place, row) * ratio);
      strips.draw(context, at, top + line, height - 2 * line);
      if (line === 0) continue;
      strips.draw(context, at + 1, top, line);
      strips.draw(context, at + 1, top + height - line, line);
    }
    return marked;
  }

  /** Writes a row's boxes into its two lines: what they are inside, and, in high contrast, along their upper and lower edges. */
  private fillRow(scene: Scene, theme: Theme, row: number, line: number, ratio: number, marked: Marked[]): void {
    const { boxes, view, width, matches } = scene;
    const { strips } = this;
    const boxesOfRow = boxes.rows[row]!;
    const scale = (width - 2 * SIDE) / (view.x1 - view.x0);
    const border = lineWidth(ratio);
    const [start, stop] = visibleRange(boxes, row, view.x0 - SIDE / scale, view.x1 + SIDE / scale);
    let drawnTo = Number.NEGATIVE_INFINITY;
    for (let at = start; at < stop; at++) {
      const box = boxesOfRow[at]!;
      const x = SIDE + (boxes.x[box]! - view.x0) * scale;
      const left = Math.round(x * ratio);
      const end = Math.max(Math.round((x + boxes.w[box]! * scale) * ratio), left + 1);
      const special = box === scene.selected || box === scene.hovered;
      // Several boxes can share one device pixel: the first (and so any) of them is enough.
      if (end <= drawnTo && !special) continue;
      drawnTo = Math.max(drawnTo, end);
      const right = end - left > 3 * ratio ? end - Math.round(ratio) : end;
      const faded = matches !== undefined && !matches.has(boxes.frames[boxes.frame[box]!]!.func);
      const { fill } = scene.colour(boxes, box, theme);
      const wide = right - left >= 3 * ratio;
      if (theme.contrast) {
        const edge = pixelOf(theme.border, faded ? 0.45 : 1);
        strips.fill(line, left, right, edge);
        strips.fill(line + 1, left, right, edge);
        // In high contrast a fill is an exception, such as a difference's.
        const inside = fill === theme.background ? 0 : pixelOf(fill, faded ? 0.45 : 1);
        if (wide) strips.fill(line, Math.max(left, 0) + border, Math.min(right, this.canvas.width) - border, inside);
      } else strips.fill(line, left, right, pixelOf(fill, faded ? 0.28 : 1));
      if (special || right - left >= TEXT_FROM * ratio || (theme.contrast && matches !== undefined && wide && !faded)) {
        marked.push({ box, row, left: left / ratio, from: Math.max(left / ratio, 0), to: Math.min(right / ratio, width) });
      }
    }
  }

  /** Text and outlines of a box. */
  private drawMarked(
    context: CanvasRenderingContext2D,
    scene: Scene,
    theme: Theme,
    { box, row, left, from, to }: Marked,
    ratio: number,
  ): void {
    const { boxes, matches } = scene;
    const frame = boxes.frame[box]!;
    const faded = matches !== undefined && !matches.has(boxes.frames[frame]!.func);
    const y = snap(rowTop(scene.place, row), ratio);
    if (theme.contrast && matches && !faded && to - from >= 3)
      outline(context, theme.foreground, from + 1, y + 1, to - from - 2, BOX - 2, 2);
    if (box === scene.hovered && box !== scene.selected) {
      if (theme.contrast) outline(context, theme.accent, from, y, to - from, BOX, 2);
      else {
        context.globalAlpha = 0.1;
        context.fillStyle = theme.foreground;
        context.fillRect(from, y, to - from, BOX);
      }
    }
    // Text starts at the visible edge of a box that begins outside the picture.
    const textLeft = Math.max(left, SIDE) + TEXT_PADDING;
    const room = to - TEXT_PADDING - textLeft;
    context.globalAlpha = faded ? (theme.contrast ? 0.7 : 0.5) : 1;
    if (to - from >= TEXT_FROM && room > 10) {
      const texts = this.textsFor(context, boxes, frame);
      drawText(context, texts, scene.colour(boxes, box, theme), snap(textLeft, ratio), y + BOX / 2 + 0.5, room);
    }
    context.globalAlpha = 1;
    if (box === scene.selected) {
      outline(context, theme.contrast ? theme.accent : theme.foreground, from, y, Math.max(to - from, 3), BOX, theme.contrast ? 2 : 1.5);
    }
  }

  private textsFor(context: CanvasRenderingContext2D, boxes: Boxes, frame: number): FrameText {
    const known = this.texts[frame];
    if (known) return known;
    const { name, file } = boxes.frames[frame]!;
    const text = safeText(name);
    const place = safeText(shortPath(file));
    const texts: FrameText = {
      name: text,
      shortName: safeText(shortName(name)),
      file: place,
      nameWidth: context.measureText(text).width,
      fileWidth: context.measureText(place).width,
    };
    this.texts[frame] = texts;
    return texts;
  }
}

/** The name, and the file in a dimmer tone where all of the name and a good part of the file fit. */
function drawText(context: CanvasRenderingContext2D, look: FrameText, paint: Paint, x: number, y: number, room: number): void {
  context.fillStyle = paint.text;
  if (look.nameWidth > room) {
    const width = look.shortName === look.name ? look.nameWidth : context.measureText(look.shortName).width;
    context.fillText(clip(context, look.shortName, width, room), x, y);
    return;
  }
  context.fillText(look.name, x, y);
  const rest = room - look.nameWidth - 9;
  if (look.file === '' || rest < Math.min(look.fileWidth, 60)) return;
  context.fillStyle = paint.dim;
  context.fillText(clip(context, look.file, look.fileWidth, rest), x + look.nameWidth + 9, y);
}

/** Widths of letters by font. */
const advances = new Map<string, Map<string, number>>();

/**
 * Cuts a text to the room with an ellipsis, by the widths of its letters, each of which is measured once.
 * @param width of the whole text, px, as `room` is
 */
export function clip(context: CanvasRenderingContext2D, text: string, width: number, room: number): string {
  if (width <= room) return text;
  let known = advances.get(context.font);
  if (known === undefined) {
    known = new Map();
    advances.set(context.font, known);
  }
  let left = room - advanceOf('…', context, known);
  let end = 0;
  for (const letter of text) {
    left -= advanceOf(letter, context, known);
    if (left < 0) break;
    end += letter.length;
  }
  return end === 0 ? '' : `${text.slice(0, end).trimEnd()}…`;
}

function advanceOf(letter: string, context: CanvasRenderingContext2D, known: Map<string, number>): number {
  let advance = known.get(letter);
  if (advance === undefined) {
    advance = context.measureText(letter).width;
    known.set(letter, advance);
  }
  return advance;
}

function outline(
  context: CanvasRenderingContext2D,
  colour: string,
  x: number,
  y: number,
  width: number,
  height: number,
  line: number,
): void {
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.strokeRect(x + line / 2, y + line / 2, Math.max(width - line, 0.5), height - line);
}

/** To whole device pixels, so that edges are sharp. */
function snap(value: number, ratio: number): number {
  return Math.round(value * ratio) / ratio;
}

/** Thickness of a box's border in high contrast, device pixels. */
function lineWidth(ratio: number): number {
  return Math.max(1, Math.round(ratio));
}
