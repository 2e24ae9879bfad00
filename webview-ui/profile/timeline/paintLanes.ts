import { LaneStates } from '../../../src/core/model/timelineBoxes.js';
import { fixed, t } from '../../shared/format.js';
import type { Theme } from '../../shared/theme.js';
import { BOX, type Place, rowTop, SIDE } from '../flame/place.js';
import type { Viewport } from '../flame/viewport.js';
import { type Lane, type TimeBoxes, ticks, timesOf } from './scene.js';

/** What a thread did, in words and in a look: the strip under its name is as high as its state is busy. */
export const STATES: readonly { readonly words: string; readonly token: string; readonly height: number }[] = [
  { words: t('was seen'), token: 'descriptionForeground', height: 4 },
  { words: t('holds the lock'), token: 'charts-green', height: 6 },
  { words: t('on CPU'), token: 'charts-blue', height: 5 },
  { words: t('wants the lock'), token: 'charts-yellow', height: 3 },
  { words: t('waits'), token: 'descriptionForeground', height: 1 },
  { words: t('not known'), token: 'descriptionForeground', height: 2 },
];
if (STATES.length !== LaneStates.length) throw new Error('Each state of a thread needs a look.');
export const EXCEPTION = { words: t('exception'), token: 'charts-red' };

/** The value of one of VS Code's colours. */
export function colourOf(token: string, theme: Theme): string {
  return getComputedStyle(document.body).getPropertyValue(`--vscode-${token}`).trim() || theme.foreground;
}

/** Draws on the canvas of the boxes, after them: what the threads did, and a veil over the time that is left out. */
export function paintLanes(
  canvas: HTMLCanvasElement,
  theme: Theme,
  boxes: TimeBoxes | undefined,
  lanes: readonly Lane[],
  view: Viewport,
  place: Place,
  size: { readonly width: number; readonly height: number },
  /** Parts of the whole; undefined: all is chosen. */
  chosen: Viewport | undefined,
): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const scale = (size.width - 2 * SIDE) / (view.x1 - view.x0);
  const xOf = (part: number) => Math.min(size.width, Math.max(0, SIDE + (part - view.x0) * scale));
  if (boxes) {
    const { states } = boxes.answer;
    const colours = STATES.map(({ token }) => colourOf(token, theme));
    const red = colourOf(EXCEPTION.token, theme);
    const laneOf = new Map(lanes.map((lane) => [lane.index, lane]));
    const whole = boxes.whole;
    const span = whole.to - whole.from;
    for (let i = 0; i < states.lane.length; i++) {
      const lane = laneOf.get(states.lane[i]!);
      if (!lane) continue;
      const bottom = rowTop(place, lane.top) + BOX;
      if (bottom < 0 || bottom > size.height + BOX) continue;
      const left = xOf((states.start[i]! - whole.from) / span);
      const right = xOf((states.end[i]! - whole.from) / span);
      const { height } = STATES[states.state[i]!]!;
      context.globalAlpha = states.state[i] === 0 ? 0.5 : 1;
      context.fillStyle = colours[states.state[i]!]!;
      context.fillRect(left, bottom - height, Math.max(right - left, 0.5), height);
      context.globalAlpha = 1;
      if (!states.exception[i]) continue;
      context.fillStyle = red;
      context.fillRect(left, bottom - 9, Math.max(Math.min(right - left, 3), 1), 2);
    }
  }
  if (!chosen) return;
  context.fillStyle = theme.background;
  context.globalAlpha = 0.62;
  const [left, right] = [xOf(chosen.x0), xOf(chosen.x1)];
  context.fillRect(0, 0, left, size.height);
  context.fillRect(right, 0, size.width - right, size.height);
  context.globalAlpha = 1;
  context.fillStyle = theme.accent;
  for (const x of [left, right]) if (x > 0 && x < size.width) context.fillRect(x - 0.5, 0, 1, size.height);
}

/** Fits a canvas to its place on the screen, and gives it cleared. */
export function cleared(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** The ruler over the lanes: seconds since the profile's start. */
export function paintRuler(
  canvas: HTMLCanvasElement,
  theme: Theme,
  view: Viewport,
  whole: { from: number; to: number },
  width: number,
): void {
  const height = 20;
  const context = cleared(canvas, width, height);
  if (!context) return;
  const window = timesOf(view, whole);
  const perPixel = (window.to - window.from) / (width - 2 * SIDE);
  context.font = `11px ${theme.fontFamily}`;
  context.textBaseline = 'middle';
  context.fillStyle = colourOf('descriptionForeground', theme);
  // As far apart as the widest label of this scale needs.
  const widest = (apart: number) => {
    const { digits } = ticks(window, apart);
    return context.measureText(`${fixed(window.to / 1e9, digits)} s`).width + 24;
  };
  const { at, digits } = ticks(window, Math.max(80, widest(perPixel * 80)) * perPixel);
  for (const tick of at) {
    const x = SIDE + (tick - window.from) / perPixel;
    context.fillRect(Math.round(x), height - 5, 1, 5);
    const label = `${fixed(tick / 1e9, digits)} s`;
    const room = context.measureText(label).width;
    if (x + 4 + room < width) context.fillText(label, x + 4, height / 2);
  }
}

/** The overview: how much of the view's figure there was when. */
export function paintActivity(canvas: HTMLCanvasElement, theme: Theme, activity: readonly number[], width: number, height: number): void {
  const context = cleared(canvas, width, height);
  if (!context) return;
  const most = activity.reduce((all, own) => Math.max(all, own), 0);
  if (!(most > 0)) return;
  const [inner, foot] = [width - 2 * SIDE, height - 1];
  context.fillStyle = colourOf('progressBar-background', theme);
  context.globalAlpha = theme.contrast ? 1 : 0.75;
  context.beginPath();
  context.moveTo(SIDE, foot);
  activity.forEach((own, i) => {
    const y = foot - Math.max(0, own / most) * (height - 6);
    context.lineTo(SIDE + (i / activity.length) * inner, y);
    context.lineTo(SIDE + ((i + 1) / activity.length) * inner, y);
  });
  context.lineTo(width - SIDE, foot);
  context.fill();
  context.globalAlpha = 1;
}
