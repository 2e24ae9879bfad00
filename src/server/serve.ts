import { type Serializable, setEnvironmentData } from 'node:worker_threads';
import {
  type CancellationToken,
  createConnection,
  DidChangeWorkspaceFoldersNotification,
  type InitializeParams,
  ProposedFeatures,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { UserError } from '../core/errors.js';
import { useTexts } from '../core/l10n.js';
import type { ErrorData } from '../protocol/lsp.js';
import { answer } from './answer.js';
import { tellBlockedLoops } from './blockedLoops.js';
import { Comparisons } from './comparisons.js';
import { Texts } from './documents.js';
import { codeLenses } from './features/codeLens.js';
import { hover } from './features/hover.js';
import { features } from './features/index.js';
import { pathOfUri } from './paths.js';
import type { Server } from './server.js';
import { Store } from './store.js';
import { TEXTS } from './threads/messages.js';

/** Serves one client over IPC or stdio, as the command line says, until it leaves. */
export function serve(): void {
  const connection = createConnection(ProposedFeatures.all);
  const documents = new TextDocuments(TextDocument);
  const store = new Store();
  const server: Server = {
    connection,
    documents,
    store,
    texts: new Texts(documents),
    comparisons: new Comparisons(store),
    active: null,
    baseline: [],
    canRefreshLenses: false,
  };
  server.store.documents = () => documents.all();
  let watchesFolders = false;
  let folders: string[] = [];

  connection.onInitialize((params: InitializeParams) => {
    const options = params.initializationOptions as ({ readonly texts?: Serializable } & SourceSettings) | undefined;
    useTexts(options?.texts);
    useSettings(server.store, options);
    // For the threads that are started later.
    setEnvironmentData(TEXTS, options?.texts);
    folders = (params.workspaceFolders ?? []).flatMap((folder) => pathOfUri(folder.uri) ?? []);
    server.store.folders = folders;
    server.canRefreshLenses = params.capabilities.workspace?.codeLens?.refreshSupport === true;
    watchesFolders = params.capabilities.workspace?.workspaceFolders === true;
    return {
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        hoverProvider: true,
        codeLensProvider: { resolveProvider: false },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
      serverInfo: { name: 'heatline' },
    };
  });
  connection.onInitialized(() => {
    if (!watchesFolders) return;
    void connection.client.register(DidChangeWorkspaceFoldersNotification.type, undefined).catch(() => undefined);
    connection.workspace.onDidChangeWorkspaceFolders((event) => {
      const gone = new Set(event.removed.map((folder) => pathOfUri(folder.uri)));
      folders = [...folders.filter((folder) => !gone.has(folder)), ...event.added.flatMap((folder) => pathOfUri(folder.uri) ?? [])];
      server.store.folders = folders;
    });
  });

  connection.onDidChangeConfiguration(({ settings }) => {
    useSettings(server.store, (settings as { heatline?: SourceSettings } | null)?.heatline);
    void tellBlockedLoops(server);
  });
  for (const feature of features) {
    connection.onRequest<unknown, ErrorData>(feature.method, (params: unknown, token: CancellationToken) =>
      answer(server, feature, params as never, token),
    );
  }
  connection.onHover((params) => shield(server, null, () => hover(server, params)));
  connection.onCodeLens((params) => shield(server, [], () => codeLenses(server, params)));

  // Over IPC the library only looks for the client's process now and then; a channel that closed is enough to leave.
  process.once('disconnect', () => process.exit(1));
  documents.listen(connection);
  connection.listen();
}

/** How sources of other machines are found here, as the client says; all may be missing or of any type. */
interface SourceSettings {
  /** Folder there → folder here. */
  readonly sourcePaths?: unknown;
  /** Path of git or its name; anything else: not to be run. */
  readonly git?: unknown;
  /** See `Store.blockedMilliseconds`. */
  readonly blockedMilliseconds?: unknown;
}

function useSettings(store: Store, settings: SourceSettings | undefined): void {
  const { sourcePaths, git, blockedMilliseconds } = settings ?? {};
  const given = typeof sourcePaths === 'object' && sourcePaths !== null ? Object.entries(sourcePaths) : [];
  store.rules = given.flatMap(([from, to]) => (from !== '' && typeof to === 'string' ? [{ from, to }] : []));
  if (typeof blockedMilliseconds === 'number') store.blockedMilliseconds = blockedMilliseconds;
  store.commits.program = typeof git === 'string' && git !== '' ? git : undefined;
}

/** Hover and lenses are extras that nobody asked for by name: what fails there is logged and shows nothing. */
async function shield<T>(server: Server, nothing: T, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    // A profile that was closed meanwhile is no mistake.
    if (!(error instanceof UserError))
      server.connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return nothing;
  }
}
