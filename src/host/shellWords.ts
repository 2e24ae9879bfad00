/**
 * Splits what a user types as arguments into words, as a POSIX shell would: blanks separate, quotes join, a backslash takes the
 * next character as it is. Backslashes stay as they are on Windows, where they are in paths. Variables and globs mean nothing here.
 */
export function splitWords(text: string, platform: NodeJS.Platform): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    const next = text[i + 1];
    if (quote) {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && (next === '"' || (next === '\\' && platform !== 'win32'))) word = (word ?? '') + text[++i];
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '\\' && platform !== 'win32' && next !== undefined) {
      word = (word ?? '') + text[++i];
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The inverse of `splitWords`, for showing arguments in an input box. */
export function joinWords(words: readonly string[], platform: NodeJS.Platform): string {
  return words.map((word) => (word !== '' && /^[^\s'"\\]+$/.test(word) ? word : quoted(word, platform))).join(' ');
}

function quoted(word: string, platform: NodeJS.Platform): string {
  if (platform === 'win32') return /[\s'"]|^$/.test(word) ? `"${word.replace(/"/g, '\\"')}"` : word;
  return `"${word.replace(/[\\"]/g, '\\$&')}"`;
}
