import { useEffect, useState } from 'preact/hooks';
import type { Normalize } from '../../../src/core/model/compare.js';
import { shownChange } from '../../../src/core/report/change.js';
import type { CompareSummary } from '../../../src/protocol/compare.js';
import type { PageCompared } from '../../../src/protocol/webview.js';
import { ask, host } from '../../shared/boot.js';
import { formatCount, formatValue, safeText, t } from '../../shared/format.js';
import { SubHeader } from '../shell/subHeader.js';
import { sentence, store as shared } from '../store.js';
import { useStore } from '../useStore.js';
import { LOOKS, noiseText } from './change.js';
import { DiffFlame } from './diffFlame.js';
import type { Head } from './head.js';
import { type DiffState, diffState, saveDiff } from './state.js';
import { DiffFunctions, DiffLines } from './tables.js';
import { DiffTree } from './treeTable.js';

const SHOWS: Readonly<Record<DiffState['shows'], string>> = {
  functions: t('Functions'),
  tree: t('Tree'),
  flame: t('Flame'),
  lines: t('Lines'),
};
const NORMALIZE: readonly (readonly [Normalize, string])[] = [
  ['none', t('Absolute')],
  ['total', t('As if totals were equal')],
  ['duration', t('As if both ran equally long')],
];

/** The profile against the baseline: what changed, by how much, and whether that is more than noise. */
export function DiffView() {
  const store = useStore();
  const compared = store.page?.compared ?? null;
  if (compared === null || compared.isItself) return <NothingChosen compared={compared} />;
  return <Comparison compared={compared} />;
}

function NothingChosen({ compared }: { compared: PageCompared | null }) {
  return (
    <div class="diff-empty">
      <p>
        {compared === null
          ? t('Compare this profile with another run, or with the mean of several.')
          : t('This profile is the baseline. Open another run to see what changed since, or compare this one with another.')}
      </p>
      <button type="button" class="button" onClick={choose}>
        {t('Compare with…')}
      </button>
    </div>
  );
}

function choose(): void {
  host.request('chooseBaseline', {}).catch((error: unknown) => shared.fail(sentence(error), choose));
}

function set(part: Partial<DiffState>): void {
  saveDiff(part);
  shared.changed();
}

