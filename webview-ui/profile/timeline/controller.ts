import type { TimeRange } from '../../../src/core/model/profile.js';
import { rangeText } from '../../../src/core/model/units.js';
import type { Requests } from '../../../src/protocol/lsp.js';
import { announce } from '../../shared/announce.js';
import { ask } from '../../shared/boot.js';
import { formatCount, formatSeconds, formatShare, safeText, shortPath, t } from '../../shared/format.js';
import { boxAt, stepFrom, visibleRange, widestOf } from '../flame/boxes.js';
import { isWhole, type Viewport, WHOLE, zoomAt } from '../flame/viewport.js';
import { sentence, store } from '../store.js';
import { type Lane, layLanes, placeBoxes, type TimeBoxes, timesOf, viewportOf } from './scene.js';

/** Narrower boxes (CSS px) are put together by the server. */
const NARROW = 2;
/** Columns of the overview. */
const BUCKETS = 1000;
/** The window never gets narrower than this part of the whole, or 100 ns. */
const NARROWEST = 1e-7;
const NARROWEST_NANOS = 100;
/** Lanes beyond these are folded at first: so many rows fill any screen. */
const OPEN_ROWS = 120;
/** A pause in moving (ms) after which finer boxes are asked for. */
const PAUSE_MS = 60;

export type Overview = Requests['profile/timeline'][1];

/** Rows on the screen: first and last. */
export interface Rows {
  readonly first: number;
  readonly last: number;
}

/** What the timeline shows and how one moves in it; the view draws it and feeds it with events. */
export class TimelineController {
  overview: Overview | undefined;
  lanes: readonly Lane[] = [];
  rowCount = 0;
  boxes: TimeBoxes | undefined;
  viewport: Viewport = WHOLE;
  selected = -1;
  loading = false;
  width = 1000;
  rows: Rows = { first: 0, last: 40 };

