import { isAbsolute, relative } from 'node:path';
import { UserError } from '../../core/errors.js';
import { compare, type Normalize } from '../../core/model/compare.js';
import { chooseTypes } from '../../core/report/compared.js';
import { type DiffOptions, diffJson, diffText } from '../../core/report/diff.js';
import { diffMarkdown } from '../../core/report/diffMarkdown.js';
import { type Judged, judge, parseRule } from '../../core/report/failOn.js';
import { Exit, say } from '../failure.js';
import { readInput } from '../input.js';
import { print, printJson } from '../output.js';
import { look } from '../terminal.js';
import { type ViewOptions, viewOf } from '../view.js';

/** Rows of each table unless `-n` says otherwise; JSON gives all. */
const ROWS = 25;
/** Parts of a path that a comment shows. */
const SHOWN_PARTS = 3;

export interface DiffCommandOptions extends ViewOptions {
  readonly failOn?: readonly string[];
  readonly markdown?: boolean;
  readonly normalize?: boolean;
  readonly perSecond?: boolean;
  readonly lines?: boolean;
  readonly n?: number;
}

/** `heatline diff BASE NEW`: exit status 1 when a rule of `--fail-on` holds. */
export async function diff(baseFile: string, newFile: string, options: DiffCommandOptions): Promise<void> {
  const rules = (options.failOn ?? []).map(parseRule);
  if (options.json && options.markdown) throw new UserError('usage', '--json and --markdown: choose one of them');
  if (options.normalize && options.perSecond) throw new UserError('usage', '--normalize and --per-second: choose one of them');
  if (baseFile === '-' && newFile === '-') throw new UserError('usage', 'stdin can be only one of the two profiles');
  const normalize: Normalize = options.normalize ? 'total' : options.perSecond ? 'duration' : 'none';
  const { value, ...filters } = options;
  const base = await viewOfFile(baseFile, filters);
  const next = await viewOfFile(newFile, filters);
  const [baseType, newType] = chooseTypes(base.profile, next.profile, value);
  const specs = [
    { ...base.spec, type: baseType },
    { ...next.spec, type: newType },
  ] as const;
  const comparison = compare(base.profile, specs[0], next.profile, specs[1], normalize);
  const judged: Judged[] = rules.map((rule) => judge(comparison, rule));

  const rows = options.n === 0 ? undefined : (options.n ?? (options.json ? undefined : ROWS));
  const wanted: DiffOptions = { normalize, look: look(), lines: options.lines ?? false, ...(rows === undefined ? {} : { rows }) };
  if (options.json) await printJson(diffJson(comparison, judged, wanted));
  else if (options.markdown) await print(diffMarkdown(comparison, judged, normalize, shortPath));
  else await print(diffText(comparison, judged, wanted));

  for (const { holds, matched, sentence } of judged) if (holds || !matched) say(`--fail-on ${sentence}`);
  if (judged.some(({ holds }) => holds)) process.exitCode = Exit.failed;
}

/** What a filter finds missing is said of the file it misses in. */
async function viewOfFile(file: string, filters: ViewOptions) {
  const profile = await readInput(file);
  try {
    return viewOf(profile, filters);
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.code, `${file}: ${error.message}`) : error;
  }
}

/** A path as a reviewer knows it: from here, from the installed packages or the standard library, else its last parts. */
function shortPath(file: string): string {
  if (!/[\\/]/.test(file) || file.startsWith('<')) return file;
  const here = relative(process.cwd(), file);
  if (isAbsolute(file) && !here.startsWith('..') && !isAbsolute(here)) return here;
  const parts = file.split(/[\\/]/);
  const at = parts.findLastIndex((part) => /^(?:site-packages|dist-packages|node_modules|python\d[\d.]*)$/.test(part));
  if (at >= 0 && at < parts.length - 1) return parts.slice(at + 1).join('/');
  return parts.length > SHOWN_PARTS + 1 ? `…/${parts.slice(-SHOWN_PARTS).join('/')}` : file;
}
