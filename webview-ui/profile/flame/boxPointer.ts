import { type Boxes, boxAt } from './boxes.js';
import { BOX, type Place, rowAt, rowTop, SIDE } from './place.js';
import { panBy, type Viewport } from './viewport.js';

/** Movement (CSS px) that makes a press a drag. */
const DRAG_FROM = 4;

/** A picture of boxes that is moved and zoomed sideways. */
export interface Movable {
  readonly boxes: Boxes | undefined;
  readonly viewport: Viewport;
  setViewport(view: Viewport): void;
  /** Zooms by a factor (< 1 is in) around a part of the whole. */
  zoom(at: number, factor: number): void;
}

/** Zooms by a wheel, or by pinching, which comes as a wheel with ctrl. @param part of the window, 0..1, that stays where it is */
export function wheelZoom(picture: Movable, event: WheelEvent, part: number): void {
  event.preventDefault();
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
  const delta = Math.max(-120, Math.min(120, event.deltaY * lines));
  const { x0, x1 } = picture.viewport;
  picture.zoom(x0 + Math.min(1, Math.max(0, part)) * (x1 - x0), 2 ** (delta / 150));
}

/** Mouse, pen, touch and wheel on a picture of boxes: what they are over, dragging and zooming. What a click means is the picture's own. */
export abstract class BoxPointer<P extends Movable> {
  /** The box under the pointer, -1 for none. */
  hovered = -1;
  protected at = { x: 0, y: 0 };
  protected scroller: HTMLElement | undefined;
  private press: { x: number; y: number; panX: number; scroll: number; dragging: boolean } | undefined;

  constructor(
    protected readonly picture: P,
    protected readonly changed: () => void,
  ) {}

  /** While the picture is dragged no card is shown. */
  get busy(): boolean {
    return this.press?.dragging ?? false;
  }

  /** Listens on the picture's scroller. Gives what undoes it. */
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
    return () => abort.abort();
  }

  leave(): void {
    this.hovered = -1;
    this.changed();
  }

  /** Where the card belongs, in the window: by the pointer, or in a corner for a box chosen by key. */
  anchor(box: number): { x: number; top: number; bottom: number; corner: boolean } {
    const { scroller } = this;
    const { boxes } = this.picture;
    if (!boxes || !scroller) return { x: 0, top: 0, bottom: 0, corner: true };
    const bounds = scroller.getBoundingClientRect();
    const top = bounds.top + rowTop(this.place(scroller), boxes.depth[box]!);
    return { x: bounds.left + this.at.x, top, bottom: top + BOX, corner: this.hovered < 0 };
  }

  /** How the rows lie in the scroller now. */
  protected abstract place(scroller: HTMLElement): Place;

  /** A press without a drag. @param box -1 where there is none */
  protected abstract click(box: number, event: PointerEvent): void;

  /** Whether a click on the box does something. */
  protected isTarget(box: number): boolean {
    return box >= 0;
  }

  protected get inner(): number {
    return this.scroller!.clientWidth - 2 * SIDE;
  }

  protected boxUnder({ x, y } = this.at): number {
    const { scroller } = this;
    const { boxes, viewport } = this.picture;
    if (!boxes || !scroller) return -1;
    const row = rowAt(this.place(scroller), y);
    if (row < 0) return -1;
    const perPixel = (viewport.x1 - viewport.x0) / this.inner;
    return boxAt(boxes, Math.floor(row), viewport.x0 + (x - SIDE) * perPixel, perPixel);
  }

  protected track(event: MouseEvent): void {
    const bounds = this.scroller!.getBoundingClientRect();
    this.at = { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  }

  protected move(event: PointerEvent): void {
    this.track(event);
    const { press } = this;
    const scroller = this.scroller!;
    if (press) {
      const [dx, dy] = [this.at.x - press.x, this.at.y - press.y];
      if (!press.dragging && Math.hypot(dx, dy) < DRAG_FROM) return;
      if (!press.dragging) scroller.setPointerCapture(event.pointerId);
      press.dragging = true;
      scroller.classList.add('dragging');
      scroller.scrollTop = press.scroll - dy;
      this.pan(press.panX - this.at.x);
      press.panX = this.at.x;
      return;
    }
    this.hovered = this.at.x < scroller.clientWidth ? this.boxUnder() : -1;
    scroller.style.cursor = this.isTarget(this.hovered) ? 'pointer' : '';
    this.changed();
  }

  protected down(event: PointerEvent): void {
    this.track(event);
    if (this.isOurs(event)) {
      this.press = { x: this.at.x, y: this.at.y, panX: this.at.x, scroll: this.scroller!.scrollTop, dragging: false };
    }
  }

  /** The scrollbar's own presses are not ours, nor are those on a thread's head. */
  protected isOurs(event: PointerEvent): boolean {
    return event.button === 0 && this.at.x < this.scroller!.clientWidth && !(event.target as Element).closest('button');
  }

  protected up(event: PointerEvent): void {
    const { press } = this;
    this.cancel();
    if (!press || press.dragging) return;
    this.track(event);
    this.click(this.boxUnder(press), event);
  }

  protected cancel(): void {
    this.press = undefined;
    this.scroller?.classList.remove('dragging');
    this.changed();
  }

  private pan(pixels: number): void {
    const { viewport } = this.picture;
    if (pixels !== 0) this.picture.setViewport(panBy(viewport, (pixels / this.inner) * (viewport.x1 - viewport.x0)));
  }

  /** Plain wheel scrolls (the scroller does that); with ctrl, which pinching sends too, it zooms; sideways it moves. */
  private wheel(event: WheelEvent): void {
    this.track(event);
    if (event.ctrlKey || event.metaKey) wheelZoom(this.picture, event, (this.at.x - SIDE) / this.inner);
    else if (event.deltaX !== 0 || event.shiftKey) {
      event.preventDefault();
      this.pan(event.deltaX || event.deltaY);
    }
  }
}
