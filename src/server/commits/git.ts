import { spawn } from 'node:child_process';

/** Longest that one question to git may take, in milliseconds. */
const PATIENCE = 20_000;
/** Bytes of an answer that are taken. */
const LARGEST = 128 * 1024 * 1024;

/**
 * Asks git for what a repository holds, and nothing else: no network (a partial clone is not completed), no prompt, no lock, and only
 * commands that run no filters, hooks or drivers of the repository are to be asked here. Rejects where git is not there or says no.
 */
export function git(program: string, folder: string, args: readonly string[], input?: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['--no-replace-objects', '-C', folder, ...args], {
      env: environment(),
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    child.on('error', reject);
    child.stdin.on('error', () => undefined); // It may have ended before it read all.
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > LARGEST) child.kill('SIGKILL');
      else parts.push(part);
    });
    child.on('close', (status) => {
      if (status === 0 && bytes <= LARGEST) resolve(Buffer.concat(parts));
      else reject(new Error(`git ${args[0]} ended with status ${status}`));
    });
    child.stdin.end(input ?? '');
  });
}

/** Ours without what names another repository, as git's own hooks do. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|NAMESPACE|PREFIX)$/.test(name),
  );
  return {
    ...Object.fromEntries(own),
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}
