import { existsSync } from 'node:fs';
import path from 'node:path';
import type { FunctionPlace } from '../analysis/queries.js';
import { pathKey } from '../paths.js';
import { git } from './git.js';
import { joinFiles } from './joinFiles.js';
import { Repository } from './repository.js';
import { toldRevisions } from './toldRevisions.js';

/** The sources of a profile at the commits that ran. Paths are absolute. */
export interface CommitSources {
  /** Full names of the commits, in the order in which the profile tells of them. */
  readonly commits: readonly string[];
  /** Commits that the profile tells of and no repository here has. */
  readonly missing: readonly string[];
  /** Today's file of a name of the profile; undefined when it is in none of the commits. */
  locate(name: string): string | undefined;
  namesOf(file: string): readonly string[];
  /** The text that ran; null when it is not known, or was another in each commit; undefined for files of no repository. */
  textOf(file: string): string | null | undefined;
}

/** What is needed of an open profile. */
export interface Asked {
  readonly comments: readonly string[];
  /** Its names for files. */
  readonly files: readonly string[];
  /** Where it says that functions of these files begin. */
  definitions(files: readonly string[]): Promise<readonly FunctionPlace[]>;
}

/** Files that one profile may have texts of. */
const MOST_FILES = 1000;
/** Lines from a decorator, where a function may be said to begin, to its name, at most. */
const DECORATORS = 8;
/** Part of the functions that a text must have where the profile says, for a guess to hold. */
const PROOF = 0.8;

/** Finds sources through the repositories around the workspace's folders. */
export class Commits {
  /** Path of git, or a name on the PATH; undefined: none is to be run. */
  program: string | undefined;
  private readonly repositories = new Map<string, Promise<Repository | undefined>>();

  /** Sources of the commits that the profile names; undefined when it names none that could be looked for. Never rejects. */
  async find(folders: readonly string[], asked: Asked): Promise<CommitSources | undefined> {
    const told = toldRevisions(asked.comments);
    if (this.program === undefined || (told.commits.length === 0 && told.versions.length === 0)) return undefined;
    const repositories = new Set((await Promise.all(folders.map((folder) => this.around(folder)))).filter((one) => one !== undefined));
    if (repositories.size === 0) return undefined;
    const sources = new Collected();
    for (const repository of repositories) await collect(repository, told, asked, sources).catch(() => undefined);
    sources.missing = told.commits.filter((commit) => !sources.commits.some((known) => known.startsWith(commit)));
    return sources.commits.length > 0 || told.commits.length > 0 ? sources : undefined;
  }

  /** Whether one of these commits has come since: somebody fetched it. Never rejects. */
  async hasAny(folders: readonly string[], commits: readonly string[]): Promise<boolean> {
    if (this.program === undefined || commits.length === 0) return false;
    const repositories = new Set((await Promise.all(folders.map((folder) => this.around(folder)))).filter((one) => one !== undefined));
    const found = await Promise.all([...repositories].map((one) => one.commits(commits).catch(() => new Map<string, string>())));
    return found.some(({ size }) => size > 0);
  }

  private around(folder: string): Promise<Repository | undefined> {
    const program = this.program!;
    const key = `${program}\n${folder}`;
    const known = this.repositories.get(key);
    if (known !== undefined) return known;
    const asked = git(program, folder, ['rev-parse', '--show-toplevel']).then(
      (root) => new Repository(program, path.resolve(root.toString('utf8').replace(/\r?\n$/, ''))),
      // Asked again the next time: one may be made, or git installed.
      () => void this.repositories.delete(key),
    );
    this.repositories.set(key, asked as Promise<Repository | undefined>);
    return asked as Promise<Repository | undefined>;
  }
}

class Collected implements CommitSources {
  readonly commits: string[] = [];
  missing: readonly string[] = [];
  private readonly byName = new Map<string, string>();
  private readonly byFile = new Map<string, { readonly names: Set<string>; text: string | null }>();

