export { t } from '../../src/core/l10n.js';
export { fixed, formatCount, formatSeconds, formatShare, formatValue, typeLabel } from '../../src/core/model/units.js';

/** Control and direction-changing characters shown as visible stand-ins, so that a name cannot rearrange what is around it. */
export function safeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be neutralised
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd');
}

/** cProfile's stand-in for the file of a function that has none. */
const NO_FILE = '~';

/** The end of a path that tells files apart: the last two parts, the whole for pseudo files such as `<frozen runpy>`. */
export function shortPath(path: string): string {
  if (path === NO_FILE) return '';
  if (path.startsWith('<')) return path;
  const parts = path.split(/[\\/]/).filter(Boolean);
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2);
  return before === undefined ? last : `${before}/${last}`;
}

/** `shop/pricing.py:5`, without the line where it is unknown. */
export function placeOf(frame: { file: string; line: number }, full = false): string {
  const file = safeText(full && frame.file !== NO_FILE ? frame.file : shortPath(frame.file));
  return frame.line > 0 && file !== '' ? `${file}:${frame.line}` : file;
}

/** Names that cProfile gives to built-ins: `<built-in method builtins.compile>`, `<method 'findall' of 're.Pattern' objects>`. */
const BUILT_IN = /^<(?:built-in )?(?:method|function) '?([^\s'>]+)'?(?: of [^>]*)?>$/;

/** `Customer.pay` as `pay`, cProfile's built-ins by their names alone, for where the whole has no room; other names with blanks stay. */
export function shortName(name: string): string {
  const known = BUILT_IN.exec(name)?.[1] ?? name;
  return /\s/.test(known) ? known : (known.split('.').findLast((part) => part !== '' && part !== '<locals>') ?? known);
}
