import type { CodeLens, CodeLensParams } from 'vscode-languageserver/node';
import { t } from '../../core/l10n.js';
import { formatCount, formatValue } from '../../core/model/units.js';
import { shownChange } from '../../core/report/change.js';
import type { Change } from '../../protocol/compare.js';
import type { Figures } from '../analysis/queries.js';
import { isCell } from '../cells.js';
import { definitionsIn } from '../definitions.js';
import { placeOfUri } from '../paths.js';
import { type Server, viewed } from '../server.js';
import { changesSinceBaseline } from './compare.js';

/** Share of the whole from which on a class body gets a lens. */
const WORTH = 0.01;

/** Figures above every function that the active profile knows, and `Profile` above the first. */
export async function codeLenses(server: Server, params: CodeLensParams): Promise<CodeLens[]> {
  const view = server.active;
  const file = placeOfUri(params.textDocument.uri);
  if (!view || file === undefined || !server.store.has(view.profile)) return [];
  const opened = viewed(server, view);
  const unit = opened.info.valueTypes[view.type]!.unit;
  const definitions = await definitionsIn(server, opened, file);
  const funcs = definitions.map(({ func }) => func);
  const [table, changes] = await Promise.all([opened.analysis.ask('figures', { view, funcs }), changesSinceBaseline(server, view, funcs)]);
  const { lines } = server.texts.place(opened, file);
  /** One lens a line: of several functions there, the one that took most. */
  const byLine = new Map<number, { func: number; figures: Figures; changed: boolean; since: Change | null }>();
  for (const [index, { func, name, line, changed }] of definitions.entries()) {
    const figures = table.figures[index]!;
    const known = byLine.get(line);
    if (/<\w+>$/.test(name) || (figures.total === 0 && !figures.calls)) continue;
    // A class body runs once, at import: worth a lens only when that took its time.
    if (/^\s*class\b/.test(lines[line - 1] ?? '') && !(figures.total > table.sum * WORTH)) continue;
    if (!known || figures.total > known.figures.total) byLine.set(line, { func, figures, changed, since: changes[index] ?? null });
  }
  const lenses: CodeLens[] = [];
  for (const [line, { func, figures, changed, since }] of [...byLine].sort((a, b) => a[0] - b[0])) {
    const at = { line: line - 1, character: 0 };
    const title = `$(flame)\u00a0${lensText(figures, unit)}${sinceText(since, unit)}${changed ? t(' · edited since') : ''}`;
    const range = { start: at, end: at };
    const first = lenses.length === 0;
    lenses.push({ range, command: { title, command: 'heatline.showFunction', arguments: [{ profile: opened.id, func }] } });
    // To run a cell that only defines what others call would show nothing.
    const runs = !isCell(file) || definitions.some(({ name }, index) => name === '<module>' && table.figures[index]!.total > 0);
    if (first && runs)
      lenses.push({
        range,
        command: { title: t('Profile'), command: isCell(file) ? 'heatline.profileCell' : 'heatline.profileFile', arguments: [file] },
      });
  }
  return lenses;
}

/** `856 ms self · 880 ms total · 12 calls`; a type that counts calls has only the last. */
function lensText({ self, total, calls }: Figures, unit: string): string {
  const counted = calls === null || calls === 0 ? '' : calls === 1 ? t('1 call') : t('{0} calls', formatCount(calls));
  // No sample fell into it: how often it ran is all that is known.
  if (counted !== '' && (total === 0 || (unit === 'count' && self === calls))) return counted;
  return `${t('{0} self · {1} total', formatValue(self, unit), formatValue(total, unit))}${counted === '' ? '' : ` · ${counted}`}`;
}

/** ` · −1.20 s (−58.0 %)`: the change of the total since the baseline, where there is one. */
function sinceText(since: Change | null, unit: string): string {
  if (since === null) return '';
  const { amount, percent, sign, isNew } = shownChange(since.base.total, since.new.total, unit, since.noise.total);
  if (isNew && sign !== 0) return t(' · new');
  return sign === 0 ? t(' · ≈ baseline') : ` · ${amount}${percent === '' ? '' : ` (${percent})`}`;
}
