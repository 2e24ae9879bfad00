/** What a page sends to be kept as a picture: every field is checked here. Pure. */

import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import { type Picture, type PictureBox, type PictureRow, pictureHtml, pictureSvg } from '../core/report/picture.js';
import type { PictureKind } from '../protocol/webview.js';

const MOST_PNG = 64 << 20;
const MOST_BOXES = 200_000;
const MOST_ROWS = 10_000;
const LONGEST = 10_000;

/** The file of a picture, from what the page says. @param language of the texts, as HTML names it @throws UserError */
export function pictureBytes(message: unknown, language = 'en'): { kind: PictureKind; bytes: Uint8Array } {
  const { kind, png, picture, rows } = fields(message);
  if (kind === 'png') {
    if (typeof png !== 'string' || png.length > MOST_PNG || !/^[A-Za-z0-9+/]+=*$/.test(png)) throw malformed();
    return { kind, bytes: Buffer.from(png, 'base64') };
  }
  if (kind !== 'svg' && kind !== 'html') throw malformed();
  const given = fields(picture);
  const checked: Picture = {
    title: text(given.title),
    about: text(given.about),
    background: text(given.background),
    foreground: text(given.foreground),
    upward: given.upward === true,
    boxes: list(given.boxes, MOST_BOXES).map(checkBox),
  };
  const content = kind === 'svg' ? pictureSvg(checked) : pictureHtml(checked, list(rows, MOST_ROWS).map(checkRow), language);
  return { kind, bytes: Buffer.from(content) };
}

function checkBox(value: unknown): PictureBox {
  const { x, w, row, name, place, detail, fill, text: ink } = fields(value);
  return {
    x: part(x),
    w: part(w),
    row: Math.trunc(finite(row)),
    name: text(name),
    place: text(place),
    detail: text(detail),
    fill: text(fill),
    text: text(ink),
  };
}

function checkRow(value: unknown): PictureRow {
  const { name, place, self, total, selfText, totalText } = fields(value);
  return {
    name: text(name),
    place: text(place),
    self: finite(self),
    total: finite(total),
    selfText: text(selfText),
    totalText: text(totalText),
  };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw malformed();
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most) throw malformed();
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw malformed();
  return value.slice(0, LONGEST);
}

function finite(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed();
  return value;
}

const part = (value: unknown) => Math.min(1, Math.max(0, finite(value)));
const malformed = () => new UserError('bad-picture', t('The page sent a picture that cannot be kept.'));