  add(name: string, file: string, text: string | undefined): void {
    if (!this.byName.has(name)) this.byName.set(name, file);
    const key = pathKey(file);
    const known = this.byFile.get(key);
    if (!known) this.byFile.set(key, { names: new Set([name]), text: text ?? null });
    else {
      known.names.add(name);
      // Lines of two versions of a file cannot be told apart in one profile.
      if (known.text !== (text ?? null)) known.text = null;
    }
  }

  locate(name: string): string | undefined {
    return this.byName.get(name);
  }

  namesOf(file: string): readonly string[] {
    return [...(this.byFile.get(pathKey(file))?.names ?? [])];
  }

  textOf(file: string): string | null | undefined {
    const known = this.byFile.get(pathKey(file));
    return known ? known.text : this.commits.length === 0 && this.missing.length > 0 ? null : undefined;
  }
}

async function collect(repository: Repository, told: ReturnType<typeof toldRevisions>, asked: Asked, into: Collected): Promise<void> {
  for (const commit of await commitsOf(repository, told)) {
    const files = await repository.files(commit);
    const joined = [...joinFiles(asked.files, files.keys())].slice(0, MOST_FILES);
    if (joined.length === 0) continue;
    into.commits.push(commit);
    const contents = joined.flatMap(([, { paths }]) => paths.map((each) => files.get(each)!));
    const texts = await repository.texts(contents);
    const unproven = joined.filter(([, { proven }]) => !proven).map(([name]) => name);
    const definitions = unproven.length > 0 ? await asked.definitions(unproven) : [];
    let renamed: ReadonlyMap<string, string> | undefined;
    for (const [name, { paths, proven }] of joined) {
      const own = definitions.filter(({ file }) => file === name);
      const chosen = proven ? paths[0] : paths.find((each) => begins(own, texts.get(files.get(each)!) ?? ''));
      if (chosen === undefined) continue;
      let today = path.join(repository.root, ...chosen.split('/'));
      if (!existsSync(today)) {
        renamed ??= await repository.renamed(commit).catch(() => new Map<string, string>());
        const moved = renamed.get(chosen);
        if (moved === undefined) continue;
        today = path.join(repository.root, ...moved.split('/'));
      }
      into.add(name, today, texts.get(files.get(chosen)!));
    }
  }
}

/** Each once. A version counts where no commit is told: as the name of a tag, with or without a v, else of a commit. */
async function commitsOf(repository: Repository, { commits, versions }: ReturnType<typeof toldRevisions>): Promise<string[]> {
  const spellings = (version: string) => [
    `refs/tags/${version}`,
    `refs/tags/v${version}`,
    ...(/^[0-9a-f]{7,64}$/.test(version) ? [version] : []),
  ];
  const found = await repository.commits([...commits, ...versions.flatMap(spellings)]);
  const chosen = commits.length > 0 ? commits : versions.flatMap((version) => spellings(version).find((one) => found.has(one)) ?? []);
  return [...new Set(chosen.flatMap((one) => found.get(one) ?? []))];
}

/** Whether functions begin in the text where the profile says. Without any that it could be told by, they do not. */
function begins(functions: readonly FunctionPlace[], text: string): boolean {
  const lines = text.split(/\r\n|\r|\n/);
  let seen = 0;
  let right = 0;
  for (const { name, startLine } of functions) {
    const short = name.split('.').at(-1)!;
    if (startLine <= 0 || !/^\w+$/.test(short)) continue;
    seen++;
    const word = new RegExp(`\\b${short}\\b`);
    const decorated = lines[startLine - 1]?.trimStart().startsWith('@') ? DECORATORS : 1;
    if (lines.slice(startLine - 1, startLine - 1 + decorated).some((line) => word.test(line))) right++;
  }
  return seen > 0 && right >= seen * PROOF;
}
