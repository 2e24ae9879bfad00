import type { FlamePart } from '../../../src/core/model/flame.js';
import type { TreePlace } from '../../../src/protocol/webview.js';
import { announce } from '../../shared/announce.js';
import { formatCount, formatShare, formatValue, safeText, shortPath, t } from '../../shared/format.js';
import { reducedMotion } from '../../shared/theme.js';
import type { Crumb } from '../shell/subHeader.js';
import { sentence, store } from '../store.js';
import { type Boxes, boxByPath, callersOf, childrenOf, indexBoxes, type Step, stepFrom, widestOf } from './boxes.js';
import type { FlameSource } from './source.js';
import { around, between, type Viewport, WHOLE, zoomAt } from './viewport.js';

/** A box thinner than this (CSS px) is not asked for: in a whole picture, and in a window that is zoomed in. */
const THINNEST = 0.5;
const THINNEST_ZOOMED = 1;
const MOTION_MS = 140;

/** What a controller needs of the picture on the screen. */
export interface Surface {
  /** Draw again. */
  changed(): void;
  /** Scrolls to the first row. */
  scrollHome(): void;
  /** Rows scrolled past since the first one, may be a fraction. */
  rowsPast(): number;
}

/** What a flame graph shows and how one moves in it; the view draws it and feeds it with events. */
export class FlameController {
  boxes: Boxes | undefined;
  viewport: Viewport = WHOLE;
  topRow = 0;
  selected = -1;
  /** Value of the whole picture at its outermost root: what shares are shares of. */
  grandTotal = 0;
  loading = false;
  /** Nothing in the whole profile is the workspace's own code. */
  onlyLibraries = false;
  width = 1000;

