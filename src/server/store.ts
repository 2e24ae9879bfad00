import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { ReadError } from '../core/errors.js';
import type { ReadControl } from '../core/formats/format.js';
import { parseMeta, type RecordingMeta } from '../core/recording.js';
import type { ProfileId, ProfileInfo } from '../protocol/lsp.js';
import { closed } from './analysis/here.js';
import type { Analysis, FunctionPlace, ProfileFacts } from './analysis/queries.js';
import { Cells, recordedCells } from './cells.js';
import { makeInfo } from './info.js';
import { PathMap } from './paths.js';
import { openAnalysis } from './reading.js';

/** An open profile: what is known of it here; its figures are asked of `analysis`, wherever it lives. */
export interface OpenProfile {
  readonly id: ProfileId;
  /** Absolute path of the raw file. */
  readonly file: string;
  readonly analysis: Analysis;
  readonly meta: RecordingMeta | null;
  /** Recorded sources `<sha256>`; absent for a file that is not part of a recording. */
  readonly sources: string | undefined;
  readonly paths: PathMap;
  /** Notebook cells that were recorded. */
  readonly cells: Cells | undefined;
  readonly info: ProfileInfo;
  /** Unix milliseconds of the recording's start (or, for a foreign file that doesn't tell, of its writing). */
  readonly recordedAt: number;
  /** Recorded text per path key; null when it is not known. */
  readonly texts: Map<string, string | null>;
  /** Functions per name of a file; as they were recorded, so asked once. */
  readonly definitions: Map<string, Promise<readonly FunctionPlace[]>>;
}

/** A recording that goes on: it is read from what it shows of itself. */
export interface Live {
  readonly label: string;
}

/** The open profiles: one per file as it is on disk now, shared by everyone who asks for it. */
export class Store {
  private readonly open = new Map<ProfileId, OpenProfile>();
  private readonly byFile = new Map<string, { stamp: string; profile: Promise<OpenProfile> }>();
  private next = 1;
  /** Who asks by the id of a server that has ended must not be given another profile's figures. */
  private readonly run = randomBytes(6).toString('hex');
  folders: readonly string[] = [];
  /** What is open in the editor. */
  documents: () => readonly TextDocument[] = () => [];

  /** Reads the file, or hands out the open profile if the file is still the same one. @throws ReadError */
  async load(file: string, metaFile: string | undefined, control: ReadControl, live?: Live): Promise<OpenProfile> {
    const content = live ? liveFile(file) : file;
    const stamp = `${stampOf(content, metaFile)}${live ? ' live' : ''}`;
    const known = this.byFile.get(file);
    if (known?.stamp === stamp) {
      const profile = await known.profile.catch(() => undefined);
      if (profile && this.has(profile.id)) {
        return profile;
      }
    }
    const entry = { stamp, profile: this.read(file, content, metaFile, control, live) };
    this.byFile.set(file, entry);
    try {
      return await entry.profile;
    } catch (error) {
      if (this.byFile.get(file) === entry) this.byFile.delete(file);
      throw error;
    }
  }

  /** @throws UserError when the profile was closed. */
  get(id: ProfileId): OpenProfile {
    const profile = this.open.get(id);
    if (!profile || !this.has(id)) throw closed();
    return profile;
  }

  /** False also for a profile whose thread broke down. */
  has(id: ProfileId): boolean {
    const profile = this.open.get(id);
    if (profile && !profile.analysis.alive) this.open.delete(id);
    return this.open.has(id);
  }

  /** Frees the profile, for everyone. False when it was not open. */
  close(id: ProfileId): boolean {
    this.open.get(id)?.analysis.dispose();
    return this.open.delete(id);
  }

  private async read(file: string, content: string, metaFile: string | undefined, control: ReadControl, live?: Live): Promise<OpenProfile> {
    const analysis = await openAnalysis(content, control);
    try {
      return this.register(file, metaFile, analysis, await analysis.ask('facts', null, control.signal), live?.label);
    } catch (error) {
      analysis.dispose();
      throw error;
    }
  }

  /** Takes in a profile that was just read from `file`. */
  adopt(file: string, metaFile: string, analysis: Analysis, facts: ProfileFacts): OpenProfile {
    const opened = this.register(file, metaFile, analysis, facts);
    this.byFile.set(file, { stamp: stampOf(file, metaFile), profile: Promise.resolve(opened) });
    return opened;
  }

  private register(
    file: string,
    metaFile: string | undefined,
    analysis: Analysis,
    facts: ProfileFacts,
    /** Of a recording that goes on. */
    label?: string,
  ): OpenProfile {
    const meta = metaFile === undefined ? null : readMeta(metaFile, file);
    // What goes on is cut by nature.
    const told = label === undefined ? facts : { ...facts, warnings: [] };
    const id = `${this.run}-${this.next++}`;
    const home = path.dirname(file);
    const places = () => ({ home, folders: this.folders, ...(meta ? { cwd: meta.cwd } : {}) });
    const sources = meta ? path.join(path.dirname(metaFile ?? file), 'sources') : undefined;
    const recorded = sources ? recordedCells(meta?.sources ?? [], sources) : [];
    const cells = recorded.length > 0 ? new Cells(recorded, () => this.documents()) : undefined;
    const opened: OpenProfile = {
      id,
      file,
      analysis,
      meta,
      sources,
      paths: new PathMap(facts.files, places, cells),
      cells,
      info: makeInfo(id, pathToFileURL(file).href, label ?? path.basename(file), told, meta),
      recordedAt: recordedAt(facts, meta, file),
      texts: new Map(),
      definitions: new Map(),
    };
    this.open.set(id, opened);
    return opened;
  }
}

/** A copy, else a checkpoint, which engines leave that make no copies, else the file itself where it can be read while it grows. */
function liveFile(file: string): string {
  return [`${file}.live`, `${file}.part`].find((each) => existsSync(each)) ?? file;
}

function stampOf(file: string, metaFile: string | undefined): string {
  try {
    const raw = statSync(file);
    const meta = metaFile === undefined ? undefined : statSync(metaFile, { throwIfNoEntry: false });
    return `${raw.size} ${raw.mtimeMs} ${metaFile ?? ''} ${meta?.mtimeMs ?? ''}`;
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ReadError('io', `${path.basename(file)} ${gone ? 'is not there' : 'cannot be opened'}.`, undefined, String(error));
  }
}

function readMeta(metaFile: string, file: string): RecordingMeta | null {
  try {
    const meta = parseMeta(readFileSync(metaFile, 'utf8'));
    return meta && path.resolve(path.dirname(metaFile), meta.file) === path.resolve(file) ? meta : null;
  } catch {
    return null;
  }
}

function recordedAt(facts: ProfileFacts, meta: RecordingMeta | null, file: string): number {
  const started = meta ? Date.parse(meta.startedAt) : Number.NaN;
  if (!Number.isNaN(started)) return started;
  const recorded = BigInt(facts.timeNanos ?? 0);
  if (recorded > 0n) return Number(recorded / 1_000_000n);
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}
