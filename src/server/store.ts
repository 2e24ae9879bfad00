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
import { type CommitSources, Commits } from './commits/commitSources.js';
import { makeInfo } from './info.js';
import { PathMap, type PathRule } from './paths.js';
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
  /** Sources at the commits that the profile names; recordings have copies of their own. */
  readonly commit: CommitSources | undefined;
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
  /** Where folders of other machines are here. */
  rules: readonly PathRule[] = [];
  readonly commits = new Commits();
  /** How long a loop has to have been blocked at once for its line to be told as a problem; 0: not at all. */
  blockedMilliseconds = 100;
  /** What is open in the editor. */
  documents: () => readonly TextDocument[] = () => [];

  /** Reads the file, or hands out the open profile if the file is still the same one. @throws ReadError */
  async load(file: string, metaFile: string | undefined, control: ReadControl, live?: Live): Promise<OpenProfile> {
    const content = live ? liveFile(file) : file;
    const stamp = `${stampOf(content, metaFile)}${live ? ' live' : ''}`;
    const known = this.byFile.get(file);
    if (known?.stamp === stamp) {
      const profile = await known.profile.catch(() => undefined);
      const missing = profile?.commit?.missing ?? [];
      if (profile && this.has(profile.id) && !(await this.commits.hasAny(this.folders, missing))) return profile;
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
    const analysis = await openAnalysis(content, control, live !== undefined);
    try {
      const facts = await analysis.ask('facts', null, control.signal);
      const definitions = (files: readonly string[]) => analysis.ask('definitions', { files }, control.signal);
      const commit = metaFile === undefined ? await this.commits.find(this.folders, { ...facts, definitions }) : undefined;
      return this.register(file, metaFile, analysis, facts, live?.label, commit);
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
    commit?: CommitSources,
  ): OpenProfile {
    const meta = metaFile === undefined ? null : readMeta(metaFile, file);
    // What goes on is cut by nature.
    const whole = label === undefined ? facts : { ...facts, warnings: [] };
    const told = commit && commit.missing.length > 0 ? { ...whole, warnings: [...whole.warnings, missingSentence(commit.missing)] } : whole;
    const id = `${this.run}-${this.next++}`;
    const home = path.dirname(file);
    const places = () => ({ home, folders: this.folders, rules: this.rules, commit, ...(meta ? { cwd: meta.cwd } : {}) });
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
      commit,
      info: {
        ...makeInfo(id, pathToFileURL(file).href, label ?? labelOf(file, facts), told, meta),
        ...(commit && commit.commits.length > 0 ? { commits: commit.commits } : {}),
      },
      recordedAt: recordedAt(facts, meta, file),
      texts: new Map(),
      definitions: new Map(),
    };
    this.open.set(id, opened);
    return opened;
  }
}

/** A sum of windows of production is called what they are, not by its file. */
function labelOf(file: string, { comments }: ProfileFacts): string {
  return path.basename(file, comments.some((comment) => /^windows=\d+$/.test(comment)) ? '.pb.gz' : '');
}

function missingSentence(commits: readonly string[]): string {
  const named = commits.map((commit) => commit.slice(0, 10)).join(', ');
  return `The repository of this workspace has no commit ${named}, which ran: fetch it, and open the profile again, for figures to be on the lines that ran.`;
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
