// Texts in people's language: what the table must have, what it has too much, and what never passes through it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { t, useTexts } from '../../src/core/l10n.js';
import { formatBytes, formatCount, formatSeconds, formatShare, rangeText, typeLabel } from '../../src/core/model/units.js';
import { lineStyles } from '../../src/host/views/heatStyle.js';
import { textsIn } from './sourceTexts.js';

const project = path.join(import.meta.dirname, '../..');
const read = (file: string): Record<string, string> => JSON.parse(readFileSync(path.join(project, file), 'utf8'));
const languages = readdirSync(path.join(project, 'l10n')).flatMap((file) => /^bundle\.l10n\.(.+)\.json$/.exec(file)?.[1] ?? []);
const texts = [...textsIn(project, 'src'), ...textsIn(project, 'webview-ui')];
const keys = new Set(texts.filter(({ localised }) => localised).map(({ text }) => text));
/** Keys that are looked up by what a profile or a setting says: figures, and the usual kinds of value. */
const looked = (key: string) => /^(self|total)$/.test(key) || typeLabel({ type: key, unit: '' }) === key;
const placeholders = (text: string) => (text.match(/\{\d\}/g) ?? []).sort();

/** With CI set nothing may be missing; else what came in last is listed, to be done before the next release. */
function none(what: string, found: readonly string[]): void {
  if (found.length > 0) console.warn(`${found.length} ${what}:\n  ${found.join('\n  ')}`);
  if (process.env.CI) expect(found).toEqual([]);
}

afterEach(() => useTexts(undefined));

describe('texts', () => {
  it('are English without a table, or where it lacks them, with their values put in', () => {
    expect(t('{0} of {1}', 3, 'x')).toBe('3 of x');
    useTexts({ '{0} of {1}': '{1} hat {0}', hasOwnProperty: 1 });
    expect(t('{0} of {1}', '{1}', 2)).toBe('2 hat {1}');
    expect([t('hasOwnProperty'), t('toString'), t('one {0} {7}', 1)]).toEqual(['hasOwnProperty', 'toString', 'one 1 {7}']);
    useTexts('nonsense');
    expect(t('{0} of {1}', 3, 4)).toBe('3 of 4');
  });

  it('write figures as the language does, and read as such they are the same figures', () => {
    useTexts({ '1,234.5': '1.234,5', '{0} to {1}': '{0} bis {1}' });
    const figures = [
      formatCount(1_204_000.5),
      formatShare(0.1234),
      formatShare(0.00001),
      formatSeconds(1.2),
      formatBytes(1536),
      formatSeconds(9.4e-3),
    ];
    expect(figures).toEqual(['1.204.000,5', '12,3 %', '<0,01 %', '1,20 s', '1,5 kB', '9,4 ms']);
    expect(rangeText({ from: 1.25e9, to: 1.375e9 })).toBe('1,250 s bis 1,375 s');
    useTexts({ '1,234.5': 'no figure' });
    expect(formatCount(1204.5)).toBe('1,204.5');
  });

  it('that a pseudo-language has are all that is drawn on a line', () => {
    const pseudo = (text: string) =>
      `⟦${text.replace(/[a-z](?![^{]*\})/gi, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0))}⟧`;
    useTexts(Object.fromEntries([...keys, 'Wall time'].map((key) => [key, pseudo(key)])));
    const heat = { line: 1, self: 5e8, total: 5e8, share: 0.5, totalShare: 0.5, calls: null, samples: 50, stale: true };
    // `t(' of file')` is made when the module is loaded: that its host sets the table first is what `src/host/texts.ts` is for.
    const [{ text } = { text: '' }] = lineStyles([heat], 'self', 'nanoseconds', 0);
    expect(text.replace(/[\d%\u00a0·. ]|ms/g, '')).toBe(pseudo('changed since').replaceAll(' ', ''));
    expect(typeLabel({ type: 'wall', unit: 'nanoseconds' })).toBe(pseudo('Wall time'));
  });

  it('of the host and of the pages that never pass through the table are listed', () => {
    const missed = texts.filter(({ file, localised }) => !localised && /^(?:src\/host|webview-ui\/(?:profile|shared))\//.test(file));
    none(
      'texts are not localised',
      missed.map(({ file, line, text }) => `${file}:${line} ${JSON.stringify(text)}`),
    );
    expect(keys.size).toBeGreaterThan(600);
  });
});

for (const language of languages) {
  describe(`the language ${language}`, () => {
    const bundle = read(`l10n/bundle.l10n.${language}.json`);
    const manifest = read(`package.nls.${language}.json`);
    const english = read('package.nls.json');

    it('has every text of the code, and none that nobody asks for', () => {
      none(
        'texts have no translation',
        [...keys].filter((key) => !bundle[key]),
      );
      expect(Object.keys(bundle).filter((key) => !keys.has(key) && !looked(key))).toEqual([]);
    });

    it('has every text of the manifest, and none too many', () => {
      none(
        'texts of package.nls.json have no translation',
        Object.keys(english).filter((key) => !manifest[key]),
      );
      expect(Object.keys(manifest).filter((key) => !(key in english))).toEqual([]);
    });

    it('keeps values, commands and code as they are', () => {
      for (const [key, text] of Object.entries(bundle)) {
        expect(placeholders(text), key).toEqual(placeholders(key));
        expect(text.match(/\$\([\w-]+\)/g), key).toEqual(key.match(/\$\([\w-]+\)/g));
        // What is put together with others keeps its blanks at the ends.
        expect([/^\s/.test(text), /\s$/.test(text)], key).toEqual([/^\s/.test(key), /\s$/.test(key)]);
      }
      for (const [key, text] of Object.entries(manifest)) {
        const kept = (whole: string) => (whole.match(/\(command:[\w.]+\)|`[^`]+`|\$\{[^}]+\}/g) ?? []).sort();
        expect(kept(text), key).toEqual(kept(english[key] ?? ''));
      }
    });
  });
}
