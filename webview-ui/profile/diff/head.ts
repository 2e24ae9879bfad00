import type { Crumb } from '../shell/subHeader.js';

/** What the row above needs of the picture or tree that is shown. */
export interface Head {
  readonly crumbs: readonly Crumb[];
  toggleInverted(): void;
  /** Opens the way along which most changed. */
  hotPath?(): void;
}
