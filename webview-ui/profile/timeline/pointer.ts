import { boxAt } from '../flame/boxes.js';
import { BOX, heightOf, type Place, rowAt, rowTop, SIDE } from '../flame/place.js';
import { panBy } from '../flame/viewport.js';
import { store } from '../store.js';
import type { TimelineController } from './controller.js';

/** Movement (CSS px) that makes a press a drag. */
const DRAG_FROM = 4;

/** Zooms by a wheel, or by pinching, which comes as a wheel with ctrl. @param part of the window, 0..1, that stays where it is */
export function wheelZoom(time: TimelineController, event: WheelEvent, part: number): void {
  event.preventDefault();
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
  const delta = Math.max(-120, Math.min(120, event.deltaY * lines));
  const { x0, x1 } = time.viewport;
  time.zoom(x0 + Math.min(1, Math.max(0, part)) * (x1 - x0), 2 ** (delta / 150));
}

/** Mouse, pen, touch and wheel on the lanes: drag moves, with shift it chooses a stretch of time. */
export class TimelinePointer {
  hovered = -1;
  /** Both ends (parts of the whole) of the stretch that is being chosen. */
  choosing: { from: number; to: number } | undefined;
  private at = { x: 0, y: 0 };
  private press: { x: number; y: number; panX: number; scroll: number; dragging: boolean } | undefined;
  private scroller: HTMLElement | undefined;

  constructor(
    private readonly time: TimelineController,
    private readonly changed: () => void,
  ) {}

  get busy(): boolean {
    return this.press?.dragging ?? this.choosing !== undefined;
  }

  attach(scroller: HTMLElement): () => void {
    this.scroller = scroller;
    const abort = new AbortController();
    const { signal } = abort;
    scroller.addEventListener('pointermove', (event) => this.move(event), { signal });
    scroller.addEventListener('pointerleave', () => this.leave(), { signal });
    scroller.addEventListener('pointerdown', (event) => this.down(event), { signal });
    scroller.addEventListener('pointerup', (event) => this.up(event), { signal });
    scroller.addEventListener('pointercancel', () => this.cancel(), { signal });
    scroller.addEventListener('dblclick', (event) => this.open(event), { signal });
    scroller.addEventListener('wheel', (event) => this.wheel(event), { signal, passive: false });
    return () => abort.abort();
  }

  leave(): void {
    this.hovered = -1;
    this.changed();
  }

  /** Where the card belongs, in the window: by the pointer, or in a corner for a box chosen by key. */
  anchor(box: number): { x: number; top: number; bottom: number; corner: boolean } {
    const { boxes } = this.time;
    const { scroller } = this;
    if (!boxes || !scroller) return { x: 0, top: 0, bottom: 0, corner: true };
    const bounds = scroller.getBoundingClientRect();
    const top = bounds.top + rowTop(this.place(scroller), boxes.depth[box]!);
    return { x: bounds.left + this.at.x, top, bottom: top + BOX, corner: this.hovered < 0 };
  }

  private place({ scrollTop, clientHeight }: HTMLElement): Place {
    return { upward: false, height: heightOf(this.time.rowCount, clientHeight), scrollTop, topRow: 0 };
  }

  /** Part of the whole time that is under a point of the window. */
  private partAt(x: number): number {
    const { x0, x1 } = this.time.viewport;
    return Math.min(1, Math.max(0, x0 + ((x - SIDE) / (this.scroller!.clientWidth - 2 * SIDE)) * (x1 - x0)));
  }

  private boxUnder(): number {
    const { boxes, viewport } = this.time;
    const { scroller } = this;
    if (!boxes || !scroller) return -1;
    const row = rowAt(this.place(scroller), this.at.y);
    if (row < 0) return -1;
    const slack = (viewport.x1 - viewport.x0) / (scroller.clientWidth - 2 * SIDE);
    return boxAt(boxes, Math.floor(row), viewport.x0 + (this.at.x - SIDE) * slack, slack);
  }

  private track(event: MouseEvent): void {
    const bounds = this.scroller!.getBoundingClientRect();
    this.at = { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  }

  private move(event: PointerEvent): void {
    this.track(event);
    const { press } = this;
    if (this.choosing) {
      this.choosing = { ...this.choosing, to: this.partAt(this.at.x) };
      this.changed();
      return;
    }
    if (press) {
      const [dx, dy] = [this.at.x - press.x, this.at.y - press.y];
      if (!press.dragging && Math.hypot(dx, dy) < DRAG_FROM) return;
      if (!press.dragging) this.scroller!.setPointerCapture(event.pointerId);
      press.dragging = true;
      this.scroller!.classList.add('dragging');
      this.scroller!.scrollTop = press.scroll - dy;
      this.pan(press.panX - this.at.x);
      press.panX = this.at.x;
      return;
    }
    this.hovered = this.at.x < this.scroller!.clientWidth ? this.boxUnder() : -1;
    this.scroller!.style.cursor = this.hovered >= 0 ? 'pointer' : '';
    this.changed();
  }

  private pan(pixels: number): void {
    const { viewport } = this.time;
    const width = this.scroller!.clientWidth - 2 * SIDE;
    if (pixels !== 0) this.time.setViewport(panBy(viewport, (pixels / width) * (viewport.x1 - viewport.x0)));
  }

  private down(event: PointerEvent): void {
    this.track(event);
    // The scrollbar's own presses are not ours, nor are those on a thread's head.
    if (event.button !== 0 || this.at.x >= this.scroller!.clientWidth || (event.target as Element).closest('button')) return;
    if (event.shiftKey) {
      this.scroller!.setPointerCapture(event.pointerId);
      this.choosing = { from: this.partAt(this.at.x), to: this.partAt(this.at.x) };
      return;
    }
    this.press = { x: this.at.x, y: this.at.y, panX: this.at.x, scroll: this.scroller!.scrollTop, dragging: false };
  }

  private up(event: PointerEvent): void {
    const { press, choosing } = this;
    this.cancel();
    if (choosing) {
      const { whole, viewport } = this.time;
      const [from, to] = [Math.min(choosing.from, choosing.to), Math.max(choosing.from, choosing.to)];
      if (!whole || to - from < (viewport.x1 - viewport.x0) / 400) return;
      const span = whole.to - whole.from;
      this.time.choose({ from: whole.from + from * span, to: whole.from + to * span });
      return;
    }
    if (!press || press.dragging) return;
    this.track(event);
    const box = this.boxUnder();
    this.time.select(box, false);
    if (box >= 0 && (event.ctrlKey || event.metaKey || event.altKey)) store.openSource(this.time.frameOf(box)?.func ?? -1, true);
  }

  private open(event: MouseEvent): void {
    if ((event.target as Element).closest('button')) return;
    this.track(event);
    store.openSource(this.time.frameOf(this.boxUnder())?.func ?? -1, false);
  }

  private cancel(): void {
    this.press = undefined;
    this.choosing = undefined;
    this.scroller?.classList.remove('dragging');
    this.changed();
  }

  /** Plain wheel scrolls (the scroller does that); with ctrl, which pinching sends too, it zooms; sideways it moves. */
  private wheel(event: WheelEvent): void {
    this.track(event);
    if (event.ctrlKey || event.metaKey) wheelZoom(this.time, event, (this.at.x - SIDE) / (this.scroller!.clientWidth - 2 * SIDE));
    else if (event.deltaX !== 0 || event.shiftKey) {
      event.preventDefault();
      this.pan(event.deltaX || event.deltaY);
    }
  }
}
