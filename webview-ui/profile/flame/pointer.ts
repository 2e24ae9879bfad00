import { store } from '../store.js';
import { BoxPointer } from './boxPointer.js';
import type { FlameController } from './controller.js';
import { heightOf, type Place } from './place.js';

/** A click waits this long for a second one, so that opening a source doesn't zoom first. */
export const DOUBLE_MS = 190;

/** Mouse, pen, touch and wheel on the flame graph: a click zooms, a double one opens the source. */
export class Pointer extends BoxPointer<FlameController> {
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private clicked = -1;

  constructor(
    flame: FlameController,
    private readonly upward: boolean,
    changed: () => void,
  ) {
    super(flame, changed);
  }

  override attach(scroller: HTMLElement): () => void {
    const leave = super.attach(scroller);
    return () => {
      leave();
      clearTimeout(this.waiting);
    };
  }

  scrolled(): void {
    if (this.hovered >= 0) this.hovered = this.boxUnder();
    this.changed();
  }

  protected place({ scrollTop, clientHeight }: HTMLElement): Place {
    const { boxes, topRow } = this.picture;
    return { upward: this.upward, height: heightOf(boxes?.rows.length ?? 0, clientHeight), scrollTop, topRow };
  }

  /** The root is shown already. */
  protected override isTarget(box: number): boolean {
    return box > 0;
  }

  protected click(box: number, event: PointerEvent): void {
    const second = this.waiting !== undefined;
    clearTimeout(this.waiting);
    this.waiting = undefined;
    if (box < 0) return;
    const func = this.picture.frameOf(box)?.func ?? -1;
    this.picture.select(box, false);
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
        void this.picture.focus(box);
      }
    }, DOUBLE_MS);
  }
}
