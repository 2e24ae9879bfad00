import type { FlamePart } from '../../../src/core/model/flame.js';
import type { FlameColumns } from '../../../src/protocol/lsp.js';
import { ask } from '../../shared/boot.js';
import { store } from '../store.js';

/** Where a picture's boxes come from, and what of it outlives the page. */
export interface FlameSource {
  /** Node that the whole picture hangs from: -1 for a profile. */
  readonly home: number;
  /** Callers hang below their callees. */
  readonly inverted: boolean;
  /**
   * Boxes under a node that are at least that fraction of it wide, in a part of the picture narrower ones as well. Further
   * columns may stand in the answer, box by box (`Boxes.columns`). `whole` is what shares are shares of, where that is not the picture itself. Rejects with a sentence.
   */
  load(root: number, minFraction: number, part?: FlamePart): Promise<FlameColumns & { readonly whole?: number }>;
  /** Functions from `home` to the node that was the root when the page was left: node ids don't survive, functions do. */
  readonly focus: readonly number[];
  keepFocus(path: readonly number[]): void;
  /** `load` knows parts. */
  readonly hasParts?: boolean;
  /** Its boxes are nodes of the view's call tree. */
  readonly isCallTree?: boolean;
  /** Turns the picture round; absent where it has one side only. */
  invert?(): void;
  /** Says of a box what is to be heard beside name and figures. */
  describe?(box: number): readonly string[];
}

/** The call tree of the whole view. */
export const profileSource: FlameSource = {
  home: -1,
  isCallTree: true,
  hasParts: true,
  get inverted() {
    return store.saved.inverted ?? false;
  },
  load(root, minFraction, part) {
    const { inverted } = this;
    return ask('profile/flame', { view: store.view, root, minFraction, ...(inverted ? { inverted } : {}), ...(part ? { part } : {}) });
  },
  get focus() {
    return store.saved.focus ?? [];
  },
  keepFocus(focus) {
    store.save({ focus: [...focus] });
    store.changed();
  },
  invert() {
    store.save({ inverted: !this.inverted, focus: [] });
    store.changed();
  },
};
