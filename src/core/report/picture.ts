import { createHash } from 'node:crypto';
import { VIEWER, VIEWER_STYLE, viewerTexts } from './pictureViewer.js';

/** A box of a picture to be kept: where it lies, what it is called and what is told of it. Texts are plain, and safe to be seen. */
export interface PictureBox {
  /** Parts of the picture's width, 0..1. */
  readonly x: number;
  readonly w: number;
  /** Counted from the outermost frame. */
  readonly row: number;
  readonly name: string;
  /** `shop/pricing.py:5`: never a whole path. */
  readonly place: string;
  /** Figures, as people read them. */
  readonly detail: string;
  /** Colours as CSS has them. */
  readonly fill: string;
  readonly text: string;
}

/** A picture of a profile, as it can be sent to somebody. */
export interface Picture {
  readonly title: string;
  /** What is measured, and what is left out. */
  readonly about: string;
  readonly background: string;
  readonly foreground: string;
  /** Rows grow from the bottom up. */
  readonly upward: boolean;
  readonly boxes: readonly PictureBox[];
}

/** A function of the table beside the picture. */
export interface PictureRow {
  readonly name: string;
  readonly place: string;
  /** Figures, and how they are read. */
  readonly self: number;
  readonly total: number;
  readonly selfText: string;
  readonly totalText: string;
}

const WIDTH = 1200;
const PITCH = 18;
const BOX = 17;
const HEAD = 44;
const SIDE = 8;
/** Mean width of a letter of 12 px; of boxes with less room than three of them nothing is written. */
const LETTER = 6.9;
/** Colours that may stand in a file: no other text gets there unescaped. */
const COLOUR = /^(?:#[0-9a-f]{3,8}|[a-z]+|(?:rgba?|oklch|hsla?)\([\d.,%/\s-]+\))$/i;

/** The picture as SVG: boxes and their names as text, what is known of each as its title. */
export function pictureSvg({ title, about, background, foreground, upward, boxes }: Picture): string {
  const rows = boxes.reduce((most, { row }) => Math.max(most, row + 1), 0);
  const height = HEAD + rows * PITCH + SIDE;
  const inner = WIDTH - 2 * SIDE;
  const ink = colour(foreground, '#000');
  const shapes = boxes.map(({ x, w, row, name, place, detail, fill, text }) => {
    const left = SIDE + x * inner;
    const width = Math.max(w * inner - (w * inner > 2 ? 0.5 : 0), 0.25);
    const top = HEAD + (upward ? rows - 1 - row : row) * PITCH;
    const label = cut(name, Math.floor((width - 6) / LETTER));
    return `<g><title>${xml([name, place, detail].filter(Boolean).join('\n'))}</title><rect x="${number(left)}" y="${top}" width="${number(width)}" height="${BOX}" fill="${colour(fill, '#ccc')}"/>${
      label && `<text x="${number(left + 3)}" y="${top + 12.5}" fill="${colour(text, ink)}">${xml(label)}</text>`
    }</g>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<title>${xml(title)}</title>
<rect width="100%" height="100%" fill="${colour(background, '#fff')}"/>
<text x="${SIDE}" y="18" font-size="14" font-weight="600" fill="${ink}">${xml(cut(title, 150))}</text>
<text x="${SIDE}" y="35" fill="${ink}" opacity="0.7">${xml(cut(about, 170))}</text>
${shapes.join('\n')}
</svg>
`;
}

/**
 * A page that shows picture and table by itself, without a network: its policy allows its own script and style, and nothing
 * else. The data are JSON in which nothing can end the element that they stand in.
 */
export function pictureHtml(picture: Picture, rows: readonly PictureRow[], language = 'en'): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const boxes = picture.boxes.map((box) => ({ ...box, fill: colour(box.fill, '#ccc'), text: colour(box.text, '#000') }));
  const data = {
    ...picture,
    background: colour(picture.background, '#fff'),
    foreground: colour(picture.foreground, '#000'),
    boxes,
    rows,
    texts: viewerTexts(),
  };
  const policy = `default-src 'none'; script-src ${hash(VIEWER)}; style-src ${hash(VIEWER_STYLE)}; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="${xml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${xml(picture.title)}</title>
<style>${VIEWER_STYLE}</style>
</head>
<body>
<script type="application/json" id="data">${json(data)}</script>
<script>${VIEWER}</script>
</body>
</html>
`;
}

/** What XML cannot hold: controls, and halves of letters. */
const NOT_XML = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu;

/** Text that stands in an element or in quotes; what XML cannot hold is shown as a stand-in. */
function xml(text: string): string {
  return text.replace(NOT_XML, '\ufffd').replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** JSON without a letter that HTML could understand. */
function json(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function colour(given: string, otherwise: string): string {
  return COLOUR.test(given) ? given : otherwise;
}

/** At most so many letters; none where not even three fit. */
function cut(text: string, letters: number): string {
  const all = [...text];
  if (letters < 3) return '';
  return all.length <= letters ? text : `${all.slice(0, letters - 1).join('')}…`;
}

const number = (value: number) => String(Math.round(value * 100) / 100);
