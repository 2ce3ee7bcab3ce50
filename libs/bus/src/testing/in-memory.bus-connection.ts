import type { BusMessage, ReceivedMessage } from '@uplift/contracts';
import type { Clock } from '@uplift/runtime';
import type { AckAction } from '../ack-policy';
import {
  BusConnection,
  JetStreamSilentError,
  NoAnswerError,
  PayloadTooLargeError,
  type ConsumerState,
  type Delivery,
  type IncomingRequest,
  type MessageOnBus,
  type PublishChannel,
  type PublishListener,
  type Pull,
  type PullListener,
  type PullRequest,
  type RequestOptions,
  type ServedEndpoint,
  type ServiceDescription,
  type StreamFill,
  type TopologyReport,
} from '../bus-connection.port';
import type { TopologyOptions } from '../bus-topology';
import type { AttachedConnection, Hop, InMemoryBus } from './in-memory.bus';

const ADMINISTRATION_TIMEOUT_MS = 2_000;
/** Largest payload that a real server accepts unless it is told otherwise. */
const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** One connection to an InMemoryBus. What is sent while the server is away arrives after the reconnect. */
export class InMemoryBusConnection extends BusConnection implements AttachedConnection {
  private state: 'connected' | 'away' | 'closed' = 'connected';
  private session = 0;
  private outbox: (() => void)[] = [];
  private readonly reconnectListeners = new Set<() => void>();
  private readonly openPulls = new Set<() => void>();
  private readonly endpoints = new Set<() => void>();
  private readonly detach: () => void;

  constructor(
    private readonly server: InMemoryBus,
    readonly name: string,
    override readonly clock: Clock = server.clock,
  ) {
    super();
    if (!server.isRunning) this.state = 'away';
    this.detach = server.attach(this);
  }

  override get isConnected(): boolean {
    return this.state === 'connected';
  }

  override get isClosed(): boolean {
    return this.state === 'closed';
  }

  override readonly maxPayload = MAX_PAYLOAD_BYTES;

  override onReconnect(listener: () => void): () => void {
    this.reconnectListeners.add(listener);
    return () => this.reconnectListeners.delete(listener);
  }

  override flush(): Promise<void> {
    return this.call(() => undefined);
  }

  override async close(): Promise<void> {
    if (this.isConnected) await this.flush().catch(() => undefined);
    this.vanish();
  }

  /** Gone for good at once, with whatever was on its way. */
  vanish(): void {
    this.lose();
    this.state = 'closed';
    this.outbox = [];
    this.endpoints.forEach((end) => end());
    this.detach();
  }

  lose(): void {
    if (this.state === 'closed') return;
    this.state = 'away';
    this.session += 1;
    this.openPulls.forEach((forget) => forget());
    this.openPulls.clear();
  }

  restore(): void {
    if (this.state !== 'away' || !this.server.isRunning) return;
    this.state = 'connected';
    this.outbox.splice(0).forEach((send) => send());
    queueMicrotask(() => this.reconnectListeners.forEach((listener) => listener()));
  }

  override ensureStream(options: TopologyOptions = {}): Promise<TopologyReport> {
    return this.call(() => this.server.ensureStream(options));
  }

  override ensureConsumers(options: TopologyOptions = {}): Promise<TopologyReport> {
    return this.call(() => this.server.ensureConsumers(options));
  }

  override streamFaults(): Promise<readonly string[]> {
    return this.call(() => this.server.streamFaults());
  }

  override lastSequence(): Promise<number> {
    return this.call(() => this.server.lastSequence());
  }

  override streamFill(): Promise<StreamFill> {
    return this.call(() => this.server.streamFill());
  }

  override messageAt(sequence: number): Promise<MessageOnBus | null> {
    return this.call(() => this.server.messageAt(sequence));
  }

  override messageFrom(sequence: number): Promise<MessageOnBus | null> {
    return this.call(() => this.server.messageFrom(sequence));
  }

  override firstWith(subject: string, sequence: number): Promise<MessageOnBus | null> {
    return this.call(() => this.server.firstWith(subject, sequence));
  }

  override openPublishing(listener: PublishListener): PublishChannel {
    let isOpen = true;
    return {
      send: (message: BusMessage, expectedLast: number) =>
        this.toServer('publish', () => {
          const answer = this.server.store(message, expectedLast);
          if (answer === undefined) return;
          this.toClient('publish', () => {
            if (isOpen) listener(expectedLast + 1, answer);
          });
        }),
      close: () => void (isOpen = false),
    };
  }

  override hasConsumer(durable: string): Promise<boolean> {
    return this.call(() => this.server.consumer(durable) !== undefined).catch(() => false);
  }

