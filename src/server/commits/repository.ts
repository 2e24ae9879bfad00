import { git } from './git.js';

/** Larger files of a commit are not read, and no more than so much of them for one profile, in bytes. */
const LARGEST_FILE = 2 * 1024 * 1024;
const LARGEST_SUM = 64 * 1024 * 1024;
/** File lists of so many commits are kept. */
const KEPT = 8;

/** What git tells of one repository. Commits and their files never change, so they are asked once. */
export class Repository {
  private readonly trees = new Map<string, Promise<ReadonlyMap<string, string>>>();
  private readonly renames = new Map<string, Promise<ReadonlyMap<string, string>>>();

  /** @param root absolute path of the work tree */
  constructor(
    private readonly program: string,
    readonly root: string,
  ) {}

  /** Full names of commits that are here, by what was asked: a commit's name or its beginning, a tag. Others are missing. */
  async commits(revisions: readonly string[]): Promise<Map<string, string>> {
    // As lines of the input a text from a profile cannot become an option.
    const asked = revisions.filter((revision) => /^[\w./+-]{1,200}$/.test(revision));
    const found = new Map<string, string>();
    if (asked.length === 0) return found;
    const lines = asked.map((revision) => `${revision}^{commit}\n`).join('');
    const answers = (await git(this.program, this.root, ['cat-file', '--batch-check'], lines)).toString('utf8').split('\n');
    for (const [i, revision] of asked.entries()) {
      const commit = /^([0-9a-f]{40,64}) commit /.exec(answers[i] ?? '')?.[1];
      if (commit !== undefined) found.set(revision, commit);
    }
    return found;
  }

  /** Files of a commit: path from the root → name of its content. */
  files(commit: string): Promise<ReadonlyMap<string, string>> {
    return remembered(this.trees, commit, async () => {
      const listed = (await git(this.program, this.root, ['ls-tree', '-r', '-z', '--full-tree', commit])).toString('utf8');
      const files = new Map<string, string>();
      for (const entry of listed.split('\0')) {
        const [, content, path] = /^100\d{3} blob ([0-9a-f]+)\t(.+)$/s.exec(entry) ?? [];
        if (content !== undefined) files.set(path!, content);
      }
      return files;
    });
  }

  /** Files that have another path in the commit that is checked out: old → new. */
  renamed(commit: string): Promise<ReadonlyMap<string, string>> {
    return remembered(this.renames, commit, async () => {
      const args = ['diff-tree', '-r', '-z', '-M', '--diff-filter=R', '--name-status', '--no-ext-diff', commit, 'HEAD'];
      const words = (await git(this.program, this.root, args)).toString('utf8').split('\0');
      const renamed = new Map<string, string>();
      for (let i = 0; i + 2 < words.length; i += 3) renamed.set(words[i + 1]!, words[i + 2]!);
      return renamed;
    });
  }

  /** Texts by the names of their content; those that are too large are missing. */
  async texts(contents: readonly string[]): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    const wanted = await this.small([...new Set(contents)]);
    if (wanted.length === 0) return texts;
    const answer = await git(this.program, this.root, ['cat-file', '--batch'], `${wanted.join('\n')}\n`);
    for (let at = 0; at < answer.length; ) {
      const end = answer.indexOf(10, at);
      const [, content, size] = /^([0-9a-f]+) blob (\d+)$/.exec(answer.toString('latin1', at, end)) ?? [];
      if (content === undefined || end < 0) break;
      const from = end + 1;
      texts.set(content, new TextDecoder('utf-8').decode(answer.subarray(from, from + Number(size))));
      at = from + Number(size) + 1;
    }
    return texts;
  }

  private async small(contents: readonly string[]): Promise<string[]> {
    if (contents.length === 0) return [];
    const sizes = (await git(this.program, this.root, ['cat-file', '--batch-check'], `${contents.join('\n')}\n`))
      .toString('utf8')
      .split('\n');
    let sum = 0;
    return contents.filter((_, i) => {
      const size = Number(/ blob (\d+)$/.exec(sizes[i] ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
      if (size > LARGEST_FILE || sum + size > LARGEST_SUM) return false;
      sum += size;
      return true;
    });
  }
}

/** What failed is asked again the next time; the oldest is forgotten. */
function remembered<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const asked = ask();
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  if (known.size > KEPT) known.delete(known.keys().next().value!);
  return asked;
}
