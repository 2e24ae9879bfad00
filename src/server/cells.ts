/** Cells of notebooks: which of the texts that were recorded belongs to which of the documents that are open now. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { mapLines } from '../core/model/lineMap.js';
import type { RecordedSource } from '../core/recording.js';
import { readCopy } from './copies.js';

/** Lines, as a share of all, that must be left of a cell that was edited before anybody looked. */
const SAME = 0.5;
/** Pairs of cells and documents that are compared line by line; where there were more, only equal texts are found again. */
const MOST_PAIRS = 10_000;

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
    const take = (cell: RecordedCell, uri: string) => {
      kept.add(cell);
      this.pairs.set(uri, cell);
    };
    const cells = () => this.recorded.filter((cell) => !kept.has(cell));
    const free = () => documents.filter(({ uri }) => !this.pairs.has(uri));
    const texts = new Map(free().map((document) => [document.uri, bare(document.getText())]));
    const same = (cell: RecordedCell, uri: string) =>
      !this.pairs.has(uri) && notebookOf(uri) === notebookOf(cell.uri) && texts.get(uri) === bare(cell.text);
    // Of equal cells each finds its own first.
    for (const cell of cells()) if (same(cell, cell.uri)) take(cell, cell.uri);
    for (const cell of cells()) {
      const found = documents.find(({ uri }) => same(cell, uri));
      if (found) take(cell, found.uri);
    }
    const pairs = cells().length * free().length > MOST_PAIRS ? [] : alike(cells(), free());
    for (const { cell, uri } of pairs) if (!kept.has(cell) && !this.pairs.has(uri)) take(cell, uri);
  }
}

/** Cells and documents with enough lines in common, those with most first. */
function alike(
  cells: readonly RecordedCell[],
  documents: readonly TextDocument[],
): { readonly cell: RecordedCell; readonly uri: string }[] {
  return cells
    .flatMap((cell) =>
      documents
        .filter(({ uri }) => notebookOf(uri) === notebookOf(cell.uri))
        .map((document) => ({ cell, uri: document.uri, share: commonShare(cell.text, document.getText()) })),
    )
    .filter(({ share }) => share >= SAME)
    .sort((a, b) => b.share - a.share);
}

const notebookOf = (uri: string) => uri.split('#', 1)[0]!;

const bare = (text: string) => text.replaceAll(/\r\n?/g, '\n').trim();

/** Share of lines, empty ones apart, that are the same. */
function commonShare(recorded: string, today: string): number {
  const map = mapLines(recorded, today);
  const full = (text: string) => text.split(/\r\n|\r|\n/).flatMap((line, index) => (line.trim() === '' ? [] : [index + 1]));
  const lines = full(recorded);
  const same = lines.filter((line) => map.now(line) > 0 && !map.changed(line)).length;
  return same / Math.max(1, lines.length, full(today).length);
}
