/** Cells of notebooks: which of the texts that were recorded belongs to which of the documents that are open now. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { mapLines } from '../core/model/lineMap.js';
import type { RecordedSource } from '../core/recording.js';
import { readCopy } from './copies.js';

/** Lines, as a share of all, that must be left of a cell that was edited before anybody looked. */
const SAME = 0.5;

/** A cell as it ran. */
export interface RecordedCell {
  /** What the profile calls it: `/home/me/a.ipynb#cell3`. */
  readonly name: string;
  /** URI of its document then; without a fragment where only the notebook was known. */
  readonly uri: string;
  readonly text: string;
}

/** Whether a place is a notebook's cell, told by its URI, and no path of a file. */
export function isCell(place: string): boolean {
  return place.startsWith('vscode-notebook-cell:');
}

/** The cells among a recording's sources, whose copies lie in `folder`. */
export function recordedCells(sources: readonly RecordedSource[], folder: string): RecordedCell[] {
  return sources.flatMap((source) => {
    if (typeof source?.cell !== 'string' || !isCell(source.cell) || typeof source.path !== 'string') return [];
    const text = readCopy(folder, source.sha256);
    return text === undefined ? [] : [{ name: source.path, uri: source.cell, text }];
  });
}

/**
 * Joins recorded cells and documents. A cell's URI says where it was made, not where it stands, and is another one after a reload: cells
 * are known again by their text, and from then on stay with their document through every edit.
 */
export class Cells {
  private readonly pairs = new Map<string, RecordedCell>();
  private seen = '';

  constructor(
    private readonly recorded: readonly RecordedCell[],
    private readonly documents: () => readonly TextDocument[],
  ) {}

  /** Where the cell is that the profile calls `name`: an open document, else where it was; undefined for what is no cell. */
  locate(name: string): string | undefined {
    const cell = this.recorded.find((one) => one.name === name);
    if (!cell) return undefined;
    this.pair();
    return [...this.pairs].find(([, one]) => one === cell)?.[0] ?? cell.uri;
  }

  /** What the profile calls the cell of this document, or of this place. */
  namesOf(uri: string): string[] {
    const cell = this.at(uri);
    return cell ? [cell.name] : [];
  }

  /** The text that ran. */
  textOf(uri: string): string | undefined {
    return this.at(uri)?.text;
  }

  private at(uri: string): RecordedCell | undefined {
    this.pair();
    const open = this.documents().some((document) => document.uri === uri);
    return this.pairs.get(uri) ?? (open ? undefined : this.recorded.find((one) => one.uri === uri));
  }

  private pair(): void {
    if (this.recorded.length === 0) return;
    const notebooks = new Set(this.recorded.map(({ uri }) => notebookOf(uri)));
    const documents = this.documents().filter(({ uri }) => isCell(uri) && notebooks.has(notebookOf(uri)));
    const seen = documents.map(({ uri }) => uri).join('\n');
    if (seen === this.seen) return;
    this.seen = seen;
    for (const uri of this.pairs.keys()) if (!documents.some((document) => document.uri === uri)) this.pairs.delete(uri);
    const kept = new Set(this.pairs.values());
    const cells = this.recorded.filter((cell) => !kept.has(cell));
    const free = documents.filter(({ uri }) => !this.pairs.has(uri));
    const pairs = cells.flatMap((cell) =>
      free
        .filter(({ uri }) => notebookOf(uri) === notebookOf(cell.uri))
        .map((document) => ({ cell, uri: document.uri, likeness: likeness(cell, document) })),
    );
    pairs.sort((a, b) => b.likeness - a.likeness);
    for (const { cell, uri, likeness } of pairs) {
      if (likeness < SAME || kept.has(cell) || this.pairs.has(uri)) continue;
      kept.add(cell);
      this.pairs.set(uri, cell);
    }
  }
}

const notebookOf = (uri: string) => uri.split('#', 1)[0]!;

const bare = (text: string) => text.replaceAll(/\r\n?/g, '\n').trim();

/** Share of lines that are the same; 1 for the same text, and a little more where it also stands where it stood. */
function likeness(cell: RecordedCell, document: TextDocument): number {
  const text = document.getText();
  if (bare(text) === bare(cell.text)) return document.uri === cell.uri ? 1.5 : 1;
  const map = mapLines(cell.text, text);
  const lines = cell.text.split(/\r\n|\r|\n/);
  const same = lines.filter((line, index) => line.trim() !== '' && map.now(index + 1) > 0 && !map.changed(index + 1)).length;
  const most = Math.max(lines.filter((line) => line.trim() !== '').length, text.split('\n').filter((line) => line.trim() !== '').length);
  return most === 0 ? 0 : same / most;
}
