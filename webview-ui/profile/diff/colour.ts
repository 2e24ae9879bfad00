import type { CompareFlame } from '../../../src/protocol/compare.js';
import type { Paint } from '../../shared/colour.js';
import type { Theme } from '../../shared/theme.js';
import type { Colour } from '../flame/paint.js';
import { changeOfBox, stepOf } from './change.js';

/** Boxes by their change: contributed theme colours, three steps to either side, and a grey for what is no more than noise. */
export function byChange(): Colour {
  let paints = new Map<number, Paint>();
  let version = -1;
  return (boxes, box, theme) => {
    if (version !== theme.version) {
      version = theme.version;
      paints = new Map([-3, -2, -1, 0, 1, 2, 3].map((step) => [step, paintOf(step, theme)]));
    }
    const change = changeOfBox(boxes.columns as CompareFlame, box);
    return paints.get(change === undefined ? 0 : stepOf(change))!;
  };
}

function paintOf(step: number, theme: Theme): Paint {
  const colours = theme.contrast
    ? { text: theme.foreground, dim: theme.foreground }
    : theme.dark
      ? { text: 'rgba(255, 255, 255, 0.95)', dim: 'rgba(255, 255, 255, 0.75)' }
      : { text: 'rgba(0, 0, 0, 0.92)', dim: 'rgba(0, 0, 0, 0.68)' };
  const grey = theme.contrast ? theme.background : theme.dark ? 'oklch(0.345 0.006 260)' : 'oklch(0.905 0.006 260)';
  const token = step === 0 ? '' : `--vscode-heatline-${step > 0 ? 'more' : 'less'}${Math.abs(step)}`;
  return { fill: (token && getComputedStyle(document.body).getPropertyValue(token).trim()) || grey, ...colours };
}
