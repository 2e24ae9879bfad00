import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ReadError, UserError } from '../core/errors.js';
import type { ReadControl } from '../core/formats/format.js';
import type { Profile } from '../core/model/profile.js';
import { parseMeta, type RecordingMeta } from '../core/recording.js';
import type { ProfileId, ProfileInfo } from '../protocol/lsp.js';
import { makeInfo } from './info.js';
import { PathMap } from './paths.js';
import { readFile } from './reading.js';

/** Derived tables kept per profile; a table is remade when another view pushed it out. */
const TABLES = 24;

/** A profile in memory with what was derived from it. */
export interface OpenProfile {
  readonly id: ProfileId;
  /** Absolute path of the raw file. */
  readonly file: string;
  readonly profile: Profile;
  readonly meta: RecordingMeta | null;
  /** Recorded sources `<sha256>`; absent for a file that is not part of a recording. */
  readonly sources: string | undefined;
  readonly paths: PathMap;
  readonly info: ProfileInfo;
  /** Unix milliseconds of the recording's start (or, for a foreign file that doesn't tell, of its writing). */
  readonly recordedAt: number;
  /** Recorded text per path key; null when it is not known. */
  readonly texts: Map<string, string | null>;
  /** The table `key` of this profile, made at first use. */
  table<T>(key: string, make: () => T): T;
}

/** The open profiles: one per file as it is on disk now, shared by everyone who asks for it. */
export class Store {
  private readonly open = new Map<ProfileId, OpenProfile>();
  private readonly byFile = new Map<string, { stamp: string; profile: Promise<OpenProfile> }>();
  private next = 1;
  folders: readonly string[] = [];

  /** Reads the file, or hands out the open profile if the file is still the same one. @throws ReadError */
  async load(file: string, metaFile: string | undefined, control: ReadControl): Promise<OpenProfile> {
    const stamp = stampOf(file, metaFile);
    const known = this.byFile.get(file);
    if (known?.stamp === stamp) {
      const profile = await known.profile.catch(() => undefined);
      if (profile && this.open.has(profile.id)) {
        return profile;
      }
    }
    const entry = { stamp, profile: this.read(file, metaFile, control) };
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
    if (!profile) throw new UserError('not-open', 'This profile is no longer open; open it again.');
    return profile;
  }

  has(id: ProfileId): boolean {
    return this.open.has(id);
  }

  /** Frees the profile, for everyone. False when it was not open. */
  close(id: ProfileId): boolean {
    return this.open.delete(id);
  }

  private async read(file: string, metaFile: string | undefined, control: ReadControl): Promise<OpenProfile> {
    return this.register(file, metaFile, await readFile(file, control));
  }

  /** Takes in a profile that was just read from `file`. */
  adopt(file: string, metaFile: string, profile: Profile): OpenProfile {
    const opened = this.register(file, metaFile, profile);
    this.byFile.set(file, { stamp: stampOf(file, metaFile), profile: Promise.resolve(opened) });
    return opened;
  }

  private register(file: string, metaFile: string | undefined, profile: Profile): OpenProfile {
    const meta = metaFile === undefined ? null : readMeta(metaFile, file);
    const id = String(this.next++);
    const home = path.dirname(file);
    const names = new Set<string>();
    for (const name of profile.functions.file) names.add(profile.strings[name] ?? '');
    const places = () => ({ home, folders: this.folders, ...(meta ? { cwd: meta.cwd } : {}) });
    const tables = new Map<string, unknown>();
    const opened: OpenProfile = {
      id,
      file,
      profile,
      meta,
      sources: meta ? path.join(path.dirname(metaFile ?? file), 'sources') : undefined,
      paths: new PathMap(names, places),
      info: makeInfo(id, pathToFileURL(file).href, path.basename(file), profile, meta),
      recordedAt: recordedAt(profile, meta, file),
      texts: new Map(),
      table<T>(key: string, make: () => T): T {
        const value = (tables.has(key) ? tables.get(key) : make()) as T;
        // The map's order is the order of use: the first key is the one unused for longest.
        tables.delete(key);
        tables.set(key, value);
        for (const oldest of tables.keys()) {
          if (tables.size <= TABLES) break;
          tables.delete(oldest);
        }
        return value;
      },
    };
    this.open.set(id, opened);
    return opened;
  }
}

function stampOf(file: string, metaFile: string | undefined): string {
  try {
    const raw = statSync(file);
    const meta = metaFile === undefined ? undefined : statSync(metaFile, { throwIfNoEntry: false });
    return `${raw.size} ${raw.mtimeMs} ${metaFile ?? ''} ${meta?.mtimeMs ?? ''}`;
  } catch (error) {
    throw new ReadError('io', `${path.basename(file)} cannot be opened.`, undefined, String(error));
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

function recordedAt(profile: Profile, meta: RecordingMeta | null, file: string): number {
  const started = meta ? Date.parse(meta.startedAt) : Number.NaN;
  if (!Number.isNaN(started)) return started;
  if (profile.timeNanos !== undefined && profile.timeNanos > 0n) return Number(profile.timeNanos / 1_000_000n);
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}
