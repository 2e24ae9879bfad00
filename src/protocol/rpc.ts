/** A small request/response channel over any pair of `post` and `receive`. Shared by webview pages and the host. */
type RequestMap = Record<string, [unknown, unknown]>;
type EventMap = Record<string, unknown>;

interface Packet {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: string;
}

/** Calls `Out` requests on the other side, answers `In` requests, sends and receives events. */
export class Rpc<Out, In, OutEvents = object, InEvents = object> {
  private next = 1;
  private readonly pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly handlers = new Map<string, (params: never) => unknown>();
  private readonly listeners = new Map<string, (params: never) => void>();

  constructor(private readonly post: (packet: unknown) => void) {}

  /** Answers `method`; a thrown error goes back to the caller as its message. */
  handle<M extends keyof In & string>(
    method: M,
    handler: (params: (In & RequestMap)[M][0]) => Promise<(In & RequestMap)[M][1]> | (In & RequestMap)[M][1],
  ): void {
    this.handlers.set(method, handler as (params: never) => unknown);
  }

  on<M extends keyof InEvents & string>(method: M, listener: (params: (InEvents & EventMap)[M]) => void): void {
    this.listeners.set(method, listener as (params: never) => void);
  }

  /** The pending call is stored before it is posted, so an answer can never arrive first. */
  request<M extends keyof Out & string>(method: M, params: (Out & RequestMap)[M][0]): Promise<(Out & RequestMap)[M][1]> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.post({ id, method, params } satisfies Packet);
    });
  }

  send<M extends keyof OutEvents & string>(method: M, params: (OutEvents & EventMap)[M]): void {
    this.post({ method, params } satisfies Packet);
  }

  /** Feed every incoming message here; what is not ours is ignored. */
  async receive(message: unknown): Promise<void> {
    if (typeof message !== 'object' || message === null) return;
    const packet = message as Packet;
    if (packet.method === undefined) {
      const call = packet.id === undefined ? undefined : this.pending.get(packet.id);
      if (!call || packet.id === undefined) return;
      this.pending.delete(packet.id);
      if (packet.error === undefined) call.resolve(packet.result);
      else call.reject(new Error(packet.error));
      return;
    }
    if (packet.id === undefined) {
      this.listeners.get(packet.method)?.(packet.params as never);
      return;
    }
    const { id } = packet;
    try {
      const handler = this.handlers.get(packet.method);
      if (!handler) throw new Error(`no handler for ${packet.method}`);
      this.post({ id, result: (await handler(packet.params as never)) ?? null } satisfies Packet);
    } catch (error) {
      this.post({ id, error: error instanceof Error ? error.message : String(error) } satisfies Packet);
    }
  }

  /** Rejects every call that still waits, for when the other side is gone. */
  dispose(): void {
    for (const call of this.pending.values()) call.reject(new Error('closed'));
    this.pending.clear();
  }
}
