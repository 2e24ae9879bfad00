/** What a heated line looks like: step, bar, figure. Pure; views/heat.ts draws it. */

import { t } from '../../core/l10n.js';
import { formatShare, formatValue } from '../../core/model/units.js';
import type { HeatScale } from '../../protocol/code.js';
import type { LineHeat } from '../../protocol/lsp.js';
import type { Metric } from '../session.js';

/** Lower bound of each step, as a share of the whole profile (or of what the scale is). Step 1 is what the threshold lets through. */
export const STEPS = [0, 0.02, 0.05, 0.12, 0.25, 0.45] as const;

/** Length of a bar that stands for the whole profile, in CSS pixels: bars are linear, so that two of them can be compared. */
export const FULL_BAR = 420;

/** A figure that rests on fewer samples is faded: at ten samples the error is already about ±60 %. */
export const FEW_SAMPLES = 10;

/** What stands beside a share that is not of the whole profile. */
const SCALES: Readonly<Record<HeatScale, string>> = { profile: '', file: t(' of file'), function: t(' of function') };

export interface LineStyle {
  /** 0-based line. */
  readonly line: number;
  /** 0..5 */
  readonly step: number;
  /** CSS pixels. */
  readonly width: number;
  readonly text: string;
  readonly faded: boolean;
}

/**
 * Styles for the lines at or over the threshold.
 * @param threshold share of the whole, 0..1
 * @param unit of the values
 * @param scale what the whole is; said beside each figure where it is not the profile
 */
export function lineStyles(
  lines: readonly LineHeat[],
  metric: Metric,
  unit: string,
  threshold: number,
  scale: HeatScale = 'profile',
): LineStyle[] {
  const styles: LineStyle[] = [];
  for (const heat of lines) {
    const share = metric === 'total' ? heat.totalShare : heat.share;
    if (!(share > 0) || share < threshold || heat.line < 1) continue;
    const few = heat.samples !== null && heat.samples < FEW_SAMPLES && metric === 'self';
    styles.push({
      line: heat.line - 1,
      step: stepOf(share),
      width: barWidth(share),
      text: figureText(heat, metric, unit, few, scale),
      faded: few || heat.stale,
    });
  }
  return styles;
}

export function stepOf(share: number): number {
  let step = 0;
  while (step + 1 < STEPS.length && share >= (STEPS[step + 1] ?? 1)) step += 1;
  return step;
}

export function barWidth(share: number): number {
  return Math.round(Math.min(1, Math.max(3 / FULL_BAR, share)) * FULL_BAR);
}

function figureText(heat: LineHeat, metric: Metric, unit: string, few: boolean, scale: HeatScale): string {
  const parts = [
    `${formatShare(metric === 'total' ? heat.totalShare : heat.share)}${SCALES[scale]}`,
    formatValue(metric === 'total' ? heat.total : heat.self, unit),
  ];
  if (few) parts.push(`n=${heat.samples}`);
  if (heat.stale) parts.push(t('changed since'));
  return parts.join('\u00a0\u00a0·\u00a0\u00a0');
}
