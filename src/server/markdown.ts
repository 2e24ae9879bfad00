/** Longest name that a hover or a lens shows. */
const LONGEST = 120;
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** A name from a profile on one line, shortened, with controls, bidi marks and other invisible characters written out. */
export function plain(text: string): string {
  const shown = text.replaceAll(invisible, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : shown;
}

/** A name from a profile as Markdown that can be nothing but text, inside a table too. */
export function escapeMarkdown(text: string): string {
  return plain(text)
    .replaceAll(/[\\`*_{}[\]<>|~&$#!@]/g, '\\$&')
    .replaceAll(/:(?=\/)/g, '\\:')
    .replaceAll(/(www)\./gi, '$1\\.');
}

/** A link that runs a command; arguments are encoded so that no character of theirs can end the link. */
export function commandLink(label: string, command: string, args: readonly unknown[]): string {
  const query = encodeURIComponent(JSON.stringify(args)).replaceAll(/[()'!*~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `[${escapeMarkdown(label)}](command:${command}?${query})`;
}
