import type { ReceivedMessage } from '@uplift/contracts';
import type { Clock } from '@uplift/runtime';
import type {
  ConsumerState,
  MessageOnBus,
  Pull,
  PullListener,
  PullRequest,
  PublishChannel,
  PublishListener,
  RequestOptions,
  ServiceDescription,
  StreamFill,
  TopologyReport,
} from './bus-connection.port';
import { BusConnection, NoAnswerError } from './bus-connection.port';
import type { TopologyOptions } from './bus-topology';

type Stop = () => Promise<void>;

/**
 * A connection for a service that works without the bus as well, and must not wait for it at its start: until the
 * first connection is there it is as one that is cut. What is to be served is served from then on.
 */
export class UpcomingBusConnection extends BusConnection {
  private current: BusConnection | undefined;
  private closing = false;

  /** @param coming resolves with the connection, however long that takes; it must not reject */
  constructor(
    private readonly coming: Promise<BusConnection>,
    override readonly clock: Clock,
  ) {
    super();
    void coming.then((connection) => this.arrived(connection));
  }

  override get isConnected(): boolean {
    return this.current?.isConnected ?? false;
  }

  override get isClosed(): boolean {
    return this.current?.isClosed ?? this.closing;
  }

  override get trouble(): string | undefined {
    return this.current === undefined ? super.trouble : this.current.trouble;
  }

  override get maxPayload(): number {
    return this.there().maxPayload;
  }

  override onReconnect(listener: () => void): () => void {
    let stop: (() => void) | undefined;
    let isWanted = true;
    const hadNone = this.current === undefined;
    void this.coming.then((connection) => {
      if (!isWanted) return;
      stop = connection.onReconnect(listener);
      if (hadNone) listener();
    });
    return () => {
      isWanted = false;
      stop?.();
    };
  }

  override async flush(): Promise<void> {
    await this.current?.flush();
  }

  override async close(): Promise<void> {
    this.closing = true;
    await this.current?.close();
  }

  override async ensureStream(options?: TopologyOptions): Promise<TopologyReport> {
    return this.there().ensureStream(options);
  }

  override async ensureConsumers(options?: TopologyOptions): Promise<TopologyReport> {
    return this.there().ensureConsumers(options);
  }

  override async streamFaults(): Promise<readonly string[]> {
    return this.there().streamFaults();
  }

  override async lastSequence(): Promise<number> {
    return this.there().lastSequence();
  }

  override async streamFill(): Promise<StreamFill> {
    return this.there().streamFill();
  }

  override async messageAt(sequence: number): Promise<MessageOnBus | null> {
    return this.there().messageAt(sequence);
  }

  override async messageFrom(sequence: number): Promise<MessageOnBus | null> {
    return this.there().messageFrom(sequence);
  }

  override async firstWith(subject: string, sequence: number): Promise<MessageOnBus | null> {
    return this.there().firstWith(subject, sequence);
  }

  override openPublishing(listener: PublishListener): PublishChannel {
    return this.there().openPublishing(listener);
  }

  override async hasConsumer(durable: string): Promise<boolean> {
    return this.there().hasConsumer(durable);
  }

  override async consumerState(durable: string): Promise<ConsumerState | null> {
    return this.there().consumerState(durable);
  }

  override pull(request: PullRequest, listener: PullListener): Pull {
    return this.there().pull(request, listener);
  }

  override async request(
    subject: string,
    payload: Uint8Array | string,
    options: RequestOptions,
  ): Promise<ReceivedMessage> {
    if (this.current === undefined) throw new NoAnswerError('no-responder');
    return this.current.request(subject, payload, options);
  }

  override async serve(service: ServiceDescription): Promise<Stop> {
    if (this.current !== undefined) return this.current.serve(service);
    let stop: Promise<Stop> | undefined;
    let isWanted = true;
    void this.coming.then((connection) => {
      if (isWanted) stop = connection.serve(service);
    });
    return async () => {
      isWanted = false;
      await (
        await stop
      )?.();
    };
  }

  private arrived(connection: BusConnection): void {
    this.current = connection;
    if (this.closing) void connection.close();
  }

  private there(): BusConnection {
    if (this.current === undefined) throw new Error('The bus is not connected');
    return this.current;
  }
}
