/** What stands beside a line that changed since the baseline. Pure; views/changes.ts draws it. */
import { t } from '../../core/l10n.js';
import { formatShare, formatValue } from '../../core/model/units.js';
import { shownChange } from '../../core/report/change.js';
import type { LineChange } from '../../protocol/compare.js';
import type { LineHeat } from '../../protocol/lsp.js';
import type { Metric } from '../session.js';

/** Text after a line; `sign` chooses its colour: more, less, or neither. */
export interface LineNote {
  /** 0-based. */
  readonly line: number;
  readonly text: string;
  readonly sign: -1 | 0 | 1;
}

/**
 * Changes worth a note: more than noise, and at least `threshold` of the larger whole.
 * @param whole of the profile, in the unit of the figures @param threshold share, 0..1
 */
export function changeNotes(changes: readonly LineChange[], metric: Metric, unit: string, whole: number, threshold: number): LineNote[] {
  const notes: LineNote[] = [];
  for (const { line, base, new: next, noise } of changes) {
    const { amount, percent, sign, isNew } = shownChange(base[metric], next[metric], unit, noise[metric]);
    const share = Math.abs(next[metric] - base[metric]) / Math.abs(whole);
    if (sign === 0 || !(share > 0) || share < threshold || line < 1) continue;
    const more = isNew ? t('new') : percent;
    notes.push({ line: line - 1, text: more === '' ? amount : `${amount}\u00a0\u00a0${more}`, sign });
  }
  return notes;
}

/** What the lines of the base's own text took. */
export function oldNotes(lines: readonly LineHeat[], metric: Metric, unit: string, threshold: number): LineNote[] {
  return lines.flatMap(({ line, self, total, share, totalShare }) => {
    const own = metric === 'total' ? totalShare : share;
    if (!(own > 0) || own < threshold) return [];
    return {
      line: line - 1,
      text: `${formatShare(own)}\u00a0\u00a0·\u00a0\u00a0${formatValue(metric === 'total' ? total : self, unit)}`,
      sign: 0 as const,
    };
  });
}
