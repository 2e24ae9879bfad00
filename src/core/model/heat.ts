import type { LineMap } from './lineMap.js';
import type { FileLines, LineTable } from './lines.js';

/** Figures of one line of a document as it is now. */
export interface HeatLine {
  /** 1-based line today. */
  readonly line: number;
  readonly self: number;
  readonly total: number;
  /** Of the whole view, 0..1. */
  readonly share: number;
  readonly totalShare: number;
  readonly calls: number | null;
  /** Samples behind `self`; null for counted figures. */
  readonly samples: number | null;
  /** The line's text is not the one that was measured. */
  readonly stale: boolean;
}

/**
 * Heat of one document, in order of today's lines; deleted lines drop.
 * @param files figures of the document, one per name that the profile uses for it (usually one)
 */
export function heatLines(table: Pick<LineTable, 'sum' | 'perFunction'>, files: readonly FileLines[], map: LineMap): HeatLine[] {
  const share = (value: number) => (table.sum > 0 ? Math.min(1, Math.max(0, value / table.sum)) : 0);
  const byLine = new Map<number, HeatLine>();
  for (const file of files) {
    for (let i = 0; i < file.line.length; i++) {
      const recorded = file.line[i]!;
      const line = map.now(recorded);
      if (line <= 0) continue;
      const before = byLine.get(line);
      const self = file.self[i]! + (before?.self ?? 0);
      const total = file.total[i]! + (before?.total ?? 0);
      const calls = file.calls[i]! < 0 ? (before?.calls ?? null) : file.calls[i]! + (before?.calls ?? 0);
      byLine.set(line, {
        line,
        self,
        total,
        share: share(self),
        totalShare: share(total),
        calls,
        samples: isCounted(table, file, i) ? null : file.samples[i]! + (before?.samples ?? 0),
        stale: map.changed(recorded),
      });
    }
  }
  return [...byLine.values()].sort((a, b) => a.line - b.line);
}

/** Figures with no samples behind them were counted: nothing is uncertain of them. */
function isCounted({ perFunction }: Pick<LineTable, 'perFunction'>, { samples, self }: FileLines, row: number): boolean {
  return perFunction || (samples[row] === 0 && self[row]! > 0);
}
