import type { ProfileBuilder } from '../../model/builder.js';

/**
 * Turns frames that open and close at times into samples: one per span between two events, with the frames that are open.
 * Time with nothing open is left out. What does not fit is repaired, and said in one warning per kind:
 * a frame that closes below others closes those too; one that was never open is left out; time does not run backwards.
 */
export class SpanStack {
  private readonly stacks: number[] = [];
  private readonly keys: number[] = [];
  /** How often each key is open. */
  private readonly opened = new Map<number, number>();
  private now = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly builder: ProfileBuilder,
    /** Takes a span that is longer than nothing. */
    private readonly span: (stack: number, from: number, to: number) => void,
  ) {}

  get depth(): number {
    return this.stacks.length;
  }

  /** Opens a frame. @param location -1: the time counts for the frame around @param key says which frame closes again */
  open(location: number, key: number, at: number): void {
    this.advance(at);
    const outer = this.stacks.at(-1) ?? -1;
    this.stacks.push(location < 0 ? outer : this.builder.stack(outer, location));
    this.keys.push(key);
    this.opened.set(key, (this.opened.get(key) ?? 0) + 1);
  }

  /** Closes the innermost frame with this key. */
  close(key: number, at: number): void {
    if (!this.opened.get(key)) {
      this.builder.warn('Some frames end that never began; they are left out.');
      return;
    }
    this.advance(at);
    if (this.keys.at(-1) !== key) this.builder.warn('Some frames end before the frames that they called; those are ended with them.');
    while (this.pop() !== key);
  }

  /** Closes the innermost frame, whichever it is. */
  closeTop(at: number): void {
    this.advance(at);
    this.pop();
  }

  private pop(): number {
    this.stacks.pop();
    const key = this.keys.pop()!;
    this.opened.set(key, this.opened.get(key)! - 1);
    return key;
  }

  /** Goes on to a time; a time that is no number or lies back is taken for now. */
  advance(at: number): void {
    if (at > this.now) {
      if (this.stacks.length > 0) this.span(this.stacks.at(-1)!, this.now, at);
      this.now = at;
    } else if (at !== this.now) this.builder.warn('Some events lie before the ones that they follow; they count from there on.');
  }

  /** Ends the recording: what is still open lasts until then. */
  end(at: number): void {
    if (this.stacks.length === 0) return;
    this.builder.warn('Some frames never end; they last until the end of the recording.');
    if (at > this.now) this.advance(at);
  }
}
