/** How what is looked at is told in words. Knows no vscode. */
import { labelFilterText } from '../../core/model/labelText.js';
import { rangeText } from '../../core/model/units.js';
import type { HeatScale } from '../../protocol/code.js';
import type { ProfileInfo, ViewParams } from '../../protocol/lsp.js';
import { safeText } from '../safeText.js';
import type { Metric } from '../session.js';

/** Longest filter that is written out. */
const LONGEST = 40;

export const SCALE_WORDS: Readonly<Record<HeatScale, string>> = {
  profile: 'of the whole profile',
  file: 'of the line’s file',
  function: 'of the line’s function',
};

/** `wall · self · all threads · focus quote`: as short as the status bar wants it. */
export function viewWords(info: ProfileInfo, view: ViewParams, metric: Metric, scale: HeatScale): string {
  const type = info.valueTypes[view.type];
  const parts = [type?.type || type?.unit || 'value', metric];
  if (view.thread !== undefined) parts.push(view.thread);
  else if (info.threads.length > 1) parts.push('all threads');
  parts.push(...filterWords(view));
  if (scale !== 'profile') parts.push(`share of ${scale}`);
  return parts.map((part) => shorten(safeText(part))).join(' · ');
}

/** The filters that stacks must pass, each in a few words. */
export function filterWords(view: ViewParams): string[] {
  const { focus, ignore, tagFocus, tagIgnore, hide, show, range } = view;
  const given: readonly (readonly [string, string | undefined])[] = [
    ['focus', focus],
    ['without', ignore],
    ['where', tagFocus && labelFilterText(tagFocus)],
    ['where not', tagIgnore && labelFilterText(tagIgnore)],
    ['hiding', hide],
    ['showing', show],
    ['from', range && rangeText(range)],
  ];
  return given.flatMap(([word, filter]) => (filter ? [`${word} ${filter}`] : []));
}

const shorten = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
