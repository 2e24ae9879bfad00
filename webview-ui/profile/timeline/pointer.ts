import { BoxPointer } from '../flame/boxPointer.js';
import { heightOf, type Place, SIDE } from '../flame/place.js';
import { store } from '../store.js';
import type { TimelineController } from './controller.js';

/** Mouse, pen, touch and wheel on the lanes: drag moves, with shift it chooses a stretch of time. */
export class TimelinePointer extends BoxPointer<TimelineController> {
  /** Both ends (parts of the whole) of the stretch that is being chosen. */
  choosing: { from: number; to: number } | undefined;

  override get busy(): boolean {
    return super.busy || this.choosing !== undefined;
  }

  override attach(scroller: HTMLElement): () => void {
    const leave = super.attach(scroller);
    const open = (event: MouseEvent) => this.open(event);
    scroller.addEventListener('dblclick', open);
    return () => {
      leave();
      scroller.removeEventListener('dblclick', open);
    };
  }

  protected place({ scrollTop, clientHeight }: HTMLElement): Place {
    return { upward: false, height: heightOf(this.picture.rowCount, clientHeight), scrollTop, topRow: 0 };
  }

  /** Part of the whole time that is under a point of the window. */
  private partAt(x: number): number {
    const { x0, x1 } = this.picture.viewport;
    return Math.min(1, Math.max(0, x0 + ((x - SIDE) / this.inner) * (x1 - x0)));
  }

  protected override move(event: PointerEvent): void {
    const { choosing } = this;
    if (!choosing) {
      super.move(event);
      return;
    }
    this.track(event);
    this.choosing = { ...choosing, to: this.partAt(this.at.x) };
    this.changed();
  }

  protected override down(event: PointerEvent): void {
    if (!event.shiftKey) {
      super.down(event);
      return;
    }
    this.track(event);
    if (!this.isOurs(event)) return;
    this.scroller!.setPointerCapture(event.pointerId);
    this.choosing = { from: this.partAt(this.at.x), to: this.partAt(this.at.x) };
  }

  protected override up(event: PointerEvent): void {
    const { choosing } = this;
    if (!choosing) {
      super.up(event);
      return;
    }
    this.cancel();
    const { whole, viewport } = this.picture;
    const [from, to] = [Math.min(choosing.from, choosing.to), Math.max(choosing.from, choosing.to)];
    if (!whole || to - from < (viewport.x1 - viewport.x0) / 400) return;
    const span = whole.to - whole.from;
    this.picture.choose({ from: whole.from + from * span, to: whole.from + to * span });
  }

  protected override cancel(): void {
    this.choosing = undefined;
    super.cancel();
  }

  protected click(box: number, event: PointerEvent): void {
    this.picture.select(box, false);
    if (box >= 0 && (event.ctrlKey || event.metaKey || event.altKey)) store.openSource(this.picture.frameOf(box)?.func ?? -1, true);
  }

  private open(event: MouseEvent): void {
    if ((event.target as Element).closest('button')) return;
    this.track(event);
    store.openSource(this.picture.frameOf(this.boxUnder())?.func ?? -1, false);
  }
}
