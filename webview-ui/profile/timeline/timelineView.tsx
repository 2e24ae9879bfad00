import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { rangeText } from '../../../src/core/model/units.js';
import { host } from '../../shared/boot.js';
import { formatCount, formatSeconds, formatShare, formatValue, safeText, t } from '../../shared/format.js';
import { offerExport } from '../export.js';
import { Card } from '../flame/card.js';
import { byPackage, Painter } from '../flame/paint.js';
import { PictureCanvas, useBoxMenu, useSize, useTheme } from '../flame/pictureCanvas.js';
import { heightOf, PITCH, rowTop, SIDE } from '../flame/place.js';
import { panBy, WHOLE } from '../flame/viewport.js';
import { SubHeader } from '../shell/subHeader.js';
import { store } from '../store.js';
import { useStore } from '../useStore.js';
import { TimelineController } from './controller.js';
import { Overview } from './overview.js';
import { EXCEPTION, paintLanes, STATES } from './paintLanes.js';
import { TimelinePointer } from './pointer.js';
import { type Lane, viewportOf } from './scene.js';
import { TimeTwin } from './twin.js';

/** What ran when, thread by thread. */
export function TimelineView() {
  const shared = useStore();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter>(undefined);
  const [, bump] = useState(0);
  const hasScroller = shared.page?.info.times !== null;
  const size = useSize(scroller, hasScroller);
  const theme = useTheme();
  const [byKeyboard, setByKeyboard] = useState(false);
  const redraw = () => bump((n) => n + 1);

  const time = useMemo(
    () =>
      new TimelineController({
        changed: redraw,
        scrollTo: (row) => {
          const element = scroller.current;
          if (!element) return;
          const top = rowTop({ upward: false, height: 0, scrollTop: 0, topRow: 0 }, row);
          if (top < element.scrollTop) element.scrollTop = top - PITCH;
          else if (top + PITCH > element.scrollTop + element.clientHeight) element.scrollTop = top + 2 * PITCH - element.clientHeight;
        },
      }),
    [],
  );
  const pointer = useMemo(() => new TimelinePointer(time, redraw), [time]);
  const onlyLibraries = time.boxes?.frames.every((frame) => frame.library) ?? false;
  const colour = useMemo(() => byPackage(onlyLibraries), [onlyLibraries]);
  const { whole, boxes, lanes, viewport } = time;
  const range = shared.page?.view.range;

  useEffect(() => () => time.dispose(), [time]);
  const place = { upward: false, height: heightOf(time.rowCount, size.height), scrollTop: scroller.current?.scrollTop ?? 0, topRow: 0 };
  const rowsShown = () => {
    const element = scroller.current;
    if (!element) return time.rows;
    return {
      first: Math.max(0, Math.floor(element.scrollTop / PITCH)),
      last: Math.ceil((element.scrollTop + element.clientHeight) / PITCH),
    };
  };
  useEffect(() => {
    if (size.width === 0) return;
    time.width = Math.max(1, size.width - 2 * SIDE);
    time.changedView(rowsShown());
  }, [time, size]);
  // The picture shows all the time: what a range leaves out is veiled, not gone.
  const loadKey = JSON.stringify({ ...shared.page?.view, range: undefined });
  useEffect(() => {
    if (hasScroller) void time.reload();
  }, [time, loadKey, hasScroller]);
  useEffect(() => (scroller.current ? pointer.attach(scroller.current) : undefined), [pointer, hasScroller]);
  useBoxMenu(canvas, time, pointer, hasScroller);
  useEffect(
    () =>
      offerExport(
        () =>
          time.boxes && {
            boxes: time.boxes,
            upward: false,
            view: time.viewport,
            heads: time.lanes.map(({ top, thread }) => ({ row: top, text: thread || t('No thread') })),
            colour,
            detail: (box) => time.describe(box),
          },
      ),
    [time, colour],
  );
  useEffect(() => {
    if (!canvas.current || !whole || size.width === 0) return;
    painter.current ??= new Painter(canvas.current);
    const now = { ...place, scrollTop: scroller.current?.scrollTop ?? 0 };
    const none = { rows: [], frames: [] } as never;
    painter.current.draw(
      {
        boxes: boxes ?? none,
        view: viewport,
        place: now,
        ...size,
        selected: time.selected,
        hovered: pointer.hovered,
        matches: store.matches?.funcs,
        colour,
      },
      theme,
    );
    const { choosing } = pointer;
    const chosen = choosing
      ? { x0: Math.min(choosing.from, choosing.to), x1: Math.max(choosing.from, choosing.to) }
      : range && viewportOf(range, whole);
    paintLanes(canvas.current, theme, boxes, lanes, viewport, now, size, chosen);
  });

  useEffect(() => {
    store.viewKeys = (key, event) => {
      const used = timelineKey(time, key, event, scroller.current);
      if (used) {
        setByKeyboard(true);
        pointer.leave();
      }
      return used;
    };
    return () => {
      store.viewKeys = undefined;
    };
  }, [time, pointer]);
  useEffect(() => {
    if (pointer.hovered >= 0) setByKeyboard(false);
  }, [pointer.hovered]);

  if (!hasScroller) return <NoTimes />;
  const shown = pointer.hovered >= 0 ? pointer.hovered : byKeyboard ? time.selected : -1;
  const cardBox = boxes && shown >= 0 && shown < boxes.count && !pointer.busy ? shown : -1;
  const span = whole ? formatSeconds((whole.to - whole.from) / 1e9) : '';
  const { timesWithin } = shared.page?.info.quality ?? {};
  const within = timesWithin === undefined ? [] : [t('times to ±{0}', formatSeconds(timesWithin))];
  const threads = t(lanes.length === 1 ? '{0} thread' : '{0} threads', formatCount(lanes.length));
  return (
    <>
      <SubHeader crumbs={[]} note={whole ? [span, threads, ...within].join(' · ') : ''}>
        {time.overview?.states && <Legend />}
        <button
          type="button"
          class="toggle"
          aria-pressed={time.allFolded}
          title={t('One row a thread: who did what when, at a glance (T)')}
          onClick={() => time.foldAll()}
        >
          {t('Fold threads')}
        </button>
        <button
          type="button"
          class="toggle"
          disabled={!time.zoomed}
          title={t('Every view shows only the time that is in sight here (F)')}
          onClick={() => time.choose(time.window)}
        >
          {t('Only this time')}
        </button>
      </SubHeader>
      <Overview time={time} theme={theme} width={size.width} />
      <div class="scroller" ref={scroller} onScroll={() => time.changedView(rowsShown())} aria-busy={time.loading}>
        <div class="picture" style={{ height: `${place.height}px` }}>
          <PictureCanvas
            canvas={canvas}
            size={size}
            name="timeline"
            kind={t('timeline')}
            label={t(
              'Timeline, {0}, {1}. Arrow keys walk, plus and minus zoom, Enter opens the source, question mark lists all keys.',
              span,
              threads,
            )}
            active={boxes && time.selected >= 0 ? time.selected : undefined}
            onEnter={() => time.walk('callee')}
          />
          {lanes
            .filter(({ top }) => rowTop(place, top) > -PITCH && rowTop(place, top) < size.height)
            .map((lane) => (
              <Head key={lane.index} lane={lane} top={rowTop({ ...place, scrollTop: 0 }, lane.top)} time={time} />
            ))}
        </div>
        {whole && lanes.length === 0 && !time.loading && (
          <p class="hint over" role="status">
            {t('Nothing was measured in this view.')}
          </p>
        )}
        {cardBox >= 0 && <BoxCard box={cardBox} time={time} anchor={pointer.anchor(cardBox)} />}
      </div>
      <TimeTwin time={time} />
    </>
  );
}

