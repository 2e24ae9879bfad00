import { type ExecFileException, type ExecFileOptions, execFile } from 'node:child_process';

/** What a program said, and how it ended: `error` is null for status 0. */
export interface Answer {
  readonly error: ExecFileException | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LIMIT_MS = 15_000;

/** Asks a program a short question. It has no input, and 15 s unless `options` say otherwise; that it fails is an answer too. */
export function ask(file: string, args: readonly string[], options: ExecFileOptions = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const all = { timeout: LIMIT_MS, windowsHide: true, ...options, encoding: 'utf8' as const };
    const child = execFile(file, args, all, (error, stdout, stderr) => resolve({ error, stdout, stderr }));
    child.stdin?.end();
  });
}
