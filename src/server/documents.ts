import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { TextDocuments } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { identityMap, type LineMap, mapLines } from '../core/model/lineMap.js';
import { isCell } from './cells.js';
import { readCopy } from './copies.js';
import { pathKey, placeOfUri } from './paths.js';
import type { OpenProfile } from './store.js';

/** Larger files are shown without following edits. */
const LARGEST = 16 * 1024 * 1024;
const LINE_END = /\r\n|\r|\n/;

/** How a profile's lines lie in a document as it is now. */
export interface Placement {
  readonly map: LineMap;
  /** The recorded text is unknown and the file was written after the recording: lines may be anywhere. */
  readonly uncertain: boolean;
  /** Today's text; empty when the file cannot be read. */
  readonly lines: readonly string[];
}

/** Today's text of files: as it stands in the editor, else on disk. */
export class Texts {
  private readonly placements = new WeakMap<OpenProfile, Map<string, { version: string; placement: Placement }>>();

  /** The text that was split last: it is asked for window by window. */
  private split: { readonly text: string; readonly lines: readonly string[] } | undefined;

  constructor(private readonly documents: TextDocuments<TextDocument>) {}

  /** The document that is open for a file. Clients spell URIs in several ways, so paths are compared. */
  openDocument(file: string): TextDocument | undefined {
    const key = pathKey(file);
    return this.documents.all().find((document) => {
      const other = placeOfUri(document.uri);
      return other !== undefined && pathKey(other) === key;
    });
  }

  /** Lines of the text that was profiled, as far as it is known; null when it is not. */
  recorded(opened: OpenProfile, file: string): readonly string[] | null {
    const text = recordedText(opened, file);
    if (text === null) return null;
    if (this.split?.text !== text) this.split = { text, lines: text.split(LINE_END) };
    return this.split.lines;
  }

  /** The profile's lines of a file, mapped to the text as it is now. Computed once per version of the text. */
  place(opened: OpenProfile, file: string): Placement {
    const key = pathKey(file);
    const document = this.openDocument(file);
    const disk = stat(file);
    const version = document ? `v${document.version}` : `${disk?.mtimeMs} ${disk?.size}`;
    const cache = this.placements.get(opened) ?? new Map<string, { version: string; placement: Placement }>();
    this.placements.set(opened, cache);
    const known = cache.get(key);
    if (known?.version === version) return known.placement;
    const placement = this.compute(opened, file, document?.getText() ?? (isCell(file) ? opened.cells?.textOf(file) : read(file)));
    cache.set(key, { version, placement });
    return placement;
  }

  private compute(opened: OpenProfile, file: string, today: string | undefined): Placement {
    const recorded = recordedText(opened, file);
    const lines = (today ?? '').split(LINE_END);
    if (today === undefined) return { map: identityMap, uncertain: true, lines };
    if (recorded !== null) return { map: mapLines(recorded, today), uncertain: false, lines };
    const within = (line: number) => (line <= lines.length ? line : 0);
    return { map: { ...identityMap, now: within, recorded: within }, uncertain: true, lines };
  }
}

/**
 * Source as it was when the program ran: the recording's copy, else that of the commit that the profile names, else the file on disk
 * if it was not written since (kept, so that later edits can still be followed). null when unknown.
 */
export function recordedText(opened: OpenProfile, file: string): string | null {
  if (isCell(file)) return opened.cells?.textOf(file) ?? null;
  const key = pathKey(file);
  const known = opened.texts.get(key);
  if (known !== undefined) return known;
  const committed = opened.commit?.textOf(file);
  const text = copiedText(opened, key) ?? (committed !== undefined ? committed : (unchangedText(opened, file) ?? null));
  opened.texts.set(key, text);
  return text;
}

function copiedText(opened: OpenProfile, key: string): string | undefined {
  const { meta, sources } = opened;
  if (!meta || sources === undefined) return undefined;
  for (const source of meta.sources) {
    if (typeof source?.path !== 'string' || source.cell !== undefined) continue;
    if (pathKey(path.resolve(meta.cwd, source.path)) !== key && pathKey(opened.paths.locate(source.path) ?? '') !== key) continue;
    const text = readCopy(sources, source.sha256);
    if (text !== undefined) return text;
  }
  return undefined;
}

function unchangedText(opened: OpenProfile, file: string): string | undefined {
  const disk = stat(file);
  return disk && Math.floor(disk.mtimeMs) <= opened.recordedAt ? read(file) : undefined;
}

function read(file: string): string | undefined {
  try {
    const disk = stat(file);
    return disk && disk.size <= LARGEST ? decode(readFileSync(file)) : undefined;
  } catch {
    return undefined;
  }
}

/** As editors show it: without a byte order mark. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

function stat(file: string) {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
