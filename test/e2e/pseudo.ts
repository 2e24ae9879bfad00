/** A language that nobody speaks: what is shown and is not in it never passed through the table of texts. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { project } from '../rig/paths.js';
import { textsIn } from '../unit/sourceTexts.js';

/** VS Code's name for a pseudo-language. */
export const PSEUDO = 'qps-ploc';

const ACCENTS: Readonly<Record<string, string>> = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', n: 'ñ', c: 'ç', s: 'š', y: 'ý' };

/** `Réád šó fár`. Values, icons and the targets of links stay. */
export function accented(text: string): string {
  return text.replace(/\{\d+\}|\$\([\w-]+\)|\]\([^)]*\)|[a-z]/g, (part) => ACCENTS[part] ?? part);
}

/** `⟦Réád šó fár ~~~~⟧`: accented, in brackets, and longer by two fifths, as German is at times. */
export function pseudo(text: string): string {
  const [, before, words, after] = /^(\s*)(.*?)(\s*)$/s.exec(accented(text))!;
  return `${before}⟦${words}${'~'.repeat(Math.ceil(text.length * 0.4))}⟧${after}`;
}

/** Each line by itself, and of a link its words: VS Code takes such texts of the manifest to pieces. */
function pseudoLines(text: string): string {
  const line = (whole: string) => {
    const [, words, target] = /^\[(.*)\]\(([^)]*)\)$/.exec(whole) ?? [];
    return words === undefined ? whole && pseudo(whole) : `[${pseudo(words)}](${target})`;
  };
  return text.split('\n').map(line).join('\n');
}

/** Texts by what a profile says: they are looked up, but stand nowhere in the code. */
const LOOKED = ['self', 'total', 'Wall time', 'CPU time', 'Time', 'Samples', 'Value', 'Calls'];

/** Every text of the code in the pseudo-language. */
export function pseudoTexts(): Record<string, string> {
  const keys = ['src', 'webview-ui']
    .flatMap((folder) => textsIn(project, folder))
    .flatMap(({ text, localised }) => (localised ? [text] : []));
  return Object.fromEntries([...keys, ...LOOKED].map((key) => [key, pseudo(key)]));
}

/** A text that is shown, and by what. */
export interface Shown {
  readonly text: string;
  readonly where: string;
}

/** Every text below an element that is seen, or read out by a screen reader. */
export function shownTexts(page: Page | Frame, selector = 'body'): Promise<Shown[]> {
  return page.evaluate((root) => {
    const found: { text: string; where: string }[] = [];
    const whereOf = (element: Element) => `${element.tagName.toLowerCase()}${element.id && `#${element.id}`}.${element.className}`;
    for (const top of document.querySelectorAll(root)) {
      for (const element of [top, ...top.querySelectorAll('*')]) {
        if (element.closest('script, style') || (!element.checkVisibility() && element.closest('select') === null)) continue;
        for (const name of ['title', 'aria-label', 'aria-roledescription', 'aria-description', 'placeholder', 'alt', 'label']) {
          const text = element.getAttribute(name);
          if (text) found.push({ text, where: `${name} of ${whereOf(element)}` });
        }
        for (const node of element.childNodes) {
          const text = node.nodeType === Node.TEXT_NODE ? (node.textContent ?? '').trim() : '';
          if (text) found.push({ text, where: whereOf(element) });
        }
      }
    }
    return found;
  }, selector);
}

/** Units, and the names that pstats has for its columns: they are the same in every language. */
const KEPT = /\b(?:ns|µs|ms|s|min|h|B|kB|MB|GB|Hz|ncalls|tottime|cumtime|percall)\b/g;

/**
 * Texts that have words outside of the pseudo-language's brackets.
 * @param names what comes out of the profile or is a name in every language: a text that is made of these is fine
 */
export function strange(shown: readonly Shown[], names: RegExp): string[] {
  const found = shown.filter(({ text }) => {
    let rest = text;
    for (let before = ''; before !== rest; ) {
      before = rest;
      rest = rest.replace(/⟦[^⟦⟧]*⟧/g, '');
    }
    return /\p{L}{2}/u.test(rest.replace(names, '').replace(KEPT, ''));
  });
  return [...new Set(found.map(({ text, where }) => `${where}: ${JSON.stringify(text)}`))];
}

/**
 * A copy of the extension with the tables of the language {@link PSEUDO}, for its manifest and for its code.
 * @param folder where it comes to lie; it is empty
 */
export function pseudoExtension(folder: string): void {
  // VS Code knows whose code runs by where it lies: links would lead to another extension.
  for (const part of ['package.json', 'package.nls.json', 'dist', 'media'])
    cpSync(join(project, part), join(folder, part), { recursive: true, filter: (path) => !path.endsWith('.map') });
  const manifest: Record<string, string> = JSON.parse(readFileSync(join(project, 'package.nls.json'), 'utf8'));
  const texts = Object.entries(manifest).map(([key, text]) => [key, pseudoLines(text)]);
  writeFileSync(join(folder, `package.nls.${PSEUDO}.json`), JSON.stringify(Object.fromEntries(texts)));
  mkdirSync(join(folder, 'l10n'));
  writeFileSync(join(folder, 'l10n', `bundle.l10n.${PSEUDO}.json`), JSON.stringify(pseudoTexts()));
}
