import { safeText, shortName } from '../../shared/format.js';
import type { Theme } from '../../shared/theme.js';
import { boxAt, visibleRange } from '../flame/boxes.js';
import { clip, type Drawing } from '../flame/paint.js';

/** Rings around a middle that stands for the root. */
export interface Sun extends Drawing {
  /** Rings hidden in the middle, may be a fraction while the picture moves. */
  readonly topRow: number;
}

/** Rings that are shown at once; what lies deeper comes when one zooms in. */
const RINGS = 5;
const MARGIN = 10;
const TURN = 2 * Math.PI;
/** Thinner rings, and arcs shorter than this along their middle, carry no text. */
const TEXT_RING = 34;
const TEXT_ARC = 13;
/** Letters of a name that are looked at. */
const LONGEST = 60;
const PADDING = 5;

/** Middle of the picture, radius of the root and thickness of a ring. */
export function measure({ boxes, width, height }: Pick<Sun, 'boxes' | 'width' | 'height'>) {
  const outer = Math.max(20, Math.min(width, height) / 2 - MARGIN);
  const rings = Math.max(1, Math.min(RINGS, boxes.rows.length - 1));
  const middle = Math.max(outer / (rings + 1), Math.min(56, outer / 3));
  return { x: width / 2, y: height / 2, outer, middle, ring: (outer - middle) / rings, rings };
}

/** The box at a point of the picture, -1 for none. The root is the circle in the middle. */
export function sunBoxAt(sun: Pick<Sun, 'boxes' | 'view' | 'topRow' | 'width' | 'height'>, x: number, y: number): number {
  const { x: cx, y: cy, outer, middle, ring } = measure(sun);
  const distance = Math.hypot(x - cx, y - cy);
  if (distance > outer) return -1;
  if (distance < middle) return 0;
  const depth = Math.floor((distance - middle) / ring) + 1 + Math.round(sun.topRow);
  const angle = (Math.atan2(y - cy, x - cx) + TURN / 4 + TURN) % TURN;
  const { x0, x1 } = sun.view;
  const slack = (x1 - x0) / (TURN * distance);
  return boxAt(sun.boxes, depth, x0 + (angle / TURN) * (x1 - x0), slack);
}

/** Draws the rings, clockwise from the top, largest first. */
export function drawSun(canvas: HTMLCanvasElement, sun: Sun, theme: Theme): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(sun.width * ratio);
  canvas.height = Math.round(sun.height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, sun.width, sun.height);
  context.font = `11px ${theme.fontFamily}`;
  context.textBaseline = 'middle';
  const { rings } = measure(sun);
  const first = Math.max(1, Math.floor(sun.topRow) + 1);
  for (let depth = first; depth <= sun.topRow + rings; depth++) {
    const [from, to] = visibleRange(sun.boxes, depth, sun.view.x0, sun.view.x1);
    for (let at = from; at < to; at++) drawArc(context, sun, theme, sun.boxes.rows[depth]![at]!, depth - sun.topRow);
  }
}

function drawArc(context: CanvasRenderingContext2D, sun: Sun, theme: Theme, box: number, ringAt: number): void {
  const { boxes, view } = sun;
  const { x, y, middle, ring } = measure(sun);
  const share = (at: number) => Math.min(1, Math.max(0, (at - view.x0) / (view.x1 - view.x0)));
  const from = share(boxes.x[box]!) * TURN - TURN / 4;
  const to = share(boxes.x[box]! + boxes.w[box]!) * TURN - TURN / 4;
  const inner = Math.max(0, middle + (ringAt - 1) * ring);
  const outer = inner + ring - 1;
  const length = (to - from) * (inner + ring / 2);
  if (length < 0.3) return;
  const frame = boxes.frames[boxes.frame[box]!]!;
  const faded = sun.matches !== undefined && frame.func >= 0 && !sun.matches.has(frame.func);
  const paint = sun.colour(boxes, box, theme);
  context.beginPath();
  context.arc(x, y, outer, from, to);
  context.arc(x, y, inner, to, from, true);
  context.closePath();
  context.globalAlpha = faded ? 0.28 : 1;
  if (!theme.contrast) {
    context.fillStyle = paint.fill;
    context.fill();
  }
  context.globalAlpha = 1;
  // Neighbours are told apart by a line in the background's colour; in high contrast by one in the border's.
  if (length > 3 || theme.contrast) {
    context.strokeStyle = theme.contrast ? theme.border : theme.background;
    context.lineWidth = 1;
    context.stroke();
  }
  if (box === sun.hovered && box !== sun.selected && !theme.contrast) {
    context.globalAlpha = 0.12;
    context.fillStyle = theme.foreground;
    context.fill();
    context.globalAlpha = 1;
  }
  if (box === sun.selected || (theme.contrast && box === sun.hovered)) {
    context.strokeStyle = theme.contrast ? theme.accent : theme.foreground;
    context.lineWidth = theme.contrast ? 2 : 1.5;
    context.stroke();
  }
  if (ring < TEXT_RING || length < TEXT_ARC) return;
  context.fillStyle = paint.text;
  context.save();
  context.translate(x, y);
  const [along, across] = [length - 2 * PADDING, ring - 2 * PADDING];
  const angle = (from + to) / 2;
  const { name, width } = label(context, frame, Math.max(along, across));
  if (along >= Math.min(width, across)) nameAlong(context, clip(context, name, width, along), angle, inner + ring / 2);
  else nameAcross(context, clip(context, name, width, across), angle, inner);
  context.restore();
}

/** The name of a part and its width, px; of a function its short name where all of it has no room. */
function label(context: CanvasRenderingContext2D, { name, func }: { name: string; func: number }, room: number) {
  const measured = (text: string) => ({ name: text, width: context.measureText(text).width });
  const whole = measured(safeText(name).slice(0, LONGEST));
  return whole.width <= room || func < 0 ? whole : measured(safeText(shortName(name)).slice(0, LONGEST));
}

/** The name along the arc, letter by letter, upright in both halves. */
function nameAlong(context: CanvasRenderingContext2D, name: string, angle: number, radius: number): void {
  const below = Math.sin(angle) > 0;
  context.textAlign = 'center';
  // Where a letter stands is measured with those before it, so that pairs keep their distance.
  const middle = context.measureText(name).width / 2;
  let before = 0;
  let text = '';
  for (const letter of name) {
    text += letter;
    const after = context.measureText(text).width;
    const turn = ((before + after) / 2 - middle) / radius;
    context.save();
    context.rotate(below ? angle - Math.PI / 2 - turn : angle + Math.PI / 2 + turn);
    context.fillText(letter, 0, below ? radius : -radius);
    context.restore();
    before = after;
  }
}

/** The name along the radius, from left to right on both sides. */
function nameAcross(context: CanvasRenderingContext2D, name: string, angle: number, inner: number): void {
  const left = Math.cos(angle) < 0;
  context.rotate(left ? angle + Math.PI : angle);
  context.textAlign = left ? 'right' : 'left';
  context.fillText(name, left ? -(inner + PADDING) : inner + PADDING, 0);
}
