import { accumulate } from './accumulate.js';
import type { Profile, ViewSpec } from './profile.js';
import { isSummed } from './summed.js';
import { weigh } from './weights.js';

/** An expression of the source that was seen running. */
export interface Span {
  /** 1-based line and UTF-8 byte column where it begins, as recorded. */
  readonly line: number;
  readonly column: number;
  /** Where it ends: line, and 1-based byte column after its last byte; 0 where only its beginning is known. */
  readonly endLine: number;
  readonly endColumn: number;
  readonly self: number;
  readonly total: number;
}

/**
 * Self and total of every expression whose columns the profile knows, by file name. Empty for profiles without columns, and
 * for value types that are sums.
 * @throws UserError for a focus or ignore that is no regular expression
 */
export function spanTable(profile: Profile, spec: ViewSpec): Map<string, Span[]> {
  const { lines, functions, strings } = profile;
  const { column, endLine, endColumn } = lines;
  const byFile = new Map<string, Span[]>();
  if (column === undefined || isSummed(profile, spec.type)) return byFile;
  const keyOf = new Int32Array(lines.length).fill(-1);
  const first: number[] = [];
  const known = new Map<string, number>();
  for (let i = 0; i < lines.length; i++) {
    if (column[i]! <= 0 || lines.line[i]! <= 0) continue;
    const place = [functions.file[lines.func[i]!], lines.line[i], column[i], endLine?.[i] ?? 0, endColumn?.[i] ?? 0].join(' ');
    let key = known.get(place);
    if (key === undefined) {
      key = first.push(i) - 1;
      known.set(place, key);
    }
    keyOf[i] = key;
  }
  const { self, total } = accumulate(profile, weigh(profile, spec), keyOf, first.length);
  for (const [key, i] of first.entries()) {
    if (self[key] === 0 && total[key] === 0) continue;
    const file = strings[functions.file[lines.func[i]!]!]!;
    const span = {
      line: lines.line[i]!,
      column: column[i]!,
      endLine: endLine?.[i] ?? 0,
      endColumn: endColumn?.[i] ?? 0,
      self: self[key]!,
      total: total[key]!,
    };
    const spans = byFile.get(file);
    if (spans) spans.push(span);
    else byFile.set(file, [span]);
  }
  return byFile;
}

/** Per line the expression that takes most by one figure, in order of lines; of equal ones the shortest. */
export function hottestSpans(spans: Iterable<Span>, metric: 'self' | 'total'): Span[] {
  const best = new Map<number, Span>();
  const width = (span: Span) => (span.endLine - span.line) * 1e6 + span.endColumn - span.column;
  for (const span of spans) {
    if (!(span[metric] > 0)) continue;
    const before = best.get(span.line);
    if (!before || span[metric] > before[metric] || (span[metric] === before[metric] && width(span) < width(before)))
      best.set(span.line, span);
  }
  return [...best.values()].sort((a, b) => a.line - b.line);
}
