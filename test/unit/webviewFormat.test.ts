import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callsText, columnsFor } from '../../webview-ui/profile/table/columns.js';
import { hash, paintOf } from '../../webview-ui/shared/colour.js';
import { placeOf, safeText, shortName, shortPath, typeLabel } from '../../webview-ui/shared/format.js';
import type { Theme } from '../../webview-ui/shared/theme.js';

describe('names', () => {
  it('keeps letters of every script and shows what could rearrange a line', () => {
    expect(safeText('naïve_函数_مرحبا')).toBe('naïve_函数_مرحبا');
    expect(safeText('a\u202eb\u2066c\u0007d\u200be')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(safeText(text)).not.toMatch(/\p{Bidi_Control}|\p{Cc}/u);
        expect(safeText(text)).toHaveLength(text.length);
      }),
    );
  });

  it('shortens paths of both kinds, and leaves pseudo files whole', () => {
    expect(shortPath('/home/ada/shop/pricing.py')).toBe('shop/pricing.py');
    expect(shortPath('C:\\work\\shop\\pricing.py')).toBe('shop/pricing.py');
    expect(shortPath('<frozen importlib._bootstrap>')).toBe('<frozen importlib._bootstrap>');
    expect(placeOf({ file: 'a.py', line: 0 })).toBe('a.py');
    expect(placeOf({ file: '', line: 3 })).toBe('');
    expect(placeOf({ file: '/x/y/z.py', line: 7 }, true)).toBe('/x/y/z.py:7');
  });

  it('shortens qualified names, and shows no file for what has none', () => {
    const short = {
      'Customer.pay': 'pay',
      'Customer.pay.<locals>.<genexpr>': '<genexpr>',
      quote: 'quote',
      "<method 'casefold' of 'str' objects>": 'casefold',
      '<built-in method builtins.compile>': 'compile',
      '<built-in method sum>': 'sum',
      'operator new(unsigned long)': 'operator new(unsigned long)',
      '...': '...',
    };
    for (const [name, expected] of Object.entries(short)) expect(shortName(name)).toBe(expected);
    expect([shortPath('~'), placeOf({ file: '~', line: 0 }, true)]).toEqual(['', '']);
  });

  it('names value types as people do', () => {
    expect(typeLabel({ type: 'cpu', unit: 'nanoseconds' })).toBe('CPU time');
    expect(typeLabel({ type: 'wall', unit: 'seconds' })).toBe('Wall time');
    expect(typeLabel({ type: 'alloc_space', unit: 'bytes' })).toBe('Alloc space');
    expect(typeLabel({ type: 'samples', unit: 'count' })).toBe('Samples');
    expect(typeLabel({ type: '', unit: 'count' })).toBe('Count');
  });
});

describe('table', () => {
  const row = { func: 1, name: 'rebate', file: 'a.py', line: 3, self: 0.5, total: 1, calls: 28_656, primitive: 60, library: false };
  const texts = (counted: boolean) => columnsFor(counted, 'function', { unit: 'seconds', whole: 2 }).map((column) => column.text(row));

  it('writes calls as pstats does', () => {
    expect(callsText(row)).toBe('28,656/60');
    expect(callsText({ ...row, primitive: 28_656 })).toBe('28,656');
    expect(callsText({ ...row, calls: null })).toBe('');
  });

  it('divides tottime by all calls and cumtime by those from outside, as pstats does', () => {
    expect(texts(true)).toEqual(['28,656/60', '500 ms', '17 µs', '1.00 s', '17 ms', 'rebate', 'a.py:3']);
    expect(texts(false)).toEqual(['500 ms', '25.0 %', '1.00 s', '50.0 %', 'rebate', 'a.py:3']);
  });
});

