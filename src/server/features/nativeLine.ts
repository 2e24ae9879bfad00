import { t } from '../../core/l10n.js';
import type { NativePart } from '../../core/model/nativeUse.js';
import { formatShare, formatValue } from '../../core/model/units.js';
import type { ViewParams } from '../../protocol/lsp.js';
import { escapeMarkdown } from '../markdown.js';
import type { OpenProfile } from '../store.js';

/** Libraries that are named. */
const NAMED = 4;

/**
 * `Native code: 1.20 s (98.0 % of self) · libz 1.10 s · libc 100 ms`; nothing where the recording tells none.
 * @param self of a line, which has native code in it; null for a function, whose own time is without it
 */
export function nativeLine({ info }: OpenProfile, view: ViewParams, parts: readonly NativePart[], self: number | null): string[] {
  const sum = parts.reduce((all, { value }) => all + value, 0);
  if (sum === 0) return [];
  const { unit } = info.valueTypes[view.type]!;
  const lead =
    self === null
      ? t('Native code that it called: {0}', formatValue(sum, unit))
      : t('Native code: {0} ({1} of self)', formatValue(sum, unit), formatShare(Math.min(1, sum / self)));
  const named = parts.slice(0, NAMED).map(({ library, value }) => `${escapeMarkdown(library)} ${formatValue(value, unit)}`);
  const more = parts.length > NAMED ? t(' · {0} more', parts.length - NAMED) : '';
  return [`${lead} · ${named.join(' · ')}${more}`];
}
