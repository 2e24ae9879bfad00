/** Something that can be expected to go wrong, said in one sentence with the next step. Shown once, by the command wrapper. */
export class UserError extends Error {
  /** @param code short stable id, e.g. `no-interpreter` @param actions button titles with the command they run */
  constructor(
    readonly code: string,
    message: string,
    readonly actions: readonly { readonly title: string; readonly command: string; readonly args?: readonly unknown[] }[] = [],
  ) {
    super(message);
    this.name = 'UserError';
  }
}

/** What a file says may stand in a sentence for people: control characters and those that turn the direction of text do not get there. */
export function clean(sentence: string): string {
  return sentence.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** A file that cannot be read. `message` is one sentence without the file's name; `offset` in bytes where known. */
export class ReadError extends Error {
  constructor(
    /** `empty` · `truncated` · `corrupt` · `unknown-format` · `too-large` · `unsupported` · `io` */
    readonly code: string,
    message: string,
    readonly offset?: number,
    readonly detail?: string,
  ) {
    super(clean(message));
    this.name = 'ReadError';
  }
}