describe('colours', () => {
  const theme = (dark: boolean): Theme => ({
    kind: dark ? 'dark' : 'light',
    contrast: false,
    dark,
    fontFamily: '',
    foreground: '',
    background: '',
    border: '',
    accent: '',
    version: 1,
  });

  it('hashes as ever: a package keeps its hue from release to release', () => {
    expect([hash(''), hash('shop'), hash('django')]).toMatchInlineSnapshot(`
      [
        447806413,
        1398895409,
        2598965786,
      ]
    `);
  });

  it('keeps names readable (4.5:1) and files legible (3:1) on every hue, in dark and light', () => {
    for (const dark of [true, false]) {
      for (let i = 0; i < 400; i++) {
        const frame = { name: `f${i}`, file: `m${i % 37}.py`, package: `p${i}`, library: i % 9 === 0 };
        const paint = paintOf(frame, theme(dark));
        const fill = fromOklch(paint.fill);
        expect(contrast(over(paint.text, fill), fill), `${paint.fill} text`).toBeGreaterThanOrEqual(4.5);
        expect(contrast(over(paint.dim, fill), fill), `${paint.fill} file`).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it('never takes red for a package: that would read as hot', () => {
    for (let i = 0; i < 2000; i++) {
      const hue = Number(
        / (\d+)\)$/.exec(paintOf({ name: 'x', file: `m${i}.py`, package: `p${i}`, library: false }, theme(true)).fill)![1],
      );
      expect(hue).toBeGreaterThanOrEqual(55);
      expect(hue).toBeLessThanOrEqual(360);
    }
  });

  it('gives libraries a hue where there is nothing else, import machinery never', () => {
    const fill = (file: string, tint: boolean) => paintOf({ name: 'x', file, package: 'pip', library: true }, theme(true), tint).fill;
    expect(fill('/usr/lib/python3/pip/cli.py', true)).not.toBe(fill('/usr/lib/python3/pip/cli.py', false));
    expect(fill('<frozen importlib._bootstrap>', true)).toBe(fill('<frozen importlib._bootstrap>', false));
  });

  it('gives libraries a breath of a hue each, far paler than own code, and those without a file none', () => {
    for (const dark of [true, false]) {
      const frame = (pack: string, library: boolean) => ({ name: 'x', file: `/usr/lib/${pack}.py`, package: pack, library });
      const chroma = (fill: string) => Number(fill.split(' ')[1]);
      const fills = ['json', 'yaml', 'rich'].map((pack) => paintOf(frame(pack, true), theme(dark)).fill);
      expect(new Set(fills).size).toBe(3);
      for (const fill of fills) expect(chroma(fill)).toBeLessThan(chroma(paintOf(frame('shop', false), theme(dark)).fill) / 2);
      const plain = ['', '~', '<frozen a>'].map((file) => paintOf({ name: 'x', file, package: file, library: true }, theme(dark)).fill);
      expect(new Set(plain).size).toBe(1);
    }
  });
});

/** Linear sRGB of `oklch(L C H)`, by Ottosson's matrices, clipped to the gamut. */
function fromOklch(text: string): number[] {
  const [l, c, h] = text.match(/[\d.]+/g)!.map(Number) as [number, number, number];
  const [a, b] = [c * Math.cos((h * Math.PI) / 180), c * Math.sin((h * Math.PI) / 180)];
  const [x, y, z] = [
    l + 0.3963377774 * a + 0.2158037573 * b,
    l - 0.1055613458 * a - 0.0638541728 * b,
    l - 0.0894841775 * a - 1.291485548 * b,
  ].map((value) => value ** 3) as [number, number, number];
  return [
    4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
    -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
    -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
  ].map((value) => Math.min(1, Math.max(0, value)));
}

/** `rgba(…)` laid over a colour, mixed in gamma space as browsers do. */
function over(text: string, below: number[]): number[] {
  const [r, g, b, alpha] = text.match(/[\d.]+/g)!.map(Number) as [number, number, number, number];
  const gamma = (value: number) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
  const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return [r, g, b].map((value, i) => linear((value / 255) * alpha + gamma(below[i]!) * (1 - alpha)));
}

/** WCAG 2 contrast ratio. */
function contrast(a: number[], b: number[]): number {
  const light = (rgb: number[]) => 0.2126 * rgb[0]! + 0.7152 * rgb[1]! + 0.0722 * rgb[2]!;
  const [high, low] = [Math.max(light(a), light(b)), Math.min(light(a), light(b))];
  return (high + 0.05) / (low + 0.05);
}
