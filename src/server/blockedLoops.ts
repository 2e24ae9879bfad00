import { pathToFileURL } from 'node:url';
import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import { UserError } from '../core/errors.js';
import { isCell } from './cells.js';
import { blockText } from './features/waitLines.js';
import type { Server } from './server.js';

const SOURCE = 'Heatline';
/** Most lines that are told: further ones took less. */
const MOST = 100;

/** Documents that have problems of ours now, by server. */
const told = new WeakMap<Server, { uris: Set<string>; turn: number }>();

/**
 * Puts a warning on each line that blocked an event loop in the active profile, as far as its source is here, and takes those of the
 * profile before away. Lines stand where they are in the text of now. Never throws.
 */
export async function tellBlockedLoops(server: Server): Promise<void> {
  const state = told.get(server) ?? { uris: new Set(), turn: 0 };
  told.set(server, state);
  const turn = ++state.turn;
  const found = await blockedLines(server).catch((error: unknown) => {
    // A profile that was closed meanwhile is no mistake.
    if (!(error instanceof UserError))
      server.connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return new Map<string, Diagnostic[]>();
  });
  if (turn !== state.turn) return;
  for (const uri of state.uris) if (!found.has(uri)) void server.connection.sendDiagnostics({ uri, diagnostics: [] });
  for (const [uri, diagnostics] of found) void server.connection.sendDiagnostics({ uri, diagnostics });
  state.uris = new Set(found.keys());
}

async function blockedLines(server: Server): Promise<Map<string, Diagnostic[]>> {
  const found = new Map<string, Diagnostic[]>();
  const { active: view, store } = server;
  if (!view || !store.has(view.profile)) return found;
  const opened = store.get(view.profile);
  const limit = store.blockedMilliseconds;
  if (limit <= 0 || !opened.info.valueTypes.some(({ type }) => type === 'loop-blocked')) return found;
  const blocks = await opened.analysis.ask('loopBlocks', { view: { profile: view.profile, type: view.type } });
  for (const block of blocks.filter(({ longest }) => longest >= limit * 1e6).slice(0, MOST)) {
    const path = opened.paths.locate(block.file);
    if (path === null) continue;
    const { map, lines } = server.texts.place(opened, path);
    const line = map.now(block.line);
    const text = lines[line - 1];
    if (text === undefined) continue;
    const uri = isCell(path) ? path : pathToFileURL(path).href;
    const list = found.get(uri) ?? [];
    list.push({
      range: {
        start: { line: line - 1, character: text.length - text.trimStart().length },
        end: { line: line - 1, character: text.trimEnd().length },
      },
      severity: DiagnosticSeverity.Warning,
      source: SOURCE,
      code: 'blocked-loop',
      message: blockText(block, true),
    });
    found.set(uri, list);
  }
  return found;
}
