import { t } from '../../core/l10n.js';
import type { ComparedSide, Comparison } from '../../core/model/compare.js';
import { formatShare } from '../../core/model/units.js';
import { basisText } from '../../core/report/diff.js';

/** Sentences (without a full stop) on what the figures rest on, and how they were made comparable. */
export function basisOf(comparison: Comparison): string[] {
  const { base, next, normalize } = comparison;
  const said = basisText(comparison, normalize, '≈');
  if (base.runs < 2 && next.runs < 2) return said;
  const runs = t(
    'means of {0} → {1} runs · ± is what runs and samples differ by alone (95 %), ≈ marks changes within it',
    base.runs,
    next.runs,
  );
  return [runs, ...(normalize === 'none' ? [] : said.slice(-1))];
}

/** Below this share of both sides in functions that both have, they are hardly one program. */
const COMMON = 0.05;

/** Sentences on what makes a comparison doubtful. */
export function doubts({ base, next, functions }: Comparison): string[] {
  const empty = ({ figures }: ComparedSide) => figures.self.every((own) => own === 0) && figures.total.every((own) => own === 0);
  const said: string[] = [];
  if (empty(base)) said.push(t('The baseline is empty here: nothing was measured in this view.'));
  else if (empty(next)) said.push(t('The new profile is empty here: nothing was measured in this view.'));
  else {
    let [was, now, wasAll, nowAll] = [0, 0, 0, 0];
    for (let row = 0; row < functions.length; row++) {
      const [before, after] = [Math.abs(functions.baseSelf[row]!), Math.abs(functions.nextSelf[row]!)];
      wasAll += before;
      nowAll += after;
      if (functions.base[row]! < 0 || functions.next[row]! < 0) continue;
      was += before;
      now += after;
    }
    const share = Math.max(wasAll === 0 ? 0 : was / wasAll, nowAll === 0 ? 0 : now / nowAll);
    if (share === 0) said.push(t('The two have no function in common: they are profiles of different programs.'));
    else if (share < COMMON)
      said.push(t('Only {0} lies in functions that both have: they may be of different programs.', formatShare(share)));
  }
  const engines = [base, next].map(({ profile }) => profile.quality.engine);
  if (engines[0] !== undefined && engines[1] !== undefined && engines[0] !== engines[1]) {
    said.push(t('They were recorded by different engines ({0}): part of the change may be theirs.', engines.join(', ')));
  }
  return said;
}