function Comparison({ compared }: { compared: PageCompared }) {
  const store = useStore();
  const { shows, clearOnly, widths, normalize, inverted } = diffState();
  const [head, setHead] = useState<Head>();
  const loadKey = store.viewKey === '' ? '' : JSON.stringify([store.viewKey, compared.key, normalize]);
  const { summary, failure } = useSummary(loadKey, normalize);
  const unit = summary?.type.unit ?? store.unit;
  const whole = summary ? Math.max(Math.abs(summary.base.sum), Math.abs(summary.new.sum)) : 0;
  return (
    <>
      <SubHeader crumbs={shows === 'flame' ? (head?.crumbs ?? []) : []} note={summary && shows !== 'flame' ? countText(summary) : ''}>
        {shows === 'flame' && <Legend />}
        {shows === 'flame' && (
          <select
            class="select"
            aria-label={t('Widths')}
            title={t('Whose figures make the widths')}
            value={widths}
            onChange={(event) => set({ widths: event.currentTarget.value as DiffState['widths'], focus: [] })}
          >
            <option value="next">{t('Widths: after')}</option>
            <option value="base">{t('Widths: before')}</option>
          </select>
        )}
        {shows === 'tree' && (
          <button type="button" class="toggle" title={t('Open what changed most, step by step (H)')} onClick={() => head?.hotPath?.()}>
            {t('Hot path')}
          </button>
        )}
        {(shows === 'flame' || shows === 'tree') && (
          <button
            type="button"
            class="toggle"
            aria-pressed={inverted}
            title={t(shows === 'flame' ? 'Callees on top, callers below (I)' : 'Each function first, its callers below (I)')}
            onClick={() => head?.toggleInverted()}
          >
            {t('Inverted')}
          </button>
        )}
        {shows !== 'flame' && (
          <button
            type="button"
            class="toggle"
            aria-pressed={clearOnly}
            title={t('Leave out what is no more than noise')}
            onClick={() => set({ clearOnly: !clearOnly })}
          >
            {t('Clear changes only')}
          </button>
        )}
        <select
          class="select"
          aria-label={t('Figures')}
          title={t('How runs of different length are made comparable')}
          value={normalize}
          onChange={(event) => set({ normalize: event.currentTarget.value as Normalize })}
        >
          {NORMALIZE.filter(([id]) => id !== 'duration' || compared.durations).map(([id, label]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
        <select
          class="select"
          aria-label={t('What is shown')}
          title={t('What is shown of the comparison')}
          value={shows}
          onChange={(event) => set({ shows: event.currentTarget.value as DiffState['shows'] })}
        >
          {Object.entries(SHOWS).map(([id, label]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </SubHeader>
      <Sides compared={compared} summary={summary} />
      {failure !== undefined ? (
        <div class="diff-empty">
          <p role="alert">{safeText(failure)}</p>
          <button type="button" class="button" onClick={choose}>
            {t('Compare with…')}
          </button>
        </div>
      ) : (
        summary && <Shown shows={shows} loadKey={loadKey} unit={unit} whole={whole} widths={widths} onHead={setHead} />
      )}
    </>
  );
}

interface ShownProps {
  readonly shows: DiffState['shows'];
  readonly loadKey: string;
  readonly unit: string;
  readonly whole: number;
  readonly widths: DiffState['widths'];
  readonly onHead: (head: Head) => void;
}

function Shown({ shows, loadKey, unit, whole, widths, onHead }: ShownProps) {
  if (shows === 'flame') return <DiffFlame loadKey={JSON.stringify([loadKey, widths])} onHead={onHead} />;
  const table = { loadKey, unit, whole };
  if (shows === 'tree') return <DiffTree {...table} onHead={onHead} />;
  return shows === 'lines' ? <DiffLines {...table} /> : <DiffFunctions {...table} />;
}

/** `412 of 1,204 functions changed, 12 by more than noise`. */
function countText({ changed, clear }: CompareSummary): string {
  const functions = t(changed === 1 ? '{0} function changed' : '{0} functions changed', formatCount(changed));
  return clear === changed ? functions : t('{0}, {1} by more than noise', functions, formatCount(clear));
}

function useSummary(loadKey: string, normalize: Normalize): { summary?: CompareSummary; failure?: string } {
  const [answer, setAnswer] = useState<{ key: string; summary?: CompareSummary; failure?: string }>({ key: '' });
  useEffect(() => {
    if (loadKey === '') return;
    let late = false;
    ask('compare/summary', { view: shared.view, base: [], normalize }).then(
      (summary) => late || setAnswer({ key: loadKey, summary }),
      (error: unknown) => late || setAnswer({ key: loadKey, failure: sentence(error) }),
    );
    return () => {
      late = true;
    };
  }, [loadKey]);
  return answer.key === loadKey ? answer : {};
}

/** Both sides, the change of the whole, what the figures rest on, and what is doubtful. */
function Sides({ compared, summary }: { compared: PageCompared; summary: CompareSummary | undefined }) {
  const { info } = shared.page!;
  const own = compared.newRuns > 1 ? t('{0} runs of {1}', compared.newRuns, info.label) : info.label;
  const whole = summary && shownChange(summary.base.sum, summary.new.sum, summary.type.unit, summary.noise);
  return (
    <section class="diff-sides" aria-label={t('Both sides')}>
      <p>
        <span class="diff-side" title={t('Before: the baseline')}>
          {safeText(compared.label)}
        </span>
        <span aria-hidden="true"> → </span>
        <span class="visually-hidden"> {t('compared with')} </span>
        <span class="diff-side" title={t('After: this profile')}>
          {safeText(own)}
        </span>
        {summary && whole && (
          <>
            <span class="figure">
              {formatValue(summary.base.sum, summary.type.unit)} → {formatValue(summary.new.sum, summary.type.unit)}
            </span>
            <strong class={`figure ${LOOKS[whole.sign]}`}>
              {[whole.amount, whole.percent && `(${whole.percent})`, noiseText(summary.noise, summary.type.unit)].filter(Boolean).join(' ')}
            </strong>
          </>
        )}
        <span class="space" />
        <button type="button" class="link" onClick={choose}>
          {t('Compare with…')}
        </button>
        <button type="button" class="link" onClick={() => void host.request('unpinBaseline', {}).catch(() => undefined)}>
          {t('Unpin')}
        </button>
      </p>
      {summary && summary.basis.length > 0 && <p class="diff-basis">{summary.basis.map(safeText).join(' · ')}</p>}
      {summary?.warnings.map((warning) => (
        <p key={warning} class="diff-warning" role="status">
          {safeText(warning)}
        </p>
      ))}
    </section>
  );
}

const STEPS = ['less3', 'less2', 'less1', 'same', 'more1', 'more2', 'more3'] as const;

/** What the colours of boxes mean. */
function Legend() {
  return (
    <span
      class="diff-legend"
      title={t('Colours of boxes: the change of what a box took, from much less to much more; grey is no more than noise')}
    >
      {t('less')}
      {STEPS.map((step) => (
        <span key={step} class={`swatch ${step}`} aria-hidden="true" />
      ))}
      {t('more')}
    </span>
  );
}