  private turn = 0;
  /** Where thinner boxes are known than in all of the picture. */
  private part: FlamePart | undefined;
  private history: number[] = [];
  /** The way from the outermost frame to the root that is shown. */
  private trail: { readonly node: number; readonly func: number }[] = [];
  private endMotion: (() => void) | undefined;
  private frameRequest = 0;
  private refineTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly source: FlameSource,
    private readonly surface: Surface,
  ) {}

  dispose(): void {
    this.turn++;
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.refineTimer);
  }

  get inverted(): boolean {
    return this.source.inverted;
  }

  /** Less than the whole is shown. */
  get focused(): boolean {
    return (this.boxes?.root ?? this.source.home) !== this.source.home;
  }

  /** The way from the whole to what is shown, each place but the last with a way back to it. */
  get crumbs(): readonly Crumb[] {
    const { boxes } = this;
    if (!boxes) return [];
    const { home } = this.source;
    const path = boxes.path.map(({ node, name }) => ({ node, name: node === -1 ? t('all') : name }));
    if (home === -1 && boxes.root !== -1 && path[0]?.node !== -1) path.unshift({ node: -1, name: t('all') });
    const here = { label: boxes.root === -1 ? t('all') : (this.frameOf(0)?.name ?? ''), go: undefined };
    return [...path.map(({ node, name }) => ({ label: name, go: () => void this.focusNode(node) })), here];
  }

  /** Node of the selected box; undefined where none is. */
  get selectedNode(): number | undefined {
    return this.boxes?.node[this.selected];
  }

  /** Loads the whole anew, after the view changed: node ids are void then, so focus and selection are found by function. */
  async reload(): Promise<void> {
    const path = this.source.focus;
    const { home } = this.source;
    this.history = [];
    const boxes = await this.fetch(home, THINNEST / this.width, () => this.reload());
    if (!boxes) return;
    // Now, not before: keys went on in the old picture meanwhile.
    const func = this.funcOf(this.selected) ?? store.selected;
    this.grandTotal = (boxes.columns as { readonly whole?: number }).whole ?? boxes.rootValue;
    this.onlyLibraries = boxes.frames.every((frame) => frame.library);
    this.show(boxes);
    this.selected = func === null ? -1 : widestOf(boxes, func);
    const at = path.length > 0 ? boxByPath(boxes, path) : 0;
    if (at > 0) await this.focus(at);
    this.surface.changed();
  }

  toggleInverted(): void {
    if (!this.source.invert) return;
    this.source.invert();
    announce(t(this.inverted ? 'Inverted: each function first, its callers below.' : 'Upright: callers above, callees below.'));
    void this.reload();
  }

  /** Makes a box the root: the old picture stretches at once, the finer one replaces it when it comes. */
  async focus(box: number): Promise<void> {
    const boxes = this.boxes;
    if (!boxes || box < 0) return;
    const node = boxes.node[box]!;
    if (node === boxes.root) return this.reset();
    const [from, fromRow] = [this.viewport, this.topRow + this.surface.rowsPast()];
    const target = { x0: boxes.x[box]!, x1: boxes.x[box]! + boxes.w[box]! };
    const depth = boxes.depth[box]!;
    this.surface.scrollHome();
    const motion = this.animate((part) => {
      this.viewport = between(from, target, part);
      this.topRow = fromRow + (depth - fromRow) * part;
    });
    const fetched = this.fetch(node, THINNEST / this.width, () => this.focus(box));
    const [fresh] = await Promise.all([fetched, motion]);
    if (!fresh) {
      if (this.boxes === boxes && !this.loading) this.show(boxes);
      return;
    }
    this.history.push(boxes.root);
    this.show(fresh);
    this.remember();
  }

  /** Back to an earlier or outer root; the picture shrinks to its place in the wider one. */
  async focusNode(node: number): Promise<void> {
    const before = this.boxes;
    if (!before || node === before.root) return this.reset();
    const fresh = await this.fetch(node, THINNEST / this.width, () => this.focusNode(node));
    if (!fresh) return;
    this.show(fresh);
    this.remember();
    const was = indexOfNode(fresh, before.root);
    if (was > 0) {
      const from = { x0: fresh.x[was]!, x1: fresh.x[was]! + fresh.w[was]! };
      await this.animate((part) => {
        this.viewport = between(from, WHOLE, part);
      });
    }
  }

  /** One step back: first out of the zoomed window, then to the root before; false when there is nothing to go back to. */
  back(): boolean {
    if (this.viewport.x1 - this.viewport.x0 < 1) {
      this.reset();
      return true;
    }
    const before = this.history.pop() ?? (this.focused ? this.source.home : undefined);
    if (before === undefined || !this.boxes) return false;
    void this.focusNode(before);
    return true;
  }

  /** Shows the whole again. */
  resetAll(): void {
    this.history = [];
    if (this.focused) void this.focusNode(this.source.home);
    else this.reset();
    this.surface.scrollHome();
  }

  private reset(): void {
    const from = this.viewport;
    void this.animate((part) => {
      this.viewport = between(from, WHOLE, part);
    });
  }

  zoom(at: number, factor: number): void {
    this.setViewport(zoomAt(this.viewport, at, factor));
  }

  setViewport(view: Viewport): void {
    this.viewport = view;
    this.surface.changed();
    clearTimeout(this.refineTimer);
    this.refineTimer = setTimeout(() => void this.refine(), 150);
  }

  /**
   * Asks for thinner boxes when the window zoomed in, moved or grew so far that some that would be seen are missing: for those
   * in and beside the window, since all of a large profile would be more than a page can hold.
   */
  async refine(): Promise<void> {
    const { boxes, part, viewport, width } = this;
    if (!boxes || this.loading) return;
    const zoomed = viewport.x1 - viewport.x0;
    const needed = zoomed < 1 ? (THINNEST_ZOOMED / width) * zoomed : THINNEST / width;
    const isPart = this.source.hasParts === true && zoomed < 1;
    const known = part && part.from <= viewport.x0 && part.to >= viewport.x1 ? part.minFraction : boxes.minFraction;
    if (needed > known * 0.7) return;
    const wanted = isPart ? { ...around(viewport), minFraction: needed } : undefined;
    const fresh = await this.fetch(boxes.root, isPart ? THINNEST / width : needed, () => this.refine(), wanted);
    if (!fresh || this.boxes !== boxes) return;
    const node = this.selected >= 0 ? boxes.node[this.selected]! : undefined;
    this.boxes = fresh;
    this.part = wanted;
    this.selected = node === undefined ? -1 : indexOfNode(fresh, node);
    this.surface.changed();
  }

  select(box: number, speak: boolean): void {
    this.selected = box;
    const func = this.funcOf(box);
    if (func !== null && func >= 0) store.select(func, this.placeOf(box));
    else store.select(null);
    if (box >= 0 && speak) announce(this.describe(box));
    this.surface.changed();
  }

  /** Another view selected a function: its widest box is outlined and brought into sight, nothing is zoomed. */
  reveal(func: number, speak: boolean): void {
    if (!this.boxes || this.funcOf(this.selected) === func) return;
    this.selected = widestOf(this.boxes, func);
    if (this.selected >= 0 && speak) announce(this.describe(this.selected));
    this.surface.changed();
  }

  walk(step: Step): boolean {
    if (!this.boxes) return false;
    const next = this.selected < 0 ? stepFrom(this.boxes, -1, 'first') : stepFrom(this.boxes, this.selected, step);
    if (next >= 0) this.select(next, true);
    return next >= 0;
  }

  /** Selects the next (1) or previous (-1) box in the picture whose function matches the search. */
  walkMatches(direction: 1 | -1): void {
    const { boxes } = this;
    if (!boxes || !store.matches) return;
    for (let i = 1; i <= boxes.count; i++) {
      const box = (Math.max(this.selected, 0) + direction * i + boxes.count * 2) % boxes.count;
      if (store.matches.funcs.has(this.funcOf(box) ?? -1)) {
        this.select(box, true);
        return;
      }
    }
    announce(t('No box in this picture matches.'));
  }

  frameOf(box: number): Boxes['frames'][number] | undefined {
    return this.boxes?.frames[this.boxes.frame[box] ?? -1];
  }

  totalOf(box: number): number {
    return this.boxes ? this.boxes.w[box]! * this.boxes.rootValue : 0;
  }

  /** A box as a sentence: `quote, pricing.py line 5, 61.0 % of the profile, self 12.0 %, level 4, 2 callees`. */
  describe(box: number): string {
    const { boxes } = this;
    const frame = this.frameOf(box);
    if (!boxes || !frame) return '';
    const share = (value: number) => formatShare(this.grandTotal > 0 ? value / this.grandTotal : 0);
    const parts = [safeText(frame.name)];
    const file = safeText(shortPath(frame.file)).split('/').at(-1);
    if (file) parts.push(frame.line > 0 ? t('{0} line {1}', file, frame.line) : file);
    parts.push(t('{0} of the profile', share(this.totalOf(box))), t('self {0}', share(boxes.self[box]!)));
    parts.push(t('level {0}', boxes.path.length + boxes.depth[box]! + 1));
    const below = childrenOf(boxes, box).length;
    parts.push(boxes.inverted ? callersText(below) : calleesText(below));
    return [...parts, ...(this.source.describe?.(box) ?? [])].join(', ');
  }

  /** Total and self of a box: `total 610 ms (61.0 %), self 120 ms`. */
  figures(box: number): string {
    const total = this.totalOf(box);
    const share = formatShare(this.grandTotal > 0 ? total / this.grandTotal : 0);
    return t('total {0} ({1}), self {2}', formatValue(total, store.unit), share, formatValue(this.boxes?.self[box] ?? 0, store.unit));
  }

  /** Names from the outermost frame to the box: what Copy puts on the clipboard. */
  stackText(box: number): string {
    const { boxes } = this;
    if (!boxes || box < 0) return '';
    const inside = [...callersOf(boxes, box), box].map((at) => this.frameOf(at)?.name ?? '');
    return [...boxes.path.map((step) => step.name), ...inside].map(safeText).join('\n');
  }

  private funcOf(box: number): number | null {
    return this.frameOf(box)?.func ?? null;
  }

  /** The node of the call tree that a box is, where the picture is of that. */
  private placeOf(box: number): TreePlace | null {
    const { boxes } = this;
    if (!boxes || !this.source.isCallTree) return null;
    const inside = box === 0 ? [] : [...callersOf(boxes, box).slice(1), box];
    const path = [...this.trail.map(({ func }) => func), ...inside.map((at) => this.funcOf(at) ?? -1)];
    return { path, inverted: boxes.inverted, name: this.frameOf(box)?.name ?? '' };
  }

  private show(boxes: Boxes): void {
    const node = this.boxes && this.selected >= 0 ? this.boxes.node[this.selected] : undefined;
    const func = this.funcOf(this.selected);
    this.boxes = boxes;
    this.part = undefined;
    this.viewport = WHOLE;
    this.topRow = 0;
    this.surface.scrollHome();
    if (node !== undefined) {
      this.selected = indexOfNode(boxes, node);
      if (this.selected < 0 && func !== null && func >= 0) this.selected = widestOf(boxes, func);
    }
    this.surface.changed();
  }

  /** Keeps the way to the focus as functions, so that the page finds it again after a reload. */
  private remember(): void {
    this.source.keepFocus(this.trail.map((step) => step.func));
  }

  private trailTo(root: number, before: Boxes | undefined, from: number): typeof this.trail {
    if (root === this.source.home || !before) return [];
    if (from > 0) {
      const steps = [...callersOf(before, from), from].slice(1);
      return [...this.trail, ...steps.map((box) => ({ node: before.node[box]!, func: this.funcOf(box) ?? -1 }))];
    }
    return this.trail.slice(0, this.trail.findIndex((step) => step.node === root) + 1);
  }

  private async fetch(root: number, minFraction: number, retry: () => unknown, part?: FlamePart): Promise<Boxes | undefined> {
    const turn = ++this.turn;
    const before = this.boxes;
    const from = before ? indexOfNode(before, root) : -1;
    const name = from >= 0 ? this.frameOf(from)?.name : before?.path.find((step) => step.node === root)?.name;
    this.loading = true;
    this.surface.changed();
    try {
      const { inverted } = this;
      const columns = await this.source.load(root, minFraction, part);
      if (turn !== this.turn) return undefined;
      const boxes = indexBoxes(columns, inverted, minFraction, root === -1 ? undefined : name);
      this.trail = this.trailTo(root, before, from);
      return boxes;
    } catch (error) {
      if (turn === this.turn) store.fail(sentence(error), () => void retry());
      return undefined;
    } finally {
      if (turn === this.turn) {
        this.loading = false;
        this.surface.changed();
      }
    }
  }

  /** Runs `step` with 0..1 over a short time; at once to 1 where the user wants no motion. */
  private animate(step: (part: number) => void): Promise<void> {
    cancelAnimationFrame(this.frameRequest);
    this.endMotion?.();
    this.endMotion = undefined;
    if (reducedMotion()) {
      step(1);
      this.surface.changed();
      return Promise.resolve();
    }
    const start = performance.now();
    return new Promise((resolve) => {
      this.endMotion = resolve;
      const tick = () => {
        const part = Math.min(1, (performance.now() - start) / MOTION_MS);
        step(1 - (1 - part) ** 3);
        this.surface.changed();
        if (part < 1) this.frameRequest = requestAnimationFrame(tick);
        else resolve();
      };
      tick();
    });
  }
}

function callersText(count: number): string {
  return count === 0 ? t('no callers') : t(count === 1 ? '{0} caller' : '{0} callers', formatCount(count));
}

function calleesText(count: number): string {
  return count === 0 ? t('no callees') : t(count === 1 ? '{0} callee' : '{0} callees', formatCount(count));
}

export function indexOfNode(boxes: Boxes, node: number): number {
  return boxes.node.indexOf(node);
}
