/** Show One Test: the tests of a recording with their times, and all views on the one that is chosen. */

import * as vscode from 'vscode';
import { UserError } from '../core/errors.js';
import { t } from '../core/l10n.js';
import { labelFilter } from '../core/model/labelText.js';
import { formatShare, formatValue, plural, typeLabel } from '../core/model/units.js';
import type { Ctx } from './ctx.js';
import { safeText } from './safeText.js';
import { activeInfo, viewed } from './session.js';

const KEY = 'test';

/**
 * @param wanted the test's own name, empty for all tests; without it the user picks
 * @throws UserError where no profile is active, it knows no tests, or not this one
 */
export async function selectTest(ctx: Ctx, wanted?: string): Promise<void> {
  const info = activeInfo(ctx.store.value);
  const { view } = ctx.store.value;
  if (!info || !view)
    throw new UserError('no-profile', t('No profile is open yet.'), [
      { title: t('Profile Each Test'), command: 'heatline.profileEachTest' },
    ]);
  const tests = await ctx.client.request('profile/label', { view, key: KEY });
  if (tests.length === 0)
    throw new UserError('no-tests', t('This profile does not say which test ran; record with Profile Each Test.'), [
      { title: t('Profile Each Test'), command: 'heatline.profileEachTest' },
    ]);
  if (wanted !== undefined) {
    if (wanted !== '' && !tests.some(({ value }) => value === wanted))
      throw new UserError('no-test', t('This profile has no samples of the test {0}.', wanted));
    ctx.store.update((session) => viewed(session, { tagFocus: wanted === '' ? null : labelFilter(KEY, wanted) }));
    return;
  }
  const type = info.valueTypes[view.type];
  const unit = type?.unit ?? '';
  const whole = info.totals[view.type] ?? 0;
  const all = {
    label: t('All tests'),
    description: t('{0} in all, with what ran between them', formatValue(whole, unit)),
    tagFocus: null as string | null,
  };
  const items = tests.map(({ value, total, samples }) => {
    const tagFocus: string | null = labelFilter(KEY, value);
    const figures = `${formatValue(total, unit)} · ${formatShare(whole > 0 ? total / whole : 0)} · ${plural(samples, 'sample')}`;
    const shown = tagFocus === view.tagFocus ? { detail: t('$(check) shown now') } : {};
    return { label: safeText(value), description: figures, ...shown, tagFocus };
  });
  const picked = await vscode.window.showQuickPick([all, ...items], {
    title: t('Which test every view shows{0}', type ? t(', by {0}', typeLabel(type)) : ''),
    placeHolder: t('{0}, the longest first', plural(tests.length, 'test')),
    matchOnDescription: true,
  });
  if (picked) ctx.store.update((session) => viewed(session, { tagFocus: picked.tagFocus }));
}
