import type { Requests } from '../../src/protocol/lsp.js';
import { Rpc } from '../../src/protocol/rpc.js';
import type { CompareMethod, ForwardedMethod, PageEvents, PageRequests } from '../../src/protocol/webview.js';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** VS Code hands its API out once per page: this module is the only place that asks. */
const api = acquireVsCodeApi();

/** The host at the other end. */
export const host = new Rpc<PageRequests, object, object, PageEvents>((packet) => api.postMessage(packet));
window.addEventListener('message', (event) => void host.receive(event.data));

/** Asks the server through the host. Rejects with an Error whose message is one sentence for the user. */
export async function ask<M extends ForwardedMethod | CompareMethod>(method: M, params: Requests[M][0]): Promise<Requests[M][1]> {
  return (await host.request('forward', { method, params })) as Requests[M][1];
}

/** What the page remembers over being hidden and over a window reload; an empty object at first. */
export function loadState<T extends object>(): Partial<T> {
  const state = api.getState();
  return typeof state === 'object' && state !== null ? (state as Partial<T>) : {};
}

export function saveState(state: object): void {
  api.setState(state);
}
