import { connect, createInbox, Events, type NatsConnection } from 'nats';

export interface BusOptions {
  /** Comma-separated URLs, or a list of them. */
  readonly servers: string | readonly string[];
  /** Shown by the server in its connection list. */
  readonly name: string;
  /** Prefix of the reply subjects, so that a bus user can be limited to its own; default `_INBOX`. */
  readonly inboxPrefix?: string;
  /** The connection is gone for good: the process has to end. Not called by `close()`. */
  readonly onClosed?: (error: Error | undefined) => void;
}

const SETTINGS = {
  maxReconnectAttempts: -1,
  waitOnFirstConnect: true,
  pingInterval: 10_000,
  maxPingOut: 3,
  reconnectTimeWait: 250,
  reconnectJitter: 250,
};

/** One connection to the bus, kept for the life of the process. Also its injection token. */
export class BusConnection {
  private connected = true;
  private closing = false;
  private readonly reconnectListeners = new Set<() => void>();

  constructor(
    /** For libs/bus only: nobody else speaks the client's language. */
    readonly nats: NatsConnection,
    private readonly options: Pick<BusOptions, 'inboxPrefix' | 'onClosed'> = {},
  ) {
    void this.followStatus();
    void this.followEnd();
  }

  get isConnected(): boolean {
    return this.connected && !this.nats.isClosed();
  }

  /** A fresh reply subject under this connection's own prefix. */
  newInbox(): string {
    return createInbox(this.options.inboxPrefix);
  }

  /** Called after every reconnect; returns the function that stops it. */
  onReconnect(listener: () => void): () => void {
    this.reconnectListeners.add(listener);
    return () => this.reconnectListeners.delete(listener);
  }

  /** Sends what is buffered, lets subscriptions finish, then closes. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.nats.isClosed()) return;
    if (this.connected && !this.nats.isDraining()) return this.nats.drain();
    return this.nats.close();
  }

  private async followStatus(): Promise<void> {
    for await (const { type } of this.nats.status()) {
      if (type === Events.Disconnect) this.connected = false;
      if (type !== Events.Reconnect) continue;
      this.connected = true;
      this.reconnectListeners.forEach((listener) => listener());
    }
  }

  private async followEnd(): Promise<void> {
    const error = await this.nats.closed();
    this.connected = false;
    if (!this.closing) this.options.onClosed?.(error instanceof Error ? error : undefined);
  }
}

/** Waits until a server answers, however long that takes. */
export async function connectBus(options: BusOptions): Promise<BusConnection> {
  const { servers, name, inboxPrefix } = options;
  const list = typeof servers === 'string' ? servers.split(',') : [...servers];
  const nats = await connect({
    ...SETTINGS,
    servers: list.map((server) => server.trim()),
    name,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
  });
  return new BusConnection(nats, options);
}
