import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * The commit that HEAD of the repository around `folder` points to, read from .git without starting git. Follows the `gitdir:` file of
 * worktrees and submodules, loose and packed refs. Undefined when there is none; never throws.
 */
export async function readGitCommit(folder: string): Promise<string | undefined> {
  try {
    const gitDir = await findGitDir(folder);
    if (!gitDir) return undefined;
    const head = (await readFile(path.join(gitDir, 'HEAD'), 'utf8')).trim();
    if (isCommit(head)) return head;
    const ref = /^ref: (refs\/\S+)$/.exec(head)?.[1];
    if (!ref || ref.includes('..')) return undefined;
    const common = await readText(path.join(gitDir, 'commondir'));
    const dirs = common === undefined ? [gitDir] : [gitDir, path.resolve(gitDir, common.trim())];
    for (const dir of dirs) {
      const loose = (await readText(path.join(dir, ref)))?.trim();
      if (loose && isCommit(loose)) return loose;
      const packed = await readText(path.join(dir, 'packed-refs'));
      const line = packed?.split('\n').find((entry) => entry.trimEnd().endsWith(` ${ref}`));
      const commit = line?.slice(0, line.indexOf(' '));
      if (commit && isCommit(commit)) return commit;
    }
  } catch {
    // A repository that cannot be read is no reason to lose a recording.
  }
  return undefined;
}

async function findGitDir(folder: string): Promise<string | undefined> {
  for (let dir = path.resolve(folder); ; dir = path.dirname(dir)) {
    const candidate = path.join(dir, '.git');
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isDirectory()) return candidate;
    if (found?.isFile()) {
      const target = /^gitdir: (.+)$/m.exec(await readFile(candidate, 'utf8'))?.[1];
      return target && path.resolve(dir, target.trim());
    }
    if (path.dirname(dir) === dir) return undefined;
  }
}

const isCommit = (text: string) => /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
const readText = (file: string) => readFile(file, 'utf8').catch(() => undefined);
