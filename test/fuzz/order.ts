/** What a child process is asked to do: cases `first`, `first + step` … below `end`. */
export interface Order {
  readonly corpus: string;
  /** Only fixtures with this in their name. */
  readonly only: string;
  readonly seed: number;
  readonly first: number;
  readonly step: number;
  readonly end: number;
  /** How large attacks are, see `hostile`. */
  readonly million: number;
}

/** One line of JSON that a child writes; `begin` is there before the case runs, whatever the case does to the process. */
export type Line =
  | { readonly begin: number; readonly name: string }
  | { readonly end: number; readonly kind: string; readonly what: string; readonly samples: number; readonly reading: number }
  | { readonly bug: number; readonly message: string };

/** Exit status that asks for a new process. */
export const RENEW = 75;