function Head({ lane, top, time }: { lane: Lane; top: number; time: TimelineController }) {
  const name = safeText(lane.thread) || t('No thread');
  const total = time.overview?.lanes.reduce((sum, { value }) => sum + value, 0) ?? 0;
  const figure = `${formatValue(lane.value, store.unit)} · ${formatShare(total > 0 ? lane.value / total : 0)}`;
  return (
    <button
      type="button"
      class="lane-head"
      style={{ top: `${top}px` }}
      aria-expanded={lane.levels > 0}
      aria-label={t('Thread {0}, {1}, {2} levels', name, figure, lane.depth)}
      onClick={() => time.toggle(lane)}
    >
      <span class="twistie" aria-hidden="true">
        {lane.levels > 0 ? '▾' : '▸'}
      </span>
      {name} <span class="lane-figure">{figure}</span>
    </button>
  );
}

function Legend() {
  return (
    <span
      class="legend"
      role="img"
      aria-label={t(
        'Strips under the threads: {0}',
        STATES.slice(1)
          .map(({ words }) => words)
          .join(', '),
      )}
    >
      {[...STATES.slice(1, 5), { ...EXCEPTION, height: 2 }].map(({ words, token, height }) => (
        <span key={words}>
          <span class={`swatch ${token}`} style={{ height: `${height + 2}px` }} />
          {words}
        </span>
      ))}
    </span>
  );
}

