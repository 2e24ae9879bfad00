/** How what is looked at is told in words. Knows no vscode. */
import { t } from '../../core/l10n.js';
import { labelFilterText } from '../../core/model/labelText.js';
import { EVERY_FUNCTION } from '../../core/model/mergeRecursion.js';
import { rangeText } from '../../core/model/units.js';
import type { HeatScale } from '../../protocol/code.js';
import type { ProfileInfo, ViewParams } from '../../protocol/lsp.js';
import { safeText } from '../safeText.js';
import type { Metric } from '../session.js';

/** Longest filter that is written out. */
const LONGEST = 40;

const SCALE_WORDS: Readonly<Record<HeatScale, string>> = {
  profile: t('of the whole profile'),
  file: t('of the line’s file'),
  function: t('of the line’s function'),
};

/** What heat is a share of: `of the whole profile`. @param selection function of the selected node */
export function scaleWords(scale: HeatScale, selection: string | undefined): string {
  return scale === 'profile' && selection !== undefined ? t('of the selected {0}', safeText(selection)) : SCALE_WORDS[scale];
}

/** `wall · self · all threads · focus quote`: as short as the status bar wants it. @param selection function of the selected node */
export function viewWords(info: ProfileInfo, view: ViewParams, metric: Metric, scale: HeatScale, selection?: string): string {
  const type = info.valueTypes[view.type];
  const parts = [type?.type || type?.unit || t('value'), t(metric)];
  if (view.thread !== undefined) parts.push(view.thread);
  else if (info.threads.length > 1) parts.push(t('all threads'));
  parts.push(...filterWords(view));
  if (selection !== undefined) parts.push(t('in the selected {0}', selection));
  if (scale !== 'profile') parts.push(t(scale === 'file' ? 'share of the file' : 'share of the function'));
  return parts.map((part) => shorten(safeText(part))).join(' · ');
}

/** The filters that stacks must pass, each in a few words. */
export function filterWords(view: ViewParams): string[] {
  const { focus, ignore, tagFocus, tagIgnore, hide, show, mergeRecursion, mergeDirectRecursion, range } = view;
  const given: readonly (readonly [string, string | undefined])[] = [
    [t('focus'), focus],
    [t('without'), ignore],
    [t('where'), tagFocus && labelFilterText(tagFocus)],
    [t('where not'), tagIgnore && labelFilterText(tagIgnore)],
    [t('hiding'), hide],
    [t('showing'), show],
    [t('recursion merged:'), mergeRecursion && functionsText(mergeRecursion)],
    [t('direct recursion merged:'), mergeDirectRecursion && functionsText(mergeDirectRecursion)],
    [t('from'), range && rangeText(range)],
  ];
  return given.flatMap(([word, filter]) => (filter ? [`${word} ${filter}`] : []));
}

const functionsText = (pattern: string) => (pattern === EVERY_FUNCTION ? t('all functions') : pattern);

const shorten = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
