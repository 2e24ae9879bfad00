import { CodeLensRefreshRequest } from 'vscode-languageserver/node';
import type { Server } from './server.js';

/** Tells the client that hovers and lenses are about something else now. */
export function refresh(server: Server, reason: string): void {
  void server.connection.sendNotification('heatline/refresh', { reason });
  if (server.canRefreshLenses) void server.connection.sendRequest(CodeLensRefreshRequest.type).catch(() => undefined);
}
