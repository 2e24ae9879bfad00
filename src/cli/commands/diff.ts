import { UserError } from '../../core/errors.js';
import { compare, type Normalize } from '../../core/model/compare.js';
import { chooseTypes } from '../../core/report/compared.js';
import { type DiffOptions, diffJson, diffText } from '../../core/report/diff.js';
import { diffMarkdown } from '../../core/report/diffMarkdown.js';
import { type Judged, judge, parseRule } from '../../core/report/failOn.js';
import { Exit, say } from '../failure.js';
import { expandFiles } from '../files.js';
import { readInputs } from '../input.js';
import { print, printJson } from '../output.js';
import { shortPath } from '../paths.js';
import { look } from '../terminal.js';
import { type ViewOptions, viewOf } from '../view.js';
import type { AgainstOptions, WindowOptions } from '../windowOptions.js';
import { againstOf, isFolder, windowWords, withoutTimes } from '../windows.js';

/** Rows of each table unless `-n` says otherwise; JSON gives all. */
const ROWS = 25;

export interface DiffCommandOptions extends ViewOptions, WindowOptions, AgainstOptions {
  /** Files of the base; without them the first word names it, and the second the new profile. */
  readonly base?: readonly string[];
  readonly failOn?: readonly string[];
  readonly markdown?: boolean;
  readonly normalize?: boolean;
  readonly perSecond?: boolean;
  readonly lines?: boolean;
  readonly n?: number;
}

/**
 * `heatline diff BASE NEW`, or `heatline diff --base A --base B C D` with several files a side, which are added up: exit status 1 when
 * a rule of `--fail-on` holds.
 */
export async function diff(words: readonly string[], options: DiffCommandOptions): Promise<void> {
  const rules = (options.failOn ?? []).map(parseRule);
  if (options.json && options.markdown) throw new UserError('usage', '--json and --markdown: choose one of them');
  if (options.normalize && options.perSecond) throw new UserError('usage', '--normalize and --per-second: choose one of them');
  const { base: baseWords, ...others } = options;
  const against = againstOf(options);
  const [baseFiles, newFiles] = ofOneFolder(words, options) ?? sides(words, baseWords ?? []);
  if (baseFiles.includes('-') && newFiles.includes('-')) throw new UserError('usage', 'stdin can be only one of the two profiles');
  const normalize: Normalize = options.normalize ? 'total' : options.perSecond ? 'duration' : 'none';
  const { value, ...filters } = others;
  const base = await viewOfSide(baseFiles, filters, against);
  const next = await viewOfSide(newFiles, filters, options);
  const [baseType, newType] = chooseTypes(base.profile, next.profile, value);
  const specs = [
    { ...base.spec, type: baseType },
    { ...next.spec, type: newType },
  ] as const;
  const comparison = compare(base.profile, specs[0], next.profile, specs[1], { normalize });
  const judged: Judged[] = rules.map((rule) => judge(comparison, rule));

  const rows = options.n === 0 ? undefined : (options.n ?? (options.json ? undefined : ROWS));
  const wanted: DiffOptions = { normalize, look: look(), lines: options.lines ?? false, ...(rows === undefined ? {} : { rows }) };
  if (options.json) await printJson(diffJson(comparison, judged, wanted));
  else if (options.markdown) await print(diffMarkdown(comparison, judged, normalize, (file) => shortPath(file)));
  else await print(diffText(comparison, judged, wanted));

  for (const { holds, matched, sentence } of judged) if (holds || !matched) say(`--fail-on ${sentence}`);
  if (judged.some(({ holds }) => holds)) process.exitCode = Exit.failed;
}

/** Windows of one folder against others there, where options tell the sides apart. @throws UserError `usage` */
function ofOneFolder(words: readonly string[], options: DiffCommandOptions): readonly [string[], string[]] | undefined {
  const [option] = windowWords(options).filter((word) => word.startsWith('--against-'));
  const [folder, ...more] = words;
  if (option === undefined) {
    if (words.length > 1 || options.base !== undefined || !isFolder(folder!)) return undefined;
    throw new UserError(
      'usage',
      `${folder}: with which of its windows is it to be compared? (--against-day yesterday, --against-service-version 2.6 …)`,
    );
  }
  if (more.length > 0 || options.base !== undefined || !isFolder(folder!))
    throw new UserError('usage', `${option} compares windows of one folder, and that is to be the only input`);
  return [[folder!], [folder!]];
}

/** The files of the base and of the new profile. @throws UserError `usage` */
function sides(words: readonly string[], baseWords: readonly string[]): readonly [string[], string[]] {
  if (baseWords.length > 0) return [expandFiles(baseWords), expandFiles(words)];
  const [base, next, ...more] = words;
  if (next === undefined) throw new UserError('usage', `${base}: what is it to be compared with? (heatline diff BASE NEW)`);
  if (more.length > 0) {
    const sentence =
      "these are more than two profiles; several a side are told apart by --base A --base B C D, or by patterns: 'old/*' 'new/*'";
    throw new UserError('usage', sentence);
  }
  return [expandFiles([base!]), expandFiles([next])];
}

/** What a filter finds missing is said of the side it misses in. */
async function viewOfSide(files: readonly string[], filters: ViewOptions, chosen: WindowOptions) {
  const profile = await readInputs(files, chosen);
  try {
    return viewOf(profile, files.some(isFolder) ? withoutTimes(filters) : filters);
  } catch (error) {
    const name = files.length === 1 ? files[0] : `${files[0]} and ${files.length - 1} more`;
    throw error instanceof UserError ? new UserError(error.code, `${name}: ${error.message}`) : error;
  }
}
