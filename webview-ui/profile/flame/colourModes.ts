import type { Paint } from '../../shared/colour.js';
import { t } from '../../shared/format.js';
import type { Theme } from '../../shared/theme.js';
import type { Boxes } from './boxes.js';
import type { Colour } from './paint.js';

/** What the colours of boxes tell. */
export const colourModes = [
  { id: 'module', label: t('Colour: module'), title: t('One colour a module; libraries are pale') },
  { id: 'heat', label: t('Colour: heat'), title: t('The more a box takes itself, the hotter; what it calls counts there') },
  { id: 'kind', label: t('Colour: kind'), title: t('Your code green, libraries blue, native code and built-ins brown') },
] as const;
export type ColourMode = (typeof colourModes)[number]['id'];

/** Shares of the whole from which on a box is one step hotter: those of the heat on lines. */
const STEPS = [0.005, 0.02, 0.05, 0.12, 0.25, 0.45];

/** VS Code's own colours of the heat on lines. @param whole what shares are shares of, in the unit of the boxes */
export function byHeat(whole: () => number): Colour {
  let version = -1;
  let paints: Paint[] = [];
  return (boxes, box, theme) => {
    if (version !== theme.version) {
      version = theme.version;
      paints = heatPaints(theme);
    }
    const share = whole() > 0 ? (boxes.self[box] ?? 0) / whole() : 0;
    return paints[STEPS.filter((step) => share >= step).length]!;
  };
}

/** Cold, and the six steps. */
function heatPaints({ contrast, dark, background, foreground }: Theme): Paint[] {
  const style = getComputedStyle(document.body);
  const cold = contrast ? background : dark ? 'oklch(0.32 0.006 260)' : 'oklch(0.93 0.006 260)';
  const heat = STEPS.map((_, i) => style.getPropertyValue(`--vscode-heatline-heat${i + 1}`).trim() || cold);
  return [cold, ...heat].map((fill) => ({ fill, text: foreground, dim: foreground }));
}

/** Own code, libraries' code, and code that is not the language's own. */
export function byKind(): Colour {
  return (boxes, box, theme) => {
    const { background, foreground, contrast, dark } = theme;
    if (contrast) return { fill: background, text: foreground, dim: foreground };
    const hue = { own: 150, library: 250, native: 60 }[kindOf(boxes, box)];
    const text = dark ? 'rgba(255, 255, 255, 0.92)' : 'rgba(0, 0, 0, 0.9)';
    const dim = dark ? 'rgba(255, 255, 255, 0.58)' : 'rgba(0, 0, 0, 0.6)';
    return { fill: dark ? `oklch(0.43 0.072 ${hue})` : `oklch(0.865 0.062 ${hue})`, text, dim };
  };
}

/** A shared object, a file of a compiled language, or no file at all: built-ins and what a profiler saw of C. */
function kindOf(boxes: Boxes, box: number): 'own' | 'library' | 'native' {
  const { file, library } = boxes.frames[boxes.frame[box]!]!;
  if (file === '' || file === '~' || /\.(?:so|dylib|dll|pyd|c|cc|cpp|cxx|h|hpp|rs|pyx|s)(?:\.[\d.]+)?$/i.test(file)) return 'native';
  return library ? 'library' : 'own';
}
