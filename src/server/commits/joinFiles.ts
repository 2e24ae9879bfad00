import { isInstalled } from '../paths.js';

/** What a name of a profile may be in a repository. */
export interface Joined {
  /** Paths from the repository's root, the best first; more than one only where `proven` is false. */
  readonly paths: readonly string[];
  /** False where the name alone says too little: the text has to tell. */
  readonly proven: boolean;
}

const INSTALLED = /^(?:site|dist)-packages$/i;
/** Candidates that are worth a look into their text. */
const MOST = 5;

/**
 * Joins the names that a profile has for its files, as they were on another machine, with the files of a commit: by the longest common
 * end, of two parts or of the whole path; then by roots learned from those (`/app` is `services/shop`). What is left, and whatever was
 * an installed package there, is a guess.
 */
export function joinFiles(names: Iterable<string>, files: Iterable<string>): Map<string, Joined> {
  const byBase = new Map<string, string[][]>();
  for (const file of files) {
    const parts = file.split('/');
    const base = parts.at(-1)!;
    const known = byBase.get(base);
    if (known) known.push(parts);
    else byBase.set(base, [parts]);
  }
  const joined = new Map<string, Joined>();
  const guesses = new Map<string, { readonly parts: readonly string[]; readonly found: readonly string[][] }>();
  const roots = new Map<string, number>();
  for (const name of names) {
    const parts = partsOf(name);
    const candidates = byBase.get(parts.at(-1) ?? '');
    if (!candidates || name.startsWith('<')) continue;
    if (isInstalled(name)) {
      const tail = parts.slice(parts.findLastIndex((part) => INSTALLED.test(part)) + 1);
      const whole = tail.length < parts.length ? candidates.filter((file) => shared(tail, file) === tail.length) : [];
      if (whole.length > 0) joined.set(name, { paths: shortest(whole), proven: false });
      continue;
    }
    const most = Math.max(...candidates.map((file) => shared(parts, file)));
    const best = candidates.filter((file) => shared(parts, file) === most);
    const [only] = best;
    if (best.length === 1 && (most >= 2 || ((most === only!.length || most === parts.length) && only!.at(-1) !== '__init__.py'))) {
      joined.set(name, { paths: [only!.join('/')], proven: true });
      const root = rootsOf(parts, only!, most);
      roots.set(root, (roots.get(root) ?? 0) + 1);
    } else guesses.set(name, { parts, found: candidates });
  }
  for (const [name, { parts, found }] of guesses) {
    const voted = found
      .map((file) => ({ file, votes: Math.max(...ends(parts, file).map((length) => roots.get(rootsOf(parts, file, length)) ?? 0)) }))
      .filter(({ votes }) => votes > 0)
      .sort((a, b) => b.votes - a.votes);
    const clear = voted.length > 0 && voted[0]!.votes > (voted[1]?.votes ?? 0);
    joined.set(name, clear ? { paths: [voted[0]!.file.join('/')], proven: true } : { paths: shortest(found), proven: false });
  }
  return joined;
}

/** What is left of both before their common end: `/app` and `services/shop`. */
function rootsOf(name: readonly string[], file: readonly string[], length: number): string {
  return `${name.slice(0, name.length - length).join('/')}\n${file.slice(0, file.length - length).join('/')}`;
}

/** Lengths of common ends: all up to the longest. */
function ends(name: readonly string[], file: readonly string[]): number[] {
  return Array.from({ length: shared(name, file) }, (_, i) => i + 1);
}

function shared(name: readonly string[], file: readonly string[]): number {
  let length = 0;
  while (length < name.length && length < file.length && name.at(-1 - length) === file.at(-1 - length)) length++;
  return length;
}

function shortest(files: readonly string[][]): string[] {
  return [...files]
    .sort((a, b) => a.length - b.length)
    .slice(0, MOST)
    .map((file) => file.join('/'));
}

function partsOf(name: string): string[] {
  return name.split(/[\\/]+/).filter((part) => part !== '' && part !== '.');
}