function NoTimes() {
  return (
    <>
      <SubHeader crumbs={[]} note="" />
      <p class="hint" role="status">
        {t(
          'This file does not say when its samples were taken, so there is no order in time. Recordings by hybrid, sampler, Tachyon, Austin, perf, rbspy and viztracer do, and so do files of speedscope, Chrome, Node, Firefox and Java.',
        )}
      </p>
    </>
  );
}

function BoxCard({ box, time, anchor }: { box: number; time: TimelineController; anchor: ReturnType<TimelinePointer['anchor']> }) {
  const frame = time.frameOf(box);
  if (!frame || !time.boxes) return null;
  const { samples, boxes } = time.boxes.answer;
  const range = time.timeOf(box);
  const many = boxes[box]!;
  return (
    <Card
      frame={frame}
      self={0}
      total={0}
      whole={0}
      facts={[
        [t('lasts'), formatSeconds((range.to - range.from) / 1e9)],
        [t('from'), rangeText(range)],
        [t(store.page?.info.quality.rows === 'spans' ? 'spans' : 'samples'), formatCount(samples[box]!)],
        ...(many > 1 ? ([[t('here'), t('the longest of {0} that are too short to be drawn', formatCount(many))]] as const) : []),
      ]}
      anchor={anchor}
    />
  );
}

const STEPS: Record<string, Parameters<TimelineController['walk']>[0]> = {
  ArrowUp: 'caller',
  ArrowDown: 'callee',
  ArrowLeft: 'previous',
  ArrowRight: 'next',
};

/** Does what a key means in the timeline; false when it means nothing here. */
function timelineKey(time: TimelineController, key: string, event: KeyboardEvent, scroller: HTMLElement | null): boolean {
  const step = STEPS[key];
  const { x0, x1 } = time.viewport;
  if (step) time.walk(step);
  else if (key === 'Enter') store.openSource(time.frameOf(time.selected)?.func ?? -1, false);
  else if (key === 'ctrl+Enter' || key === 'alt+Enter') store.openSource(time.frameOf(time.selected)?.func ?? -1, true);
  else if (key === ' ' && time.selected >= 0) time.zoomTo(time.timeOf(time.selected));
  else if (key === '+' || key === '=') time.zoom((x0 + x1) / 2, 0.5);
  else if (key === '-') time.zoom((x0 + x1) / 2, 2);
  else if (key === 'Home' || key === '0') time.setViewport(WHOLE);
  else if (key === 'shift+ArrowLeft') time.setViewport(panBy(time.viewport, (x0 - x1) / 4));
  else if (key === 'shift+ArrowRight') time.setViewport(panBy(time.viewport, (x1 - x0) / 4));
  else if (key === 't') time.foldAll();
  else if (key === 'f') time.choose(time.zoomed ? time.window : undefined);
  else if (key === 'PageDown' || key === 'PageUp')
    scroller?.scrollBy({ top: (key === 'PageDown' ? 1 : -1) * scroller.clientHeight * 0.85 });
  else if (key === 'Escape') {
    if (store.clearSearch()) return true;
    if (store.page?.view.range) time.choose(undefined);
    else if (time.zoomed) time.setViewport(WHOLE);
    else time.select(-1, false);
  } else if (key === 'ctrl+c' && time.selected >= 0 && window.getSelection()?.isCollapsed) {
    event.preventDefault();
    void host.request('copy', { text: time.stackText(time.selected) });
  } else return false;
  return true;
}
