import type { Comparison, Normalize } from '../model/compare.js';
import { compareLines } from '../model/compareLines.js';
import { formatType, formatValue } from '../model/units.js';
import { beforeAndAfter, changeText, percentText } from './change.js';
import { basisText, byChange, functionsByChange, isNoise, movedText, placeOf } from './diff.js';
import type { Judged } from './failOn.js';
import { shorten, where } from './figures.js';

/** Rows shown at once, and rows below the fold: a comment holds 65,536 characters. */
const FIRST = 5;
const FOLDED = 30;
const NAME = 120;

/**
 * The comparison as a comment for a pull request: verdict, a short table, and the rest below a fold.
 * @param shortPath makes paths short enough for a table
 */
export function diffMarkdown(
  comparison: Comparison,
  judged: readonly Judged[],
  normalize: Normalize = 'none',
  shortPath: (file: string) => string = (file) => file,
): string {
  const { base, next, type, functions } = comparison;
  const value = (figure: number) => formatValue(figure, type.unit);
  const failed = judged.filter(({ holds }) => holds);
  const verdict = judged.length === 0 ? '' : failed.length > 0 ? '❌ ' : '✅ ';
  const out = [`### ${verdict}${asText(formatType(type))}: ${beforeAndAfter(base.sum, next.sum, type.unit)}`, ''];
  for (const { holds, sentence } of judged) out.push(`- ${holds ? '❌ failed' : '✅ passed'}: ${code(sentence)}`);
  if (judged.length > 0) out.push('');

  const order = functionsByChange(comparison).filter((row) => functions.nextSelf[row] !== functions.baseSelf[row]);
  const row = (at: number): string => {
    const { name, file, line } = placeOf(comparison, at);
    const moved = movedText(comparison, at);
    const [from, to] = [functions.baseSelf[at]!, functions.nextSelf[at]!];
    const noise = functions.noise[at]!;
    const place = where(file, line) === '' ? '' : where(shortPath(file), line);
    const cells = [
      `${code(name)}${place === '' ? '' : ` ${code(place)}`}${moved === '' ? '' : ` (${asText(moved)})`}`,
      value(from),
      value(to),
      `${changeText(to - from, type.unit)}${noise > 0 ? ` ±${value(noise)}` : ''}${isNoise(comparison, at) ? ' ~' : ''}`,
      percentText(from, to),
    ];
    return `| ${cells.join(' | ')} |`;
  };
  const head = ['| function | self before | after | change | % |', '|---|--:|--:|--:|--:|'];
  // What sampling alone explains never leads.
  const real = order.filter((at) => !isNoise(comparison, at));
  const first = real.slice(0, FIRST);
  if (first.length > 0) out.push(...head, ...first.map(row), '');
  else out.push(order.length === 0 ? 'No function changed.' : 'No function changed by more than sampling alone explains.', '');

  const rest = order.filter((at) => !first.includes(at)).slice(0, FOLDED);
  if (rest.length > 0) {
    out.push('<details><summary>More functions</summary>', '', ...head, ...rest.map(row), '', '</details>', '');
  }
  const lines = byChange(compareLines(comparison).filter(({ baseSelf, nextSelf }) => baseSelf !== nextSelf)).slice(0, FOLDED);
  if (lines.length > 0) {
    out.push('<details><summary>Lines</summary>', '', '| line | self before | after | change |', '|---|--:|--:|--:|');
    for (const { file, line, baseSelf, nextSelf, isGone } of lines) {
      const cells = [value(baseSelf), value(nextSelf), changeText(nextSelf - baseSelf, type.unit)];
      out.push(`| ${code(`${shortPath(file)}:${line}`)}${isGone ? ' (gone)' : ''} | ${cells.join(' | ')} |`);
    }
    out.push('', '</details>', '');
  }
  const basis = basisText(comparison, normalize);
  if (basis.length > 0) out.push(`<sub>${basis.map(asText).join('. ')}.</sub>`, '');
  return out.join('\n');
}

/** Names are other people's text: inside code nothing of them is markup, and a table's bars are escaped. */
function code(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const flat = shorten(text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, ' '), NAME).replaceAll(
    '|',
    '\\|',
  );
  const longest = (flat.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${flat}${pad}${fence}`;
}

function asText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~@]/g, (char) => `&#${char.codePointAt(0)};`);
}