  override consumerState(durable: string): Promise<ConsumerState | null> {
    return this.call(() => this.server.consumer(durable)?.state ?? null);
  }

  override pull(request: PullRequest, listener: PullListener): Pull {
    let isOpen = true;
    let forget: () => void = () => undefined;
    const hear = (kind: Hop['kind'], run: () => void) =>
      this.toClient(kind, () => {
        if (isOpen) run();
      });
    this.toServer('pull', () => {
      const consumer = this.server.consumer(request.durable);
      if (!consumer || !isOpen) return;
      forget = consumer.open(request, {
        deliver: (message, count) =>
          hear('delivery', () => listener.onDelivery(this.delivery(message, request, count))),
        heartbeat: () => hear('pull', () => listener.onHeartbeat()),
        expire: () => hear('pull', () => listener.onEnd('expired')),
      });
      this.openPulls.add(forget);
    });
    const close = () => {
      isOpen = false;
      forget();
      this.openPulls.delete(forget);
    };
    const drain = async () => {
      forget();
      await this.flush().catch(() => undefined);
      close();
    };
    return { close, drain };
  }

  override request(
    subject: string,
    payload: Uint8Array | string,
    { headers, timeoutMs }: RequestOptions,
  ): Promise<ReceivedMessage> {
    const sent = { headers, payload: Buffer.from(payload) };
    if (this.isTooLarge(sent)) {
      return Promise.reject(new PayloadTooLargeError(sent.payload.byteLength, this.maxPayload));
    }
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(timeoutMs, () => reject(new NoAnswerError('timeout')));
      const answer = (run: () => void) =>
        this.toClient('request', () => {
          cancel();
          run();
        });
      this.toServer('request', () => {
        const found = this.server.serverOf(subject);
        if (!found) return answer(() => reject(new NoAnswerError('no-responder')));
        found.connection.receive(found.endpoint, sent, (reply) => answer(() => resolve(reply)));
      });
    });
  }

  override async serve({ endpoints }: ServiceDescription): Promise<() => Promise<void>> {
    const end = await this.call(() =>
      endpoints.map((endpoint) => this.server.serve({ connection: this, endpoint })),
    );
    const endAll = () => end.forEach((one) => one());
    this.endpoints.add(endAll);
    return () => this.call(endAll);
  }

  /** A request for an endpoint of this connection. */
  receive(
    endpoint: ServedEndpoint,
    message: ReceivedMessage,
    answer: (reply: ReceivedMessage) => void,
  ): void {
    const respond: IncomingRequest['respond'] = (reply) => {
      if (this.isTooLarge(reply)) {
        throw new PayloadTooLargeError(reply.payload.byteLength, this.maxPayload);
      }
      this.toServer('request', () => answer(reply));
    };
    this.toClient('request', () => endpoint.onRequest({ ...message, isHeard: true, respond }));
  }

  private isTooLarge({ headers, payload }: ReceivedMessage): boolean {
    return JSON.stringify(headers).length + payload.byteLength > this.maxPayload;
  }

  private delivery(message: MessageOnBus, { durable }: PullRequest, count: number): Delivery {
    let isAnswered = false;
    return {
      ...message,
      deliveryCount: count,
      bytes: message.payload.byteLength,
      forget: () => undefined,
      keep: () => this.toServer('ack', () => this.server.consumer(durable)?.keep(message.sequence)),
      settle: (action: AckAction) => {
        if (isAnswered) return;
        isAnswered = true;
        this.toServer('ack', () => this.server.consumer(durable)?.settle(message.sequence, action));
      },
    };
  }

  private call<T>(onServer: () => T): Promise<T> {
    if (this.isClosed) return Promise.reject(new Error('The connection is closed'));
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(ADMINISTRATION_TIMEOUT_MS, () =>
        reject(new JetStreamSilentError(this.isConnected)),
      );
      this.toServer('administration', () => {
        const outcome = new Promise<T>((give) => give(onServer()));
        outcome.catch(() => undefined);
        this.toClient('administration', () => {
          cancel();
          outcome.then(resolve, reject);
        });
      });
    });
  }

  private toServer(kind: Hop['kind'], run: () => void): void {
    if (this.state === 'closed') return;
    if (this.state === 'away') return void this.outbox.push(() => this.toServer(kind, run));
    this.carry({ connection: this.name, to: 'server', kind }, run);
  }

  private toClient(kind: Hop['kind'], run: () => void): void {
    this.carry({ connection: this.name, to: 'client', kind }, run);
  }

  /** What is on its way when the connection is lost never arrives. */
  private carry(hop: Hop, run: () => void): void {
    const { session } = this;
    this.server.carry(hop, () => {
      if (session === this.session) run();
    });
  }
}
