import { store } from '../store.js';
import { boxAt } from './boxes.js';
import type { FlameController } from './controller.js';
import { BOX, heightOf, type Place, rowAt, rowTop, SIDE } from './place.js';
import { panBy } from './viewport.js';

/** A click waits this long for a second one, so that opening a source doesn't zoom first. */
const DOUBLE_MS = 190;
/** Movement (CSS px) that makes a press a drag. */
const DRAG_FROM = 4;

/** Mouse, pen, touch and wheel on the flame graph. Holds what the pointer is over. */
export class Pointer {
  hovered = -1;
  private at = { x: 0, y: 0 };
  private press: { x: number; y: number; panX: number; scroll: number; dragging: boolean } | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private clicked = -1;
  private scroller: HTMLElement | undefined;

  constructor(
    private readonly flame: FlameController,
    private readonly upward: boolean,
    private readonly changed: () => void,
  ) {}

  /** While the picture is dragged no card is shown. */
  get busy(): boolean {
    return this.press?.dragging ?? false;
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
    scroller.addEventListener('wheel', (event) => this.wheel(event), { signal, passive: false });
    return () => {
      abort.abort();
      clearTimeout(this.waiting);
    };
  }

  leave(): void {
    this.hovered = -1;
    this.changed();
  }

  scrolled(): void {
    if (this.hovered >= 0) this.hovered = this.boxUnder(this.at.x, this.at.y);
    this.changed();
  }

  /** Where the card belongs, in the window: by the pointer, or in a corner for a box chosen by key. */
  anchor(box: number): { x: number; top: number; bottom: number; corner: boolean } {
    const { boxes } = this.flame;
    const { scroller } = this;
    if (!boxes || !scroller) return { x: 0, top: 0, bottom: 0, corner: true };
    const bounds = scroller.getBoundingClientRect();
    const top = bounds.top + rowTop(this.place(scroller), boxes.depth[box]!);
    return { x: bounds.left + this.at.x, top, bottom: top + BOX, corner: this.hovered < 0 };
  }

  private place({ scrollTop, clientHeight }: HTMLElement): Place {
    const { boxes, topRow } = this.flame;
    return { upward: this.upward, height: heightOf(boxes?.rows.length ?? 0, clientHeight), scrollTop, topRow };
  }

  private boxUnder(x: number, y: number): number {
    const { boxes, viewport } = this.flame;
    const scroller = this.scroller;
    if (!boxes || !scroller) return -1;
    const row = rowAt(this.place(scroller), y);
    if (row < 0) return -1;
    const perPixel = (viewport.x1 - viewport.x0) / (scroller.clientWidth - 2 * SIDE);
    return boxAt(boxes, Math.floor(row), viewport.x0 + (x - SIDE) * perPixel, perPixel);
  }

  private track(event: MouseEvent): void {
    const bounds = this.scroller!.getBoundingClientRect();
    this.at = { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  }

  private move(event: PointerEvent): void {
    this.track(event);
    const { press } = this;
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
    const overCanvas = this.at.x < this.scroller!.clientWidth;
    const hovered = overCanvas ? this.boxUnder(this.at.x, this.at.y) : -1;
    this.scroller!.style.cursor = hovered > 0 ? 'pointer' : '';
    this.hovered = hovered;
    this.changed();
  }

  private pan(pixels: number): void {
    const { viewport } = this.flame;
    const width = this.scroller!.clientWidth - 2 * SIDE;
    if (pixels !== 0) this.flame.setViewport(panBy(viewport, (pixels / width) * (viewport.x1 - viewport.x0)));
  }

  private down(event: PointerEvent): void {
    this.track(event);
    // The scrollbar's own presses are not ours.
    if (event.button !== 0 || this.at.x >= this.scroller!.clientWidth) return;
    this.press = { x: this.at.x, y: this.at.y, panX: this.at.x, scroll: this.scroller!.scrollTop, dragging: false };
  }

  private up(event: PointerEvent): void {
    const { press } = this;
    this.cancel();
    if (!press || press.dragging) return;
    this.track(event);
    this.click(this.boxUnder(press.x, press.y), event);
  }

  private cancel(): void {
    this.press = undefined;
    this.scroller?.classList.remove('dragging');
    this.changed();
  }

  private click(box: number, event: PointerEvent): void {
    const second = this.waiting !== undefined;
    clearTimeout(this.waiting);
    this.waiting = undefined;
    if (box < 0) return;
    const func = this.flame.frameOf(box)?.func ?? -1;
    this.flame.select(box, false);
    if (event.ctrlKey || event.metaKey || event.altKey) {
      store.openSource(func, true);
      return;
    }
    if (second && box === this.clicked) {
      store.openSource(func, false);
      return;
    }
    this.clicked = box;
    this.waiting = setTimeout(() => {
      this.waiting = undefined;
      if (box !== 0) {
        this.hovered = -1;
        void this.flame.focus(box);
      }
    }, DOUBLE_MS);
  }

  /** Plain wheel scrolls (the scroller does that); with ctrl, which pinching sends too, it zooms; sideways it pans. */
  private wheel(event: WheelEvent): void {
    this.track(event);
    const { viewport } = this.flame;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
      const delta = Math.max(-120, Math.min(120, event.deltaY * lines));
      const width = this.scroller!.clientWidth - 2 * SIDE;
      const part = Math.min(1, Math.max(0, (this.at.x - SIDE) / width));
      this.flame.zoom(viewport.x0 + part * (viewport.x1 - viewport.x0), 2 ** (delta / 150));
    } else if (event.deltaX !== 0 || event.shiftKey) {
      event.preventDefault();
      this.pan(event.deltaX || event.deltaY);
    }
  }
}
