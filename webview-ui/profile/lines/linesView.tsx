import { useEffect, useRef, useState } from 'preact/hooks';
import type { FileRow, SourceRow, TabRequests } from '../../../src/protocol/tabs.js';
import { announce } from '../../shared/announce.js';
import { ask } from '../../shared/boot.js';
import { formatCount, formatShare, formatValue, safeText, shortPath, t } from '../../shared/format.js';
import { SubHeader } from '../shell/subHeader.js';
import { sentence } from '../store.js';
import { callsColumn, figureColumn, type Measure, shareColumn, shareOf } from '../table/figures.js';
import { Grid, type GridColumn } from '../table/grid.js';
import { usePaged } from '../table/usePaged.js';
import { useStore } from '../useStore.js';

type Files = TabRequests['profile/files'][1];
type Source = TabRequests['profile/source'][1];

/** Said of a text whose lines may not be those that ran. */
const ORIGINS: Record<Source['origin'], string> = {
  recorded: '',
  today: t('today’s text: the file may have changed since it was profiled'),
  missing: t('the source is not here: only lines with figures'),
};

/** Files by what their lines take, and the source of one of them with its figures. */
export function LinesView() {
  const store = useStore();
  const search = store.query;
  const params = { view: store.view, ...(search === '' ? {} : { search }) };
  const { rows, shown, count, waiting, grid } = usePaged<FileRow, Files>(JSON.stringify([store.viewKey, search]), (offset, limit) =>
    ask('profile/files', { ...params, offset, limit }),
  );
  const [file, setFile] = useState<string | undefined>(store.saved.file);
  const [current, setCurrent] = useState(-1);
  const [reveal, setReveal] = useState<{ readonly index: number }>();
  /** A line to go to in the source, once. */
  const [wanted, setWanted] = useState<{ readonly file: string; readonly line: number }>();

  const choose = (row: FileRow, index: number) => {
    setFile(row.file);
    setCurrent(index);
    store.save({ file: row.file });
  };
  // The file of the selected function, else the one from last time, else the one with most self time.
  useEffect(() => {
    let late = false;
    const { selected } = store;
    const asked = { ...params, offset: 0, limit: 1, ...(selected === null ? {} : { find: selected }) };
    ask('profile/files', asked).then(
      async ({ at, line, rows: [first] }) => {
        if (late) return;
        if (at < 0) {
          if (first && file === undefined) choose(first, 0);
          return;
        }
        const row = at === 0 ? first : (await ask('profile/files', { ...params, offset: at, limit: 1 })).rows[0];
        if (late || !row) return;
        choose(row, at);
        setReveal({ index: at });
        setWanted({ file: row.file, line });
      },
      (error) => store.fail(sentence(error), () => store.changed()),
    );
    return () => {
      late = true;
    };
  }, [store.reveals, rows]);

  const whole = shown.first?.total ?? 0;
  const notes = [t(count === 1 ? '{0} file' : '{0} files', formatCount(count))];
  if (shown.first?.perFunction) notes.push(t('figures stand at first lines: calls were counted per function'));
  return (
    <>
      <SubHeader crumbs={[]} note={waiting ? '' : notes.join(' · ')} />
      <div class="lines">
        <div class="lines-files">
          <Grid<FileRow, never>
            id="file"
            label={t('Files')}
            columns={fileColumns({ unit: store.unit, whole })}
            {...grid}
            current={current}
            onGo={(index) => {
              const row = shown.get(index);
              if (row) choose(row, index);
            }}
            onOpen={(row, beside) => store.openSource(row.func, beside)}
            looks={(row) => (row.library ? 'library' : '')}
            reveal={reveal}
          />
          {rows.count === 0 && (
            <p class="hint" role="status">
              {t(search === '' ? 'This profile names no lines of source in this view.' : 'No file matches the search.')}
            </p>
          )}
        </div>
        {file !== undefined && count > 0 && <SourceText key={file} file={file} wanted={wanted?.file === file ? wanted : undefined} />}
      </div>
    </>
  );
}

