import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../core/errors.js';
import { isFile } from '../which.js';

/** `heatline lsp --stdio`: the language server, for editors other than VS Code. Its bundle lies beside ours. */
export async function lsp(): Promise<void> {
  const server = join(__dirname, 'server.js');
  if (!isFile(server)) throw new UserError('engine-missing', `${server}: the language server is missing; install heatline again`);
  // The server reads from the command line how it is talked to.
  if (!process.argv.some((word) => /^--(?:stdio|node-ipc|pipe|socket)\b/.test(word))) process.argv.push('--stdio');
  await import(pathToFileURL(server).href);
}