  private readonly folds = new Map<string, boolean>();
  private turn = 0;
  private loaded: { range: TimeRange; quantum: number; rows: Rows; key: string } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly surface: { changed(): void; scrollTo(row: number): void }) {}

  dispose(): void {
    this.turn++;
    clearTimeout(this.timer);
  }

  /** All the time there is. */
  get whole(): TimeRange | undefined {
    return this.overview?.times ?? undefined;
  }

  get window(): TimeRange | undefined {
    return this.whole && timesOf(this.viewport, this.whole);
  }

  /** Loads threads and activity of the view anew. */
  async reload(): Promise<void> {
    const turn = ++this.turn;
    const { range: _, ...view } = store.view;
    this.loading = true;
    this.surface.changed();
    try {
      const overview = await ask('profile/timeline', { view, buckets: BUCKETS });
      if (turn !== this.turn) return;
      const first = this.overview === undefined;
      this.overview = overview;
      this.loaded = undefined;
      if (first && store.view.range && overview.times) this.viewport = viewportOf(store.view.range, overview.times);
      this.layOut();
      await this.load();
    } catch (error) {
      if (turn === this.turn) store.fail(sentence(error), () => void this.reload());
    } finally {
      this.loading = false;
      this.surface.changed();
    }
  }

  private layOut(): void {
    const { overview } = this;
    if (!overview) return;
    const atFirst = new Set<string>();
    let open = 0;
    for (const { thread, depth } of layLanes(overview.lanes, () => true).lanes) {
      open += depth;
      if (atFirst.size === 0 || open <= OPEN_ROWS) atFirst.add(thread);
    }
    const { lanes, rows } = layLanes(overview.lanes, (thread) => this.folds.get(thread) ?? !atFirst.has(thread));
    this.lanes = lanes;
    this.rowCount = rows;
    if (this.boxes && this.whole) this.boxes = placeBoxes(this.boxes.answer, this.whole, lanes, rows);
  }

  toggle(lane: Lane): void {
    const open = lane.levels === 0 && lane.depth > 0;
    this.folds.set(lane.thread, !open);
    this.selected = -1;
    this.layOut();
    announce(t(open ? '{0} unfolded.' : '{0} folded.', safeText(lane.thread) || t('No thread')));
    this.changedView();
  }

  get allFolded(): boolean {
    return this.lanes.length > 0 && this.lanes.every(({ levels }) => levels === 0);
  }

  /** Folds every thread to its head and strip, so that all are in sight at once; when they are, shows them as at first. */
  foldAll(): void {
    const unfold = this.allFolded;
    if (unfold) this.folds.clear();
    else for (const { thread } of this.lanes) this.folds.set(thread, true);
    this.selected = -1;
    this.layOut();
    announce(t(unfold ? 'Threads unfolded.' : 'All threads folded.'));
    this.changedView();
  }

  /** Scrolled, moved or zoomed: draws what is there, and asks for what is missing after a moment. */
  changedView(rows = this.rows): void {
    this.rows = rows;
    this.surface.changed();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), PAUSE_MS);
  }

  private async load(): Promise<void> {
    const { window, whole, rows } = this;
    if (!window || !whole || this.lanes.length === 0 || !store.page) return;
    const span = window.to - window.from;
    const quantum = (span / this.width) * NARROW;
    const key = `${store.viewKey} ${this.lanes.map(({ top }) => top).join()}`;
    const { loaded } = this;
    const holds =
      loaded?.key === key &&
      loaded.range.from <= window.from &&
      loaded.range.to >= window.to &&
      loaded.rows.first <= rows.first &&
      loaded.rows.last >= Math.min(rows.last, this.rowCount - 1) &&
      loaded.quantum <= quantum * 1.2 &&
      loaded.quantum >= quantum / 3;
    if (holds) return;
    const range = { from: Math.max(whole.from, window.from - span / 2), to: Math.min(whole.to, window.to + span / 2) };
    const margin = rows.last - rows.first + 1;
    const wanted = { first: Math.max(0, rows.first - margin), last: rows.last + margin };
    const lanes = this.lanes
      .filter(({ top, levels }) => top + levels >= wanted.first && top <= wanted.last)
      .map(({ index, top, levels }) => ({
        lane: index,
        firstRow: Math.max(0, wanted.first - top - 1),
        lastRow: Math.min(levels - 1, wanted.last - top - 1),
      }));
    const turn = ++this.turn;
    const { range: _, ...view } = store.view;
    this.loading = true;
    try {
      const answer = await ask('profile/timelineBoxes', { view, range, quantum, lanes });
      if (turn !== this.turn) return;
      const before = this.selected >= 0 ? this.timeOf(this.selected) : undefined;
      const depth = this.boxes?.depth[this.selected] ?? -1;
      this.loaded = { range, quantum, rows: wanted, key };
      this.boxes = placeBoxes(answer, whole, this.lanes, this.rowCount);
      if (before) this.selected = boxAt(this.boxes, depth, ((before.from + before.to) / 2 - whole.from) / (whole.to - whole.from));
      else if (store.selected !== null) this.selected = widestOf(this.boxes, store.selected);
    } catch (error) {
      if (turn === this.turn) store.fail(sentence(error), () => void this.load());
    } finally {
      if (turn === this.turn) this.loading = false;
      this.surface.changed();
    }
  }

  setViewport(view: Viewport): void {
    this.viewport = view;
    this.changedView();
  }

  /** Zooms by a factor (< 1 is in) around a part of the whole; stops at the whole and at the narrowest window. */
  zoom(at: number, factor: number): void {
    const { whole } = this;
    if (!whole) return;
    const narrowest = Math.min(1, Math.max(NARROWEST, NARROWEST_NANOS / (whole.to - whole.from)));
    this.setViewport(zoomAt(this.viewport, at, factor, narrowest));
  }

  /** Shows a stretch of time, with a little around it. */
  zoomTo({ from, to }: TimeRange): void {
    const { whole } = this;
    if (!whole) return;
    const room = (to - from) * 0.04;
    this.setViewport(viewportOf({ from: from - room, to: to + room }, whole));
  }

  /** Keeps every view of the profile to a stretch of time; undefined: all of it. */
  choose(range: TimeRange | undefined): void {
    const { whole } = this;
    const all = !range || !whole || (range.from <= whole.from && range.to >= whole.to);
    store.setView({ range: all ? null : range });
    announce(all ? t('All the time is shown.') : t('Only {0} is shown, in all views.', rangeText(range)));
  }

  select(box: number, speak: boolean): void {
    this.selected = box;
    const frame = this.frameOf(box);
    if (frame) store.select(frame.func);
    if (box >= 0 && speak) announce(this.describe(box));
    this.surface.changed();
  }

  /** Goes to the caller, callee or neighbour of the selected box, and brings it into sight. */
  walk(step: 'caller' | 'callee' | 'previous' | 'next'): void {
    const { boxes, viewport } = this;
    if (!boxes || !this.whole) return;
    let next = -1;
    if (this.selected < 0) {
      const top = this.lanes.find(({ top, levels }) => levels > 0 && top + 1 >= this.rows.first)?.top ?? 0;
      next = this.longest(top + 1, viewport.x0, viewport.x1);
    } else if (step === 'previous' || step === 'next') next = stepFrom(boxes, this.selected, step);
    else {
      const row = boxes.depth[this.selected]! + (step === 'caller' ? -1 : 1);
      const x = boxes.x[this.selected]!;
      next = this.longest(row, Math.max(x, viewport.x0), Math.min(x + boxes.w[this.selected]!, viewport.x1));
    }
    if (next < 0) return;
    this.select(next, true);
    this.surface.scrollTo(boxes.depth[next]!);
    const [left, right] = [boxes.x[next]!, boxes.x[next]! + boxes.w[next]!];
    const width = viewport.x1 - viewport.x0;
    if (right <= viewport.x0 || left >= viewport.x1) {
      const x0 = Math.min(1 - width, Math.max(0, (left + right) / 2 - width / 2));
      this.setViewport({ x0, x1: x0 + width });
    }
  }

  /** The boxes around a box, outermost first, and what it called, from left to right. */
  around(box: number): { readonly callers: number[]; readonly callees: number[] } {
    const { boxes } = this;
    if (!boxes || box < 0) return { callers: [], callees: [] };
    const callers: number[] = [];
    for (let row = (this.laneAt(boxes.depth[box]!)?.top ?? 0) + 1; row < boxes.depth[box]!; row++) {
      const at = boxAt(boxes, row, boxes.x[box]! + boxes.w[box]! / 2);
      if (at >= 0) callers.push(at);
    }
    const row = boxes.depth[box]! + 1;
    const lane = this.laneAt(row);
    const [from, to] = lane && lane.top < row ? visibleRange(boxes, row, boxes.x[box]!, boxes.x[box]! + boxes.w[box]!) : [0, 0];
    return { callers, callees: Array.from(boxes.rows[row]?.slice(from, to) ?? []) };
  }

  private longest(row: number, x0: number, x1: number): number {
    const { boxes } = this;
    if (!boxes) return -1;
    const [from, to] = visibleRange(boxes, row, x0, x1);
    let best = -1;
    for (let i = from; i < to; i++) {
      const box = boxes.rows[row]![i]!;
      if (best < 0 || boxes.w[box]! > boxes.w[best]!) best = box;
    }
    return best;
  }

  frameOf(box: number) {
    return this.boxes?.frames[this.boxes.frame[box] ?? -1];
  }

  timeOf(box: number): TimeRange {
    const { start, end } = this.boxes!.answer;
    return { from: start[box]!, to: end[box]! };
  }

  laneAt(row: number): Lane | undefined {
    return this.lanes.findLast(({ top }) => top <= row);
  }

  /** `quote, pricing.py line 5, from 1.20 s to 1.35 s, 150 ms, 2.1 % of all the time, 12 samples, thread MainThread`. */
  describe(box: number): string {
    const frame = this.frameOf(box);
    if (!frame || !this.boxes) return '';
    const { samples, boxes } = this.boxes.answer;
    const range = this.timeOf(box);
    const file = safeText(shortPath(frame.file)).split('/').at(-1);
    const thread = safeText(this.laneAt(this.boxes.depth[box]!)?.thread ?? '');
    return [
      safeText(frame.name),
      ...(file ? [frame.line > 0 ? t('{0} line {1}', file, frame.line) : file] : []),
      t('from {0}', rangeText(range)),
      formatSeconds((range.to - range.from) / 1e9),
      t('{0} of all the time', formatShare((range.to - range.from) / (this.boxes.whole.to - this.boxes.whole.from))),
      t(samples[box] === 1 ? '{0} sample' : '{0} samples', formatCount(samples[box]!)),
      ...(boxes[box]! > 1 ? [t('longest of {0} short calls', formatCount(boxes[box]!))] : []),
      ...(thread ? [t('thread {0}', thread)] : []),
    ].join(', ');
  }

  /** Names from the outermost frame to the box. */
  stackText(box: number): string {
    const { boxes } = this;
    if (!boxes || box < 0) return '';
    const middle = boxes.x[box]! + boxes.w[box]! / 2;
    const names: string[] = [];
    const lane = this.laneAt(boxes.depth[box]!);
    for (let row = (lane?.top ?? 0) + 1; row < boxes.depth[box]!; row++) names.push(this.frameOf(boxAt(boxes, row, middle))?.name ?? '…');
    return [...names, this.frameOf(box)?.name ?? ''].map(safeText).join('\n');
  }

  get zoomed(): boolean {
    return !isWhole(this.viewport);
  }
}