/** The source of one file, line by line. */
function SourceText({ file, wanted }: { file: string; wanted: { readonly line: number } | undefined }) {
  const store = useStore();
  const { rows, shown, count, waiting } = usePaged<SourceRow, Source>(JSON.stringify([store.viewKey, file]), (offset, limit) =>
    ask('profile/source', { view: store.view, file, offset, limit }),
  );
  const [current, setCurrent] = useState(-1);
  const [reveal, setReveal] = useState<{ readonly index: number; readonly align?: 'center' }>();
  const { first } = shown;
  const hottest = first?.hottest ?? [];
  /** Keys may come faster than the page is drawn. */
  const here = useRef(-1);
  const go = (index: number, align?: 'center') => {
    here.current = index;
    setCurrent(index);
    setReveal({ index, ...(align ? { align } : {}) });
    const row = shown.get(index);
    if (!row) return;
    if (row.func >= 0) store.select(row.func);
    announce(spoken(row, { unit: store.unit, whole }));
  };
  // One looks at the hottest line first, unless another one was asked for.
  useEffect(() => {
    if (!first) return;
    const index = wanted && wanted.line > 0 ? Math.min(first.count, wanted.line) - 1 : (hottest[0] ?? 0);
    here.current = index;
    setCurrent(index);
    setReveal({ index, align: 'center' });
  }, [first, wanted]);
  useEffect(() => {
    store.viewKeys = (key) => {
      if ((key !== 'n' && key !== 'N') || hottest.length === 0) return false;
      const at = hottest.indexOf(here.current);
      const next = at < 0 ? 0 : (at + (key === 'n' ? 1 : hottest.length - 1)) % hottest.length;
      go(hottest[next]!, 'center');
      return true;
    };
    return () => {
      store.viewKeys = undefined;
    };
  });

  const whole = first?.total ?? 0;
  const self = (index: number) => shown.get(index)?.self ?? 0;
  const most = hottest[0] === undefined ? 0 : self(hottest[0]);
  const counted = hasCalls(shown.get, hottest);
  const origin = ORIGINS[first?.origin ?? 'recorded'];
  return (
    <div class="lines-source">
      <div class="lines-head">
        <button
          type="button"
          class="link"
          title={safeText(file)}
          onClick={() => store.openSource(shown.get(current)?.func ?? -1, false, shown.get(current)?.line)}
        >
          {safeText(shortPath(file))}
        </button>
        {origin !== '' && <span role="note">{origin}</span>}
      </div>
      <Grid<SourceRow, never>
        id="line"
        label={t('Source of {0}', safeText(shortPath(file)))}
        columns={lineColumns({ unit: store.unit, whole }, counted)}
        count={count}
        rowAt={shown.get}
        need={rows.need}
        current={current}
        onGo={(index) => go(index)}
        onOpen={(row, beside) => store.openSource(funcFor(row, shown.get, current), beside, row.line)}
        looks={(row) => (row.self === 0 && row.total === 0 ? 'cold' : row.self > 0 && row.self === most ? 'hottest' : '')}
        busy={waiting}
        reveal={reveal}
      />
    </div>
  );
}

/** A function by which the line's file is opened: its own, or that of the nearest line above that has one. */
function funcFor(row: SourceRow, get: (index: number) => SourceRow | undefined, index: number): number {
  if (row.func >= 0) return row.func;
  for (const step of [-1, 1]) {
    for (let at = index; ; at += step) {
      const other = get(at);
      if (!other) break;
      if (other.func >= 0) return other.func;
    }
  }
  return -1;
}

/** Whether calls are known of any of the lines that matter. */
const hasCalls = (get: (index: number) => SourceRow | undefined, hottest: readonly number[]) =>
  hottest.some((index) => (get(index)?.calls ?? null) !== null);

function spoken(row: SourceRow, measure: Measure): string {
  const share = (value: number) => formatShare(shareOf(value, measure));
  const figures =
    row.self === 0 && row.total === 0
      ? ''
      : t(', self {0}, {1}, total {2}', formatValue(row.self, measure.unit), share(row.self), share(row.total));
  return t('line {0}{1}: {2}', row.line, figures, safeText(row.text.trim()));
}

/** A file has no total of its own that would be shown. */
const ofFile = ({ self }: FileRow) => ({ self, total: 0 });

function fileColumns(measure: Measure): readonly GridColumn<FileRow, never>[] {
  return [
    figureColumn('self', t('Spent in the lines of the file themselves'), measure, ofFile),
    shareColumn('self', measure, ofFile),
    {
      id: 'file',
      label: t('file'),
      title: t('File'),
      figure: false,
      width: 'minmax(60px, 1fr)',
      text: (row) => safeText(shortPath(row.file)) || safeText(row.file),
      tooltip: (row) => safeText(row.file),
    },
  ];
}

function lineColumns(measure: Measure, counted: boolean): readonly GridColumn<SourceRow, never>[] {
  const of = (row: SourceRow) => row;
  return [
    ...(counted ? [callsColumn(t('How often the line ran, or its function was called'), (row: SourceRow) => row.calls, '76px')] : []),
    blankWhenEmpty(figureColumn('self', t('Spent on the line itself'), measure, of)),
    blankWhenEmpty(shareColumn('self', measure, of)),
    blankWhenEmpty(figureColumn('total', t('Spent on the line and in all that it called'), measure, of)),
    { id: 'number', label: t('line'), title: t('Line'), figure: true, width: '58px', text: (row) => String(row.line) },
    {
      id: 'text',
      label: t('source'),
      title: t('Source'),
      figure: false,
      width: 'minmax(200px, 1fr)',
      text: (row) => safeText(row.text.replaceAll('\t', '    ')),
      tooltip: (row) => (row.text.length > 120 ? safeText(row.text.trim()) : ''),
    },
  ];
}

/** Most lines took nothing: so many zeros would hide the others. */
function blankWhenEmpty(column: GridColumn<SourceRow, never>): GridColumn<SourceRow, never> {
  return { ...column, text: (row) => (column.empty?.(row) ? '' : column.text(row)) };
}
