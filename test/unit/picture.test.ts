import { describe, expect, it } from 'vitest';
import { useTexts } from '../../src/core/l10n.js';
import { type Picture, pictureHtml, pictureSvg } from '../../src/core/report/picture.js';
import { pictureBytes } from '../../src/host/pictureBytes.js';

const NASTY = '</script><script>alert(1)</script>&"\'\u2028\u0000\ud800';

const picture: Picture = {
  title: 'pricing.py',
  about: 'Wall time · without: import',
  background: '#ffffff',
  foreground: 'rgb(0, 0, 0)',
  upward: false,
  boxes: [
    {
      x: 0,
      w: 1,
      row: 0,
      name: 'main',
      place: 'shop/pricing.py:24',
      detail: 'total 1.00 s (100.0 %)',
      fill: 'oklch(0.43 0.072 120)',
      text: '#fff',
    },
    { x: 0, w: 0.61, row: 1, name: NASTY, place: '', detail: '', fill: 'red"/><script>', text: 'url(http://x)' },
    { x: 0.61, w: 0.001, row: 1, name: 'thin', place: '', detail: '', fill: '#abc', text: '#000' },
  ],
};

describe('a picture as SVG', () => {
  const svg = pictureSvg(picture);

  it('has its boxes where they are, with their names as text and title', () => {
    const rects = [...svg.matchAll(/<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)"/g)].map((found) => found.slice(1).map(Number));
    expect(rects).toEqual([
      [8, 44, 1183.5],
      [8, 62, 721.74],
      [730.24, 62, 1.18],
    ]);
    expect(svg).toContain('<title>main\nshop/pricing.py:24\ntotal 1.00 s (100.0 %)</title>');
    expect(svg).toMatch(/<text [^>]*>main<\/text>/);
    expect(svg).not.toMatch(/<text [^>]*>thin<\/text>/);
  });

  it('grows from the bottom where the picture does', () => {
    const tops = [...pictureSvg({ ...picture, upward: true }).matchAll(/<rect x="[\d.]+" y="(\d+)"/g)].map(([, top]) => Number(top));
    expect(tops).toEqual([62, 44, 44]);
  });

  it('lets no name or colour be anything but text', () => {
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('url(');
    expect(svg).toContain('&#60;/script&#62;');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there is the point
    expect(svg).not.toMatch(/[\u0000\ud800]/);
    expect([...svg.matchAll(/<(\w+)[\s>]/g)].every(([, tag]) => ['svg', 'title', 'rect', 'text', 'g'].includes(tag!))).toBe(true);
  });
});

describe('a picture as a page', () => {
  const row = { name: NASTY, place: 'shop/pricing.py:4', self: 0.61, total: 1, selfText: '610 ms', totalText: '1.00 s' };
  const html = pictureHtml({ ...picture, title: NASTY }, [row]);

  it('has two scripts, whatever its names are, and its data come back as they were', () => {
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!);
    expect(data.boxes[1].name).toBe(NASTY);
    expect(data.boxes[1]).toMatchObject({ fill: '#ccc', text: '#000' });
    expect(data.rows).toEqual([row]);
  });

  it('speaks the language of whoever keeps it', () => {
    useTexts({ 'Search functions and files': 'Funktionen und Dateien suchen', '{0} boxes match': '{0} Kästen </script> passen' });
    const german = pictureHtml(picture, [row], 'de');
    useTexts(undefined);
    expect(german).toContain('<html lang="de">');
    const { texts } = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(german)![1]!);
    expect([texts.searchLabel, texts.many, texts.all]).toEqual([
      'Funktionen und Dateien suchen',
      '{0} Kästen </script> passen',
      'Show everything',
    ]);
  });

  it('allows itself its own script and style, and no address at all', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'$/,
    );
    expect(html.replaceAll('url(http://x)', '')).not.toMatch(/https?:|src=|href=/);
  });
});

describe('what a page sends to be kept', () => {
  it('is checked field by field', () => {
    const sent = { kind: 'svg', picture: { ...picture, boxes: [{ ...picture.boxes[0], x: -5, w: 9 }] }, rows: [] };
    expect(Buffer.from(pictureBytes(sent).bytes).toString()).toContain('x="8" y="44" width="1183.5"');
    expect(pictureBytes({ kind: 'png', png: 'iVBORw0KGgo=' }).bytes).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  });

  it.each([
    [{}],
    [null],
    [{ kind: 'exe', picture }],
    [{ kind: 'png', png: '<svg>' }],
    [{ kind: 'svg', picture: { ...picture, title: 5 } }],
    [{ kind: 'svg', picture: { ...picture, boxes: [{ ...picture.boxes[0], x: Number.NaN }] } }],
    [{ kind: 'html', picture, rows: [{}] }],
  ])('is refused when it is none: %j', (message) => {
    expect(() => pictureBytes(message)).toThrow('cannot be kept');
  });
});
