import path from 'node:path';
import type { FileLines } from '../../core/model/lines.js';
import type { SourceOrigin, SourceRow } from '../../protocol/tabs.js';
import { type Feature, type Server, viewed } from '../server.js';
import type { OpenProfile } from '../store.js';

/** Most lines that one answer carries, and letters of a line that are sent. */
const MAX_ROWS = 2000;
const LONGEST = 2000;
/** Lines that are told to be the hottest. */
const HOTTEST = 100;

/** A window of a file's source with the figures of its lines. */
export const source: Feature<'profile/source'> = {
  method: 'profile/source',
  async answer(server, { view, file, offset, limit }, { signal }) {
    const opened = viewed(server, view);
    const { files, sum, perFunction } = await opened.analysis.ask('lines', { view, files: [file] }, signal);
    const funcs = new Map(await opened.analysis.ask('lineFunctions', { file }, signal));
    const { lines, origin } = textOf(server, opened, file);
    const figures = figuresOf(files, perFunction);
    // Lines past the end of the text (another version of it, or none at all) stand below it.
    const beyond = [...figures.keys()].filter((line) => line > lines.length).sort((a, b) => a - b);
    const count = lines.length + beyond.length;
    const from = Math.max(0, Math.trunc(offset) || 0);
    const to = Math.min(count, from + Math.min(MAX_ROWS, Math.max(0, Math.trunc(limit) || 0)));
    const rows: SourceRow[] = [];
    for (let i = from; i < to; i++) {
      const line = i < lines.length ? i + 1 : beyond[i - lines.length]!;
      const text = (lines[i] ?? '').slice(0, LONGEST);
      rows.push({ line, text, func: funcs.get(line) ?? -1, ...(figures.get(line) ?? { self: 0, total: 0, calls: null, samples: null }) });
    }
    const place = (line: number) => (line > lines.length ? lines.length + beyond.indexOf(line) : line - 1);
    const hottest = [...figures.entries()]
      .filter(([, { self, total }]) => self > 0 || total > 0)
      .sort(([, a], [, b]) => b.self - a.self || b.total - a.total)
      .slice(0, HOTTEST)
      .map(([line]) => place(line));
    return { rows, count, total: sum, origin, hottest };
  },
};

type Figures = Omit<SourceRow, 'line' | 'text' | 'func'>;

/** By line. */
function figuresOf(files: readonly FileLines[], perFunction: boolean): Map<number, Figures> {
  const byLine = new Map<number, Figures>();
  for (const { line, self, total, calls, samples } of files) {
    for (let i = 0; i < line.length; i++) {
      const at = line[i]!;
      const before = byLine.get(at);
      byLine.set(at, {
        self: self[i]! + (before?.self ?? 0),
        total: total[i]! + (before?.total ?? 0),
        calls: calls[i]! < 0 ? (before?.calls ?? null) : calls[i]! + (before?.calls ?? 0),
        samples: perFunction || (samples[i] === 0 && self[i]! > 0) ? null : samples[i]! + (before?.samples ?? 0),
      });
    }
  }
  return byLine;
}

/** The text as it was recorded, whose lines are those of the profile; else today's, of which nobody can tell; else none. */
function textOf(server: Server, opened: OpenProfile, file: string): { lines: readonly string[]; origin: SourceOrigin } {
  const located = opened.paths.locate(file);
  const recorded = server.texts.recorded(opened, located ?? path.resolve(opened.meta?.cwd ?? path.dirname(opened.file), file));
  if (recorded) return { lines: recorded, origin: 'recorded' };
  const { lines } = located === null ? { lines: [] } : server.texts.place(opened, located);
  if (lines.length === 0 || (lines.length === 1 && lines[0] === '')) return { lines: [], origin: 'missing' };
  return { lines, origin: 'today' };
}
