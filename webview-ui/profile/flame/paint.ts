import { type Paint, paintOf } from '../../shared/colour.js';
import { safeText, shortName, shortPath } from '../../shared/format.js';
import type { Theme } from '../../shared/theme.js';
import { type Boxes, visibleRange } from './boxes.js';
import { BOX, type Place, rowAt, rowTop, SIDE } from './place.js';
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

/** Draws scenes on one canvas; keeps the texts' widths of the frames it has seen under the present theme. */
export class Painter {
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
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, scene.width, scene.height);
    context.font = `12px ${theme.fontFamily}`;
    context.textBaseline = 'middle';
    const ends = [rowAt(scene.place, 0), rowAt(scene.place, scene.height)] as const;
    const first = Math.max(0, Math.floor(Math.min(...ends) - 1));
    const last = Math.min(scene.boxes.rows.length - 1, Math.ceil(Math.max(...ends)));
    for (let row = first; row <= last; row++) this.drawRow(context, scene, theme, row, ratio);
  }

  private drawRow(context: CanvasRenderingContext2D, scene: Scene, theme: Theme, row: number, ratio: number): void {
    const { boxes, view } = scene;
    const scale = (scene.width - 2 * SIDE) / (view.x1 - view.x0);
    const y = snap(rowTop(scene.place, row), ratio);
    const [from, to] = visibleRange(boxes, row, view.x0 - SIDE / scale, view.x1 + SIDE / scale);
    let drawnTo = Number.NEGATIVE_INFINITY;
    for (let at = from; at < to; at++) {
      const box = boxes.rows[row]![at]!;
      const left = snap(SIDE + (boxes.x[box]! - view.x0) * scale, ratio);
      const right = snap(SIDE + (boxes.x[box]! + boxes.w[box]! - view.x0) * scale, ratio);
      const end = Math.max(right, left + 1 / ratio);
      // Several boxes can share one device pixel: the first (and so any) of them is enough.
      if (end <= drawnTo) continue;
      drawnTo = end;
      const gap = end - left > 3 ? 1 : 0;
      this.drawBox(context, scene, theme, box, left, y, end - left - gap, ratio);
    }
  }

  private drawBox(
    context: CanvasRenderingContext2D,
    scene: Scene,
    theme: Theme,
    box: number,
    left: number,
    y: number,
    width: number,
    ratio: number,
  ): void {
    const frame = scene.boxes.frame[box]!;
    const texts = this.textsFor(context, scene.boxes, frame);
    const paint = scene.colour(scene.boxes, box, theme);
    const faded = scene.matches !== undefined && !scene.matches.has(scene.boxes.frames[frame]!.func);
    const from = Math.max(left, 0);
    const to = Math.min(left + width, scene.width);
    context.globalAlpha = faded ? (theme.contrast ? 0.45 : 0.28) : 1;
    if (theme.contrast && width >= 3) {
      // In high contrast a fill is an exception, such as a difference's.
      if (paint.fill !== theme.background) {
        context.fillStyle = paint.fill;
        context.fillRect(from, y, to - from, BOX);
      }
      context.strokeStyle = theme.border;
      context.lineWidth = 1;
      context.strokeRect(from + 0.5, y + 0.5, to - from - 1, BOX - 1);
      if (scene.matches && !faded) outline(context, theme.foreground, from + 1, y + 1, to - from - 2, BOX - 2, 2);
    } else {
      context.fillStyle = theme.contrast ? theme.border : paint.fill;
      context.fillRect(from, y, to - from, BOX);
    }
    if (box === scene.hovered && box !== scene.selected) {
      context.globalAlpha = theme.contrast ? 1 : 0.1;
      if (theme.contrast) outline(context, theme.accent, from, y, to - from, BOX, 2);
      else {
        context.fillStyle = theme.foreground;
        context.fillRect(from, y, to - from, BOX);
      }
    }
    // Text starts at the visible edge of a box that begins outside the picture.
    const textLeft = Math.max(left, SIDE) + TEXT_PADDING;
    const room = to - TEXT_PADDING - textLeft;
    context.globalAlpha = faded ? (theme.contrast ? 0.7 : 0.5) : 1;
    if (to - from >= TEXT_FROM && room > 10) drawText(context, texts, paint, snap(textLeft, ratio), y + BOX / 2 + 0.5, room);
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

/**
 * Cuts a text to the room with an ellipsis; guesses by its mean letter width, then takes letters off until it fits.
 * @param width of the whole text, px, as `room` is
 */
export function clip(context: CanvasRenderingContext2D, text: string, width: number, room: number): string {
  if (width <= room) return text;
  let letters = Math.min(text.length - 1, Math.ceil((text.length * room) / width));
  while (letters > 0 && context.measureText(`${text.slice(0, letters)}…`).width > room) letters--;
  return letters === 0 ? '' : `${text.slice(0, letters).trimEnd()}…`;
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
