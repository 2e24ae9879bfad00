// The colours of the heat as package.json contributes them: contrast with what they lie on, and whether lightness alone tells their steps apart.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { STEPS } from '../../src/host/views/heatStyle.js';
import { asPalette, colourIds, gutterPicture, PALETTES } from '../../src/host/views/palettes.js';

type Theme = 'dark' | 'light' | 'highContrast' | 'highContrastLight';
type Rgb = readonly [number, number, number];

const manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8'));
const colours = new Map<string, Record<Theme, string>>(
  manifest.contributes.colors.map(({ id, defaults }: { id: string; defaults: Record<Theme, string> }) => [id, defaults]),
);

/** Backgrounds and texts of VS Code's own four themes; `code` are their token colours that stand out least. */
const THEMES: Record<Theme, { background: string; text: string; code: readonly string[]; least: number }> = {
  dark: { background: '#1f1f1f', text: '#cccccc', code: ['#6a9955', '#569cd6', '#c586c0', '#4ec9b0'], least: 4.5 },
  light: { background: '#ffffff', text: '#3b3b3b', code: ['#008000', '#267f99', '#098658', '#0000ff', '#af00db'], least: 4.5 },
  highContrast: { background: '#000000', text: '#ffffff', code: ['#7ca668', '#569cd6', '#c586c0'], least: 7 },
  highContrastLight: { background: '#ffffff', text: '#292929', code: ['#515151', '#185e73', '#0f4a85', '#b5200d'], least: 7 },
};

function parse(colour: string, on: Rgb = [0, 0, 0]): Rgb {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  const alpha = colour.length > 7 ? part(7) / 255 : 1;
  return [part(1) * alpha + on[0] * (1 - alpha), part(3) * alpha + on[1] * (1 - alpha), part(5) * alpha + on[2] * (1 - alpha)];
}

const linear = (value: number) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);

/** WCAG's relative luminance. */
const luminance = ([r, g, b]: Rgb) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);

function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** How a colour looks without red, green or blue cones (Machado, Oliveira and Fernandes 2009, severity 1), in linear light. */
const VISIONS: Record<string, readonly number[]> = {
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

function seenWith(matrix: readonly number[], colour: Rgb): Rgb {
  const light = colour.map(linear);
  const mixed = [0, 3, 6].map((row) => matrix[row]! * light[0]! + matrix[row + 1]! * light[1]! + matrix[row + 2]! * light[2]!);
  const encode = (value: number) => {
    const kept = Math.min(1, Math.max(0, value));
    return 255 * (kept <= 0.0031308 ? 12.92 * kept : 1.055 * kept ** (1 / 2.4) - 0.055);
  };
  return [encode(mixed[0]!), encode(mixed[1]!), encode(mixed[2]!)];
}

for (const palette of PALETTES) {
  for (const [theme, { background, text, code, least }] of Object.entries(THEMES)) {
    const ground = parse(background);
    const steps = STEPS.map((_, step) => {
      const { bar, mark } = colourIds(palette, step);
      return { bar: parse(colours.get(bar)![theme as Theme], ground), mark: parse(colours.get(mark)![theme as Theme], ground) };
    });

    describe(`palette ${palette} in the theme ${theme}`, () => {
      it('leaves the code on its bars readable', () => {
        for (const { bar } of steps) {
          expect(contrast(parse(text), bar)).toBeGreaterThanOrEqual(least);
          for (const token of code) expect(contrast(parse(token), bar), token).toBeGreaterThanOrEqual(3);
        }
      });

      it('has marks that are seen', () => {
        for (const { mark } of steps) expect(contrast(mark, ground)).toBeGreaterThanOrEqual(3);
      });

      it('tells its steps apart by lightness alone, the hotter the further from the background', () => {
        const rises = (values: readonly number[]) => values.every((value, at) => at === 0 || value > values[at - 1]! * 1.015);
        for (const kind of ['bar', 'mark'] as const) {
          expect(rises(steps.map((step) => contrast(step[kind], ground))), kind).toBe(true);
          // The hottest of marks and bars is told from the mildest with any colour vision.
          for (const [vision, matrix] of Object.entries(VISIONS)) {
            const seen = steps.map((step) => contrast(seenWith(matrix, step[kind]), ground));
            expect(seen.at(-1)! / seen[0]!, `${kind} with ${vision}`).toBeGreaterThan(1.15);
          }
        }
      });

      it('has opaque bars where contrast is asked for', () => {
        if (least < 7) return;
        for (let step = 0; step < STEPS.length; step++)
          expect(colours.get(colourIds(palette, step).bar)![theme as Theme]).toMatch(/^#[0-9a-f]{6}$/);
      });
    });
  }
}

describe('texts beside the heat', () => {
  it('are readable in every theme', () => {
    for (const [theme, { background, least }] of Object.entries(THEMES)) {
      expect(contrast(parse(colours.get('heatline.heatText')![theme as Theme]), parse(background)), theme).toBeGreaterThanOrEqual(least);
      expect(contrast(parse(colours.get('heatline.hotExpression')![theme as Theme]), parse(background))).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('palettes', () => {
  it('are those of the setting', () => {
    expect(manifest.contributes.configuration.properties['heatline.palette'].enum).toEqual(PALETTES);
    expect(asPalette('cividis')).toBe('cividis');
    expect(asPalette('rainbow')).toBe('ember');
  });

  it('have a picture of another size for every step', () => {
    const heights = STEPS.map((_, step) => {
      const svg = atob(gutterPicture('#112233ff', step).split(',')[1]!);
      expect(svg).toContain('fill="#112233"');
      return Number(/ height="([\d.]+)" rx/.exec(svg)?.[1]);
    });
    expect(heights).toEqual([...new Set(heights)].sort((a, b) => a - b));
  });
});
