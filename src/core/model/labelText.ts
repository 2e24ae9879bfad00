import { t } from '../l10n.js';

/** Filters on labels (see `matchingLabels`) that keep one value, and how people read them. */

/** The filter that keeps one value of a label, letter for letter. A comma would separate two values. */
export function labelFilter(key: string, value: string): string {
  return `${key}=^${value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(',', '\\x2c')}$`;
}

/** `test is tests/test_a.py::test_b`; a filter that is another expression stays as it is. */
export function labelFilterText(filter: string): string {
  const parts = /^([^=]+)=\^(.*)\$$/s.exec(filter);
  if (!parts) return filter;
  return t('{0} is {1}', parts[1], parts[2]!.replaceAll('\\x2c', ',').replace(/\\(\W)/g, '$1'));
}
