import { type Paint, paintOf } from '../../shared/colour.js';
import { safeText, shortName, shortPath } from '../../shared/format.js';
import type { Theme } from '../../shared/theme.js';
import { type Boxes, visibleRange } from './boxes.js';
import type { Viewport } from './viewport.js';

/** CSS px. A box is 20 high; rows are 1 apart. */
export const BOX = 20;
export const PITCH = 21;
export const SIDE = 10;
export const TOP = 4;
const TEXT_PADDING = 5;
/** Narrower boxes carry no text: not even one letter and the ellipsis would fit. */
const TEXT_FROM = 26;

export interface Scene {
  readonly boxes: Boxes;
  readonly view: Viewport;
  /** Rows hidden above the picture, may be a fraction while it moves. */
  readonly topRow: number;
  readonly scrollTop: number;
  readonly width: number;
  readonly height: number;
  readonly selected: number;
  readonly hovered: number;
  /** The profile has no code but libraries': they are not all grey then. */
  readonly tintLibraries: boolean;
  /** Functions that match the search; undefined without a search. */
  readonly matches: ReadonlySet<number> | undefined;
}

interface FrameLook extends Paint {
  readonly name: string;
  readonly shortName: string;
  readonly file: string;
  readonly nameWidth: number;
  readonly fileWidth: number;
}

/** Draws scenes on one canvas; keeps colours and text widths of the frames it has seen under the present theme. */
export class Painter {
  private looks: (FrameLook | undefined)[] = [];
  private looksOf: unknown;
  private themeVersion = -1;
  private tinted = false;

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
    if (this.looksOf !== scene.boxes.frames || this.themeVersion !== theme.version || this.tinted !== scene.tintLibraries) {
      this.looks = [];
      this.looksOf = scene.boxes.frames;
      this.themeVersion = theme.version;
      this.tinted = scene.tintLibraries;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, scene.width, scene.height);
    context.font = `12px ${theme.fontFamily}`;
    context.textBaseline = 'middle';
    const first = Math.max(0, Math.floor(scene.topRow + (scene.scrollTop - TOP - BOX) / PITCH));
    const last = Math.min(scene.boxes.rows.length - 1, Math.ceil(scene.topRow + (scene.scrollTop + scene.height - TOP) / PITCH));
    for (let row = first; row <= last; row++) this.drawRow(context, scene, theme, row, ratio);
  }

  private drawRow(context: CanvasRenderingContext2D, scene: Scene, theme: Theme, row: number, ratio: number): void {
    const { boxes, view } = scene;
    const scale = (scene.width - 2 * SIDE) / (view.x1 - view.x0);
    const y = snap(TOP + (row - scene.topRow) * PITCH - scene.scrollTop, ratio);
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
    const look = this.look(context, scene.boxes, frame, theme);
    const faded = scene.matches !== undefined && !scene.matches.has(scene.boxes.frames[frame]!.func);
    const from = Math.max(left, 0);
    const to = Math.min(left + width, scene.width);
    context.globalAlpha = faded ? (theme.contrast ? 0.45 : 0.28) : 1;
    if (theme.contrast && width >= 3) {
      context.strokeStyle = theme.border;
      context.lineWidth = 1;
      context.strokeRect(from + 0.5, y + 0.5, to - from - 1, BOX - 1);
      if (scene.matches && !faded) outline(context, theme.foreground, from + 1, y + 1, to - from - 2, BOX - 2, 2);
    } else {
      context.fillStyle = theme.contrast ? theme.border : look.fill;
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
    if (to - from >= TEXT_FROM && room > 10) drawText(context, look, snap(textLeft, ratio), y + BOX / 2 + 0.5, room);
    context.globalAlpha = 1;
    if (box === scene.selected) {
      outline(context, theme.contrast ? theme.accent : theme.foreground, from, y, Math.max(to - from, 3), BOX, theme.contrast ? 2 : 1.5);
    }
  }

  private look(context: CanvasRenderingContext2D, boxes: Boxes, frame: number, theme: Theme): FrameLook {
    const known = this.looks[frame];
    if (known) return known;
    const { name, file, library, package: pack } = boxes.frames[frame]!;
    const text = safeText(name);
    const place = safeText(shortPath(file));
    const look: FrameLook = {
      ...paintOf({ name, file, library, package: pack }, theme, this.tinted),
      name: text,
      shortName: safeText(shortName(name)),
      file: place,
      nameWidth: context.measureText(text).width,
      fileWidth: context.measureText(place).width,
    };
    this.looks[frame] = look;
    return look;
  }
}

/** The name, and the file in a dimmer tone where all of the name and a good part of the file fit. */
function drawText(context: CanvasRenderingContext2D, look: FrameLook, x: number, y: number, room: number): void {
  context.fillStyle = look.text;
  if (look.nameWidth > room) {
    const width = look.shortName === look.name ? look.nameWidth : context.measureText(look.shortName).width;
    context.fillText(clip(context, look.shortName, width, room), x, y);
    return;
  }
  context.fillText(look.name, x, y);
  const rest = room - look.nameWidth - 9;
  if (look.file === '' || rest < Math.min(look.fileWidth, 60)) return;
  context.fillStyle = look.dim;
  context.fillText(clip(context, look.file, look.fileWidth, rest), x + look.nameWidth + 9, y);
}

/** Cuts a text to the room with an ellipsis; guesses by its mean letter width, then takes letters off until it fits. */
function clip(context: CanvasRenderingContext2D, text: string, width: number, room: number): string {
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
