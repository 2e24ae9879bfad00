import type { Picture, PictureBox, PictureRow } from '../../src/core/report/picture.js';
import type { PictureKind } from '../../src/protocol/webview.js';
import { ask, host } from '../shared/boot.js';
import { formatShare, formatValue, placeOf, safeText, t, typeLabel } from '../shared/format.js';
import { readTheme } from '../shared/theme.js';
import { type Boxes, indexBoxes } from './flame/boxes.js';
import { byPackage, type Colour, Painter } from './flame/paint.js';
import { heightOf, rowTop, SIDE } from './flame/place.js';
import { type Viewport, WHOLE } from './flame/viewport.js';
import { filtersOf } from './shell/filters.js';
import { sentence, store } from './store.js';

/** A picture on the screen that can be kept as it is. */
export interface Kept {
  readonly boxes: Boxes;
  readonly upward: boolean;
  /** The part that is shown. */
  readonly view: Viewport;
  /** Rows that are headings. */
  readonly heads?: readonly { readonly row: number; readonly text: string }[];
  readonly colour: Colour;
  /** Figures of a box, as people read them. */
  readonly detail: (box: number) => string;
}

/** Narrower boxes are not in a kept picture. */
const NARROWEST = 1 / 4000;
/** Functions in the table of a page. */
const MOST_ROWS = 1000;
/** Pixels of a kept bitmap: wide, and at most so high. */
const WIDTH = 1600;
const HIGHEST = 8000;

let shown: (() => Kept | undefined) | undefined;

/** The picture that is on the screen offers itself. Gives what undoes it. */
export function offerExport(keep: () => Kept | undefined): () => void {
  shown = keep;
  return () => {
    if (shown === keep) shown = undefined;
  };
}

/** Draws what the host asks for, and sends it there. */
export function listenForExports(): void {
  host.on('export', ({ kind }) => void send(kind));
}

async function send(kind: PictureKind): Promise<void> {
  try {
    const kept = shown?.() ?? (await wholeFlame());
    if (kind === 'png') await host.request('picture', { kind, png: await bitmap(kept) });
    else await host.request('picture', { kind, picture: pictureOf(kept), rows: kind === 'html' ? await tableRows() : [] });
  } catch (error) {
    store.fail(sentence(error), () => void send(kind));
  }
}

/** Where a tab has no picture, the flame graph of its view. */
async function wholeFlame(): Promise<Kept> {
  const columns = await ask('profile/flame', { view: store.view, root: -1, minFraction: NARROWEST });
  const boxes = indexBoxes(columns, false, NARROWEST);
  const whole = columns.rootValue;
  const detail = (box: number) => {
    const total = boxes.w[box]! * whole;
    return t(
      'total {0} ({1}), self {2}',
      formatValue(total, store.unit),
      formatShare(boxes.w[box]!),
      formatValue(boxes.self[box]!, store.unit),
    );
  };
  return { boxes, upward: false, view: WHOLE, colour: byPackage(boxes.frames.every((frame) => frame.library)), detail };
}

function pictureOf({ boxes, upward, view, heads = [], colour, detail }: Kept): Picture {
  const theme = readTheme();
  const made: PictureBox[] = [];
  for (let box = 0; box < boxes.count; box++) {
    const row = boxes.depth[box]!;
    const x = Math.max(0, (boxes.x[box]! - view.x0) / (view.x1 - view.x0));
    const w = Math.min(1, (boxes.x[box]! + boxes.w[box]! - view.x0) / (view.x1 - view.x0)) - x;
    if (row < 0 || !(w >= NARROWEST)) continue;
    const frame = boxes.frames[boxes.frame[box]!]!;
    const { fill, text } = colour(boxes, box, theme);
    made.push({
      x,
      w,
      row,
      name: safeText(frame.name),
      place: placeOf(frame),
      detail: detail(box),
      fill,
      text,
    });
  }
  for (const { row, text } of heads)
    made.push({ x: 0, w: 1, row, name: safeText(text), place: '', detail: '', fill: theme.background, text: theme.foreground });
  return {
    title: safeText(store.page!.info.label),
    about: about(),
    background: theme.background,
    foreground: theme.foreground,
    upward,
    boxes: made,
  };
}

/** What is measured, and what is left out. */
function about(): string {
  const { info, view } = store.page!;
  const type = info.valueTypes[view.type];
  const filters = filtersOf(view).map(({ word, text }) => `${word}: ${text}`);
  return safeText([...(type ? [typeLabel(type)] : []), ...(view.thread ? [view.thread] : []), ...filters].join(' · '));
}

async function tableRows(): Promise<PictureRow[]> {
  const { view, unit } = store;
  const { rows, total: whole } = await ask('profile/functions', { view, sort: 'self', descending: true, offset: 0, limit: MOST_ROWS });
  const figure = (value: number) => `${formatValue(value, unit)} · ${formatShare(whole > 0 ? value / whole : 0)}`;
  return rows.map(({ name, file, line, self, total }) => ({
    name: safeText(name),
    place: placeOf({ file, line }),
    self,
    total,
    selfText: figure(self),
    totalText: figure(total),
  }));
}

/** The whole picture as PNG, base64. */
async function bitmap({ boxes, upward, view, heads = [], colour }: Kept): Promise<string> {
  const theme = readTheme();
  const canvas = document.createElement('canvas');
  const height = Math.min(HIGHEST, heightOf(boxes.rows.length, 0));
  const size = { width: WIDTH + 2 * SIDE, height };
  new Painter(canvas).draw(
    {
      boxes,
      view,
      place: { upward, height, scrollTop: 0, topRow: 0 },
      ...size,
      selected: -1,
      hovered: -1,
      matches: undefined,
      colour,
    },
    theme,
  );
  const context = canvas.getContext('2d');
  if (!context) throw new Error(t('The picture cannot be drawn.'));
  context.fillStyle = theme.foreground;
  for (const { row, text } of heads) context.fillText(safeText(text), SIDE, rowTop({ upward, height, scrollTop: 0, topRow: 0 }, row) + 10);
  // Behind what is drawn: a picture without a background is not to be read everywhere.
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = theme.background;
  context.fillRect(0, 0, size.width, size.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error(t('The picture is too large to be drawn.'));
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
