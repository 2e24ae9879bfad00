/** The palettes of the heat: contributed theme colours, six steps each, told apart by lightness alone. Knows no vscode. */

export const PALETTES = ['ember', 'cividis', 'violet'] as const;
export type Palette = (typeof PALETTES)[number];

export function asPalette(value: unknown): Palette {
  return PALETTES.find((palette) => palette === value) ?? PALETTES[0];
}

/** Ids of the contributed colours of a step: the bar behind the code, and the marks in gutter and overview ruler. @param step 0..5 */
export function colourIds(palette: Palette, step: number): { readonly bar: string; readonly mark: string } {
  const prefix = palette === 'ember' ? 'heatline' : `heatline.${palette}`;
  return { bar: `${prefix}.heat${step + 1}`, mark: `${prefix}.ruler${step + 1}` };
}

/** The gutter's block per step: left, top, width, height and roundness in a square of 16. Shape and size tell the steps where colours do not. */
const BLOCKS = [
  [6.2, 10.4, 3.6, 3.6, 1.8],
  [6.1, 9.6, 3.8, 4.4, 1.7],
  [6, 8.4, 4, 5.6, 1.6],
  [5.9, 6.2, 4.2, 7.8, 1.3],
  [5.7, 3.8, 4.6, 10.2, 1],
  [5.4, 1, 5.2, 13, 0.8],
] as const;

/** A small block that grows with the step, as the URI of a picture. @param colour `#rrggbb` @param step 0..5 */
export function gutterPicture(colour: string, step: number): string {
  const [x, y, width, height, round] = BLOCKS[step] ?? BLOCKS[0];
  const block = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${round}" fill="${colour.slice(0, 7)}"/>`;
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">${block}</svg>`;
  return `data:image/svg+xml;base64,${btoa(picture)}`;
}
