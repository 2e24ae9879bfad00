/** Asks running services by the command line, in a process of its own: what it fetches and reads stays off the extension host. */

import { spawn } from 'node:child_process';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { t } from '../../core/l10n.js';
import type { Ctx } from '../ctx.js';

/** Who is asked. The URL and the header may hold secrets: they are sent by a pipe, and never logged. */
export interface Service {
  readonly url: string;
  /** Value of the header `Authorization`. */
  readonly authorization?: string;
  /** Files (PEM) as `heatline fetch` takes them: authority to trust, own certificate, its key. */
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Takes any certificate. */
  readonly insecure?: boolean;
}

/** The service wants to know who asks. */
export const WANTS_LOGIN = 'wants-login';

const MOST_TEXT = 1 << 20;

/**
 * Runs `heatline fetch` with these words.
 * @param started gets the number of its process
 * @returns the value that it prints
 * @throws UserError with its sentence (`wants-login` where it is refused without a login), CancellationError when `signal` ended it
 */
export async function askService(
  ctx: Ctx,
  service: Service,
  words: readonly string[],
  signal: AbortSignal,
  started?: (pid: number) => void,
): Promise<unknown> {
  const cli = path.join(ctx.context.extensionPath, 'dist', 'cli.js');
  const files = (['cacert', 'cert', 'key'] as const).flatMap((name) => (service[name] ? [`--${name}`, service[name]] : []));
  const all = [cli, 'fetch', ...words, ...files, ...(service.insecure ? ['--insecure'] : []), '--json', '--', '-'];
  if (signal.aborted) throw new vscode.CancellationError();
  const child = spawn(process.execPath, all, { env: { ...process.env, ...proxy(), ELECTRON_RUN_AS_NODE: '1' }, stdio: 'pipe' });
  if (child.pid !== undefined) started?.(child.pid);
  const stop = () => child.kill();
  signal.addEventListener('abort', stop);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (said[name].length < MOST_TEXT) said[name] += text;
    });
  }
  // A child that ends early closes the pipe; its own words say why.
  child.stdin.on('error', () => undefined);
  child.stdin.end([service.url, ...(service.authorization ? [`Authorization: ${service.authorization}`] : [])].join('\n'));
  try {
    const status = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (signal.aborted) throw new vscode.CancellationError();
    if (status !== 0) throw refused(said.stderr);
    return JSON.parse(said.stdout);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The last line that it said, in words for someone who uses no command line. */
function refused(stderr: string): UserError {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  const sentence = line
    .replace(/^heatline: /, '')
    .replace(/:? give --header 'Authorization: …'|; then give --header 'Authorization: …'| Then give --header 'Authorization: …'\.?/g, '')
    .replace(/ \(--timeout\)/, '')
    .replace(/name the authority with --cacert FILE \(--insecure takes any\)/, 'name the authority in the setting heatline.fetch.services')
    .replace(/ \(--insecure takes it nevertheless\)/, '');
  return new UserError(/\((?:401|403)\)/.test(line) ? WANTS_LOGIN : 'fetch', sentence || t('The service could not be asked.'));
}

/** The proxy of VS Code's own settings, where the environment names none. */
function proxy(): Record<string, string> {
  if (['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].some((name) => process.env[name])) return {};
  const settings = vscode.workspace.getConfiguration('http');
  const address = settings.inspect<string>('proxy')?.globalValue;
  const except = settings.inspect<readonly string[]>('noProxy')?.globalValue;
  if (!address) return {};
  return { http_proxy: address, https_proxy: address, ...(Array.isArray(except) ? { no_proxy: except.join(',') } : {}) };
}
