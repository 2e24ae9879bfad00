import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { ReadError, UserError } from '../../core/errors.js';
import { InputError } from '../failure.js';
import { printJson } from '../output.js';
import { isFile, which } from '../which.js';

/** Editors of the VS Code family, the usual one first. */
const EDITORS = ['code', 'code-insiders', 'codium', 'cursor', 'windsurf'];

/** `heatline open FILE`: shows a profile in VS Code, in the window whose terminal this is or in the last one. */
export async function open(file: string, options: { editor?: string; json?: boolean }): Promise<void> {
  if (!isFile(file)) throw new InputError(file, new ReadError('io', 'There is no such file.'));
  const editor = options.editor === undefined ? findEditor() : chosen(options.editor);
  if (editor === undefined) {
    const known = EDITORS.slice(0, -1).join(', ');
    throw new UserError(
      'engine-missing',
      `no editor is found (${known} or ${EDITORS.at(-1)} on PATH): in VS Code run 'Shell Command: Install code command in PATH', or open the file there`,
    );
  }
  const status = await run(editor, resolve(file));
  if (status !== 0) throw new UserError('engine-missing', `${editor} ended with exit status ${status}`);
  if (options.json) await printJson({ editor, file: resolve(file) });
}

function chosen(editor: string): string {
  const found = /[\\/]/.test(editor) ? (isFile(editor) ? editor : undefined) : which(editor);
  if (found === undefined) throw new UserError('usage', `--editor ${editor}: there is no such command`);
  return found;
}

/** The editor in whose terminal we run, if it says which one it is; else the first on PATH. */
function findEditor(): string | undefined {
  const { TERM_PROGRAM, TERM_PROGRAM_VERSION = '', CURSOR_TRACE_ID, VSCODE_GIT_ASKPASS_NODE = '' } = process.env;
  const hints: string[] = [];
  if (TERM_PROGRAM === 'vscode') {
    if (CURSOR_TRACE_ID !== undefined || /cursor/i.test(VSCODE_GIT_ASKPASS_NODE)) hints.push('cursor');
    if (/codium/i.test(VSCODE_GIT_ASKPASS_NODE)) hints.push('codium');
    if (/windsurf/i.test(VSCODE_GIT_ASKPASS_NODE)) hints.push('windsurf');
    if (/insider/i.test(TERM_PROGRAM_VERSION)) hints.push('code-insiders');
  }
  for (const name of [...hints, ...EDITORS]) {
    const found = which(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function run(editor: string, file: string): Promise<number> {
  // Windows starts .cmd files only through its shell; a file's name cannot hold the quotes that would end the argument.
  const isScript = process.platform === 'win32' && /\.(?:cmd|bat)$/i.test(editor);
  const child = isScript
    ? spawn(`"${editor}" "${file}"`, { stdio: ['ignore', 'ignore', 'inherit'], shell: true, windowsVerbatimArguments: true })
    : spawn(editor, [file], { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((settle, reject) => {
    child.once('error', () => reject(new UserError('engine-missing', `${editor} cannot be started`)));
    child.once('close', (status) => settle(status ?? 1));
  });
}
