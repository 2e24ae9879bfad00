import { t } from '../l10n.js';

/** What a kept page says, in the language of whoever keeps it. */
export const viewerTexts = () => ({
  search: t('Search'),
  searchLabel: t('Search functions and files'),
  all: t('Show everything'),
  one: t('1 box matches'),
  many: t('{0} boxes match'),
  self: t('Self'),
  total: t('Total'),
  name: t('Function'),
  place: t('Place'),
});

/** The style of a kept page (`pictureHtml`): the colours come with its data. */
export const VIEWER_STYLE = `
body { margin: 0; padding: 16px; font: 13px system-ui, sans-serif; }
h1 { margin: 0; font-size: 16px; }
p { margin: 4px 0 12px; opacity: 0.75; }
input { width: 260px; padding: 4px 8px; font: inherit; }
button { padding: 4px 10px; font: inherit; cursor: pointer; }
.tools { display: flex; gap: 8px; align-items: center; margin-bottom: 10px; }
.flame { position: relative; overflow: hidden; }
.box { position: absolute; box-sizing: border-box; height: 19px; overflow: hidden; padding: 0 4px; border: 0; border-radius: 1px; font-size: 12px; line-height: 19px; text-align: left; text-overflow: ellipsis; white-space: nowrap; }
.box:hover, .box:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
.dim { opacity: 0.28; }
table { margin-top: 18px; border-collapse: collapse; }
th, td { padding: 3px 12px 3px 0; text-align: left; vertical-align: top; }
th button { padding: 0; border: 0; background: none; color: inherit; font-weight: 600; }
td.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.place { opacity: 0.7; }
`;

/** The script of a kept page: plain JavaScript of any browser, which asks nobody for anything. */
export const VIEWER = `
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const make = (name, parent, text, className) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
};
document.body.style.background = data.background;
document.body.style.color = data.foreground;
make('h1', document.body, data.title);
make('p', document.body, data.about);
const tools = make('div', document.body, undefined, 'tools');
const search = make('input', tools);
search.type = 'search';
search.placeholder = data.texts.search;
search.setAttribute('aria-label', data.texts.searchLabel);
const all = make('button', tools, data.texts.all);
const said = make('span', tools);
said.setAttribute('role', 'status');
const flame = make('div', document.body, undefined, 'flame');
const rows = data.boxes.reduce((most, box) => Math.max(most, box.row + 1), 0);
flame.style.height = rows * 20 + 'px';
let view = { x: 0, w: 1 };
const boxes = data.boxes.map((box) => {
  const element = make('button', flame, box.name, 'box');
  element.title = [box.name, box.place, box.detail].filter(Boolean).join('\\n');
  element.style.top = (data.upward ? rows - 1 - box.row : box.row) * 20 + 'px';
  element.style.background = box.fill;
  element.style.color = box.text;
  element.addEventListener('click', () => {
    view = { x: box.x, w: box.w };
    draw();
    said.textContent = [box.name, box.place, box.detail].filter(Boolean).join(' · ');
  });
  return { box, element };
});
const draw = () => {
  const width = flame.clientWidth;
  for (const { box, element } of boxes) {
    const left = Math.max(0, ((box.x - view.x) / view.w) * width);
    const right = Math.min(width, ((box.x + box.w - view.x) / view.w) * width);
    element.hidden = right - left < 0.3;
    element.style.left = left + 'px';
    element.style.width = Math.max(right - left - 0.5, 0.3) + 'px';
    element.style.padding = right - left < 12 ? '0' : '';
  }
};
const find = () => {
  const wanted = search.value.trim().toLowerCase();
  const hit = (row) => (row.name + ' ' + row.place).toLowerCase().includes(wanted);
  let found = 0;
  for (const { box, element } of boxes) {
    const matches = wanted === '' || hit(box);
    element.classList.toggle('dim', !matches);
    if (wanted !== '' && matches) found++;
  }
  said.textContent = wanted === '' ? '' : found === 1 ? data.texts.one : data.texts.many.replace('{0}', found);
  for (const { row, element } of lines) element.hidden = wanted !== '' && !hit(row);
};
all.addEventListener('click', () => {
  view = { x: 0, w: 1 };
  draw();
});
addEventListener('resize', draw);
const table = make('table', document.body);
const head = make('tr', make('thead', table));
const body = make('tbody', table);
let lines = [];
const order = (key, sign) => {
  body.textContent = '';
  const sorted = data.rows.slice().sort((a, b) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0));
  lines = sorted.map((row) => {
    const element = make('tr', body);
    make('td', element, row.selfText, 'figure');
    make('td', element, row.totalText, 'figure');
    make('td', element, row.name);
    make('td', element, row.place, 'place');
    return { row, element };
  });
  find();
};
for (const [key, sign] of [['self', -1], ['total', -1], ['name', 1], ['place', 1]]) {
  const cell = make('th', head);
  cell.scope = 'col';
  make('button', cell, data.texts[key]).addEventListener('click', () => order(key, sign));
}
search.addEventListener('input', find);
order('self', -1);
draw();
`;
