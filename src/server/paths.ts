import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cells, isCell } from './cells.js';

/** Where the names that a profile gives to its files may be found. Paths are absolute. */
export interface Places {
  /** Folder that relative names start from; absent when nobody told. */
  readonly cwd?: string;
  /** Folder of the profile file itself. */
  readonly home: string;
  readonly folders: readonly string[];
  /** What the user says of folders elsewhere; counts before everything else. */
  readonly rules?: readonly PathRule[];
  /** What the commit that ran tells. */
  readonly commit?: { locate(name: string): string | undefined; namesOf(file: string): readonly string[] } | undefined;
}

/** A folder (or file) as profiles name it, with `**\/` in front also wherever it lies, and where that is here: absolute, or from a workspace folder. */
export interface PathRule {
  readonly from: string;
  readonly to: string;
}

const foldCase = process.platform === 'win32' || process.platform === 'darwin';
/** How long "there is no such file" is believed, in milliseconds. */
const DOUBT = 2000;
/** Installed packages of another machine must not be taken for the workspace's own files of that name. */
const installed = /[\\/](site-packages|dist-packages|lib[\\/]python\d[^\\/]*)[\\/]/i;
/** Names so common that the bare name says nothing. */
const common = /^__\w+__\.py$/;

/** Whether the path says that it belongs to an installed package or to Python's own library. */
export function isInstalled(name: string): boolean {
  return installed.test(name);
}

/** One spelling per file: normalised, and in lower case where the file system does not tell cases apart. */
export function pathKey(file: string): string {
  if (isCell(file)) return file;
  const normal = path.normalize(file);
  return foldCase ? normal.toLowerCase() : normal;
}

/** The file of a `file:` URI; undefined for any other. */
export function pathOfUri(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

/** What the code of a document is known by here: the path of a file, the URI itself of a notebook's cell; undefined for any other. */
export function placeOfUri(uri: string): string | undefined {
  return isCell(uri) ? uri : pathOfUri(uri);
}

/** Joins the file names of one profile and the files of this machine, both ways. */
export class PathMap {
  private readonly byBase = new Map<string, string[]>();
  private rules: Places['rules'];
  private readonly found = new Map<string, { path: string | null; at: number }>();

  constructor(
    names: Iterable<string>,
    private readonly places: () => Places,
    private readonly cells?: Cells,
  ) {
    for (const name of names) {
      const base = baseOf(name);
      if (base === '') continue;
      const known = this.byBase.get(base);
      if (known) known.push(name);
      else this.byBase.set(base, [name]);
    }
  }

  /** The cell or file that the profile calls `name`: the name itself, relative to the recording's folder, or its longest end below a workspace folder. */
  locate(name: string): string | null {
    const cell = this.cells?.locate(name);
    if (cell !== undefined) return cell;
    const places = this.places();
    if (places.rules !== this.rules) this.found.clear();
    this.rules = places.rules;
    const known = this.found.get(name);
    if (known && (known.path === null ? Date.now() - known.at < DOUBT : isFile(known.path))) return known.path;
    const result = search(name, places);
    this.found.set(name, { path: result, at: Date.now() });
    return result;
  }

  /** Every name that the profile uses for this file or cell. */
  namesOf(file: string): string[] {
    if (isCell(file)) return this.cells?.namesOf(file) ?? [];
    const told = this.places().commit?.namesOf(file) ?? [];
    const candidates = new Set([...(this.byBase.get(baseOf(file)) ?? []), ...told]);
    const key = pathKey(file);
    const real = pathKey(realOf(file));
    const names: string[] = [];
    const strays: string[] = [];
    for (const name of candidates) {
      const place = this.locate(name);
      if (place === null) strays.push(name);
      else if (pathKey(place) === key || pathKey(realOf(place)) === real) names.push(name);
    }
    return names.length > 0 ? names : byEnding(strays, file, this.places().folders);
  }
}

function search(name: string, places: Places): string | null {
  if (baseOf(name) === '' || name.startsWith('<')) return null;
  const ruled = byRules(name, places);
  if (ruled !== undefined) return ruled;
  const told = places.commit?.locate(name);
  const isTold = told !== undefined && isFile(told);
  if (path.isAbsolute(name)) {
    // What was deployed on this very machine is not what is worked on.
    if (isFile(name) && !(isTold && !isBelow(name, places.folders))) return path.normalize(name);
  } else {
    for (const base of [places.cwd, places.home, ...places.folders]) {
      if (base === undefined) continue;
      const file = path.resolve(base, name);
      if (isFile(file)) return file;
    }
  }
  if (isTold) return told;
  if (isInstalled(name)) return null;
  const parts = partsOf(name);
  for (let from = 0; from < parts.length; from++) {
    const tail = parts.slice(from);
    if (tail.length === 1 && common.test(tail[0]!)) break;
    if (tail.includes('..')) continue;
    for (const folder of places.folders) {
      const file = path.join(folder, ...tail);
      if (isFile(file)) return file;
    }
  }
  return null;
}

function isBelow(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => pathKey(file).startsWith(pathKey(folder + path.sep)));
}

/** Where a rule says that the file is, if it is there; the rule with the longest folder counts. */
function byRules(name: string, { rules = [], folders }: Places): string | undefined {
  const slashed = name.replaceAll('\\', '/');
  for (const { from, to } of [...rules].sort((a, b) => b.from.length - a.from.length)) {
    const anywhere = from.startsWith('**/');
    const wanted = `${from
      .slice(anywhere ? 2 : 0)
      .replaceAll('\\', '/')
      .replace(/\/+$/, '')}`;
    const at = anywhere ? slashed.indexOf(`${wanted}/`) : slashed.startsWith(`${wanted}/`) || slashed === wanted ? 0 : -1;
    if (at < 0) continue;
    const rest = slashed
      .slice(at + wanted.length)
      .split('/')
      .filter((part) => part !== '');
    if (rest.includes('..')) continue;
    for (const base of path.isAbsolute(to) ? [to] : folders.map((folder) => path.join(folder, to))) {
      const file = path.join(base, ...rest);
      if (isFile(file)) return file;
    }
  }
  return undefined;
}

/** The one stray name that shares most of its end with the file (two parts at least, or all it has); none when two are equally good. */
function byEnding(names: readonly string[], file: string, folders: readonly string[]): string[] {
  const inside = isBelow(file, folders);
  const mine = partsOf(pathKey(file));
  let best: string[] = [];
  let most = 0;
  for (const name of names) {
    if (!inside || isInstalled(name)) continue;
    const parts = partsOf(foldCase ? name.toLowerCase() : name);
    let shared = 0;
    while (shared < parts.length && parts.at(-1 - shared) === mine.at(-1 - shared)) shared++;
    const whole = shared === parts.length && !common.test(parts.at(-1) ?? '');
    if ((shared < 2 && !whole) || shared < most) continue;
    best = shared === most ? [...best, name] : [name];
    most = shared;
  }
  return best.length === 1 ? best : [];
}

function partsOf(name: string): string[] {
  return name.split(/[\\/]+/).filter((part) => part !== '' && part !== '.');
}

function baseOf(name: string): string {
  const base = partsOf(name).at(-1) ?? '';
  return foldCase ? base.toLowerCase() : base;
}

function isFile(file: string): boolean {
  try {
    return !file.includes('\0') && statSync(file).isFile();
  } catch {
    return false;
  }
}

export function realOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
